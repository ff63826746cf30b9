//! The desk is the hub and the observer at once: it and the reporters are killed, suspended and restarted in any order, and
//! soon after each outage its page shows what the system says of the processes.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::time::Instant;

use e2e::{
    chance,
    desk::Desk,
    length_up_to,
    roles::{LINES, Role, roles},
    truth::{Graph, LOOK, right_within},
};
use rand::{Rng, RngExt as _};
use testkit::{BOUND, Stopwatch, free_endpoints};

#[test]
fn after_any_outage_of_reporters_and_desk_the_page_is_right_again() {
    let mut chance = chance();
    let mut stage = Stage::start();
    stage.until_whole();
    for round in 0..length_up_to(10, 50, 200) {
        let outage = format!("round {round}: {}", stage.outage(&mut chance));
        stage.until_right(&outage);
    }
    stage.until_whole();
}

/// The desk, and all roles of all programs.
struct Stage {
    bus: [String; 2],
    channels: [String; 6],
    desk: Option<Desk>,
    roles: Vec<Role>,
}

impl Stage {
    fn start() -> Self {
        let (bus, channels) = (free_endpoints(), free_endpoints());
        let mut stage = Self { roles: roles(&channels), desk: None, bus, channels };
        stage.start_desk();
        stage.roles.iter_mut().for_each(|role| role.start(&stage.bus[0]));
        stage
    }

    fn start_desk(&mut self) {
        let [ticks, requests, broadcasts, ..] = &self.channels;
        self.desk = Some(Desk::start(&self.bus, [ticks, requests, broadcasts]));
    }

    /// Something happens to one role; in half of the rounds while the desk is away. Returns what.
    fn outage(&mut self, chance: &mut impl Rng) -> String {
        let away = chance.random_range(0..4);
        match away {
            // Kills it.
            0 => self.desk = None,
            1 => self.desk.as_ref().unwrap().program.suspend(),
            _ => {}
        }
        let index = chance.random_range(0..self.roles.len());
        let outage = self.roles[index].outage(chance, &self.bus[0]);
        match away {
            0 => self.start_desk(),
            1 => self.desk.as_ref().unwrap().program.resume(),
            _ => {}
        }
        let away = ["the desk restarted", "the desk suspended"].get(away);
        format!("{outage}{}", away.map_or_else(String::new, |away| format!(", {away}")))
    }

    /// Waits until every role runs and is connected, and is shown so. One may exit because another one has.
    fn until_whole(&mut self) {
        let deadline = Instant::now() + BOUND;
        loop {
            self.roles.iter_mut().for_each(|role| role.run(&self.bus[0]));
            let graph = self.until_right("all run");
            if graph.lines.len() == LINES {
                return;
            }
            assert!(Instant::now() < deadline, "not all are connected: {graph:#?}");
        }
    }

    /// Waits until the page is right, and returns what it shows.
    fn until_right(&mut self, what: &str) -> Graph {
        let start = Stopwatch::start();
        let desk = self.desk.as_mut().unwrap();
        let pids: Vec<u32> = self.roles.iter().filter_map(Role::pid).collect();
        loop {
            let (shown, truth) = (desk.graph(), Graph::of_system(pids.clone(), &self.bus));
            let difference = shown.difference(&truth);
            if difference.is_empty() {
                return shown;
            }
            if start.elapsed() > right_within() {
                let names: Vec<String> = self.roles.iter().map(Role::to_string).collect();
                panic!("{what}: {names:#?}\nshown: {difference:#?}");
            }
            desk.look(LOOK);
        }
    }
}
