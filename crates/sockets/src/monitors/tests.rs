//! Observed contexts: one thread that reads all monitors, and probes.

use std::{
    sync::{
        Mutex,
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use testkit::{Peer, eventually, peer};
use wire::{
    Frames,
    monitor::{EventKind, MonitorEvent},
    tick::TICKS,
    value::RESULTS,
};

use super::*;
use crate::{
    Endpoint, KeepAlive, Probes, Role, Security, Socket, State, Stop, context::Observation, observe::Values,
    probe::Probe, tap, wait,
};

type Events = Receiver<(String, MonitorEvent)>;

/// A function as an observer.
struct EachEvent<F>(F);

impl<F: FnMut(&str, MonitorEvent) -> bool + Send + 'static> Observer for EachEvent<F> {
    fn handle_event(&mut self, socket: &str, event: MonitorEvent) -> bool {
        self.0(socket, event)
    }
}

/// A context whose sockets are observed by a function.
fn observed_by(observer: impl FnMut(&str, MonitorEvent) -> bool + Send + 'static) -> (Context, Monitors, Probes) {
    let context = Context::new(Security::default(), KeepAlive::default()).unwrap();
    let (monitors, probes) = (Monitors::spawn(&context, EachEvent(observer)).unwrap(), Probes::new());
    let observation = Observation { monitors: monitors.clone(), probes: probes.clone(), values: Values::default() };
    (context.observed(observation), monitors, probes)
}

/// A context whose sockets are observed, and what the observer gets: at most `capacity` events at a time.
fn observed(capacity: usize) -> (Context, Monitors, Probes, Events) {
    let (sender, events) = sync_channel(capacity);
    let (context, monitors, probes) = observed_by(move |name, event| sender.try_send((name.to_owned(), event)).is_ok());
    (context, monitors, probes, events)
}

fn probe(probes: &Probes, name: &str) -> Arc<Probe> {
    let mut all = probes.all_and_closed().into_iter();
    all.find_map(|(its, probe)| (its == name).then_some(probe)).unwrap()
}

/// Has a socket copy all its messages from now on.
fn open_tap(probes: &Probes, name: &str) {
    let probe = probe(probes, name);
    probe.tap.open();
    probe.tap.make_room(u32::MAX);
}

fn messages(probes: &Probes, name: &str) -> Vec<tap::Tapped> {
    probe(probes, name).tap.messages_from(0)
}

/// Messages received, and sent.
fn counts(probes: &Probes, name: &str) -> (u64, u64) {
    let probe = probe(probes, name);
    (probe.received.messages(), probe.sent.messages())
}

fn receive(socket: &mut Socket) -> Frames {
    let mut frames = Frames::new();
    eventually("a message", || socket.receive(&mut frames).unwrap());
    frames
}

fn pull(context: &Context, name: &str) -> (Socket, Endpoint) {
    let mut socket = context.socket(Role::Pull, RESULTS).unwrap();
    socket.watch(name).unwrap();
    let endpoint = socket.bind(&"tcp://127.0.0.1:*".parse().unwrap()).unwrap();
    (socket, endpoint)
}

/// Waits until the observer gets an event of this kind, and returns all up to it; `socket` is followed meanwhile.
fn until(events: &Events, name: &str, kind: EventKind, mut socket: Option<&mut Socket>) -> Vec<EventKind> {
    let mut kinds = Vec::new();
    loop {
        let mut next = None;
        eventually("an event", || {
            socket.iter_mut().for_each(|socket| while socket.next_event().unwrap().is_some() {});
            next = events.try_recv().ok();
            next.is_some()
        });
        let (its, event) = next.unwrap();
        if its == name {
            kinds.push(event.kind);
            if event.kind == kind {
                return kinds;
            }
        }
    }
}

#[test]
fn events_come_to_the_observer_as_the_owner_reads_them() {
    let (context, monitors, _probes, events) = observed(100);
    let (mut pull, endpoint) = pull(&context, "valuz.pull");
    let push = Peer::connect(peer::PUSH, endpoint.as_str());
    push.send(["hello"]);
    assert_eq!(receive(&mut pull), ["hello"].into_iter().collect());
    assert!(events.try_recv().is_err());
    let (_stopper, stop) = Stop::pair().unwrap();
    let mut states = Vec::new();
    while !states.contains(&State::Up) {
        wait(&stop, [pull.events()], None).unwrap();
        states.extend(pull.next_event().unwrap().and_then(|event| State::after(&event)));
    }
    assert_eq!(states, [State::Listening, State::Handshaking, State::Up]);
    let kinds = until(&events, "valuz.pull", EventKind::HandshakeSucceeded, None);
    assert_eq!(kinds, [EventKind::Listening, EventKind::Accepted, EventKind::HandshakeSucceeded]);
    drop(pull);
    assert_eq!(until(&events, "valuz.pull", EventKind::MonitorStopped, None).last(), Some(&EventKind::MonitorStopped));
    assert_eq!(monitors.dropped(), 0);
}

#[test]
fn a_name_can_be_watched_again_at_once() {
    let (context, _monitors, _taps, events) = observed(1000);
    let files = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let mut first = None;
    for _ in 0..50 {
        let (mut pull, endpoint) = pull(&context, "valuz.pull");
        let push = Peer::connect(peer::PUSH, endpoint.as_str());
        push.send(["hello"]);
        receive(&mut pull);
        first.get_or_insert_with(files);
    }
    // Nothing of one socket comes after the first event of the next.
    for _ in 0..50 {
        let kinds = until(&events, "valuz.pull", EventKind::MonitorStopped, None);
        assert_eq!(kinds[0], EventKind::Listening, "{kinds:?}");
        assert!(kinds.contains(&EventKind::HandshakeSucceeded), "{kinds:?}");
    }
    // Other tests of this process open files as well: what would be kept of 50 sockets is more.
    eventually("what belonged to the sockets is closed", || files() < first.unwrap() + 100);
}

#[test]
fn everything_may_go_in_any_order_and_ends() {
    for order in 0..6 {
        let (done, ended) = sync_channel(1);
        thread::spawn(move || {
            let (context, monitors, probes, events) = observed(1);
            let (mut pull, endpoint) = pull(&context, "valuz.pull");
            let push = Peer::connect(peer::PUSH, endpoint.as_str());
            push.send(["hello"]);
            receive(&mut pull);
            let mut parts: Vec<Box<dyn FnOnce()>> = vec![
                Box::new(|| drop(pull)),
                Box::new(|| drop(push)),
                Box::new(|| drop(context)),
                Box::new(|| drop(monitors)),
                Box::new(|| drop((probes, events))),
            ];
            parts.rotate_left(order % 5);
            if order == 5 {
                parts.reverse();
            }
            parts.into_iter().for_each(|part| part());
            done.send(()).unwrap();
        });
        ended.recv_timeout(testkit::BOUND).unwrap_or_else(|_| panic!("order {order} hangs"));
    }
}

/// Or the end of a connection would be heard after the first message of a new one that has its descriptor.
#[test]
fn an_owner_has_its_events_though_the_observer_is_busy() {
    let (release, released) = sync_channel::<()>(0);
    let (context, _monitors, _probes) = observed_by(move |_, _| released.recv().is_ok());
    let (mut pull, endpoint) = pull(&context, "valuz.pull");
    let push = Peer::connect(peer::PUSH, endpoint.as_str());
    push.send(["hello"]);
    receive(&mut pull);
    let events: Vec<_> = (0..3).map(|_| pull.next_event().unwrap().map(|event| event.kind)).collect();
    let expected = [EventKind::Listening, EventKind::Accepted, EventKind::HandshakeSucceeded];
    assert_eq!(events, expected.map(Some));
    drop(release);
}

#[test]
fn an_observer_that_does_not_follow_stops_nothing() {
    let (context, monitors, _probes, events) = observed(1);
    let (mut pull, endpoint) = pull(&context, "valuz.pull");
    let address = endpoint.as_str().strip_prefix("tcp://").unwrap().to_owned();
    // Three events and more for each, of which the observer takes none: more than queues hold.
    for round in 1..=20 {
        for _ in 0..50 {
            drop(std::net::TcpStream::connect(&address).unwrap());
        }
        eventually("the events come through", || {
            while pull.next_event().unwrap().is_some() {}
            monitors.dropped() >= round * 145
        });
    }
    let push = Peer::connect(peer::PUSH, endpoint.as_str());
    push.send(["hello"]);
    receive(&mut pull);
    drop((pull, push, events));
}

#[test]
fn a_socket_of_an_observed_context_that_is_not_watched_is_not_tapped() {
    let (context, _monitors, probes, _events) = observed(100);
    let mut push = context.socket(Role::Push, RESULTS).unwrap();
    let (mut pull, endpoint) = pull(&context, "valuz.pull");
    open_tap(&probes, "valuz.pull");
    push.connect(&endpoint).unwrap();
    push.send(&["one", "two"].into_iter().collect()).unwrap();
    receive(&mut pull);
    assert_eq!(counts(&probes, "valuz.pull"), (1, 0));
    let messages = messages(&probes, "valuz.pull");
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].direction, wire::Direction::Received);
    assert_eq!(messages[0].frames, ["one", "two"].into_iter().collect());
}

