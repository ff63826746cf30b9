//! The thread `valuz`: binds, takes what workers say, sends orders, publishes, and tells the dashboard.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sockets::{Context, Interest, MalformedMessages, SocketError, actor::Inbox, wait};
use tracing::{debug, info, warn};
use valuz::batch::new_base;
use wire::{
    Fault, Frames,
    value::{Control, Outcome},
};

use super::{
    Command, Run, ValuzEndpoints, bound::BoundSockets, check::Check, input::COUNT_MAX, round::Round, workers::Workers,
};
use crate::{
    event::{Event, ValuzReport},
    feeds::outlet::{Faults, Outlet},
    view::{SocketId, ValuzState},
};

/// How many messages are taken, or orders sent, before the thread looks at anything else.
const BURST: usize = 1_000;

/// How long after a failure the sockets are bound again.
const BIND_AGAIN: Duration = Duration::from_secs(1);

/// How often workers that are gone, or stand still, are looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Where the sockets are bound, or why they are not.
pub(super) type Bound = Arc<Mutex<Result<ValuzEndpoints, String>>>;

/// What the thread owns.
pub(super) struct Owner {
    context: Context,
    wanted: ValuzEndpoints,
    bound: Bound,
    sockets: Option<BoundSockets>,
    /// What could not be bound last and when to try again.
    failed: Option<(SocketId, String, Instant)>,
    told_failure: Option<String>,
    workers: Workers,
    round: Option<Round>,
    check: Option<Check>,
    /// The base of the last batch.
    base: u64,
    /// Whether results of earlier batches may still come.
    unsettled: bool,
    /// The order to send next, encoded; empty where there is none.
    outgoing: Frames,
    incoming: Frames,
    malformed: MalformedMessages,
    /// Malformed results, and malformed subscriptions.
    faults: [Faults; 2],
    outlet: Outlet,
    told: Option<ValuzReport>,
    /// Whether something may have changed since it was told.
    changed: bool,
}

impl Owner {
    /// Binds for the first time.
    pub(super) fn new(context: &Context, wanted: ValuzEndpoints, outlet: Outlet, bound: Bound) -> Self {
        let mut owner = Self {
            context: context.clone(),
            wanted,
            bound,
            sockets: None,
            failed: None,
            told_failure: None,
            workers: Workers::default(),
            round: None,
            check: None,
            base: 0,
            unsettled: false,
            outgoing: Frames::new(),
            incoming: Frames::new(),
            malformed: MalformedMessages::default(),
            faults: [SocketId::ValuzPull, SocketId::ValuzPub].map(Faults::of),
            outlet,
            told: None,
            changed: true,
        };
        owner.open(Instant::now());
        owner
    }

    /// Works until stop; then the workers are told to end.
    ///
    /// # Errors
    /// A socket fails for a reason that no waiting mends.
    pub(super) fn run(mut self, inbox: &Inbox<Command>) -> Result<(), SocketError> {
        let mut more = false;
        loop {
            let now = Instant::now();
            self.tell(now);
            let deadline = if more { Some(now) } else { self.next_deadline(now) };
            let wake = wait(&inbox.stop, self.interests(inbox, more), deadline)?;
            if wake.stopped {
                return self.sockets.map_or(Ok(()), BoundSockets::close);
            }
            self.changed = true;
            while let Some(command) = inbox.next() {
                self.handle(command);
            }
            more = self.turn()?;
        }
    }

