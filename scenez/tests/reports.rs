//! What the suite's roles declare is what they report: the checks of a scene rely on it.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    time::Instant,
};

use scenez::{known::declarations, stage::house::DESK};
use testkit::{BOUND, Peer, Program, free_endpoints, peer::XSUB, sibling};
use wire::{
    Channel,
    report::{Declaration, Label, ProcessState, Report},
};

/// Where processes report, and the endpoints of their channels.
struct Bus {
    hub: Peer,
    variables: Vec<(&'static str, String)>,
    /// The latest state of each process.
    states: BTreeMap<u32, ProcessState>,
}

impl Bus {
    fn new() -> Self {
        let hub = Peer::bind(XSUB);
        hub.send([b"\x01state/"]);
        let endpoint = |channel: Channel| {
            let [endpoint] = free_endpoints();
            (channel.variable, endpoint)
        };
        Self { hub, variables: Channel::all().map(endpoint).collect(), states: BTreeMap::new() }
    }

    fn start(&self, program: &str, arguments: &[&str]) -> Program {
        let mut command = Command::new(sibling(program));
        command.args(arguments).envs(self.variables.iter().cloned()).env("SUITE_OBSERVE", self.hub.endpoint());
        Program::spawn(command)
    }

    /// Reads states until those of a process satisfy a condition.
    fn until(&mut self, program: &Program, what: &str, condition: impl Fn(&ProcessState) -> bool) {
        let deadline = Instant::now() + BOUND;
        while !self.states.get(&program.pid()).is_some_and(&condition) {
            assert!(
                Instant::now() < deadline,
                "{what}: {:?}; log:\n{}",
                self.states.get(&program.pid()),
                program.log()
            );
            if let Report::State(state) = Report::decode(&self.hub.receive().into_iter().collect()).unwrap() {
                self.states.insert(state.pid, state);
            }
        }
    }

    /// Reads states until a process has reported these values.
    fn until_values(&mut self, program: &Program, values: &[(&str, f64)]) {
        self.until(program, &format!("{values:?}"), |state| {
            values
                .iter()
                .all(|&(name, value)| state.values.iter().any(|it| it.name.as_str() == name && it.value == Some(value)))
        });
    }
}

/// Arguments with which a role runs until it is stopped.
const JOB: &str = "0006449f0c3e8d2a0000000000000001";

fn arguments(role: &Declaration) -> &'static [&'static str] {
    match (role.program, role.role) {
        ("tickz", "publish") => &["publish"],
        ("tickz", "watch") => &["watch", "MSFT", "--latency"],
        ("chatz", "serve") => &["serve"],
        ("chatz", "join") => &["join", "ada"],
        ("chatz", "say") => &["say", "ada", "hello", "--timeout", "1m"],
        ("valuz", "source") => &["source", "--count", "1"],
        ("valuz", "worker") => &["worker"],
        ("valuz", "reduce") => &["reduce", "--workers", "1", "--count", "1"],
        ("jobz", "broker") => &["broker", "--uplink", "tcp://127.0.0.1:1"],
        ("jobz", "worker") => &["worker", "upper", "--", "true"],
        ("jobz", "scale") => &["scale", "upper", "--", "true"],
        ("jobz", "drain") => &["drain", "upper", "--connect", "1m"],
        ("jobz", "submit") => &["submit", "upper", "hello", "--connect", "1m"],
        ("jobz", "wait") => &["wait", JOB, "--connect", "1m"],
        ("jobz", "status") => &["status", JOB, "--connect", "1m"],
        ("jobz", "cancel") => &["cancel", JOB, "--connect", "1m"],
        ("jobz", "close") => &["close", JOB, "--connect", "1m"],
        ("jobz", "list") => &["list", "--connect", "1m"],
        ("jobz", "dead") => &["dead", "--connect", "1m"],
        ("jobz", "resend") => &["resend", JOB, "--connect", "1m"],
        ("jobz", "ask") => &["ask", "upper", "hello", "--connect", "1m"],
        role => panic!("how does {role:?} start?"),
    }
}

