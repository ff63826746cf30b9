//! The command line of `jobz ask`.

use std::time::Duration;

use clap::Args;
use settings::{Suite, positive_duration};
use wire::job::Service;

use super::{BrokersArgs, ParentArgs};
use crate::{ask::AskConfig, client::ClientConfig};

/// Arguments of `jobz ask`.
#[derive(Debug, Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Without PART the request is what is on standard input. Each frame of a reply is a line of standard output; \
nothing is added to the last one, except in a terminal. A request that gets no reply is sent again, to the \
next broker if there are several: it may be done twice. If no worker can do it, there is no reply; \
`jobz submit` and `jobz wait` say why.

In a program that `jobz worker` runs, JOBZ_JOB is the request that it does. What it asks is a job of that \
one: it gets a worker even if all of them wait like this one, and is cancelled with it.

Exit codes: 0 if there is a reply, 1 if not, 2 for wrong usage.

Examples:
  jobz ask upper 'good morning'
  jobz ask thumbnail < photo.jpg > small.jpg
  jobz ask upper hello --every 200ms
  jobz ask upper hello --jobs tcp://127.0.0.1:7010,tcp://127.0.0.1:7020 --tries 6"
)]
pub struct AskArgs {
    /// The service's name
    pub service: Service,
    /// The parts of the request, a frame each
    #[arg(value_name = "PART")]
    pub parts: Vec<String>,
    /// How long to wait for each reply before the request is sent again
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = positive_duration)]
    pub patience: Duration,
    /// How often to send a request that gets no reply
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub tries: u32,
    /// Ask again and again, at most once in this time
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    pub every: Option<Duration>,
    /// Stop after N requests [default: 1; with --every no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// The job that asks.
    #[command(flatten)]
    pub parent: ParentArgs,
    /// The brokers.
    #[command(flatten)]
    pub brokers: BrokersArgs,
    /// How long to wait for a connection to a broker
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = positive_duration)]
    pub connect: Duration,
}

impl AskArgs {
    /// What is asked, and whom.
    #[must_use]
    pub fn config(self, suite: &Suite) -> AskConfig {
        AskConfig {
            client: ClientConfig {
                brokers: self.brokers.endpoints(suite),
                connect: self.connect,
                patience: self.patience,
                tries: self.tries,
            },
            service: self.service.as_str().to_owned(),
            parts: self.parts,
            count: self.count.or_else(|| self.every.is_none().then_some(1)),
            every: self.every.unwrap_or_default(),
            parent: self.parent.parent,
        }
    }
}
