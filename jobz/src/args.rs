//! The command line, and the configurations that come of it.

mod jobs;
mod vault;

use std::{collections::HashMap, ffi::OsString, net::SocketAddr, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use settings::{HostArgs, ReportingArgs, Suite, program::Usage};
use sockets::{Endpoint, Mechanism};
use wire::job::{CREDIT_MAX, JOBS, Service};

pub use self::{jobs::JobCommand, vault::VaultArgs};
use crate::{
    ask::AskConfig,
    broker::BrokerConfig,
    client::ClientConfig,
    crew::CrewLimits,
    drain::DrainConfig,
    exec::{Exec, JOB_VARIABLE},
    limits::{Balance, BrokerLimits, ServiceChange, ServiceLimits, positive_duration},
    permits::Permit,
    requests::Id,
    scale::ScaleConfig,
    worker::WorkerConfig,
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
    /// Do the requests to a service, by a program
    Worker(WorkerArgs),
    /// Run as many workers of a service as its backlog needs
    Scale(ScaleArgs),
    /// Have the workers of a service finish what they have, and end
    Drain(DrainArgs),
    /// Send a request to a service, and print its replies
    Ask(AskArgs),
    /// What is done with a job.
    #[command(flatten)]
    Job(JobCommand),
}

impl Command {
    /// The role's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Broker(_) => "broker",
            Self::Worker(_) => "worker",
            Self::Scale(_) => "scale",
            Self::Drain(_) => "drain",
            Self::Ask(_) => "ask",
            Self::Job(command) => command.name(),
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
  jobz broker --jobs tcp://127.0.0.1:7010 --busy 30s --tries 5
  jobz broker --store /var/lib/jobz/store --keep 7d --store-max 10GiB
  jobz broker --metrics 127.0.0.1:9464
  jobz broker --uplink tcp://10.0.0.7:9010 --uplink tcp://10.0.0.8:9010
  jobz broker --service video:busy=2h,tries=1 --service mail:waiting=100000,age=1d
  jobz broker --security curve --key broker.key --allow peers --allow-worker 'ada=upper,lower' --allow-worker 'ops=*'")]
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
    /// Address at which Prometheus may read the broker's numbers, as http://ADDRESS/metrics; without access control
    #[arg(long, value_name = "ADDRESS", env = "JOBZ_METRICS")]
    pub metrics: Option<SocketAddr>,
    /// Limits of one service that differ from those of the others (waiting, age, busy, tries); may be repeated
    #[arg(long, value_name = "NAME:LIMIT=VALUE[,LIMIT=VALUE]")]
    pub service: Vec<ServiceChange>,
    /// Which free worker gets the next request
    #[arg(long, value_name = "NAME", default_value = "lru")]
    pub balance: Balance,
    /// PLAIN, CURVE: let only the users that have such a permit register for these services, * for any; may be repeated
    #[arg(long, value_name = "USER=SERVICE[,SERVICE]")]
    pub allow_worker: Vec<Permit>,
    /// Endpoint of another broker, to which this one passes requests that none of its workers can do, and the reverse; may be repeated
    #[arg(long, value_name = "ENDPOINT", value_delimiter = ',')]
    pub uplink: Vec<Endpoint>,
    /// Accept another dialect as well
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<ExtraDialect>,
    /// The store of jobs.
    #[command(flatten)]
    pub vault: VaultArgs,
}

/// Arguments of `jobz worker`.
#[derive(Debug, Args)]
#[command(after_help = "\
COMMAND is started for each request. It reads the request on standard input and writes the reply on
standard output; JOBZ_JOB is the id of the request. If it exits with another code than 0, another
worker gets the request. It is killed when no client waits for the reply any more.
At Ctrl-C and SIGTERM the worker takes no more requests, finishes those that it has, and ends; a second
signal ends it at once.

Examples:
  jobz worker upper -- tr a-z A-Z
  jobz worker thumbnail --credit 4 -- convert - -resize 100x100 jpg:-
  jobz worker count --lines -- seq 10")]
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
    /// Interval of heartbeats, in both directions
    #[arg(long, value_name = "TIME", default_value = "2500ms", value_parser = positive_duration)]
    pub heartbeat: Duration,
    /// How many heartbeats the broker may miss
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub liveness: u32,
    /// How long a worker that is stopped or taken away may take for the requests that it has
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = positive_duration)]
    pub drain: Duration,
    /// The brokers.
    #[command(flatten)]
    pub brokers: BrokersArgs,
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

/// Arguments of `jobz scale`.
#[derive(Debug, Args)]
#[command(after_help = "\
The workers are processes of this program, each as `jobz worker` with the same flags. The broker is asked
what waits. A backlog that lasts adds a worker; work that one worker less could do takes the latest one
away. One that dies is replaced. At Ctrl-C and SIGTERM all finish what they have, and end; at a second
signal they end at once.

Examples:
  jobz scale thumbnail --max 8 -- convert - -resize 100x100 jpg:-
  jobz scale report --min 0 --max 20 --up-after 200ms --idle 5m -- ./report.py")]
pub struct ScaleArgs {
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
    /// What each worker does.
    #[command(flatten)]
    pub worker: WorkerArgs,
}

/// The most workers that one process starts.
const WORKERS_MAX: i64 = 1000;

/// How long a question to the broker itself waits, for a connection and for the answer.
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);

