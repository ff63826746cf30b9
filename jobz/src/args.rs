//! The command line, and the configurations that come of it.

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use settings::{ReportingArgs, Suite};
use sockets::Endpoint;
use wire::job::JOBS;

use crate::{
    broker::BrokerConfig,
    limits::{BrokerLimits, ServiceLimits},
};

/// Requests to services: a Majordomo broker, its workers and its clients
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// The flags that all programs of the suite share.
    #[command(flatten)]
    pub suite: ReportingArgs,
    /// The role.
    #[command(subcommand)]
    pub command: Command,
}

/// The roles.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Pass requests of clients to workers, and their replies back
    Broker(BrokerArgs),
}

impl Command {
    /// The role's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Broker(_) => "broker",
        }
    }
}

/// How peers may speak, besides 7/MDP and 18/MDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExtraDialect {
    /// As the Python package majortomo does
    Majortomo,
}

/// Arguments of `jobz broker`.
#[derive(Debug, Args)]
#[command(after_help = "\
Clients and workers of 7/MDP (0.1) and 18/MDP (0.2) may connect to the same endpoint.

Examples:
  jobz broker
  jobz broker --jobs tcp://127.0.0.1:7010 --busy 30s --tries 5")]
pub struct BrokerArgs {
    /// Endpoint to bind for clients and workers [default: tcp://*:9010]
    #[arg(long, value_name = "ENDPOINT", env = JOBS.variable)]
    pub jobs: Option<Endpoint>,
    /// Interval of heartbeats, in both directions
    #[arg(long, value_name = "TIME", default_value = "2500ms", value_parser = positive_duration)]
    pub heartbeat: Duration,
    /// How many heartbeats a worker may miss
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub liveness: u32,
    /// How long a worker may be busy with a request without a reply before another one gets it
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = positive_duration)]
    pub busy: Duration,
    /// How long a request waits for a worker
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = positive_duration)]
    pub age: Duration,
    /// How many requests of a service wait for a worker
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub waiting: u32,
    /// How many workers may get a request, one after another
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub tries: u32,
    /// Accept another dialect as well
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<ExtraDialect>,
}

impl BrokerArgs {
    /// The broker's configuration.
    #[must_use]
    pub fn config(self, suite: &Suite) -> BrokerConfig {
        let service = ServiceLimits {
            waiting_max: self.waiting as usize,
            age_max: self.age,
            busy_max: self.busy,
            tries_max: self.tries,
        };
        BrokerConfig {
            jobs: suite.to_bind(JOBS, self.jobs),
            limits: BrokerLimits {
                heartbeat: self.heartbeat,
                liveness: self.liveness,
                service,
                ..BrokerLimits::default()
            },
            accepts_majortomo: self.dialect == Some(ExtraDialect::Majortomo),
        }
    }
}

/// A length of time such as `5s` or `200ms`, from a millisecond to a year.
fn positive_duration(text: &str) -> Result<Duration, String> {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if (Duration::from_millis(1)..=YEAR).contains(&duration) {
        Ok(duration)
    } else {
        Err("not between 1ms and a year".to_owned())
    }
}
