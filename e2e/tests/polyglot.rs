//! A pyzmq program under `polyglot/python/observe.py` reports what it does, in reports that `wire` accepts.
//!
//! The test is its hub: a SUB at which the reporter connects. `tests/python` has the programs.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use testkit::{BOUND, Peer, Program, peer};
use wire::{
    Frames,
    report::{Connection, Direction, EventReport, MessageReport, Phase, ProcessState, Report, SocketState, Topic},
};

/// Runs a Python that has pyzmq.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/python.sh");

/// Starts a program that reports to this hub.
fn start(program: &str, hub: &str, arguments: &[&str]) -> Program {
    Program::spawn(command(&format!("e2e/tests/python/{program}"), hub, arguments))
}

/// The command of a Python program, by its path in the project.
fn command(path: &str, hub: &str, arguments: &[&str]) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let mut command = Command::new(PYTHON);
    command.arg("-B").arg(path).args(arguments).env("SUITE_OBSERVE", hub);
    command
}

/// An observer, and all that it has received.
struct Observer {
    peer: Peer,
    state: Option<ProcessState>,
    states: u64,
    events: Vec<EventReport>,
    messages: Vec<MessageReport>,
}

impl Observer {
    fn bind(subscriptions: &[&str]) -> Self {
        Self::at(Peer::bind(peer::SUB), subscriptions)
    }

    fn at(peer: Peer, subscriptions: &[&str]) -> Self {
        subscriptions.iter().for_each(|subscription| peer.subscribe(subscription.as_bytes()));
        Self { peer, state: None, states: 0, events: Vec::new(), messages: Vec::new() }
    }

    /// Receives one report if one arrives in time. Each must be valid, and a state newer than the last one.
    fn receive_within(&mut self, bound: Duration) -> bool {
        let Some(frames) = self.peer.receive_within(bound) else { return false };
        let frames: Frames = frames.into_iter().collect();
        match Report::decode(&frames).unwrap_or_else(|error| panic!("{error}: {frames:?}")) {
            Report::State(state) => {
                assert!(self.state.as_ref().is_none_or(|last| last.number < state.number));
                self.state = Some(state);
                self.states += 1;
            }
            Report::Event(event) => self.events.push(event),
            Report::Message(message) => self.messages.push(message),
        }
        true
    }

    /// Receives until the observer satisfies `condition`.
    fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + BOUND;
        while !condition(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(self.receive_within(left), "not within {BOUND:?}: {what}; the last state: {:#?}", self.state);
        }
    }

    fn socket(&self, name: &str) -> Option<&SocketState> {
        self.state.as_ref()?.sockets.iter().find(|socket| socket.name.as_str() == name)
    }

    /// The one connection of a socket, if it is up.
    fn up(&self, name: &str) -> Option<&Connection> {
        match &self.socket(name)?.connections[..] {
            [connection] if connection.phase == Phase::Up => Some(connection),
            _ => None,
        }
    }

    /// `[messages, bytes]` sent, and received.
    fn counts(&self, name: &str) -> Option<[[u64; 2]; 2]> {
        let socket = self.socket(name)?;
        Some([&socket.sent, &socket.received].map(|traffic| [traffic.messages, traffic.bytes]))
    }
}

/// The counts that the program keeps itself, by the reported names of its sockets.
fn own_counts(line: &str) -> BTreeMap<String, [[u64; 2]; 2]> {
    let own: BTreeMap<String, [[u64; 2]; 2]> = serde_json::from_str(line).unwrap();
    let reported = |name: String| if name == "pub" { "ticks.pub".to_owned() } else { name };
    own.into_iter().map(|(name, counts)| (reported(name), counts)).collect()
}

fn text(labels: &[wire::report::Label]) -> Vec<&str> {
    labels.iter().map(wire::report::Label::as_str).collect()
}

