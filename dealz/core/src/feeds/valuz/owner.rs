//! The thread `valuz`: receives outcomes, sends orders, publishes commands, and reports to the dashboard.

use std::time::{Duration, Instant};

use sockets::{Context, Interest, MalformedMessages, SocketError, actor::Inbox, wait};
use tracing::{debug, info};
use valuz::{pace::Pace, repeat_log::RepeatLog};
use wire::{
    Frames,
    monitor::{EventKind, MonitorEvent},
    value::{Control, Outcome},
};

use super::{
    Command, ValuzEndpoints,
    batches::Batches,
    binding::{Binding, Bound},
    bound::BoundSockets,
    reporter::Reporter,
    workers::Workers,
};
use crate::{event::ValuzReport, feeds::outlet::Outlet, view::ValuzState};

/// How many messages are received, or orders sent, before the thread does anything else.
const BURST: usize = 1_000;

/// How often workers that are gone or idle are checked.
const CHECK_EVERY: Duration = Duration::from_millis(250);

/// What the thread owns.
pub(super) struct Owner {
    binding: Binding,
    peers: Peers,
    incoming: Frames,
    malformed: MalformedMessages,
    repeat_log: RepeatLog,
    reporter: Reporter,
}

/// The workers and what they work on: both follow the connections on results.
struct Peers {
    workers: Workers,
    batches: Batches,
}

impl Peers {
    fn handle_event(&mut self, now: Instant, event: &MonitorEvent) {
        self.workers.handle_event(now, event);
        if matches!(event.kind, EventKind::Disconnected | EventKind::Closed) {
            self.batches.handle_disconnected(u64::from(event.value));
        }
    }
}

impl Owner {
    /// Binds for the first time.
    pub(super) fn new(context: &Context, wanted: ValuzEndpoints, outlet: Outlet, bound: Bound) -> Self {
        Self {
            binding: Binding::new(context, wanted, bound, Instant::now()),
            peers: Peers { workers: Workers::default(), batches: Batches::new(Instant::now()) },
            incoming: Frames::new(),
            malformed: MalformedMessages::default(),
            repeat_log: RepeatLog::default(),
            reporter: Reporter::new(outlet),
        }
    }

    /// Works until stop; then publishes EXIT to the workers.
    ///
    /// # Errors
    /// A socket fails for a reason that waiting does not mend.
    pub(super) fn run(mut self, inbox: &Inbox<Command>) -> Result<(), SocketError> {
        let mut more = false;
        loop {
            let now = Instant::now();
            self.report(now);
            let deadline = if more { Some(now) } else { self.next_deadline(now) };
            let wake = wait(&inbox.stop, self.interests(inbox, more), deadline)?;
            if wake.stopped {
                return self.binding.sockets.map_or(Ok(()), BoundSockets::close);
            }
            self.reporter.handle_change();
            while let Some(command) = inbox.next() {
                self.handle(command);
            }
            more = self.turn()?;
        }
    }

    /// Handles everything that has arrived, and sends what follows; returns whether there may be more at once.
    fn turn(&mut self) -> Result<bool, SocketError> {
        let now = Instant::now();
        self.binding.handle_time(now)?;
        let more_in = self.receive_outcomes(now)?;
        self.receive_subscriptions(now)?;
        let now = Instant::now();
        let Peers { workers, batches } = &mut self.peers;
        workers.handle_time(now);
        for command in batches.handle_time(now, workers) {
            self.publish(now, &command)?;
        }
        Ok(self.send_orders()? || more_in)
    }

    fn handle(&mut self, command: Command) {
        let Peers { workers, batches } = &mut self.peers;
        match command {
            Command::Run(run) => {
                workers.handle_batch();
                batches.begin(Instant::now(), *run);
            }
            Command::Stop => batches.stop(),
            Command::Pace(pace) => batches.set_pace(pace),
            Command::Step => batches.step(),
            Command::Reset => {
                batches.reset();
                batches.set_pace(Pace::Max);
                self.reporter.reset();
            }
        }
    }