/// Sockets as `NAME TYPE CHANNEL`, and whether they bind; values as `NAME UNIT`.
fn declared(role: &Declaration) -> BTreeSet<String> {
    let socket = |name: &str, kind: &str, channel: &str, binds| format!("{name} {kind} {channel} binds={binds}");
    let sockets = role.sockets.iter().map(|it| socket(it.name, it.kind, it.channel.name, it.binds == Some(true)));
    sockets.chain(role.values.iter().map(|value| format!("{} {}", value.name, value.unit))).collect()
}

fn reported(state: &ProcessState) -> BTreeSet<String> {
    let text = |label: &Option<Label>| label.as_ref().map_or("", |label| label.as_str()).to_owned();
    let sockets = state.sockets.iter().map(|socket| {
        let (name, kind, channel) = (&socket.name, socket.kind.as_str(), text(&socket.channel));
        assert_ne!(socket.bound.is_empty(), socket.connected.is_empty(), "{socket:?}");
        format!("{name} {kind} {channel} binds={}", !socket.bound.is_empty())
    });
    let values = state.values.iter().map(|value| format!("{} {}", value.name.as_str(), text(&value.unit)));
    sockets.chain(values).collect()
}

#[test]
fn each_role_reports_what_it_declares() {
    // A pattern makes its sockets and values from what it declares alone. The desk's own tests compare what that reports.
    for role in declarations().filter(|role| ![patternz::PROGRAM, DESK].contains(&role.program)) {
        let mut bus = Bus::new();
        let program = bus.start(role.program, arguments(role));
        bus.until(&program, &format!("{role:?}"), |state| {
            // A process that is still starting reports the sockets that it has so far.
            let is_whole = state.sockets.iter().all(|it| it.bound.len() + it.connected.len() > 0);
            let is_named = (state.program.as_str(), state.role.as_str()) == (role.program, role.role);
            is_whole && is_named && reported(state) == declared(role)
        });
    }
}

#[test]
fn a_batch_is_counted_by_all_three_roles() {
    let mut bus = Bus::new();
    let source = bus.start("valuz", &["source", "--count", "1000"]);
    let reduce = bus.start("valuz", &["reduce", "--workers", "1", "--count", "1000"]);
    bus.until_values(&source, &[("sent", 0.0), ("repeated", 0.0)]);
    bus.until_values(&reduce, &[("missing", 1000.0), ("counted", 0.0)]);
    let worker = bus.start("valuz", &["worker"]);
    bus.until_values(&reduce, &[("missing", 0.0), ("counted", 1000.0)]);
    bus.until_values(&source, &[("sent", 1000.0), ("repeated", 0.0)]);
    bus.until_values(&worker, &[("valued", 1000.0)]);
}

#[test]
fn a_room_and_its_members_count_the_same_users_and_texts() {
    let mut bus = Bus::new();
    let server = bus.start("chatz", &["serve"]);
    let mut ada = bus.start("chatz", &["join", "ada"]);
    let grace = bus.start("chatz", &["join", "grace"]);
    for member in [&ada, &grace] {
        bus.until_values(member, &[("present", 2.0), ("texts", 0.0)]);
    }
    bus.until_values(&server, &[("present", 2.0)]);
    let is_subscribed =
        |state: &ProcessState| state.sockets.iter().any(|it| it.kind.as_str() == "XPUB" && it.received.messages == 2);
    bus.until(&server, "two subscriptions", is_subscribed);
    ada.say("one");
    ada.say("two");
    for member in [&ada, &grace] {
        bus.until_values(member, &[("texts", 2.0)]);
    }
}

#[test]
fn a_late_watcher_counts_what_was_published_before_it_joined() {
    let mut bus = Bus::new();
    let prices = ["publish", "--symbols", "MSFT=41.78", "--sequence", "--rate", "1000"];
    let publisher = bus.start("tickz", &prices);
    bus.until(&publisher, "100 ticks", |state| state.sockets.iter().any(|it| it.sent.messages >= 100));
    let watcher = bus.start("tickz", &["watch", "MSFT"]);
    bus.until(&watcher, "ticks from before", |state| {
        let value = |name| state.values.iter().find(|it| it.name.as_str() == name).and_then(|it| it.value);
        value("received") >= Some(100.0) && value("before_joining") >= Some(100.0) && value("lost") == Some(0.0)
    });
}
