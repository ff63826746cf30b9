//! One process that reports: its last state, and what follows from those before it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use wire::report::{EventReport, ProcessState, SocketName, SocketState, Traffic};

use crate::Change;

/// How far the number of an event may be beyond the events that the last state has counted: one that is further is a lie,
/// or what is missing will be in the next state.
const EVENTS_AHEAD_MAX: u64 = 10_000;

/// The least time over which a rate is measured.
const RATE_SPAN: Duration = Duration::from_secs(1);

/// Whether a process reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It does.
    Present,
    /// It is suspended, as the system knows.
    Suspended,
    /// It has not done so for a while.
    Silent,
    /// It has ended, or has been silent for so long that it counts as ended. It is kept for a few seconds more.
    Gone,
}

/// A flow of messages.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    /// Messages a second.
    pub messages: f64,
    /// Bytes a second.
    pub bytes: f64,
}

/// What a socket sends and receives.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rates {
    /// Out of the socket.
    pub sent: Rate,
    /// Into the socket.
    pub received: Rate,
}

/// A process.
#[derive(Debug, Clone)]
pub struct Process {
    state: ProcessState,
    presence: Presence,
    /// When its last state arrived.
    heard_at: Instant,
    /// When it was gone.
    gone_at: Option<Instant>,
    /// Whether it has ended for certain: what arrives later was sent before.
    has_ended: bool,
    /// The length of the last state in bytes, which stands for the memory that it takes.
    weight: usize,
    meters: BTreeMap<SocketName, Meter>,
    /// The number that its next event should have.
    next_event: Option<u64>,
    missing_events: u64,
}

/// The counters of a socket some time ago, and how fast they have risen since.
#[derive(Debug, Clone)]
struct Meter {
    since: Instant,
    sent: Traffic,
    received: Traffic,
    rates: Rates,
    /// The beginning of the time over which the rates were measured.
    rated_from: Option<Instant>,
}

impl Process {
    pub(crate) fn new(now: Instant, state: ProcessState, weight: usize) -> Self {
        let meters = state.sockets.iter().map(|socket| (socket.name.clone(), Meter::new(now, socket))).collect();
        Self {
            state,
            presence: Presence::Present,
            heard_at: now,
            gone_at: None,
            has_ended: false,
            weight,
            meters,
            next_event: None,
            missing_events: 0,
        }
    }

    /// Its last state.
    #[must_use]
    pub const fn state(&self) -> &ProcessState {
        &self.state
    }

    /// Whether it reports.
    #[must_use]
    pub const fn presence(&self) -> Presence {
        self.presence
    }

    /// When its last state arrived.
    #[must_use]
    pub const fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// What the socket of this name sends and receives; zero if there is none, and while the process does not report: what it was
    /// before says nothing about now.
    #[must_use]
    pub fn rates(&self, socket: &SocketName) -> Rates {
        self.meters.get(socket).filter(|_| self.reports()).map_or_else(Rates::default, |meter| meter.rates)
    }

    /// When the time began over which the rates of the socket of this name were measured; `None` before the first measurement, and
    /// while the process does not report.
    #[must_use]
    pub fn rated_from(&self, socket: &SocketName) -> Option<Instant> {
        self.meters.get(socket).filter(|_| self.reports()).and_then(|meter| meter.rated_from)
    }

    /// Messages a second of all its sockets, in both directions.
    #[must_use]
    pub fn messages_a_second(&self) -> f64 {
        let meters = self.meters.values().filter(|_| self.reports());
        meters.map(|meter| meter.rates.sent.messages + meter.rates.received.messages).sum()
    }

    fn reports(&self) -> bool {
        self.presence == Presence::Present
    }

    /// How many of its events did not arrive since its first one did.
    #[must_use]
    pub const fn missing_events(&self) -> u64 {
        self.missing_events
    }

    pub(crate) const fn weight(&self) -> usize {
        self.weight
    }

    pub(crate) const fn gone_at(&self) -> Option<Instant> {
        self.gone_at
    }

    pub(crate) const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Gives it another presence, and returns the change if it is another one.
    pub(crate) fn set_presence(&mut self, now: Instant, presence: Presence) -> Option<Change> {
        let before = std::mem::replace(&mut self.presence, presence);
        self.gone_at = (presence == Presence::Gone).then(|| self.gone_at.unwrap_or(now));
        (before != presence).then_some(Change::Process {
            process: self.state.process,
            before: Some(before),
            after: presence,
        })
    }

    /// It has ended: nothing brings it back.
    pub(crate) fn end(&mut self, now: Instant) -> Option<Change> {
        self.has_ended = true;
        self.set_presence(now, Presence::Gone)
    }

    pub(crate) const fn set_heard_at(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// Replaces the state, and returns the one before it.
    pub(crate) fn replace(&mut self, now: Instant, state: ProcessState, weight: usize) -> ProcessState {
        (self.heard_at, self.weight) = (now, weight);
        let mut old = std::mem::take(&mut self.meters);
        for socket in &state.sockets {
            let mut meter = old.remove(&socket.name).unwrap_or_else(|| Meter::new(now, socket));
            meter.follow(now, socket);
            self.meters.insert(socket.name.clone(), meter);
        }
        std::mem::replace(&mut self.state, state)
    }

    /// Takes the number of an event, and returns how many are missing before it. One that no state will confirm would hide
    /// what is missing afterwards.
    pub(crate) fn count_event(&mut self, report: &EventReport) -> u64 {
        let number = report.event.number;
        if number > self.state.events.saturating_add(EVENTS_AHEAD_MAX) {
            return 0;
        }
        let missing = self.count_missing(number);
        self.next_event = Some(self.next_event.unwrap_or(0).max(number.saturating_add(1)));
        missing
    }

    /// The next event has this number, or a higher one: returns how many are missing before it, if events arrive at all.
    pub(crate) fn count_missing(&mut self, number: u64) -> u64 {
        let Some(next) = &mut self.next_event else { return 0 };
        let missing = number.saturating_sub(*next);
        *next += missing;
        self.missing_events = self.missing_events.saturating_add(missing);
        missing
    }
}

impl Meter {
    fn new(now: Instant, socket: &SocketState) -> Self {
        let rates = Rates::default();
        Self { since: now, sent: socket.sent, received: socket.received, rates, rated_from: None }
    }

    fn follow(&mut self, now: Instant, socket: &SocketState) {
        let span = now.saturating_duration_since(self.since);
        if span < RATE_SPAN {
            return;
        }
        self.rates =
            Rates { sent: rate(self.sent, socket.sent, span), received: rate(self.received, socket.received, span) };
        self.rated_from = Some(self.since);
        (self.since, self.sent, self.received) = (now, socket.sent, socket.received);
    }
}

/// Counters that have fallen are those of a new socket with the old name.
fn rate(before: Traffic, after: Traffic, span: Duration) -> Rate {
    let a_second = |before: u64, after: u64| after.saturating_sub(before) as f64 / span.as_secs_f64();
    Rate { messages: a_second(before.messages, after.messages), bytes: a_second(before.bytes, after.bytes) }
}
