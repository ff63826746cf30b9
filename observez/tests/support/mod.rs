//! A hub as a process, and a reporter by hand.
#![allow(dead_code, reason = "each test file uses some of it")]
#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::time::Duration;

use testkit::{Peer, Program, peer};
use wire::{
    Frames,
    report::{
        Connection, Direction, Label, MessageHeader, MessageReport, NamedValue, Phase, ProcessId, ProcessState, Report,
        SocketState, Traffic,
    },
};

/// The program.
pub(crate) const OBSERVEZ: &str = env!("CARGO_BIN_EXE_observez");

/// A hub on ports that the system chooses, or on given ones.
pub(crate) fn hub(reports: &str, observations: &str) -> Program {
    Program::start(OBSERVEZ, ["hub", "--reports", reports, "--observations", observations])
}

/// A hub on ports that the system chooses.
pub(crate) fn any_hub() -> Program {
    hub("tcp://127.0.0.1:*", "tcp://127.0.0.1:*")
}

/// An observer at this hub.
pub(crate) fn observe(hub: &Program, arguments: &[&str]) -> Program {
    let endpoint = hub.endpoint("observations");
    let (role, rest) = arguments.split_first().unwrap();
    Program::start(OBSERVEZ, [&[*role, "--observations", &endpoint], rest].concat())
}

/// A process that reports.
pub(crate) struct Reporter {
    bus: Peer,
    pub(crate) state: ProcessState,
    topics: Vec<Vec<u8>>,
}

impl Reporter {
    pub(crate) fn connect(reports: &str, process: u64) -> Self {
        let bus = Peer::connect_with(peer::XPUB, reports, |socket| socket.set_xpub_verbose(true).unwrap());
        Self { bus, state: state(process), topics: Vec::new() }
    }

    /// Sends the state, as a process does at least once a second.
    pub(crate) fn report(&mut self) {
        self.state.number += 1;
        let mut frames = Frames::new();
        self.state.encode(&mut frames);
        self.send(&frames);
    }

    /// Reports until the observer has written a line like this, and returns it.
    pub(crate) fn report_until(&mut self, observer: &Program, wanted: impl Fn(&str) -> bool) -> String {
        let mut found = None;
        testkit::eventually("the observer writes the line", || {
            self.report();
            while let Some(line) = observer.next_line_within(Duration::from_millis(20)) {
                if wanted(&line) {
                    found = Some(line);
                    break;
                }
            }
            found.is_some()
        });
        found.unwrap()
    }

    /// Reports until an observer subscribes to exactly this topic.
    pub(crate) fn report_until_subscribed(&mut self, topic: &str) {
        testkit::eventually(topic, || {
            self.report();
            self.topics.extend(self.bus.receive_within(Duration::from_millis(20)).into_iter().flatten());
            self.topics.iter().any(|heard| *heard == [b"\x01", topic.as_bytes()].concat())
        });
    }

    /// Sends a message of the first socket, of this number.
    pub(crate) fn report_message(&self, number: u64, content: &[&[u8]]) {
        let content: Frames = content.iter().collect();
        let header = MessageHeader {
            number,
            time_ms: 0.0,
            direction: Direction::Sent,
            frames: content.len() as u64,
            bytes: content.byte_len() as u64,
            cut: false,
        };
        let socket = self.state.sockets[0].name.clone();
        let report = MessageReport { process: self.state.process, socket, header, content };
        let mut frames = Frames::new();
        Report::Message(report).encode(&mut frames);
        self.send(&frames);
    }

    /// Sends any message.
    pub(crate) fn send(&self, frames: &Frames) {
        self.bus.send(frames.iter());
    }
}

/// A publisher of ticks with one subscriber.
pub(crate) fn state(process: u64) -> ProcessState {
    let endpoint = label("tcp://127.0.0.1:9003");
    let connection = Connection {
        id: Some(11),
        endpoint: endpoint.clone(),
        phase: Phase::Up,
        since_ms: 0.0,
        attempts: None,
        retry_ms: None,
        reason: None,
        local: Some(endpoint.clone()),
        remote: Some(label("tcp://127.0.0.1:51724")),
        peer_pid: None,
    };
    let socket = SocketState {
        name: "ticks.pub".parse().unwrap(),
        kind: label("XPUB"),
        channel: Some(label("ticks")),
        bound: vec![endpoint],
        connected: Vec::new(),
        send_queue: 10_000,
        receive_queue: 4,
        sent: Traffic { messages: 1, bytes: 20 },
        received: Traffic::default(),
        malformed: 0,
        waiting: None,
        connections: vec![connection],
        more_connections: 0,
    };
    ProcessState {
        process: ProcessId(process),
        program: label("tickz"),
        role: label("publish"),
        language: label("rust"),
        pid: process as u32,
        host: label("lab"),
        started_ms: 0.0,
        time_ms: 0.0,
        number: 0,
        events: 0,
        values: vec![NamedValue { name: label("lost"), value: Some(3.0), unit: Some(label("ticks")) }],
        sockets: vec![socket],
        more_sockets: 0,
        ended: false,
    }
}

pub(crate) fn label(text: &str) -> Label {
    Label::cut(text)
}
