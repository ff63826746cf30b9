//! The command line of `jobz drain`.

use std::time::Duration;

use clap::{ArgGroup, Args};
use settings::{Suite, positive_duration};
use wire::job::Service;

use super::{BrokersArgs, brokers::asking_once};
use crate::{client::ClientConfig, drain::DrainConfig};

/// Arguments of `jobz drain`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").required(true), after_help = "\
It prints how many workers it concerns: those that are registered now. A `jobz worker` ends; one that does \
not know the extension `credit` begins again, as MDP has it. Requests wait for workers that register later.

Exit codes: 0 if there was such a worker, 1 if not or if the broker does not answer, 2 for wrong usage.

Examples:
  jobz drain upper
  jobz drain --all")]
pub struct DrainArgs {
    /// The service's name
    #[arg(group = "which")]
    pub service: Option<Service>,
    /// All services
    #[arg(long, group = "which")]
    pub all: bool,
    /// The brokers.
    #[command(flatten)]
    pub brokers: BrokersArgs,
    /// How long to wait for a connection to a broker
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = positive_duration)]
    pub connect: Duration,
}

impl DrainArgs {
    /// What is drained, and where.
    #[must_use]
    pub fn config(self, suite: &Suite) -> DrainConfig {
        DrainConfig {
            client: ClientConfig { connect: self.connect, ..asking_once(self.brokers.endpoints(suite)) },
            service: self.service.map(|service| service.to_string()),
        }
    }
}
