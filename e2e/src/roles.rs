//! All roles of all programs, which are started, killed and suspended in any order.

use std::fmt;

use rand::{Rng, RngExt as _};
use testkit::Program;

use crate::observer::reporting;

/// The connections between all roles.
pub const LINES: usize = 7;

/// How many orders the batch has, and how long each takes: the system keeps a connection from a source that was killed until
/// the worker has read all orders that were under way, some thousand. In a soak the batch ends, and all of its roles exit.
const ORDERS: (&str, &str) = ("100000", "1ms");

/// A role of a program: its arguments, and its process if it has one.
pub struct Role {
    program: &'static str,
    arguments: Vec<String>,
    process: Option<Program>,
    is_suspended: bool,
}

/// All roles, at endpoints in the order ticks, requests, broadcasts, orders, results, control. None of them runs yet.
#[must_use]
pub fn roles([ticks, requests, broadcasts, orders, results, control]: &[String; 6]) -> Vec<Role> {
    let roles: Vec<(&str, Vec<&str>)> = vec![
        ("tickz", vec!["publish", "--ticks", ticks, "--interval", "20ms"]),
        ("tickz", vec!["watch", "MSFT", "--ticks", ticks]),
        ("chatz", vec!["serve", "--requests", requests, "--broadcasts", broadcasts]),
        ("chatz", vec!["join", "ada", "--requests", requests, "--broadcasts", broadcasts]),
        ("valuz", vec!["reduce", "--workers", "1", "--count", ORDERS.0, "--results", results, "--control", control]),
        ("valuz", vec!["source", "--count", ORDERS.0, "--orders", orders, "--control", control]),
        ("valuz", vec!["worker", "--delay", ORDERS.1, "--orders", orders, "--results", results, "--control", control]),
    ];
    let roles = roles.into_iter().map(|(program, arguments)| Role {
        program,
        arguments: arguments.into_iter().map(str::to_owned).collect(),
        process: None,
        is_suspended: false,
    });
    roles.collect()
}

impl Role {
    /// The id of its process, if it has one: it may have ended.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Program::pid)
    }

    /// Starts it; it reports to this hub.
    pub fn start(&mut self, reports: &str) {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        self.process = Some(reporting(reports, self.program, &arguments));
        self.is_suspended = false;
    }

    /// Resumes it if it is suspended, and starts it if it has exited.
    pub fn run(&mut self, reports: &str) {
        match self.process.as_ref().filter(|process| process.is_running()) {
            Some(process) => process.resume(),
            None => self.start(reports),
        }
        self.is_suspended = false;
    }

    /// Kills, ends, suspends, resumes or starts it, and returns which.
    pub fn outage(&mut self, chance: &mut impl Rng, reports: &str) -> String {
        let is_running = self.process.as_ref().is_some_and(Program::is_running);
        let action = match (&self.process, is_running) {
            (Some(process), true) if self.is_suspended && chance.random() => {
                process.resume();
                self.is_suspended = false;
                "resumed"
            }
            (Some(process), true) if !self.is_suspended && chance.random_range(0..3) == 0 => {
                process.terminate();
                "ended"
            }
            (Some(process), true) if !self.is_suspended && chance.random() => {
                process.suspend();
                self.is_suspended = true;
                "suspended"
            }
            // Kills it.
            (Some(_), true) => {
                self.process = None;
                "killed"
            }
            (_, false) | (None, _) => {
                self.start(reports);
                "started"
            }
        };
        format!("{} {} {action}", self.program, self.arguments[0])
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {:?}", self.program, self.arguments[0], self.pid())
    }
}