#[test]
fn every_socket_connection_and_count_of_a_pyzmq_program_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let mut observer = Observer::bind(&[""]);
    let mut cast = start("cast.py", observer.peer.endpoint(), &[folder]);

    cast.say("exchange");
    observer.until("four sockets, all connected", |seen| {
        ["ticks.pub", "sub", "router", "dealer"].iter().all(|name| seen.up(name).is_some())
    });
    let counts = own_counts(&cast.next_line());
    assert!(counts["sub"][1][0] >= 3 && counts["dealer"] == [[1, 7], [1, 5]], "{counts:?}");
    observer.until("the counts that the program has", |seen| {
        counts.iter().all(|(name, counts)| seen.counts(name) == Some(*counts))
    });

    let state = observer.state.clone().unwrap();
    assert_eq!(
        (state.program.as_str(), state.role.as_str(), state.language.as_str()),
        ("cast", "everything", "python")
    );
    assert_eq!((state.pid, state.sockets.len(), state.more_sockets), (cast.pid(), 4, 0));
    let [publisher, subscriber, router, dealer] =
        ["ticks.pub", "sub", "router", "dealer"].map(|name| observer.socket(name).unwrap());
    let kinds = [publisher, subscriber, router, dealer].map(|socket| socket.kind.as_str().to_owned());
    assert_eq!(kinds, ["PUB", "SUB", "ROUTER", "DEALER"]);
    assert_eq!(publisher.channel.as_ref().map(|channel| channel.as_str()), Some("ticks"));
    assert_eq!((publisher.send_queue, publisher.receive_queue), (7, 1000));
    assert_eq!(publisher.bound, subscriber.connected);
    assert_eq!((text(&publisher.connected), text(&subscriber.bound)), (vec![], vec![]));
    let ipc = format!("ipc://{folder}/cast.ipc");
    assert_eq!((text(&router.bound), text(&dealer.connected)), (vec![&*ipc], vec![&*ipc]));

    // A line between two sockets is an observation: one's local address is the other's remote one.
    let [publisher, subscriber, router, dealer] =
        ["ticks.pub", "sub", "router", "dealer"].map(|name| observer.up(name).unwrap());
    assert!(publisher.local.is_some() && publisher.remote.is_some());
    assert_eq!((&publisher.local, &publisher.remote), (&subscriber.remote, &subscriber.local));
    assert_eq!(router.local.as_ref().map(|local| local.as_str()), Some(&*ipc));
    assert_eq!(router.local, dealer.remote);
    assert_eq!((router.peer_pid, dealer.peer_pid), (Some(cast.pid()), Some(cast.pid())));

    cast.say("value");
    observer.until("the program's own numbers", |seen| {
        let state = seen.state.as_ref().unwrap();
        let values: Vec<_> = state.values.iter().map(|value| (value.name.as_str(), value.value)).collect();
        values == [("lost", Some(3.0)), ("rate", None)] && seen.socket("sub").unwrap().malformed == 1
    });
    assert!(observer.messages.is_empty(), "no subscription is the whole topic of a message");

    cast.say("close");
    observer.until("the publisher is gone, and its subscriber retries", |seen| {
        let subscriber = seen.socket("sub").unwrap();
        seen.socket("ticks.pub").is_none()
            && matches!(&subscriber.connections[..], [connection] if connection.phase == Phase::Retrying)
    });
    // libzmq closes the connection in the calls that follow, without an event: the reporter asks the system.
    cast.say("disconnect");
    let deadline = Instant::now() + BOUND;
    while !observer.socket("dealer").unwrap().connections.iter().all(|ended| ended.phase == Phase::Closed) {
        assert!(Instant::now() < deadline, "still connected: {:#?}", observer.socket("dealer"));
        cast.say("poll");
        observer.receive_within(Duration::from_millis(50));
    }
    assert!(observer.socket("dealer").unwrap().connected.is_empty());
    let numbers: Vec<u64> = observer.events.iter().map(|report| report.event.number).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "an event is missing: {numbers:?}");
    assert!(observer.events.iter().all(|report| report.event.kind().is_some()));

    cast.say("end");
    cast.close_stdin();
    let finished = cast.finish();
    observer.until("the last state", |seen| seen.state.as_ref().unwrap().ended);
    assert_eq!((finished.code, finished.stderr), (Some(0), String::new()));
}

