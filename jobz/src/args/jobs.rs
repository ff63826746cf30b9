//! The command lines of jobs.

use std::time::Duration;

use clap::{Args, Subcommand};
use settings::{Suite, positive_duration};
use wire::job::Service;

use super::{
    BrokersArgs,
    parent::{ParentArgs, id},
};
use crate::{
    client::ClientConfig,
    job_client::JobOptions,
    job_commands::{Act, JobConfig},
    requests::Id,
};

/// The most bytes of a key.
const KEY_BYTES_MAX: usize = 255;

/// What is done with a job.
#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// Submit a job, which the broker keeps until it is done, and print its id
    Submit(SubmitArgs),
    /// Wait for the end of a job, and print its replies
    Wait(WaitArgs),
    /// Print what the broker knows of a job
    Status(StatusArgs),
    /// Cancel a job that is not done
    Cancel(JobArgs),
    /// Forget a job and its reply, and cancel it if it is not done
    Close(JobArgs),
    /// Print the jobs that are not done, at most 1,000
    List(ListArgs),
    /// Print the jobs that could not be done, at most 1,000
    Dead(ListArgs),
    /// Give a dead job to workers again
    Resend(JobArgs),
}

/// Arguments of `jobz submit`.
#[derive(Debug, Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Without PART the job is what is on standard input. The id is printed once the broker has accepted the job: \
if it has a --store, the job is on its disk then, and is done even if broker and workers are killed. A job \
may be done more than once. The same --job-key again is the same job, and prints the same id; with another \
service or body it is refused.

Exit codes: 0 if the job is accepted, 1 if it is refused or the broker does not answer, 2 for wrong usage.

Examples:
  jobz submit thumbnail < photo.jpg
  jobz submit report monday --job-key report-monday --deadline 2h --tries 5
  jobz wait $(jobz submit thumbnail < photo.jpg) > small.jpg"
)]
pub struct SubmitArgs {
    /// The service's name
    pub service: Service,
    /// The parts of the job, a frame each
    #[arg(value_name = "PART")]
    pub parts: Vec<String>,
    /// Your name for the job, up to 255 bytes [default: a random one]
    #[arg(long, value_name = "KEY", value_parser = key)]
    pub job_key: Option<String>,
    /// How much time the job has until it is dead [default: no limit]
    #[arg(long, value_name = "TIME", value_parser = positive_duration)]
    pub deadline: Option<Duration>,
    /// How many workers may get it, one after another [default: the broker's --tries]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub tries: Option<u32>,
    /// The job for which it is done.
    #[command(flatten)]
    pub parent: ParentArgs,
    /// How the broker is asked.
    #[command(flatten)]
    pub asking: AskingArgs,
}

/// Arguments of `jobz wait`.
#[derive(Debug, Args)]
#[command(after_help = "\
Partial replies are printed as they come, from now on. Each frame of a reply is a line; nothing is added \
to the last one, except in a terminal. The reply stays with the broker, until `jobz close` or the end of its \
--keep.

Exit codes: 0 if the job is done, 1 if it is dead, cancelled or unknown, 2 for wrong usage.

Examples:
  jobz wait 0006449f0c3e8d2a0000000000000001
  jobz wait 0006449f0c3e8d2a0000000000000001 --asks 100")]
pub struct WaitArgs {
    /// The job's id
    #[arg(value_parser = id)]
    pub id: Id,
    /// The job that waits.
    #[command(flatten)]
    pub parent: ParentArgs,
    /// How the broker is asked.
    #[command(flatten)]
    pub asking: AskingArgs,
}

/// Arguments of `jobz status`.
#[derive(Debug, Args)]
#[command(after_help = "\
A job is waiting for a worker, open (a worker has it), done, dead or cancelled.

Exit codes: 0 if the broker knows the job, whatever its state, 1 if not, 2 for wrong usage.

Examples:
  jobz status 0006449f0c3e8d2a0000000000000001
  jobz status 0006449f0c3e8d2a0000000000000001 --json | jq -r .state")]
