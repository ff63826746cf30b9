//! Reporters, the hub and the observer are killed, suspended and restarted in any order: soon after each outage the graph is
//! what the system says of the processes.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::time::{Duration, Instant};

use e2e::{
    chance, length_up_to,
    observer::{Observer, connections, hub},
    roles::{LINES, Role, roles},
    truth::{Graph, LOOK, right_within},
};
use rand::{Rng, RngExt as _};
use testkit::{BOUND, Program, Stopwatch, free_endpoints};

#[test]
fn after_any_outage_of_reporters_hub_and_observer_the_graph_is_right_again() {
    let mut chance = chance();
    let mut stage = Stage::start();
    stage.until_whole();
    let mut longest = (Duration::ZERO, String::new());
    for round in 0..length_up_to(10, 50, 200) {
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

impl Stage {
    fn start() -> Self {
        let ([reports, observations], channels) = (free_endpoints(), free_endpoints());
        let mut roles = roles(&channels);
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
        let (start, mut last) = (Stopwatch::start(), Vec::new());
        let observer = self.observer.as_mut().unwrap();
        let pids: Vec<u32> = self.roles.iter().filter_map(Role::pid).collect();
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
