//! The command line, and the configurations that come of it: a file for each role.

mod ask;
mod broker;
mod brokers;
mod drain;
mod jobs;
mod parent;
mod scale;
mod vault;
mod worker;

use clap::{Parser, Subcommand};
use settings::ReportingArgs;

pub use self::{
    ask::AskArgs,
    broker::{BrokerArgs, ExtraDialect, RequestArgs, WorkersArgs},
    brokers::BrokersArgs,
    drain::DrainArgs,
    jobs::{AskingArgs, JobArgs, JobCommand, ListArgs, StatusArgs, SubmitArgs, WaitArgs},
    parent::ParentArgs,
    scale::{CrewArgs, ScaleArgs},
    vault::VaultArgs,
    worker::WorkerArgs,
};

/// What a reader of the help sees first.
const ABOUT: &str = "\
Any program behind a queue: a broker, its workers and its clients

  jobz broker                             in one terminal
  jobz worker upper -- tr a-z A-Z         in another: any program
  jobz ask upper 'good morning'           a client: GOOD MORNING

  jobz submit upper 'good morning'        a job, kept until it is done: its id
  jobz wait ID                            its reply
  jobz scale upper --max 8 -- tr a-z A-Z  as many workers as there is work for
  jobz broker --store jobs.redb           jobs survive the broker";

/// How it ends.
const EXIT_CODES: &str = "\
Exit codes:
  0  done; broker, worker and scale: stopped
  1  failed, and standard error says why: no broker, no reply, no such job
  2  wrong usage

`jobz COMMAND --help` has examples. RUST_LOG=debug logs more.";

/// The command line of the program.
#[derive(Debug, Parser)]
#[command(version, about = ABOUT, long_about = None, after_help = EXIT_CODES)]
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
    Broker(Box<BrokerArgs>),
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