pub struct StatusArgs {
    /// The job's id
    #[arg(value_parser = id)]
    pub id: Id,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// How the broker is asked.
    #[command(flatten)]
    pub asking: AskingArgs,
}

/// Arguments of `jobz cancel`, `close` and `resend`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 if it is done, 1 if the broker does not know the job, refuses, or does not answer, 2 for wrong \
usage.

Examples:
  jobz cancel 0006449f0c3e8d2a0000000000000001
  jobz close 0006449f0c3e8d2a0000000000000001
  jobz dead --json | jq -r '.[].id' | xargs -n 1 jobz resend")]
pub struct JobArgs {
    /// The job's id
    #[arg(value_parser = id)]
    pub id: Id,
    /// How the broker is asked.
    #[command(flatten)]
    pub asking: AskingArgs,
}

/// Arguments of `jobz list` and `jobz dead`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 if the broker answers, 1 if not, 2 for wrong usage.

Examples:
  jobz list
  jobz dead thumbnail
  jobz dead --json | jq -r '.[].id' | xargs -n 1 jobz resend")]
pub struct ListArgs {
    /// Only those of this service
    pub service: Option<Service>,
    /// Print one JSON array
    #[arg(long)]
    pub json: bool,
    /// How the broker is asked.
    #[command(flatten)]
    pub asking: AskingArgs,
}

/// How the broker is asked.
#[derive(Debug, Args)]
pub struct AskingArgs {
    /// The brokers.
    #[command(flatten)]
    pub brokers: BrokersArgs,
    /// How long to wait for a connection to a broker
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = positive_duration)]
    pub connect: Duration,
    /// How long to wait for the broker's answer before it is asked again
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = positive_duration)]
    pub patience: Duration,
    /// How often to ask a broker that does not answer
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub asks: u32,
}

impl JobCommand {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Submit(_) => "submit",
            Self::Wait(_) => "wait",
            Self::Status(_) => "status",
            Self::Cancel(_) => "cancel",
            Self::Close(_) => "close",
            Self::List(_) => "list",
            Self::Dead(_) => "dead",
            Self::Resend(_) => "resend",
        }
    }

    /// What is asked, and whom.
    #[must_use]
    pub fn config(self, suite: &Suite) -> JobConfig {
        let (asking, act) = match self {
            Self::Submit(args) => {
                let SubmitArgs { service, parts, job_key: key, deadline, tries, parent, asking } = args;
                let options = JobOptions { key, deadline, tries, parent: parent.parent };
                (asking, Act::Submit { service: service.as_str().to_owned(), parts, options })
            }
            Self::Wait(WaitArgs { id, parent, asking }) => (asking, Act::Wait { id, parent: parent.parent }),
            Self::Status(StatusArgs { id, json, asking }) => (asking, Act::Status { id, json }),
            Self::Cancel(JobArgs { id, asking }) => (asking, Act::Cancel(id)),
            Self::Close(JobArgs { id, asking }) => (asking, Act::Close(id)),
            Self::List(ListArgs { service, json, asking }) => (asking, Act::List { service: name(service), json }),
            Self::Dead(ListArgs { service, json, asking }) => (asking, Act::Dead { service: name(service), json }),
            Self::Resend(JobArgs { id, asking }) => (asking, Act::Resend(id)),
        };
        JobConfig { client: asking.config(suite), act }
    }
}

impl AskingArgs {
    fn config(self, suite: &Suite) -> ClientConfig {
        ClientConfig {
            brokers: self.brokers.endpoints(suite),
            connect: self.connect,
            patience: self.patience,
            tries: self.asks,
        }
    }
}

fn name(service: Option<Service>) -> Option<String> {
    service.map(|service| service.as_str().to_owned())
}

fn key(text: &str) -> Result<String, String> {
    if (1..=KEY_BYTES_MAX).contains(&text.len()) {
        Ok(text.to_owned())
    } else {
        Err(format!("not 1 to {KEY_BYTES_MAX} bytes"))
    }
}
