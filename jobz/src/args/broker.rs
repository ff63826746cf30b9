//! The command line of `jobz broker`.

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use clap::{Args, ValueEnum};
use settings::{HostArgs, Suite, positive_duration, program::Usage};
use sockets::{Endpoint, Mechanism};
use wire::job::JOBS;

use super::VaultArgs;
use crate::{
    broker::BrokerConfig,
    limits::{Balance, BrokerLimits, ServiceChange, ServiceLimits},
    permits::Permit,
};

/// Arguments of `jobz broker`.
#[derive(Debug, Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Clients and workers of 7/MDP (0.1) and 18/MDP (0.2) may connect to the same endpoint.

Exit codes: 0 if it was stopped, 1 if it failed (the port or the store is in use), 2 for wrong usage.

Examples:
  jobz broker
  jobz broker --jobs tcp://127.0.0.1:7010 --busy 30s --tries 5
  jobz broker --store /var/lib/jobz/store --keep 7d --store-max 10GiB
  jobz broker --metrics 127.0.0.1:9464
  jobz broker --uplink tcp://10.0.0.7:9010 --uplink tcp://10.0.0.8:9010
  jobz broker --service video:busy=2h,tries=1 --service mail:waiting=100000,age=1d
  jobz broker --security curve --key broker.key --allow peers --allow-worker ada=upper,lower"
)]
pub struct BrokerArgs {
    /// Endpoint to bind for clients, workers and other brokers [default: tcp://*:9010]
    #[arg(long, value_name = "ENDPOINT", env = JOBS.variable)]
    pub jobs: Option<Endpoint>,
    /// Endpoint of another broker: each passes requests to the other that none of its workers can do; may be repeated
    #[arg(long, value_name = "ENDPOINT", value_delimiter = ',')]
    pub uplink: Vec<Endpoint>,
    /// Address at which Prometheus may read the broker's numbers, as http://ADDRESS/metrics; without access control
    #[arg(long, value_name = "ADDRESS", env = "JOBZ_METRICS")]
    pub metrics: Option<SocketAddr>,
    /// Accept another dialect as well
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<ExtraDialect>,
    /// What holds for the requests of a service.
    #[command(flatten)]
    pub requests: RequestArgs,
    /// What holds for workers.
    #[command(flatten)]
    pub workers: WorkersArgs,
    /// The store of jobs.
    #[command(flatten)]
    pub vault: VaultArgs,
}

/// How peers may speak, besides 7/MDP and 18/MDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExtraDialect {
    /// As the Python package majortomo does
    Majortomo,
}

/// The limits of the requests of a service.
#[derive(Debug, Args)]
#[command(next_help_heading = "Requests")]
pub struct RequestArgs {
    /// How long a request waits for a worker; then it expires without a reply. A job waits on
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = positive_duration)]
    pub age: Duration,
    /// How many requests of a service wait for a worker; further ones get no reply
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub waiting: u32,
    /// How long a worker may be busy with a request without a reply before another one gets it
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = positive_duration)]
    pub busy: Duration,
    /// How many workers may get a request, one after another
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub tries: u32,
    /// Limits of one service that differ from these four (age, waiting, busy, tries); may be repeated
    #[arg(long, value_name = "NAME:LIMIT=VALUE[,LIMIT=VALUE]")]
    pub service: Vec<ServiceChange>,
}

/// What holds for workers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Workers")]
pub struct WorkersArgs {
    /// Which free worker gets the next request
    #[arg(long, value_name = "NAME", default_value = "lru")]
    pub balance: Balance,
    /// PLAIN, CURVE: let only the users that have such a permit register for these services, * for any; may be repeated
    #[arg(long, value_name = "USER=SERVICE[,SERVICE]")]
    pub allow_worker: Vec<Permit>,
    /// Interval of heartbeats, in both directions
    #[arg(long, value_name = "TIME", default_value = "2500ms", value_parser = positive_duration)]
    pub heartbeat: Duration,
    /// How many heartbeats a worker may miss
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub liveness: u32,
}

impl BrokerArgs {
    /// The broker's configuration.
    ///
    /// # Errors
    /// There are permits and peers have no authenticated names, or the security of the suite is incomplete.
    pub fn config(self, suite: &Suite) -> anyhow::Result<BrokerConfig> {
        let WorkersArgs { balance, allow_worker, heartbeat, liveness } = self.workers;
        if !allow_worker.is_empty() && matches!(suite.security()?.mechanism, Mechanism::Null) {
            let reason = "--allow-worker needs authenticated peers: --security plain or curve";
            return Err(Usage(reason.to_owned()).into());
        }
        let uplink = |endpoint| suite.to_connect(JOBS, Some(endpoint), &HostArgs::default());
        let (service, services) = self.requests.limits();
        Ok(BrokerConfig {
            jobs: suite.to_bind(JOBS, self.jobs),
            limits: BrokerLimits { heartbeat, liveness, service, services, balance, ..BrokerLimits::default() },
            accepts_majortomo: self.dialect == Some(ExtraDialect::Majortomo),
            vault: self.vault.config(),
            permits: allow_worker,
            uplinks: self.uplink.into_iter().map(uplink).collect(),
        })
    }
}

impl RequestArgs {
    /// The limits of a service, and those that differ, by the names of their services.
    fn limits(self) -> (ServiceLimits, HashMap<String, ServiceLimits>) {
        let Self { age, waiting, busy, tries, service } = self;
        let limits = ServiceLimits { waiting_max: waiting as usize, age_max: age, busy_max: busy, tries_max: tries };
        let mut services = HashMap::new();
        for change in service {
            change.apply(services.entry(change.service.as_str().to_owned()).or_insert(limits));
        }
        (limits, services)
    }
}
