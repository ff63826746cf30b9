//! The hub of the observation bus: reports and subscriptions pass, strangers and floods change neither.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use ::sockets::{Hub, HubConfig, SocketError, Stop, Stopper};
use testkit::{Peer, RawPeer, Stopwatch, eventually, peer};

use crate::sockets::context;

/// Long enough for a subscription that must not come.
const MOMENT: Duration = Duration::from_millis(300);

/// A hub on its thread; stopped when it is dropped.
struct Running {
    reports: String,
    observations: String,
    stopper: Option<Stopper>,
    thread: Option<JoinHandle<Result<(), SocketError>>>,
}

impl Running {
    fn start() -> Self {
        let anywhere: ::sockets::Endpoint = "tcp://127.0.0.1:*".parse().unwrap();
        Self::start_at(&HubConfig { reports: anywhere.clone(), observations: anywhere })
    }

    fn start_at(config: &HubConfig) -> Self {
        let hub = Hub::bind(&context(), config).unwrap();
        let HubConfig { reports, observations } = hub.endpoints().clone();
        let (stopper, stop) = Stop::pair().unwrap();
        Self {
            reports: reports.to_string(),
            observations: observations.to_string(),
            stopper: Some(stopper),
            thread: Some(thread::spawn(move || hub.run(&stop))),
        }
    }

    /// One that receives each subscription, also of a topic that it has already.
    fn reporter(&self) -> Peer {
        Peer::connect_with(peer::XPUB, &self.reports, |socket| socket.set_xpub_verbose(true).unwrap())
    }

    fn observer(&self, topic: &str) -> Peer {
        Peer::connect_with(peer::SUB, &self.observations, |socket| socket.set_subscribe(topic.as_bytes()).unwrap())
    }

    /// Stops it, and returns how long that took.
    fn stop(mut self) -> Duration {
        let start = Stopwatch::start();
        self.join();
        start.elapsed()
    }

