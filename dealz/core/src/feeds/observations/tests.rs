//! The feed with a real hub, and real or raw reporters.

use std::{
    net::TcpListener,
    process::Command,
    sync::mpsc::{Receiver, sync_channel},
    time::{Duration, Instant},
};

use sockets::{Reporting, Role};
use testkit::{Peer, Program, eventually, peer};
use wire::{
    Frames,
    report::{EventReport, Label, ProcessId, ProcessState, Report, SocketName},
    tick::TICKS,
};

use super::*;
use crate::feeds::{context, hub::BusHub};

/// How soon the end of a process must be known.
const SOON: Duration = Duration::from_secs(1);

struct Desk {
    hub: BusHub,
    observations: Observations,
    strangers: Strangers,
    events: Receiver<Event>,
}

fn desk(capacity: usize) -> Desk {
    let any = || "tcp://127.0.0.1:*".parse().unwrap();
    let hub = BusHub::spawn(&context(), sockets::HubConfig { reports: any(), observations: any() }).unwrap();
    let (sender, events) = sync_channel(capacity);
    let strangers = Strangers::default();
    let endpoint = hub.endpoints().observations.clone();
    let observations =
        Observations::spawn(&context(), &endpoint, hub.failure(), Arc::clone(&strangers), sender).unwrap();
    Desk { hub, observations, strangers, events }
}

impl Desk {
    /// Waits for an event that is as wanted, and returns what it has.
    fn until<T>(&self, what: &str, wanted: impl Fn(Event) -> Option<T>) -> T {
        let deadline = Instant::now() + testkit::BOUND;
        while let Ok(event) = self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if let Some(found) = wanted(event) {
                return found;
            }
        }
        panic!("not in time: {what}");
    }

    /// Waits for a state that is as wanted.
    fn state(&self, wanted: impl Fn(&ProcessState) -> bool) -> ProcessState {
        self.until("a state", |event| match event {
            Event::Report(report, bytes) if bytes > 100 => match *report {
                Report::State(state) if wanted(&state) => Some(state),
                _ => None,
            },
            _ => None,
        })
    }

    /// A context whose sockets are reported, and the id of its process.
    fn reporting(&self) -> (Context, ProcessId) {
        let hub = self.hub.endpoints().reports.clone();
        let reporting =
            Reporting { hub, is_own_hub: false, program: "a".to_owned(), role: "b".to_owned(), with_bytes: true };
        context().reporting(&reporting).unwrap()
    }

    /// A reporter that knows how to subscribe, and whatever it sends.
    fn raw_reporter(&self) -> Peer {
        let reporter = Peer::connect(peer::XPUB, self.hub.endpoints().reports.as_str());
        let mut heard = [reporter.receive(), reporter.receive()].concat();
        heard.sort();
        assert_eq!(heard, [b"\x01event/", b"\x01state/"]);
        reporter
    }

    /// A program that reports.
    fn tickz(&self) -> Program {
        let mut command = Command::new(testkit::sibling("tickz"));
        command.args(["publish", "--ticks", "tcp://127.0.0.1:*"]);
        command.env("SUITE_OBSERVE", self.hub.endpoints().reports.as_str());
        Program::spawn(command)
    }
}

fn event(number: u64) -> EventReport {
    let event = wire::report::Event {
        number,
        time_ms: 1.0,
        name: Label::cut("CONNECTED"),
        value: 7,
        endpoint: Label::cut("tcp://127.0.0.1:1"),
        local: None,
        remote: None,
    };
    EventReport { process: ProcessId(7), socket: "a".parse::<SocketName>().unwrap(), event }
}

fn send(reporter: &Peer, report: &EventReport) {
    let mut frames = Frames::new();
    report.encode(&mut frames);
    reporter.send(frames.iter());
}

#[test]
fn what_a_process_reports_arrives() {
    let desk = desk(64);
    desk.until("connected", |event| matches!(event, Event::Bus(None)).then_some(()));
    let (context, process) = desk.reporting();
    let mut socket = context.socket(Role::XPub, TICKS).unwrap();
    socket.watch("tickz.pub").unwrap();
    let endpoint = socket.bind(&"tcp://127.0.0.1:*".parse().unwrap()).unwrap();
    let state = desk.state(|state| state.sockets.iter().any(|socket| !socket.bound.is_empty()));
    assert_eq!(state.process, process);
    assert_eq!(state.sockets[0].bound[0].as_str(), endpoint.as_str());
    drop((socket, context));
    assert!(desk.state(|state| state.ended).ended);
}