    /// Follows the connections and receives outcomes; returns whether there may be more.
    fn receive_outcomes(&mut self, now: Instant) -> Result<bool, SocketError> {
        let Some(sockets) = &mut self.binding.sockets else { return Ok(false) };
        let peers = &mut self.peers;
        sockets.follow(now, |event| peers.handle_event(now, event))?;
        for _ in 0..BURST {
            if !sockets.results.receive(&mut self.incoming)? {
                return Ok(false);
            }
            match Outcome::decode(&self.incoming) {
                Ok(Outcome::Value(valued)) => {
                    if peers.batches.handle_value(&valued, || sockets.results.peer_connection()) {
                        break;
                    }
                }
                Ok(Outcome::Ready(name)) => {
                    if let Some(connection) = sockets.results.peer_connection() {
                        // The event of its connection came before it, and may not have been handled yet.
                        sockets.follow(now, |event| peers.handle_event(now, event))?;
                        debug!(connection, name = name.as_ref().map(tracing::field::display), "ready");
                        peers.batches.handle_ready(name.as_ref(), connection);
                        peers.workers.handle_ready(now, connection, name);
                    }
                }
                Ok(Outcome::Report { worker, done }) => peers.workers.handle_report(now, &worker, done),
                Err(error) => {
                    self.reporter.note_result(error);
                    self.malformed.record(now, &mut sockets.results, &error, &self.incoming);
                }
            }
        }
        Ok(true)
    }

    fn receive_subscriptions(&mut self, now: Instant) -> Result<(), SocketError> {
        let Some(sockets) = &mut self.binding.sockets else { return Ok(()) };
        sockets.take_subscriptions(now, |error| self.reporter.note_subscription(error))
    }

    fn publish(&mut self, now: Instant, command: &Control) -> Result<(), SocketError> {
        let Some(sockets) = &mut self.binding.sockets else { return Ok(()) };
        match command {
            Control::Start { .. } => info!(workers = self.peers.workers.count(), "START"),
            Control::Repeat(numbers) => self.repeat_log.handle_repeat(now, numbers.len() as u64),
            Control::Exit | Control::Packs => {}
        }
        let mut frames = Frames::new();
        command.encode(&mut frames);
        // An XPUB never waits: it drops for a peer whose queue is full.
        sockets.control.send(&frames).map(drop)
    }

    /// Sends until nothing is left or due, no worker has room, or a burst is sent; returns whether a burst was sent.
    fn send_orders(&mut self) -> Result<bool, SocketError> {
        let Some(sockets) = &mut self.binding.sockets else { return Ok(false) };
        for _ in 0..BURST {
            let Some(order) = self.peers.batches.outgoing() else { return Ok(false) };
            if !sockets.orders.send(order)? {
                return Ok(false);
            }
            self.peers.batches.handle_sent();
        }
        Ok(true)
    }

    /// Reports to the dashboard, if a report is due.
    fn report(&mut self, now: Instant) {
        if !self.reporter.is_due(now) {
            return;
        }
        let failure = self.binding.failure();
        let Peers { workers, batches } = &mut self.peers;
        let state =
            failure.map_or(ValuzState::Ready, |failure| ValuzState::Unavailable { reason: failure.reason.clone() });
        let report = ValuzReport {
            state,
            batch: batches.view(now),
            workers: workers.named(),
            nameless: workers.nameless(),
            recommended: batches.recommended(workers.count()),
            pace: batches.pace().into(),
        };
        self.reporter.report(report, failure, batches.is_open());
    }

    fn interests<'a>(&'a self, inbox: &'a Inbox<Command>, more: bool) -> [Interest<'a>; 8] {
        let Some(sockets) = &self.binding.sockets else {
            let mut none: [Interest<'a>; 8] = std::array::from_fn(|_| Interest::never());
            none[0] = inbox.ring();
            return none;
        };
        let [results, control, of_orders, of_results, of_control] = sockets.interests();
        let waits = self.peers.batches.awaits_room() || more;
        let orders = if waits { sockets.orders.writable() } else { Interest::never() };
        [inbox.ring(), results, control, of_orders, of_results, of_control, self.peers.batches.interest(), orders]
    }

    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let Peers { workers, batches } = &self.peers;
        let deadlines = [
            self.reporter.next_deadline(now),
            self.binding.next_deadline(),
            workers.is_changing().then_some(now + CHECK_EVERY),
            batches.next_deadline(workers),
        ];
        deadlines.into_iter().flatten().min()
    }
}
