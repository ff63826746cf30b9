//! Reporters, the hub and the observer are killed, suspended and restarted in any order: soon after each outage the graph is
//! what the system says of the processes.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    fmt,
    time::{Duration, Instant},
};

use e2e::{
    chance, length,
    observer::{Observer, connections, hub, reporting},
    truth::Graph,
};
use rand::{Rng, RngExt as _};
use testkit::{BOUND, Program, free_endpoints};

/// When the graph must be right: a process is silent after 3 s. The rest is for a busy machine.
fn right_within() -> Duration {
    Duration::from_secs(length(8, 4) as u64)
}

/// How many orders the batch has, and how long each takes: the system keeps a connection from a source that was killed until
/// the worker has read all orders that were under way, some thousand. In a soak the batch ends, and all of its roles exit.
const ORDERS: (&str, &str) = ("100000", "1ms");

/// The connections between all roles.
const LINES: usize = 7;

/// How long to wait for a line of the observer before the system is asked again.
const LOOK: Duration = Duration::from_millis(50);

#[test]
fn after_any_outage_of_reporters_hub_and_observer_the_graph_is_right_again() {
    let mut chance = chance();
    let mut stage = Stage::start();
    stage.until_whole();
    let mut longest = (Duration::ZERO, String::new());
    for round in 0..length(10, 200) {
        let outage = format!("round {round}: {}", stage.outage(&mut chance));
        let (duration, last) = stage.right_after(&outage);
        longest = longest.max((duration, format!("{outage}: {last:?}")));
    }
    stage.until_whole();
    let (longest, outage) = longest;
    let result = format!("right after {:.2} s at the latest, {outage}", longest.as_secs_f64());
    assert!(longest < right_within(), "{result}");
    report(&result);
}

#[expect(clippy::print_stdout, reason = "shown in a soak")]
fn report(line: &str) {
    println!("{line}");
}

/// The hub, its observer, and all roles of all programs.
struct Stage {
    reports: String,
    observations: String,
    hub: Option<Program>,
    observer: Option<Observer>,
    roles: Vec<Role>,
}

/// A role of a program: its arguments, and its process if it has one.
struct Role {
    program: &'static str,
    arguments: Vec<String>,
    process: Option<Program>,
    is_suspended: bool,
}

impl Stage {
    fn start() -> Self {
        let [reports, observations, ticks, requests, broadcasts, orders, results, control] = free_endpoints();
        let roles: Vec<(&str, Vec<&str>)> = vec![
            ("tickz", vec!["publish", "--ticks", &ticks, "--interval", "20ms"]),
            ("tickz", vec!["watch", "MSFT", "--ticks", &ticks]),
            ("chatz", vec!["serve", "--requests", &requests, "--broadcasts", &broadcasts]),
            ("chatz", vec!["join", "ada", "--requests", &requests, "--broadcasts", &broadcasts]),
            (
                "valuz",
                vec!["reduce", "--workers", "1", "--count", ORDERS.0, "--results", &results, "--control", &control],
            ),
            ("valuz", vec!["source", "--count", ORDERS.0, "--orders", &orders, "--control", &control]),
            (
                "valuz",
                vec!["worker", "--delay", ORDERS.1, "--orders", &orders, "--results", &results, "--control", &control],
            ),
        ];
        let roles = roles.into_iter().map(|(program, arguments)| Role {
            program,
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            process: None,
            is_suspended: false,
        });
        let mut roles: Vec<Role> = roles.collect();
        let hub = Some(hub(&reports, &observations));
        let observer = Some(Observer::connect(&observations));
        roles.iter_mut().for_each(|role| role.start(&reports));
        Self { reports, observations, hub, observer, roles }
    }

    /// Something happens to one role; in half of the rounds while the hub or the observer is away. Returns what.
    fn outage(&mut self, chance: &mut impl Rng) -> String {
        let away = chance.random_range(0..8);
        match away {
            0 => self.hub = None,
            1 => self.observer = None,
            2 => self.hub.as_ref().unwrap().suspend(),
            3 => self.observer.as_ref().unwrap().watch.suspend(),
            _ => {}
        }
        let index = chance.random_range(0..self.roles.len());
        let outage = self.roles[index].outage(chance, &self.reports);
        match away {
            0 => self.hub = Some(hub(&self.reports, &self.observations)),
            1 => self.observer = Some(Observer::connect(&self.observations)),
            2 => self.hub.as_ref().unwrap().resume(),
            3 => self.observer.as_ref().unwrap().watch.resume(),
            _ => {}
        }
        let away = ["the hub restarted", "another observer", "the hub suspended", "the observer suspended"].get(away);
        format!("{outage}{}", away.map_or_else(String::new, |away| format!(", {away}")))
    }

    /// Waits until every role runs and is connected, and is seen so. One may exit because another one has.
    fn until_whole(&mut self) {
        let deadline = Instant::now() + BOUND;
        loop {
            self.roles.iter_mut().for_each(|role| role.run(&self.reports));
            self.right_after("all run");
            let observatory = &self.observer.as_ref().unwrap().observatory;
            if Graph::of_observatory(observatory).lines.len() == LINES {
                return;
            }
            assert!(Instant::now() < deadline, "not all are connected: {:#?}", connections(observatory));
            self.observer.as_mut().unwrap().next_within(LOOK);
        }
    }

    /// Waits until the graph is right, and returns how long that took, and what was wrong last.
    fn right_after(&mut self, what: &str) -> (Duration, Vec<String>) {
        let (start, mut last) = (Instant::now(), Vec::new());
        let observer = self.observer.as_mut().unwrap();
        let pids: Vec<u32> = self.roles.iter().filter_map(|role| Some(role.process.as_ref()?.pid())).collect();
        let bus = [self.reports.clone(), self.observations.clone()];
        loop {
            let truth = Graph::of_system(pids.clone(), &bus);
            let difference = Graph::of_observatory(&observer.observatory).difference(&truth);
            if difference.is_empty() {
                return (start.elapsed(), last);
            }
            if start.elapsed() > right_within() {
                let names: Vec<String> = self.roles.iter().map(Role::to_string).collect();
                panic!("{what}: {names:#?}\nseen: {difference:#?}");
            }
            last = difference;
            observer.next_within(LOOK);
            while observer.next_within(Duration::ZERO).is_some() {}
        }
    }
}

impl Role {
    fn start(&mut self, reports: &str) {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        self.process = Some(reporting(reports, self.program, &arguments));
        self.is_suspended = false;
    }

    /// Resumes it if it is suspended, and starts it if it has exited.
    fn run(&mut self, reports: &str) {
        let running = self.process.as_mut().and_then(|process| process.is_running().then_some(process));
        match running {
            Some(process) => process.resume(),
            None => self.start(reports),
        }
        self.is_suspended = false;
    }

    /// Kills, ends, suspends, resumes or starts it, and returns which.
    fn outage(&mut self, chance: &mut impl Rng, reports: &str) -> String {
        let is_running = self.process.as_mut().is_some_and(Program::is_running);
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
        let pid = self.process.as_ref().map(Program::pid);
        write!(formatter, "{} {} {pid:?}", self.program, self.arguments[0])
    }
}
