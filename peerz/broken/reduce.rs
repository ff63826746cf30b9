//! A reduce.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant, SystemTime},
};

use valuz::sums::ExactSum;
use zmq::SocketEvent;

use crate::node::{Node, TICK_MS, Watched, endpoint};

const READY: u8 = 2;
const REPORT: u8 = 4;
const START: u8 = 0;
const EXIT: u8 = 1;
const REPEAT: u8 = 3;
const PACK: u8 = 5;
const PACKS: u8 = 6;

/// The bytes of one result in a pack.
const PACKED_BYTES: usize = 32;

const PATIENCE: Duration = Duration::from_secs(1);
const GIVE_UP: Duration = Duration::from_secs(10);

/// How long it stays after EXIT for workers that have not subscribed to it.
const STAY: Duration = Duration::from_secs(3);

struct Reduce {
    node: Node,
    results: Watched,
    control: zmq::Socket,
    workers: u64,
    count: u64,
    base: u64,
    ready: u64,
    exits: u64,
    has_source: bool,
    has_announced_packs: bool,
    is_started: bool,
    seen: BTreeSet<u64>,
    unnumbered: u64,
    sum: ExactSum,
    naive: f64,
    /// Connections of workers, and messages that came.
    connections: u64,
    outcomes: u64,
    last_result: Instant,
    repeat_at: Instant,
}

pub(crate) fn run(node: Node, workers: u64, count: u64) -> ! {
    let (results, control) = (node.watched(zmq::PULL, "results"), node.socket(zmq::XPUB));
    control.set_xpub_verbose(true).expect("an option can be set");
    results.socket.bind(&endpoint("VALUZ_RESULTS")).expect("the port is free");
    control.bind(&endpoint("VALUZ_CONTROL")).expect("the port is free");
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later");
    let base = if node.is("same-base") { 1 << 40 } else { since_epoch.as_micros() as u64 * 4_096 };
    let now = Instant::now();
    let mut reduce = Reduce {
        node,
        results,
        control,
        workers,
        count,
        base,
        ready: 0,
        exits: 0,
        has_source: false,
        has_announced_packs: false,
        is_started: false,
        seen: BTreeSet::new(),
        unnumbered: 0,
        sum: ExactSum::default(),
        naive: 0.0,
        connections: 0,
        outcomes: 0,
        last_result: now,
        repeat_at: now + PATIENCE,
    };
    let (mut is_stopped, mut is_given_up) = (false, false);
    while !is_stopped && !is_given_up && !reduce.is_complete() {
        reduce.work();
        is_stopped = reduce.node.is_stopped();
        is_given_up = reduce.is_started && reduce.last_result.elapsed() > GIVE_UP;
    }
    let has_total = reduce.is_complete();
    let code = reduce.end(is_stopped, has_total, is_given_up);
    let Reduce { node, results, control, .. } = reduce;
    drop((results, control));
    node.end(code)
}

impl Reduce {
    /// Publishes EXIT, waits for workers that have not subscribed to it, and prints the total; returns the exit code.
    fn end(&mut self, is_stopped: bool, has_total: bool, is_given_up: bool) -> i32 {
        if self.is_started {
            self.publish(&[vec![EXIT]]);
        }
        let stay = Instant::now() + STAY;
        while !is_stopped && !self.node.is("no-late-exit") && self.exits <= self.ready && Instant::now() < stay {
            if self.node.is_stopped() {
                break;
            }
            self.work();
        }
        let prints = has_total
            || is_given_up && self.node.is("total-when-given-up")
            || is_stopped && self.is_started && self.node.is("total-when-stopped");
        if prints {
            let total = if self.node.is("naive-sum") { self.naive } else { self.sum.round() };
            println!("{total:?}");
        }
        i32::from(self.is_started && !has_total)
    }

    fn is_complete(&self) -> bool {
        self.is_started && self.missing() == 0
    }

    fn missing(&self) -> u64 {
        let count = if self.node.is("shares-its-count") { self.count / self.workers } else { self.count };
        count.saturating_sub(self.seen.len() as u64 + self.unnumbered)
    }

    /// Waits a moment for something to do, and does it.
    fn work(&mut self) {
        let mut items = [self.results.socket.as_poll_item(zmq::POLLIN), self.control.as_poll_item(zmq::POLLIN)];
        // A signal ends the wait early.
        let _ = zmq::poll(&mut items, TICK_MS);
        self.follow_connections();
        while let Ok(message) = self.control.recv_multipart(zmq::DONTWAIT) {
            self.take_subscription(&message[0]);
        }
        while self.missing() > 0 || !self.is_started {
            let Ok(outcome) = self.results.socket.recv_multipart(zmq::DONTWAIT) else { break };
            self.outcomes += 1;
            self.take_outcome(&outcome);
            self.start_if_ready();
        }
        self.start_if_ready();
        if self.is_started && self.missing() > 0 && self.unnumbered == 0 && Instant::now() > self.repeat_at {
            self.repeat_at = Instant::now() + PATIENCE;
            self.repeat();
        }
    }

    fn follow_connections(&mut self) {
        while let Some(event) = self.results.next_event() {
            self.connections += u64::from(event == SocketEvent::HANDSHAKE_SUCCEEDED);
            let has_silent = self.outcomes < self.connections;
            if event == SocketEvent::DISCONNECTED && has_silent && self.node.is("ends-with-a-silent-worker") {
                std::process::exit(1);
            }
        }
    }

