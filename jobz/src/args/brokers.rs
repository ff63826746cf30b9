//! Which brokers a role connects to.

use std::time::Duration;

use clap::Args;
use settings::{HostArgs, Suite};
use sockets::Endpoint;
use wire::job::JOBS;

use crate::client::ClientConfig;

/// How long a question to the broker itself waits for a connection, and for the answer.
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);

/// The addresses of the brokers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Broker")]
pub struct BrokersArgs {
    /// The broker's endpoint; several, separated by commas or given again, are tried in this order [default: tcp://127.0.0.1:9010]
    #[arg(long, value_name = "ENDPOINT", env = JOBS.variable, value_delimiter = ',')]
    pub jobs: Vec<Endpoint>,
    /// The host of the default endpoint.
    #[command(flatten)]
    pub host: HostArgs,
}

impl BrokersArgs {
    /// The endpoints, at least one.
    pub(super) fn endpoints(self, suite: &Suite) -> Vec<Endpoint> {
        let Self { jobs, host } = self;
        if jobs.is_empty() {
            return vec![suite.to_connect(JOBS, None, &host)];
        }
        jobs.into_iter().map(|endpoint| suite.to_connect(JOBS, Some(endpoint), &host)).collect()
    }
}

/// A client that asks the broker itself, and only once: it answers at once, or not at all.
pub(super) const fn asking_once(brokers: Vec<Endpoint>) -> ClientConfig {
    ClientConfig { brokers, connect: ANSWER_PATIENCE, patience: ANSWER_PATIENCE, tries: 1 }
}