    /// Handles what has come, and sends what follows from it; tells whether there may be more at once.
    fn turn(&mut self) -> Result<bool, SocketError> {
        let now = Instant::now();
        if self.failed.as_ref().is_some_and(|(_, _, again)| *again <= now) {
            self.open(now);
        }
        let more_in = self.take_outcomes(now)?;
        self.take_subscriptions(now)?;
        let now = Instant::now();
        self.workers.handle_time(now);
        self.unsettled &= !self.workers.is_deserted();
        let commands = self.round.as_mut().map(|round| round.handle_time(now, &self.workers)).unwrap_or_default();
        for command in commands {
            self.publish(&command)?;
        }
        self.check_total();
        Ok(self.send_orders()? || more_in)
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Run(run) => self.begin(*run),
            Command::Stop => {
                if let Some(round) = &mut self.round {
                    round.stop("stopped by hand");
                }
                self.outgoing.clear();
            }
            Command::Reset => {
                self.end_round();
                self.faults.iter_mut().for_each(Faults::reset);
                self.told = None;
            }
        }
    }

    fn begin(&mut self, run: Run) {
        self.end_round();
        // Two batches may begin in the same millisecond.
        self.base = new_base().max(self.base.saturating_add(COUNT_MAX));
        info!(orders = run.orders.count(), origin = run.origin, base = self.base, "batch");
        self.round = Some(Round::new(Instant::now(), self.base, run, !self.unsettled));
    }

    fn end_round(&mut self) {
        self.check = None;
        self.outgoing.clear();
        self.unsettled |= self.round.take().is_some_and(|round| round.is_unsettled());
    }

    fn open(&mut self, now: Instant) {
        let first = self.failed.as_ref().map_or(SocketId::ValuzPush, |(id, _, _)| *id);
        let bound = match BoundSockets::open(&self.context, &self.wanted, first) {
            Ok(sockets) => {
                let endpoints = sockets.endpoints.clone();
                (self.sockets, self.failed) = (Some(sockets), None);
                Ok(endpoints)
            }
            Err((id, error)) => {
                let reason = error.to_string();
                if self.failed.as_ref().is_none_or(|(_, before, _)| *before != reason) {
                    warn!(socket = id.name(), "{reason}");
                }
                self.failed = Some((id, reason.clone(), now + BIND_AGAIN));
                Err(reason)
            }
        };
        *self.bound.lock().unwrap_or_else(PoisonError::into_inner) = bound;
    }

    /// Takes news of connections and what workers say; tells whether there may be more.
    fn take_outcomes(&mut self, now: Instant) -> Result<bool, SocketError> {
        let Some(sockets) = &mut self.sockets else { return Ok(false) };
        sockets.follow(now, &mut self.workers, self.round.as_mut())?;
        for _ in 0..BURST {
            if !sockets.results.receive(&mut self.incoming)? {
                return Ok(false);
            }
            match Outcome::decode(&self.incoming) {
                Ok(Outcome::Value(valued)) => {
                    if let Some(round) = &mut self.round {
                        round.handle_value(&valued, || sockets.results.peer_connection());
                        // The clock is read soon: this was the last result.
                        if round.is_open() && round.is_complete() {
                            break;
                        }
                    }
                }
                Ok(Outcome::Ready(name)) => {
                    if let Some(connection) = sockets.results.peer_connection() {
                        // The event of its connection came first, and may not have been taken yet.
                        sockets.follow(now, &mut self.workers, self.round.as_mut())?;
                        debug!(connection, name = name.as_ref().map(tracing::field::display), "ready");
                        if let Some(round) = &mut self.round {
                            round.handle_ready(&Outcome::Ready(name.clone()), connection);
                        }
                        self.workers.handle_ready(now, connection, name);
                    }
                }
                Ok(Outcome::Report { worker, done }) => self.workers.handle_report(now, &worker, done),
                Err(error) => {
                    self.faults[0].note(error);
                    self.malformed.record(now, sockets.results.peer_address(), &error, &self.incoming);
                }
            }
        }
        Ok(true)
    }

    /// An XPUB hears `1 topic` for a subscription and `0 topic` for its end; it is read so that nothing gathers.
    fn take_subscriptions(&mut self, now: Instant) -> Result<(), SocketError> {
        let Some(sockets) = &mut self.sockets else { return Ok(()) };
        for _ in 0..BURST {
            if !sockets.control.receive(&mut self.incoming)? {
                break;
            }
            let fault = match self.incoming.get(0).unwrap_or_default() {
                [0 | 1, ..] => continue,
                [] => Fault::Empty,
                &[value, ..] => Fault::Unknown { value },
            };
            let error = fault.of("subscription");
            self.faults[1].note(error);
            self.malformed.record(now, sockets.control.peer_address(), &error, &self.incoming);
        }
        Ok(())
    }

    fn publish(&mut self, command: &Control) -> Result<(), SocketError> {
        let Some(sockets) = &mut self.sockets else { return Ok(()) };
        match command {
            Control::Start { .. } => info!(workers = self.workers.count(), "START"),
            Control::Repeat(numbers) => warn!(orders = numbers.len(), "REPEAT: nothing new came"),
            Control::Exit => {}
        }
        let mut frames = Frames::new();
        command.encode(&mut frames);
        // An XPUB never waits: it drops for a peer whose queue is full.
        sockets.control.send(&frames).map(drop)
    }

    /// Sends until nothing is left, no worker has room, or it is time to look up; tells whether it was the last.
    fn send_orders(&mut self) -> Result<bool, SocketError> {
        let (Some(sockets), Some(round)) = (&mut self.sockets, &mut self.round) else { return Ok(false) };
        for _ in 0..BURST {
            if self.outgoing.is_empty() && !round.next_order(&mut self.outgoing) {
                return Ok(false);
            }
            if !sockets.orders.send(&self.outgoing)? {
                return Ok(false);
            }
            self.outgoing.clear();
        }
        Ok(true)
    }

    /// Begins to add up a batch that is complete, and takes the sum when it is there.
    fn check_total(&mut self) {
        let Some(round) = &mut self.round else { return };
        match &self.check {
            None => {
                if let Some(orders) = round.orders_to_check() {
                    match Check::spawn(orders) {
                        Ok(check) => self.check = Some(check),
                        Err(error) => round.handle_unchecked(&error.to_string()),
                    }
                }
            }
            Some(check) if check.is_done() => {
                match check.take_sum() {
                    Some(sum) => round.handle_checked(&sum),
                    None => round.handle_unchecked("an order is worth more than any number can say"),
                }
                self.check = None;
            }
            Some(_) => {}
        }
    }

    /// What is to be told, if it is time; what finds no room is told at a later turn.
    fn tell(&mut self, now: Instant) {
        if !self.changed || !self.outlet.is_due(now) {
            return;
        }
        self.faults.iter_mut().for_each(|faults| faults.offer(&self.outlet));
        let failure = self.failed.as_ref().map(|(id, reason, _)| (*id, reason.clone()));
        let reason = failure.as_ref().map(|(_, reason)| reason.clone());
        if self.told_failure != reason {
            let untold = failure.and_then(|(id, reason)| self.outlet.offer(Event::BindFailed(id, reason)));
            if untold.is_none() {
                self.told_failure.clone_from(&reason);
            }
        }
        let report = ValuzReport {
            state: reason.map_or(ValuzState::Ready, |reason| ValuzState::Unavailable { reason }),
            batch: self.round.as_mut().map(|round| round.view(now)),
            workers: self.workers.named(),
            nameless: self.workers.nameless(),
        };
        if self.told.as_ref() != Some(&report) && self.outlet.offer(Event::Valuz(report.clone())).is_none() {
            self.told = Some(report.clone());
        }
        // While a batch runs its time passes, whether something comes or not.
        let is_open = self.round.as_ref().is_some_and(Round::is_open);
        let is_told = self.told == Some(report) && !self.faults.iter().any(Faults::is_unreported);
        self.changed = is_open || !is_told || self.told_failure != self.failed.as_ref().map(|failed| failed.1.clone());
    }

    fn interests<'a>(&'a self, inbox: &'a Inbox<Command>, more: bool) -> [Interest<'a>; 8] {
        let Some(sockets) = &self.sockets else {
            let mut none: [Interest<'a>; 8] = std::array::from_fn(|_| Interest::never());
            none[0] = inbox.ring();
            return none;
        };
        let [results, control, of_orders, of_results, of_control] = sockets.interests();
        let check = self.check.as_ref().map_or_else(Interest::never, Check::interest);
        let waits = !self.outgoing.is_empty() || more;
        let orders = if waits { sockets.orders.writable() } else { Interest::never() };
        [inbox.ring(), results, control, of_orders, of_results, of_control, check, orders]
    }

    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let deadlines = [
            self.outlet.next_beat(now).filter(|_| self.changed),
            self.failed.as_ref().map(|(_, _, again)| *again),
            self.workers.is_changing().then_some(now + LOOK_AGAIN),
            self.round.as_ref().and_then(|round| round.next_deadline(&self.workers)),
        ];
        deadlines.into_iter().flatten().min()
    }
}
