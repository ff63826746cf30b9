//! The thread `chatz.events`: forwards the client's events to the dashboard.
//!
//! Each text is forwarded, at most about a thousand a second. What arrives faster waits in the client, which keeps the
//! user present meanwhile and, in the end, leaves broadcasts in the server's queue. Counts of malformed messages are
//! conflated.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender},
    },
    time::{Duration, Instant},
};

use chatz::{ServerState, member::REPLY_WITHIN};
use sockets::Stop;
use wire::{User, chat::REQUESTS};

use super::{REQ, SUB};
use crate::{
    event::Event,
    feeds::outlet::{Outlet, Unheard},
};

/// The most events forwarded before the next beat.
const BURST: u32 = 32;

/// The time between two beats.
pub(super) const BEAT: Duration = Duration::from_millis(33);

/// The thread's state.
pub(super) struct Forwarder {
    /// The last name that was accepted, or the first.
    user: User,
    events: Receiver<chatz::Event>,
    outlet: Outlet,
    under_way: Arc<AtomicUsize>,
    stop: Stop,
    /// The newest counts of malformed replies and broadcasts that are not forwarded yet.
    malformed: [Option<Event>; 2],
    /// Events forwarded since the last beat.
    burst: u32,
    /// The time of the next beat.
    beat: Instant,
}

/// The thread has to end.
struct Ended;

impl Forwarder {
    /// From the client's `events` to the `dashboard`, until the client or `stop` ends it; counts the texts down that
    /// are `under_way`.
    pub(super) fn new(
        user: User,
        events: Receiver<chatz::Event>,
        dashboard: SyncSender<Event>,
        under_way: Arc<AtomicUsize>,
        stop: Stop,
    ) -> Self {
        let outlet = Outlet::new(dashboard);
        Self { user, events, outlet, under_way, stop, malformed: [None, None], burst: 0, beat: Instant::now() }
    }

    /// Forwards the user's name, and then all events. Returns the last name that was accepted.
    pub(super) fn run(mut self) -> User {
        // The session before may have ended without a reply.
        let first = [Event::Named(self.user.to_string()), Event::Silent(REQ, None)];
        if first.into_iter().try_for_each(|event| self.forward(event)).is_ok() {
            while self.forward_next().is_ok() {}
        }
        self.user
    }

    fn forward_next(&mut self) -> Result<(), Ended> {
        let event = if self.malformed.iter().any(Option::is_some) {
            self.events.recv_timeout(self.beat.saturating_duration_since(Instant::now()))
        } else {
            self.events.recv().map_err(RecvTimeoutError::from)
        };
        match event {
            Ok(event) => self.handle(event),
            Err(RecvTimeoutError::Timeout) => self.forward_malformed(),
            Err(RecvTimeoutError::Disconnected) => self.forward_malformed().and(Err(Ended)),
        }
    }

    fn handle(&mut self, event: chatz::Event) -> Result<(), Ended> {
        match event {
            chatz::Event::Malformed { channel, count, reason } => {
                let is_request = channel == REQUESTS;
                let (index, socket) = if is_request { (0, REQ) } else { (1, SUB) };
                if self.malformed[index].is_none() {
                    self.beat = self.beat.max(Instant::now() + BEAT);
                }
                self.malformed[index] = Some(Event::Malformed(socket, count, reason));
                if Instant::now() >= self.beat { self.forward_malformed() } else { Ok(()) }
            }
            chatz::Event::Server(state) => {
                let silence = (state == ServerState::Down).then(|| {
                    let now = Instant::now();
                    let since = now.checked_sub(REPLY_WITHIN).unwrap_or(now);
                    Unheard { since, reason: "no reply".to_owned() }.into()
                });
                self.forward(Event::Chatz(event))?;
                self.forward(Event::Silent(REQ, silence))
            }
            chatz::Event::Said(_) | chatz::Event::Refused { text: Some(_), .. } | chatz::Event::Failed { .. } => {
                self.under_way.fetch_sub(1, Ordering::Relaxed);
                self.forward(Event::Chatz(event))
            }
            chatz::Event::Renamed(user) => {
                self.user = user.clone();
                self.forward(Event::Chatz(chatz::Event::Renamed(user)))
            }
            event => self.forward(Event::Chatz(event)),
        }
    }

    fn forward_malformed(&mut self) -> Result<(), Ended> {
        let [requests, broadcasts] = &mut self.malformed;
        let events = [requests.take(), broadcasts.take()];
        events.into_iter().flatten().try_for_each(|event| self.forward(event))
    }

    /// Forwards an event as soon as the dashboard has room and the rate allows it.
    fn forward(&mut self, event: Event) -> Result<(), Ended> {
        let now = Instant::now();
        if now >= self.beat {
            (self.burst, self.beat) = (0, now + BEAT);
        }
        let mut left = Some(event);
        if self.burst < BURST {
            left = left.and_then(|event| self.outlet.offer(event));
        }
        while let Some(event) = left {
            if self.stop.wait_until(self.beat) {
                return Err(Ended);
            }
            (self.burst, self.beat) = (0, Instant::now() + BEAT);
            left = self.outlet.offer(event);
        }
        self.burst += 1;
        Ok(())
    }
}