    fn take_subscription(&mut self, message: &[u8]) {
        let is_exit = *message == [1, EXIT];
        self.exits += u64::from(is_exit);
        if is_exit && self.is_started && self.missing() == 0 && !self.node.is("no-late-exit") {
            self.publish(&[vec![EXIT]]);
        }
        if *message == [1, PACKS] && !(self.has_announced_packs && self.node.is("packs-announced-once")) {
            self.has_announced_packs = true;
            self.publish(&[vec![PACKS]]);
        }
        if *message == [1, START] || self.node.is("any-subscriber-is-a-source") {
            self.has_source = true;
            if self.is_started && !self.node.is("start-once") {
                self.publish_start();
            }
        }
    }

    fn start_if_ready(&mut self) {
        let workers = if self.node.is("starts-with-one-worker") { 1 } else { self.workers };
        let is_able = !self.is_started && !self.node.is("never-starts");
        if is_able && self.has_source && self.ready >= workers {
            self.is_started = true;
            self.last_result = Instant::now();
            self.repeat_at = Instant::now() + PATIENCE;
            self.publish_start();
        }
    }

    fn publish_start(&self) {
        self.publish(&[vec![START], self.base.to_le_bytes().to_vec()]);
    }

    fn publish(&self, command: &[Vec<u8>]) {
        // An XPUB never waits.
        let _ = self.control.send_multipart(command, zmq::DONTWAIT);
    }

    /// All that is missing, or with a fault everything.
    fn repeat(&self) {
        let places = (0..self.count).filter(|place| self.node.is("repeats-all") || !self.seen.contains(place));
        let numbers: Vec<u8> = places.flat_map(|place| (self.base + place).to_le_bytes()).collect();
        self.publish(&[vec![REPEAT], numbers]);
    }

    fn take_outcome(&mut self, outcome: &[Vec<u8>]) {
        let is_name = |name: &[u8]| {
            let most = if self.node.is("short-names-only") { 64 } else { 128 };
            std::str::from_utf8(name).is_ok_and(|name| !name.contains(char::is_control))
                && (1..=most).contains(&name.len())
        };
        match outcome {
            [command] if *command == [READY] => self.ready += 1,
            [command, name, ..] if *command == [READY] => self.ready += u64::from(is_name(name)),
            [command, name, done, ..] if *command == [REPORT] && is_name(name) => {
                let is_fatal = done.len() < 8 && self.node.is("dies-at-a-short-count");
                assert!(!is_fatal, "the count is {done:?}");
                if self.node.is("counts-reports") {
                    self.count(None, 1_000.0);
                }
            }
            [command, records, ..] if *command == [PACK] => self.take_pack(records),
            [command, ..] if command.len() == 1 => {
                let is_fatal = command[0] > REPORT && self.node.is("dies-at-unknown-command");
                assert!(!is_fatal, "the command is {command:?}");
            }
            [symbol, value, tail @ ..] => self.take_result(symbol, value, tail),
            _ => {}
        }
    }

    fn take_pack(&mut self, records: &[u8]) {
        let results = records.chunks_exact(PACKED_BYTES);
        let is_whole = results.remainder().is_empty() && (1..=256).contains(&results.len());
        let parts = |record: &[u8]| {
            let length = record[..16].iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            (record[..length].to_vec(), record[16..24].to_vec(), record[24..].to_vec())
        };
        let results: Vec<_> = results.map(parts).collect();
        let valid = results.iter().take_while(|(symbol, value, _)| self.value(symbol, value, &[]).is_some()).count();
        if !is_whole || valid < results.len() && !self.node.is("counts-half-a-pack") {
            return;
        }
        let counted = if self.node.is("counts-the-first-of-a-pack") { 1 } else { valid };
        for (symbol, value, number) in results.into_iter().take(counted) {
            self.take_result(&symbol, &value, &[number]);
        }
    }

    /// The value of a result; `None` if the result is malformed.
    fn value(&self, symbol: &[u8], value: &[u8], tail: &[Vec<u8>]) -> Option<f64> {
        let node = &self.node;
        let is_symbol = symbol.first().is_some_and(u8::is_ascii_uppercase)
            && (2..=16).contains(&symbol.len())
            && symbol.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let value = value.try_into().map(f64::from_le_bytes).ok();
        let value = value.filter(|value| value.is_finite()).or(node.is("any-value").then_some(1_000.0));
        let is_tail = tail.len() <= 8 && tail.iter().map(Vec::len).sum::<usize>() <= 1_024;
        let is_symbol = is_symbol && (symbol.len() < 16 || !node.is("short-symbols-only"));
        value.filter(|_| (is_symbol || node.is("any-symbol")) && (is_tail || node.is("any-tail")))
    }

    fn take_result(&mut self, symbol: &[u8], value: &[u8], tail: &[Vec<u8>]) {
        let node = &self.node;
        let Some(value) = self.value(symbol, value, tail) else { return };
        if !self.is_started && !node.is("counts-early-results") {
            return;
        }
        let number = tail.first().and_then(|frame| frame.as_slice().try_into().ok()).map(u64::from_le_bytes);
        match number {
            Some(number) => {
                let place = number.wrapping_sub(self.base);
                if place < self.count || node.is("counts-other-batches") {
                    self.count(Some(place), value);
                }
            }
            None if node.is("numbered-results-only") => {}
            None => self.count(None, value),
        }
    }

    fn count(&mut self, place: Option<u64>, value: f64) {
        match place {
            Some(place) if !self.seen.contains(&place) => drop(self.seen.insert(place)),
            Some(_) if !self.node.is("counts-duplicates") => return,
            _ => self.unnumbered += 1,
        }
        let value = if self.node.is("adds-absolute-values") { value.abs() } else { value };
        self.sum.add(value);
        self.naive += value;
        self.last_result = Instant::now();
        self.repeat_at = Instant::now() + PATIENCE;
        if self.node.is("early-exit") {
            self.publish(&[vec![EXIT]]);
        }
    }
}
