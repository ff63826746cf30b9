//! The command line of `jobz worker`.

use std::time::Duration;

use clap::Args;
use settings::{Suite, positive_duration};
use wire::job::{CREDIT_MAX, Service};

use super::BrokersArgs;
use crate::{exec::Exec, worker::WorkerConfig};

/// Arguments of `jobz worker`.
#[derive(Debug, Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
COMMAND is started for each request. It reads the request on standard input and writes the reply on \
standard output; JOBZ_JOB is the id of the request. If it exits with another code than 0, another worker \
gets the request, and what it wrote on standard error is in the log. It is killed, with all that it has \
started, when no client waits for the reply any more. If the worker itself is killed by SIGKILL, COMMAND \
continues, unless it is started by \
`setpriv --pdeathsig KILL`.

At Ctrl-C and SIGTERM the worker takes no more requests, finishes those that it has, and ends; a second \
signal ends it at once. It waits for its broker, also if that is restarted.

Exit codes: 0 if it was stopped or drained, 1 if it failed, 2 for wrong usage.

Examples:
  jobz worker upper -- tr a-z A-Z
  jobz worker thumbnail --credit 4 -- convert - -resize 100x100 jpg:-
  jobz worker count --lines -- seq 10"
)]
pub struct WorkerArgs {
    /// The service's name
    pub service: Service,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
    /// How many requests to do at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=CREDIT_MAX))]
    pub credit: u64,
    /// Each line of the command is a reply: the last one final, those before it partial
    #[arg(long)]
    pub lines: bool,
    /// How long a worker that is stopped or taken away may take for the requests that it has
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = positive_duration)]
    pub drain: Duration,
    /// The brokers.
    #[command(flatten)]
    pub brokers: BrokersArgs,
    /// Interval of heartbeats, in both directions
    #[arg(long, value_name = "TIME", default_value = "2500ms", value_parser = positive_duration)]
    pub heartbeat: Duration,
    /// How many heartbeats the broker may miss
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub liveness: u32,
}

impl WorkerArgs {
    /// How the worker works, and what it runs.
    #[must_use]
    pub fn config(self, suite: &Suite) -> (WorkerConfig, Exec) {
        let config = WorkerConfig {
            brokers: self.brokers.endpoints(suite),
            service: self.service,
            credit: self.credit,
            heartbeat: self.heartbeat,
            liveness: self.liveness,
        };
        (config, Exec { words: self.command, replies_by_line: self.lines })
    }
}
