//! What the suite's roles declare is what they report: the checks of a scene rely on it.

use std::{collections::BTreeSet, process::Command, time::Instant};

use scenez::known::declarations;
use testkit::{BOUND, Peer, Program, free_endpoints, peer::XSUB, sibling};
use wire::{
    Channel,
    report::{Declaration, ProcessState, Report},
};

/// Arguments with which a role runs until it is stopped.
fn arguments(role: &Declaration) -> &'static [&'static str] {
    match (role.program, role.role) {
        ("tickz", "publish") => &["publish"],
        ("tickz", "watch") => &["watch", "MSFT"],
        ("chatz", "serve") => &["serve"],
        ("chatz", "join") => &["join", "ada"],
        ("chatz", "say") => &["say", "ada", "hello", "--timeout", "1m"],
        ("valuz", "source") => &["source", "--count", "1"],
        ("valuz", "worker") => &["worker"],
        ("valuz", "reduce") => &["reduce", "--workers", "1", "--count", "1"],
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
    let text = |label: &Option<wire::report::Label>| label.as_ref().map_or("", |label| label.as_str()).to_owned();
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
    // A pattern makes its sockets and values from what it declares alone.
    for role in declarations().filter(|role| role.program != patternz::PROGRAM) {
        let hub = Peer::bind(XSUB);
        hub.send([b"\x01state/"]);
        let mut command = Command::new(sibling(role.program));
        command.args(arguments(role)).env("SUITE_OBSERVE", hub.endpoint());
        for channel in Channel::all() {
            let [endpoint] = free_endpoints();
            command.env(channel.variable, endpoint);
        }
        let program = Program::spawn(command);
        let deadline = Instant::now() + BOUND;
        loop {
            let report = Report::decode(&hub.receive().into_iter().collect()).unwrap();
            let Report::State(state) = report else { continue };
            assert_eq!((state.program.as_str(), state.role.as_str()), (role.program, role.role));
            // A process that is still starting reports the sockets that it has so far.
            let is_whole = state.sockets.iter().all(|it| it.bound.len() + it.connected.len() > 0);
            if is_whole && reported(&state) == declared(role) {
                break;
            }
            assert!(Instant::now() < deadline, "{role:?} reports {state:?}; log:\n{}", program.log());
        }
    }
}