#[test]
fn a_hub_that_is_missing_is_a_sentence_until_it_is_there() {
    let [reports, observations] = testkit::free_endpoints().map(|endpoint| endpoint.parse::<Endpoint>().unwrap());
    let (sender, events) = sync_channel(64);
    let failure = HubFailure::default();
    *lock(&failure) = Some("in use".to_owned());
    let _observations = Observations::spawn(&context(), &observations, failure, Strangers::default(), sender).unwrap();
    let next = || match events.recv_timeout(testkit::BOUND).unwrap() {
        Event::Bus(fault) => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(next(), Some(format!("No hub at {observations}, and the desk cannot run one: in use.")));
    let _hub = BusHub::spawn(&context(), sockets::HubConfig { reports, observations }).unwrap();
    assert_eq!(next(), None);
}

#[test]
fn malformed_reports_are_passed_on_as_such() {
    let desk = desk(64);
    let reporter = desk.raw_reporter();
    reporter.send(["state/0000000000000007", "{}"]);
    desk.until("malformed", |event| matches!(event, Event::MalformedReport).then_some(()));
}

#[test]
fn a_dashboard_without_room_gets_each_event_later() {
    let desk = desk(1);
    let reporter = desk.raw_reporter();
    (0..100).for_each(|number| send(&reporter, &event(number)));
    for expected in 0..100 {
        let number = desk.until("an event", |event| match event {
            Event::Report(report, _) => match *report {
                Report::Event(report) => Some(report.event.number),
                _ => None,
            },
            _ => None,
        });
        assert_eq!(number, expected);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_suspended_process_and_a_killed_one_are_noticed_at_once() {
    let desk = desk(64);
    let program = desk.tickz();
    let process = desk.state(|state| state.pid == program.pid()).process;
    // It must have been seen before it is gone: a look comes after the first state, before the third.
    let _ = [desk.state(|state| state.process == process), desk.state(|state| state.process == process)];
    for is_suspended in [true, false] {
        let begin = testkit::Stopwatch::start();
        if is_suspended {
            program.suspend()
        } else {
            program.resume()
        }
        desk.until("suspended or resumed", |event| match event {
            Event::Suspended(its, is) if its == process && is == is_suspended => Some(()),
            _ => None,
        });
        assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    }
    let begin = testkit::Stopwatch::start();
    program.kill();
    desk.until("ended", |event| matches!(event, Event::Ended(its) if its == process).then_some(()));
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
}

#[test]
#[cfg(target_os = "linux")]
fn the_process_at_the_address_of_a_stranger_is_found() {
    let desk = desk(64);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    *lock(&desk.strangers) = vec![address.clone()];
    let holder = desk.until("a holder", |event| match event {
        Event::Holder(its, holder) if its == address => Some(holder),
        _ => None,
    });
    assert!(holder.as_ref().is_some_and(|holder| holder.pid == Some(std::process::id())), "{holder:?}");
}

#[test]
fn messages_of_any_socket_are_shown_decoded_once_they_are_asked_for() {
    let desk = desk(64);
    let program = desk.tickz();
    let process = desk.state(|state| state.pid == program.pid()).process;
    let key = format!("{process}/tickz.pub");
    assert_eq!(desk.observations.messages(&key, None).unwrap(), []);
    let subscriber = Peer::connect(peer::SUB, &program.endpoint("ticks"));
    subscriber.subscribe(b"MSFT");
    let mut messages = Vec::new();
    eventually("some ticks", || {
        messages = desk.observations.messages(&key, None).unwrap();
        messages.iter().filter(|message| message.name == "tick").count() > 2
    });
    assert!(messages.windows(2).all(|two| two[0].id < two[1].id));
    desk.observations.taps().clear();
    assert!(desk.observations.messages(&key, None).unwrap().len() < messages.len());
}

#[test]
fn messages_that_are_not_wanted_any_longer_are_unsubscribed_from() {
    let desk = desk(64);
    let reporter = desk.raw_reporter();
    let key = |number: u64| format!("{number:016x}/a");
    let (first, last) = (key(0), key(taps::TAPS_MAX as u64));
    for number in 0..taps::TAPS_MAX as u64 {
        desk.observations.messages(&key(number), None).unwrap();
        assert_eq!(reporter.receive(), [format!("\x01message/{}", key(number)).as_bytes()]);
    }
    desk.observations.messages(&last, None).unwrap();
    let mut heard = [reporter.receive(), reporter.receive()].concat();
    heard.sort();
    assert_eq!(heard, [format!("\0message/{first}").as_bytes(), format!("\x01message/{last}").as_bytes()]);
    let refusal = desk.observations.messages("tickz/tickz.pub", None).unwrap_err();
    assert!(matches!(refusal, Refusal::Invalid { field, .. } if field == "socket"));
}

#[test]
fn a_hub_that_passes_nothing_on_is_named_until_it_does() {
    // It answers the handshake, as one that is suspended later has.
    let hub = Peer::bind(peer::XPUB);
    let (sender, events) = sync_channel(1_000);
    let endpoint = hub.endpoint().parse().unwrap();
    let _observations =
        Observations::spawn(&context(), &endpoint, HubFailure::default(), Strangers::default(), sender).unwrap();
    let _subscriptions = [hub.receive(), hub.receive()];
    let next_fault = || {
        let deadline = Instant::now() + testkit::BOUND;
        loop {
            match events.recv_timeout(deadline.saturating_duration_since(Instant::now())).unwrap() {
                Event::Bus(fault) => return fault,
                _ => assert!(Instant::now() < deadline),
            }
        }
    };
    let up = std::iter::from_fn(|| Some(next_fault())).find(Option::is_none);
    assert_eq!(up, Some(None));
    hub.send(["state/", "{}"]);
    let fault = next_fault();
    assert_eq!(fault, Some(format!("The hub at {endpoint} passes on no reports: it is suspended, or hangs.")));
    hub.send(["state/", "{}"]);
    assert_eq!(next_fault(), None);
}