#[test]
fn messages_are_reported_only_to_a_subscription_to_exactly_their_socket() {
    let folder = tempfile::tempdir().unwrap();
    let mut observer = Observer::bind(&["", "message/"]);
    let mut cast = start("cast.py", observer.peer.endpoint(), &[folder.path().to_str().unwrap()]);
    cast.say("exchange");
    let _ = cast.next_line();
    observer.until("a connected router", |seen| seen.up("router").is_some());
    let state = observer.state.clone().unwrap();
    let topic = Topic::Message { process: state.process, socket: "router".parse().unwrap() };

    assert!(observer.messages.is_empty());
    observer.peer.subscribe(topic.to_string().as_bytes());
    while observer.messages.is_empty() {
        cast.say("exchange");
        let _ = cast.next_line();
        observer.receive_within(Duration::from_millis(10));
    }
    cast.say("large");
    observer.until("two large messages", |seen| seen.messages.last().unwrap().header.bytes == 20_014);
    cast.say("exchange");
    let large = observer.messages.len();
    observer.until("a request and its reply", |seen| seen.messages.len() == large + 2);

    let numbers: Vec<u64> = observer.messages.iter().map(|report| report.header.number).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    let [.., frames, bytes, request, reply] = &observer.messages[..] else { panic!("fewer than four") };
    let socket = |report: &MessageReport| (report.process, report.socket.as_str().to_owned());
    assert!(observer.messages.iter().all(|report| socket(report) == (state.process, "router".to_owned())));
    let header = |report: &MessageReport| {
        let header = &report.header;
        (header.direction, header.frames, header.bytes, header.cut)
    };
    assert_eq!(header(request), (Direction::Received, 3, 13, false));
    assert_eq!(request.content, ["dealer", "", "request"].into_iter().collect());
    assert_eq!(header(reply), (Direction::Sent, 3, 11, false));
    assert_eq!(reply.content, ["dealer", "", "reply"].into_iter().collect());
    assert_eq!(header(frames), (Direction::Received, 101, 106, true));
    assert_eq!(frames.content.len(), 64);
    assert_eq!(header(bytes), (Direction::Received, 4, 20_014, true));
    assert_eq!((bytes.content.len(), bytes.content.byte_len()), (3, 16 * 1024));
    cast.close_stdin();
}

#[test]
fn sockets_of_asyncio_are_counted_when_their_calls_are_done() {
    let mut observer = Observer::bind(&[""]);
    let mut pair = start("asyncio_pair.py", observer.peer.endpoint(), &[]);
    assert_eq!(pair.next_line(), "exchanged");
    observer.until("two messages in each direction", |seen| {
        seen.counts("push") == Some([[2, 19], [0, 0]]) && seen.counts("pull") == Some([[0, 0], [2, 19]])
    });
    pair.close_stdin();
    let finished = pair.finish();
    assert_eq!((finished.code, finished.stderr), (Some(0), String::new()));
}

#[test]
fn a_program_runs_as_before_without_a_hub_and_with_a_wrong_address() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    for (hub, warnings) in [(&*testkit::free_endpoints::<1>()[0], 0), ("nonsense", 1)] {
        let mut cast = start("cast.py", hub, &[folder]);
        for command in ["exchange", "large", "value", "close", "end"] {
            cast.say(command);
            let _ = cast.next_line();
        }
        cast.close_stdin();
        let finished = cast.finish();
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert_eq!(finished.stderr.matches("a fault in the reporter").count(), warnings, "{}", finished.stderr);
    }
}

#[test]
fn a_program_that_is_not_to_report_makes_no_sockets_for_it() {
    let mut pair = start("asyncio_pair.py", "off", &[]);
    assert_eq!(pair.next_line(), "exchanged");
    let threads = fs::read_dir(format!("/proc/{}/task", pair.pid())).unwrap();
    let names = threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("comm")).unwrap());
    // Two threads of libzmq for each context that has sockets: here there is one.
    assert_eq!(names.filter(|name| name.starts_with("ZMQbg")).count(), 2);
    pair.close_stdin();
    assert_eq!(pair.finish().code, Some(0));
}