#[test]
fn a_tap_has_the_subscriptions_that_a_socket_sends() {
    let (context, _monitors, probes, _events) = observed(100);
    let mut sub = context.socket(Role::Sub, TICKS).unwrap();
    sub.watch("tickz.sub").unwrap();
    open_tap(&probes, "tickz.sub");
    sub.subscribe(b"MSFT").unwrap();
    sub.unsubscribe(b"MSFT").unwrap();
    let sent = |frame: &'static [u8]| (wire::Direction::Sent, [frame].into_iter().collect());
    let messages = messages(&probes, "tickz.sub").into_iter().map(|message| (message.direction, message.frames));
    assert_eq!(messages.collect::<Vec<_>>(), [sent(b"\x01MSFT"), sent(b"\x00MSFT")]);
}

#[test]
fn a_tap_can_be_read_while_messages_flow() {
    let (context, _monitors, probes, _events) = observed(100);
    let (mut pull, endpoint) = pull(&context, "valuz.pull");
    let mut push = context.socket(Role::Push, RESULTS).unwrap();
    push.watch("push").unwrap();
    open_tap(&probes, "valuz.pull");
    push.connect(&endpoint).unwrap();
    let (stopper, stop) = Stop::pair().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let looks = {
        let (probes, seen) = (probes.clone(), Arc::clone(&seen));
        thread::spawn(move || {
            while !stop.wait_until(Instant::now() + Duration::from_millis(1)) {
                let messages = messages(&probes, "valuz.pull");
                assert!(messages.iter().all(|message| message.frames.get(0) == Some(&message.id.to_le_bytes()[..])));
                seen.lock().unwrap().push(messages.len());
            }
        })
    };
    for number in 0..5_000u64 {
        let frames: Frames = [number.to_le_bytes()].into_iter().collect();
        assert!(push.send(&frames).unwrap());
        receive(&mut pull);
    }
    eventually("a look at a full tap", || seen.lock().unwrap().contains(&tap::MESSAGES_MAX));
    stopper.stop();
    looks.join().unwrap();
    assert_eq!((counts(&probes, "push"), counts(&probes, "valuz.pull")), ((0, 5_000), (5_000, 0)));
}
