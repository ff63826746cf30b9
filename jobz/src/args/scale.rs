//! The command line of `jobz scale`.

use std::{ffi::OsString, time::Duration};

use clap::Args;
use settings::{ReportingArgs, Suite, positive_duration, program::Usage};

use super::{WorkerArgs, brokers::asking_once};
use crate::{crew::CrewLimits, scale::ScaleConfig};

/// The most workers that one process starts.
const WORKERS_MAX: i64 = 1000;

/// Arguments of `jobz scale`.
#[derive(Debug, Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
The workers are processes of this program, each as `jobz worker` with the same flags. The broker is asked \
what waits. A backlog that lasts adds a worker; work that one worker less could do takes the latest one \
away. One that dies is replaced. At Ctrl-C and SIGTERM all finish what they have, and end; at a second \
signal they end at once.

Exit codes: 0 if it was stopped, 1 if it failed, 2 for wrong usage.

Examples:
  jobz scale thumbnail --max 8 -- convert - -resize 100x100 jpg:-
  jobz scale report --min 0 --max 20 --up-after 200ms --idle 5m -- ./report.py"
)]
pub struct ScaleArgs {
    /// How many workers, and when they come and go.
    #[command(flatten)]
    pub crew: CrewArgs,
    /// What each worker does.
    #[command(flatten)]
    pub worker: WorkerArgs,
}

/// How many workers there are, and when they come and go.
#[derive(Debug, Args)]
pub struct CrewArgs {
    /// The least workers
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(..=WORKERS_MAX))]
    pub min: u16,
    /// The most workers
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=WORKERS_MAX))]
    pub max: u16,
    /// How long requests must wait before a worker is added, and before the next one
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = positive_duration)]
    pub up_after: Duration,
    /// For how long one worker less must be enough before one is taken away, and before the next one
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = positive_duration)]
    pub idle: Duration,
}

impl ScaleArgs {
    /// What is scaled, and how. `flags` are passed on to the workers.
    ///
    /// # Errors
    /// The least is more than the most.
    pub fn config(self, suite: &Suite, flags: &ReportingArgs) -> Result<ScaleConfig, Usage> {
        let CrewArgs { min, max, up_after, idle } = self.crew;
        if min > max {
            return Err(Usage(format!("--min {min} is more than --max {max}")));
        }
        let WorkerArgs { service, command, credit, lines, heartbeat, liveness, drain, brokers } = self.worker;
        let brokers = brokers.endpoints(suite);
        let mut words = vec!["worker".to_owned(), service.to_string()];
        words.extend(brokers.iter().map(|endpoint| format!("--jobs={endpoint}")));
        words.extend([format!("--credit={credit}"), format!("--liveness={liveness}")]);
        words.push(format!("--heartbeat={}", humantime::format_duration(heartbeat)));
        words.push(format!("--drain={}", humantime::format_duration(drain)));
        words.extend(lines.then(|| "--lines".to_owned()));
        words.push("--".to_owned());
        words.extend(command);
        Ok(ScaleConfig {
            client: asking_once(brokers),
            service,
            limits: CrewLimits {
                min: min.into(),
                max: max.into(),
                up_after,
                idle,
                credit: usize::try_from(credit).unwrap_or(usize::MAX),
            },
            drain,
            words: words.into_iter().map(OsString::from).collect(),
            variables: flags.variables(),
        })
    }
}