    fn join(&mut self) {
        drop(self.stopper.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.join();
    }
}

/// Reports this until the observer has received it.
fn report_until_received(reporter: &Peer, observer: &Peer, topic: &str) {
    eventually("the report arrives", || {
        reporter.send([topic, "{}"]);
        observer.receive_within(Duration::from_millis(5)).is_some_and(|frames| frames[0] == topic.as_bytes())
    });
}

#[test]
fn a_subscription_travels_to_the_reporters_and_their_reports_to_its_observer() {
    let hub = Running::start();
    let (first, second) = (hub.reporter(), hub.reporter());
    let observer = hub.observer("state/");
    for reporter in [&first, &second] {
        assert_eq!(reporter.receive(), [b"\x01state/"]);
        reporter.send([&b"state/1"[..], b"{}", b"\x00\xff"]);
        assert_eq!(observer.receive(), [&b"state/1"[..], b"{}", b"\x00\xff"]);
    }
    assert_eq!(hub.reporter().receive(), [b"\x01state/"], "a reporter that comes later has it too");
}

#[test]
fn every_new_observer_reaches_the_reporters_and_the_last_one_ends_the_subscription() {
    let hub = Running::start();
    let reporter = hub.reporter();
    let observers: Vec<Peer> = (0..3)
        .map(|_| {
            let observer = hub.observer("state/");
            assert_eq!(reporter.receive(), [b"\x01state/"]);
            observer
        })
        .collect();
    let mut observers = observers.into_iter();
    let last = observers.next().unwrap();
    drop(observers);
    assert_eq!(reporter.receive_within(MOMENT), None);
    drop(last);
    assert_eq!(reporter.receive(), [b"\x00state/"]);
}

#[test]
fn an_observer_that_subscribes_twice_leaves_nothing_behind() {
    let hub = Running::start();
    let reporter = hub.reporter();
    let observer = hub.observer("state/");
    (0..10).for_each(|_| observer.subscribe(b"state/"));
    observer.subscribe(b"event/");
    while reporter.receive() != [b"\x01event/"] {}
    drop(observer);
    for end in [b"\x00event/", b"\x00state/"] {
        while reporter.receive() != [end] {}
    }
}

#[test]
fn no_observer_can_end_the_subscription_of_another() {
    let hub = Running::start();
    let (reporter, observer) = (hub.reporter(), hub.observer("state/"));
    assert_eq!(reporter.receive(), [b"\x01state/"]);
    let mut stranger = RawPeer::connect(&hub.observations, "SUB").unwrap();
    for message in [&b"\x00state/"[..], b"\x01state/", b"\x00state/", b"\x00state/", b"\x01event/"] {
        stranger.send(&[message]).unwrap();
    }
    let mut heard = Vec::new();
    while heard.last().is_none_or(|message| message != b"\x01event/") {
        heard.extend(reporter.receive());
    }
    assert!(heard.iter().all(|message| message[0] == 1), "{heard:?}");
    report_until_received(&reporter, &observer, "state/1");
}

#[test]
fn topics_that_no_report_can_have_do_not_travel() {
    let hub = Running::start();
    let reporter = hub.reporter();
    let observer = hub.observer("prices/");
    ["", "st", "event/7"].into_iter().for_each(|topic| observer.subscribe(topic.as_bytes()));
    let mut heard: Vec<Vec<u8>> = (0..3).flat_map(|_| reporter.receive()).collect();
    heard.sort();
    assert_eq!(heard, [&b"\x01"[..], b"\x01event/7", b"\x01st"]);
    assert_eq!(reporter.receive_within(MOMENT), None);
}

#[test]
fn observers_that_come_and_go_always_get_their_reports() {
    let hub = Running::start();
    let (reporter, done) = (hub.reporter(), Arc::new(AtomicBool::new(false)));
    let is_done = Arc::clone(&done);
    let reporting = thread::spawn(move || {
        // A publisher reads its subscriptions when it sends, and sends only what is subscribed to.
        while !is_done.load(Ordering::Relaxed) {
            while reporter.receive_within(Duration::ZERO).is_some() {}
            reporter.send(["state/1", "{}"]);
        }
        reporter
    });
    for _ in 0..200 {
        // Each takes the descriptor of the one before it.
        assert!(!hub.observer("state/").receive().is_empty());
    }
    done.store(true, Ordering::Relaxed);
    let reporter = reporting.join().unwrap();
    let mut last = None;
    while let Some(message) = reporter.receive_within(MOMENT) {
        last = Some(message);
    }
    // Nothing stays wanted; the end of what was may come late.
    while last.is_some_and(|message| message != [b"\x00state/"]) {
        last = Some(reporter.receive());
    }
}

#[test]
fn a_hub_that_restarts_is_found_again() {
    let endpoints = testkit::free_endpoints::<2>().map(|endpoint| endpoint.parse().unwrap());
    let [reports, observations] = endpoints;
    let config = HubConfig { reports, observations };
    let hub = Running::start_at(&config);
    let (reporter, observer) = (hub.reporter(), hub.observer("state/"));
    report_until_received(&reporter, &observer, "state/1");
    assert!(hub.stop() < Duration::from_secs(1));
    let _hub = Running::start_at(&config);
    report_until_received(&reporter, &observer, "state/2");
}

#[test]
fn a_reporter_that_floods_does_not_displace_the_reports_of_others() {
    let hub = Running::start();
    let (good, observer) = (hub.reporter(), hub.observer("state/"));
    report_until_received(&good, &observer, "state/good");
    let mut mad = RawPeer::connect(&hub.reports, "XPUB").unwrap();
    mad.wait_at_most(Duration::from_millis(200)).unwrap();
    let flood = [&[1, 9][..], b"state/mad", &[0, 2], b"{}"].concat().repeat(1_000);
    let (mut good_ones, mut mad_ones) = (0, 0);
    let start = Instant::now();
    for _ in 0..50 {
        let _ = mad.send_bytes(&flood);
        good.send(["state/good", "{}"]);
    }
    while good_ones < 50 {
        match observer.receive()[0].as_slice() {
            b"state/good" => good_ones += 1,
            _ => mad_ones += 1,
        }
    }
    let allowed = 4_000.0 * (1.0 + start.elapsed().as_secs_f64());
    assert!(f64::from(mad_ones) <= allowed, "{mad_ones} of 50,000 passed");
    assert!(hub.stop() < Duration::from_secs(1));
}

#[test]
fn messages_that_no_reporter_sends_are_not_passed_on() {
    let hub = Running::start();
    let (mut mad, observer) = (RawPeer::connect(&hub.reports, "XPUB").unwrap(), hub.observer("state/"));
    report_until_received(&hub.reporter(), &observer, "state/good");
    mad.send(&[&b"state/mad"[..]; 67]).unwrap();
    mad.send(&[vec![0; 1 << 20], vec![0; 1 << 20]]).unwrap();
    mad.send(&["state/mad", "{}"]).unwrap();
    eventually("the one that is left arrives", || observer.receive() == [&b"state/mad"[..], b"{}"]);
}

#[test]
fn a_message_without_end_disconnects_its_sender_alone() {
    let hub = Running::start();
    let (good, observer) = (hub.reporter(), hub.observer("state/"));
    report_until_received(&good, &observer, "state/good");
    let endless = [1, 200].into_iter().chain([7; 200]).collect::<Vec<u8>>().repeat(5_000);
    let mut mad = RawPeer::connect(&hub.reports, "XPUB").unwrap();
    let (mut sent, deadline) = (0_u64, Instant::now() + testkit::BOUND);
    while mad.send_bytes(&endless).is_ok() {
        sent += endless.len() as u64;
        assert!(Instant::now() < deadline, "not disconnected after {sent} bytes");
    }
    assert!(sent < 1 << 30, "{sent} bytes");
    report_until_received(&good, &observer, "state/still");
}

#[test]
fn an_observer_that_floods_is_disconnected_and_costs_the_reporters_little() {
    let hub = Running::start();
    let (reporter, observer) = (hub.reporter(), hub.observer("state/"));
    report_until_received(&reporter, &observer, "state/1");
    let mut mad = RawPeer::connect(&hub.observations, "SUB").unwrap();
    let flood = [&[0, 7][..], b"\x01event/", &[0, 7], b"\x00event/"].concat().repeat(1_000);
    let (start, mut heard) = (Instant::now(), 0);
    while mad.send_bytes(&flood).is_ok() {
        assert!(start.elapsed() < testkit::BOUND, "not disconnected");
    }
    while reporter.receive_within(MOMENT).is_some() {
        heard += 1;
    }
    assert!(heard <= 4 + 20 * (1 + start.elapsed().as_secs()), "{heard} subscriptions");
    report_until_received(&reporter, &observer, "state/2");
}