impl ScaleArgs {
    /// What is scaled, and how. `flags` are passed on to the workers.
    ///
    /// # Errors
    /// The least is more than the most.
    pub fn config(self, suite: &Suite, flags: &ReportingArgs) -> Result<ScaleConfig, Usage> {
        let Self { min, max, up_after, idle, worker } = self;
        if min > max {
            return Err(Usage(format!("--min {min} is more than --max {max}")));
        }
        let WorkerArgs { service, command, credit, lines, heartbeat, liveness, drain, brokers } = worker;
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
            client: ClientConfig { brokers, connect: ANSWER_PATIENCE, patience: ANSWER_PATIENCE, tries: 1 },
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

/// Arguments of `jobz drain`.
#[derive(Debug, Args)]
#[command(after_help = "\
It is for the workers that are registered now. Requests wait for workers that register later. A `jobz worker`
ends; one that does not know the extension `credit` begins again, as MDP has it.

Examples:
  jobz drain upper
  jobz drain --all")]
pub struct DrainArgs {
    /// The service's name
    #[arg(required_unless_present = "all")]
    pub service: Option<Service>,
    /// All services
    #[arg(long, conflicts_with = "service")]
    pub all: bool,
    /// How long to wait for a connection to a broker
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = positive_duration)]
    pub connect: Duration,
    /// The brokers.
    #[command(flatten)]
    pub brokers: BrokersArgs,
}

impl DrainArgs {
    /// What is drained, and where.
    #[must_use]
    pub fn config(self, suite: &Suite) -> DrainConfig {
        let brokers = self.brokers.endpoints(suite);
        DrainConfig {
            client: ClientConfig { brokers, connect: self.connect, patience: ANSWER_PATIENCE, tries: 1 },
            service: self.service.map(|service| service.to_string()).unwrap_or_default(),
        }
    }
}

/// Arguments of `jobz ask`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without PART the request is what is on standard input. Each frame of a reply is a line of standard
output; nothing is added to the last one, except in a terminal. A request that gets no reply is sent
again, to the next broker if there are several: it may be done twice.

In a script that `jobz worker` runs, JOBZ_JOB is the request that the script does. What it asks is a
job of that one: it gets a worker even if all of them wait like this one, and is cancelled with it.

Examples:
  jobz ask upper 'good morning'
  jobz ask thumbnail < photo.jpg > small.jpg
  jobz ask upper hello --every 200ms
  jobz ask upper hello --jobs tcp://127.0.0.1:7010 --jobs tcp://127.0.0.1:7020 --tries 6")]
pub struct AskArgs {
    /// The service's name
    pub service: Service,
    /// The parts of the request, a frame each
    #[arg(value_name = "PART")]
    pub parts: Vec<String>,
    /// How long to wait for a connection to a broker
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = positive_duration)]
    pub connect: Duration,
    /// How long to wait for each reply before the request is sent again
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = positive_duration)]
    pub patience: Duration,
    /// How often to send the request
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub tries: u32,
    /// Ask again and again, at most once in this time
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    pub every: Option<Duration>,
    /// Stop after N requests [default: 1; with --every as many as there is time for]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// The job that asks.
    #[command(flatten)]
    pub parent: ParentArgs,
    /// The brokers.
    #[command(flatten)]
    pub brokers: BrokersArgs,
}

/// The job for which another one is done.
#[derive(Debug, Args)]
pub struct ParentArgs {
    /// The job for which this is done: its id
    #[arg(long, value_name = "ID", env = JOB_VARIABLE, value_parser = id)]
    pub parent: Option<Id>,
}

/// The addresses of the brokers.
#[derive(Debug, Args)]
pub struct BrokersArgs {
    /// A broker's endpoint; several are tried in this order [default: tcp://127.0.0.1:9010]
    #[arg(long, value_name = "ENDPOINT", env = JOBS.variable, value_delimiter = ',')]
    pub jobs: Vec<Endpoint>,
    /// The host of the default endpoint.
    #[command(flatten)]
    pub host: HostArgs,
}

impl BrokersArgs {
    /// The endpoints, at least one.
    fn endpoints(self, suite: &Suite) -> Vec<Endpoint> {
        let Self { jobs, host } = self;
        if jobs.is_empty() {
            return vec![suite.to_connect(JOBS, None, &host)];
        }
        jobs.into_iter().map(|endpoint| suite.to_connect(JOBS, Some(endpoint), &host)).collect()
    }
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

impl BrokerArgs {
    /// The broker's configuration.
    ///
    /// # Errors
    /// There are permits and peers have no authenticated names, or the security of the suite is incomplete.
    pub fn config(self, suite: &Suite) -> anyhow::Result<BrokerConfig> {
        if !self.allow_worker.is_empty() && matches!(suite.security()?.mechanism, Mechanism::Null) {
            let reason = "--allow-worker needs authenticated peers: --security plain or curve";
            return Err(Usage(reason.to_owned()).into());
        }
        let service = ServiceLimits {
            waiting_max: self.waiting as usize,
            age_max: self.age,
            busy_max: self.busy,
            tries_max: self.tries,
        };
        let mut services = HashMap::new();
        for change in &self.service {
            change.apply(services.entry(change.service.as_str().to_owned()).or_insert(service));
        }
        Ok(BrokerConfig {
            jobs: suite.to_bind(JOBS, self.jobs),
            limits: BrokerLimits {
                heartbeat: self.heartbeat,
                liveness: self.liveness,
                service,
                services,
                balance: self.balance,
                ..BrokerLimits::default()
            },
            accepts_majortomo: self.dialect == Some(ExtraDialect::Majortomo),
            vault: self.vault.config(),
            permits: self.allow_worker,
            uplinks: self
                .uplink
                .into_iter()
                .map(|endpoint| suite.to_connect(JOBS, Some(endpoint), &HostArgs::default()))
                .collect(),
        })
    }
}

/// The id of a job.
fn id(text: &str) -> Result<Id, String> {
    Id::decode(text.as_bytes()).ok_or_else(|| "not an id of 32 hexadecimal digits".to_owned())
}
