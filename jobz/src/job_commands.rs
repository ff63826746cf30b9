//! `jobz submit`, `wait`, `status`, `cancel`, `close`, `list`, `dead` and `resend`: each asks the broker once, and prints what it says.

use std::{
    io::{self, Write as _},
    time::{Duration, UNIX_EPOCH},
};

use anyhow::Context as _;
use serde::Serialize;
use sockets::{Context, Stop};
use wire::{
    Frames, foreign,
    report::{Declaration, DeclaredSocket},
};

use crate::{
    client::{ClientConfig, DEALER},
    job_client::{DeadJob, JobClient, JobOptions, JobStatus},
    parts::{Printer, body},
    requests::Id,
    table::Table,
};

/// What each of them reports to observers.
#[must_use]
pub const fn reports(role: &'static str) -> Declaration {
    const SOCKETS: &[DeclaredSocket] = &[DEALER];
    Declaration { program: "jobz", role, sockets: SOCKETS, values: &[] }
}

/// What is asked, and whom.
#[derive(Debug, Clone)]
pub struct JobConfig {
    /// Whom.
    pub client: ClientConfig,
    /// What.
    pub act: Act,
}

/// What is asked.
#[derive(Debug, Clone)]
pub enum Act {
    /// Accept a job.
    Submit {
        /// Its service.
        service: String,
        /// The parts of its body; none if standard input is the body.
        parts: Vec<String>,
        /// The rest.
        options: JobOptions,
    },
    /// Wait for its end.
    Wait {
        /// Which.
        id: Id,
        /// The job that waits.
        parent: Option<Id>,
    },
    /// What is known of it?
    Status {
        /// Which.
        id: Id,
        /// Whether the answer is printed as JSON.
        json: bool,
    },
    /// Cancel it.
    Cancel(Id),
    /// Forget it.
    Close(Id),
    /// Which are not done?
    List {
        /// Of which service.
        service: Option<String>,
        /// Whether the answer is printed as JSON.
        json: bool,
    },
    /// Which are dead?
    Dead {
        /// Of which service.
        service: Option<String>,
        /// Whether the answer is printed as JSON.
        json: bool,
    },
    /// Give it to workers again.
    Resend(Id),
}

/// Asks, and prints the answer.
///
/// # Errors
/// Standard input cannot be read or is too large, standard output cannot be written, the broker does not answer, or it refuses.
pub fn run(context: &Context, JobConfig { client, act }: JobConfig, stop: &Stop) -> anyhow::Result<()> {
    let mut client = JobClient::new(context.clone(), client);
    match act {
        Act::Submit { service, parts, options } => {
            let id = client.submit(&service, &body(&parts, stop)?, &options, stop)?;
            print(&format!("{id}\n"))
        }
        Act::Wait { id, parent } => {
            let mut printer = Printer::of_one();
            let reply: Frames = client.wait(id, parent, |partial| printer.partial(partial), stop)?;
            printer.last(&reply).context("cannot write the reply")
        }
        Act::Status { id, json } => {
            let status = client.status(id, stop)?;
            if json { print_json(&status) } else { print(&status_table(&[status])) }
        }
        Act::Cancel(id) => Ok(client.cancel(id, stop)?),
        Act::Close(id) => Ok(client.close(id, stop)?),
        Act::List { service, json } => {
            let jobs = client.list(service.as_deref(), stop)?;
            if json { print_json(&jobs) } else { print(&status_table(&jobs)) }
        }
        Act::Dead { service, json } => {
            let jobs = client.dead(service.as_deref(), stop)?;
            if json { print_json(&jobs) } else { print(&dead_table(&jobs)) }
        }
        Act::Resend(id) => Ok(client.resend(id, stop)?),
    }
}

fn status_table(jobs: &[JobStatus]) -> String {
    let mut table = Table::of(["ID", "SERVICE", "STATE", "TRIES", "PARTS", "AGE", "REASON"]);
    for job in jobs {
        table.add([
            foreign(&job.id).to_string(),
            foreign(job.service.as_deref().unwrap_or("-")).to_string(),
            foreign(&job.state).to_string(),
            known(job.attempts),
            known(job.parts),
            known(job.age_ms.map(age)),
            foreign(job.reason.as_deref().unwrap_or_default()).to_string(),
        ]);
    }
    table.to_string()
}

fn dead_table(jobs: &[DeadJob]) -> String {
    let mut table = Table::of(["ID", "SERVICE", "DIED", "REASON"]);
    for job in jobs {
        table.add([
            foreign(&job.id).to_string(),
            foreign(&job.service).to_string(),
            time(job.at),
            foreign(&job.reason).to_string(),
        ]);
    }
    table.to_string()
}

fn known(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A length of time: in milliseconds below a second, otherwise in seconds and longer units.
fn age(milliseconds: u64) -> String {
    let age = Duration::from_millis(milliseconds);
    let age = if age < Duration::from_secs(1) { age } else { Duration::from_secs(age.as_secs()) };
    humantime::format_duration(age).to_string()
}

/// A time since 1970, if a calendar has it.
fn time(milliseconds: u64) -> String {
    // humantime has no words for a year after 9999.
    const LAST: u64 = 253_402_300_799_000;
    let time = UNIX_EPOCH + Duration::from_millis(milliseconds.min(LAST));
    humantime::format_rfc3339_seconds(time).to_string()
}

fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string(value)?))
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).context("cannot write the answer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_times_read_well() {
        assert_eq!([0, 999, 1_500, 90_061_000].map(age), ["0s", "999ms", "1s", "1day 1h 1m 1s"]);
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(u64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn a_table_shows_what_brokers_say_without_control_characters() {
        let dead = DeadJob {
            id: "00ff".to_owned(),
            service: "tea".to_owned(),
            reason: "no\x1b[2J water".to_owned(),
            at: 1_000,
        };
        let table = dead_table(&[dead]);
        assert!(
            table.starts_with("ID    SERVICE  DIED                  REASON\n00ff  tea      1970-01-01T00:00:01Z  no"),
            "{table}"
        );
        assert!(!table.contains('\x1b'));
    }
}
