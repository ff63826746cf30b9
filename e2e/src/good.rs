//! A service of jobz whose client is served, whatever strangers send to the broker meanwhile.

use std::{
    thread,
    time::{Duration, Instant},
};

use jobz::{Client, ClientConfig};
use serde_json::Value;
use sockets::{Context, KeepAlive, Security, Stop, stop::Stopper};
use testkit::{BOUND, Program, eventually, sibling};
use wire::Frames;

/// The service's name, which no stranger uses.
const SERVICE: &str = "good";

/// Its client, its worker, and the broker between them.
pub struct GoodService<'a> {
    broker: &'a Program,
    _worker: Program,
    client: Client,
    stop: Stop,
    _stopper: Stopper,
    before: u64,
    seen: Seen,
}

/// What the client has seen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    /// How many requests were answered.
    pub served: u64,
    /// The longest time until a reply.
    pub longest: Duration,
    /// By how many bytes the memory of the broker grew at most.
    pub grown: u64,
}

impl<'a> GoodService<'a> {
    /// Starts the worker and the client.
    ///
    /// # Panics
    /// The client is not served.
    #[must_use]
    pub fn start(broker: &'a Program, endpoint: &str) -> Self {
        let arguments = ["worker", SERVICE, "--jobs", endpoint, "--observe", "off", "--", "tr", "a-z", "A-Z"];
        let worker = Program::start(sibling("jobz"), arguments);
        let context = Context::new(Security::default(), KeepAlive::default()).expect("a context can be made");
        let brokers = vec![endpoint.parse().expect("an endpoint")];
        let config = ClientConfig { brokers, connect: BOUND, patience: BOUND, tries: 1 };
        let (stopper, stop) = Stop::pair().expect("a stop signal can be made");
        let client = Client::new(context, config);
        let mut service =
            Self { broker, _worker: worker, client, stop, _stopper: stopper, before: 0, seen: Seen::default() };
        service.serve();
        service.before = broker.resident_bytes();
        service.seen = Seen::default();
        service
    }

    /// Has a request served.
    ///
    /// # Panics
    /// It is not served at the first try.
    pub fn serve(&mut self) {
        let asked = Instant::now();
        assert_eq!(self.ask(SERVICE, "hi"), ["HI"]);
        self.seen.served += 1;
        self.seen.longest = self.seen.longest.max(asked.elapsed());
        self.seen.grown = self.seen.grown.max(self.broker.resident_bytes().saturating_sub(self.before));
    }

    /// Has requests served while something is done on another thread, and one after it. Returns what the client has seen so far.
    ///
    /// # Panics
    /// A request is not served, or the other thread panics.
    pub fn serve_while(&mut self, disturb: impl FnOnce() + Send) -> Seen {
        thread::scope(|scope| {
            let disturbing = scope.spawn(disturb);
            while !disturbing.is_finished() {
                self.serve();
            }
            assert!(disturbing.join().is_ok(), "the other thread panicked");
        });
        self.serve();
        self.seen
    }

    /// A number of the broker's statistics.
    ///
    /// # Panics
    /// There is no such number.
    pub fn stat(&mut self, name: &str) -> u64 {
        let answer = self.ask("mmi.stats", "");
        let stats: Value = serde_json::from_str(&answer[1]).expect("statistics are JSON");
        stats[name].as_u64().unwrap_or_else(|| panic!("no number {name}: {stats}"))
    }

    /// Waits until a number of the broker's statistics is this.
    ///
    /// # Panics
    /// It is not in time.
    pub fn until_stat(&mut self, name: &str, wanted: u64) {
        eventually(&format!("{name} is {wanted}"), || self.stat(name) == wanted);
    }

    fn ask(&mut self, service: &str, text: &str) -> Vec<String> {
        let body: Frames = [text].into_iter().collect();
        let reply =
            self.client.ask(service, &body, |_| {}, &self.stop).expect("a request is answered at the first try");
        reply.iter().map(|frame| String::from_utf8_lossy(frame).into_owned()).collect()
    }
}