#[test]
fn a_hub_that_returns_learns_the_whole_state_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut observer = Observer::bind(&["state/"]);
    let endpoint = observer.peer.endpoint().to_owned();
    let mut cast = start("cast.py", &endpoint, &[folder.path().to_str().unwrap()]);
    observer.until("four sockets, all connected", |seen| seen.up("sub").is_some() && seen.up("dealer").is_some());
    let before = observer.state.take().unwrap();
    drop(observer);

    let mut again = None;
    testkit::eventually("the endpoint is free again", || {
        again = Peer::try_bind_at(peer::SUB, &endpoint);
        again.is_some()
    });
    let mut observer = Observer::at(again.unwrap(), &["state/"]);
    observer.until("a newer state", |seen| seen.state.is_some());
    let after = observer.state.take().unwrap();
    assert_eq!((after.process, after.sockets.len()), (before.process, before.sockets.len()));
    assert!(after.number > before.number);
    cast.close_stdin();
}

#[test]
fn what_is_not_subscribed_to_is_not_even_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut observer = Observer::bind(&["state/x", "event/x", "message/"]);
    let mut cast = start("cast.py", observer.peer.endpoint(), &[folder.path().to_str().unwrap()]);
    cast.say("exchange");
    let _ = cast.next_line();
    observer.peer.subscribe(b"state/");
    observer.until("the first state", |seen| seen.state.is_some());
    assert_eq!(observer.state.unwrap().number, 0);
    assert!(observer.events.is_empty() && observer.messages.is_empty());
    cast.close_stdin();
}

/// A malformed tick does not end the average, and is counted at its socket.
#[test]
fn malformed_messages_that_a_program_names_are_reported() {
    let (mut observer, publisher) = (Observer::bind(&[""]), Peer::bind(peer::XPUB));
    let mut average = command("polyglot/python/average.py", observer.peer.endpoint(), &["MSFT"]);
    average.env("TICKZ_TICKS", publisher.endpoint());
    let _average = Program::spawn(average);
    assert_eq!(publisher.receive(), [b"\x01MSFT"]);
    let [time, price] = [1_416_182_400.25_f64, 41.78].map(f64::to_le_bytes);
    let (zero, sequence) = ([0; 8], [7; 8]);
    for malformed in [
        &[&b"MSFT"[..], &time][..],
        &[b"MSFT", &time, &price[..4]],
        &[b"MSFT", &time, &zero],
        &[b"MSFT", &f64::NAN.to_le_bytes(), &price],
        &[b"MSFT", &time, &price, &sequence[..7]],
    ] {
        publisher.send(malformed);
    }
    for valid in
        [&[&b"MSFT"[..], &time, &price][..], &[b"MSFTX", &time, &zero, &[]], &[b"MSFT", &time, &price, &sequence]]
    {
        publisher.send(valid);
    }
    observer.until("six malformed ticks, and the average of two prices", |seen| {
        let Some(state) = &seen.state else { return false };
        let value = |name: &str| state.values.iter().find(|value| value.name.as_str() == name)?.value;
        seen.socket("ticks").is_some_and(|ticks| ticks.malformed == 6)
            && (value("prices"), value("average")) == (Some(2.0), Some(41.78))
    });
}

/// Which Python that is was found before; it may have gone since, and half a line is no answer.
#[test]
fn a_python_that_has_gone_is_not_run() {
    let (folder, root) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    fs::create_dir(folder.path().join("scripts")).unwrap();
    for name in ["Cargo.toml", "scripts/needs.sh", "scripts/python.sh"] {
        fs::copy(root.join(name), folder.path().join(name)).unwrap();
    }
    let known = folder.path().join(".tools/pyzmq");
    let run = || testkit::run(folder.path().join("scripts/python.sh"), ["-c", "import zmq; print('found')"]);
    assert_eq!(run().stdout, "found\n");
    let answer = fs::read_to_string(&known).unwrap();
    let (python, module) = answer.trim_end().split_once('\n').unwrap();
    assert!(Path::new(python).is_absolute() && module.contains("zmq"), "{answer}");
    for stale in [format!("/no/such/python\n{module}\n"), format!("{python}\n/no/such/module\n"), "/bin/sh".to_owned()]
    {
        fs::write(&known, &stale).unwrap();
        assert_eq!(
            (run().stdout.as_str(), fs::read_to_string(&known).unwrap()),
            ("found\n", answer.clone()),
            "{stale}"
        );
    }
}
