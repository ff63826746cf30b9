//! Prices: the thread `tickz` owns the `SUB` and follows symbols.
//!
//! Ticks are received in batches of up to a thousand, with one clock reading each. After a large batch the thread sleeps for
//! a moment, so that a fast publisher costs one wake-up for hundreds of ticks; the socket's queue holds them meanwhile.
//! ZeroMQ subscribes by prefix, so symbols are compared whole; a symbol that is no longer followed is unsubscribed from, and
//! its ticks no longer travel.

mod quotes;
mod silence;

use std::{
    mem,
    sync::{Mutex, PoisonError, mpsc::SyncSender},
    time::{Duration, Instant, SystemTime},
};

use ::tickz::subscriptions::Subscriptions;
use scenez::known::desk;
use sockets::{
    Connection, Context, Endpoint, Interest, MalformedMessages, Role, Socket, SocketError, State, Stop,
    actor::{self, Handle, Inbox},
    connection::Change,
    wait,
};
use tracing::error;
use wire::{
    Frames, Symbol,
    tick::{Burst, TICKS, Tick},
};

use self::{
    quotes::{FOLLOWED_MAX, Quotes},
    silence::Silence,
};
use super::{
    not_taken,
    outlet::{Faults, Outlet, Unheard},
};
use crate::{command::Refusal, event::Event, view::TickzView};

/// The name of the socket.
pub(crate) const SUB: &str = desk::TICKZ_SUB.name;

/// The most messages handled before the thread does anything else.
const BATCH_MAX: u64 = 1_000;

/// The thread sleeps after a batch of at least this many messages.
const MANY: u64 = 20;

/// How long it sleeps: at 100,000 ticks a second some hundred ticks queue up, a small part of the queue's capacity.
const SLEEP: Duration = Duration::from_millis(4);

/// The most commands that may wait.
const COMMANDS_MAX: usize = 64;

/// How long the event of a new connection may arrive after its first ticks.
const EVENT_DELAY_MAX: Duration = Duration::from_millis(100);

/// The least time between two waits for such an event.
const EVENT_WAIT_EVERY: Duration = Duration::from_secs(1);

/// A command to the thread.
enum Command {
    Follow(Symbol),
    Forget(Symbol),
    Reset,
}

/// The handle; dropping it closes the socket.
pub(crate) struct Tickz {
    handle: Handle<Command, ()>,
    /// The followed symbols once all commands are done, so that a refusal needs no answer of the thread.
    followed: Mutex<Vec<Symbol>>,
}

impl Tickz {
    /// Starts the thread; the publisher may start later. Follows the first 16 symbols.
    ///
    /// # Errors
    /// The address is invalid, the security lacks the publisher's key, or the system has no more threads
    /// or file descriptors.
    pub(crate) fn spawn(
        context: &Context,
        endpoint: &Endpoint,
        symbols: &[Symbol],
        asks_for_bursts: bool,
        events: SyncSender<Event>,
    ) -> Result<Self, SocketError> {
        let mut socket = context.socket(Role::Sub, TICKS)?;
        socket.watch(SUB)?;
        let quotes = Quotes::new(Instant::now(), asks_for_bursts);
        let mut owner = Owner {
            socket,
            connection: Connection::new(TICKS, endpoint.clone()),
            subscriptions: Subscriptions::new(quotes.wanted()),
            quotes,
            silence: Silence::default(),
            reported_silence: None,
            malformed: MalformedMessages::default(),
            faults: Faults::of(SUB),
            outlet: Outlet::new(events),
            reported: None,
            frames: Frames::new(),
            connections: 0,
            no_wait_until: None,
        };
        let mut followed = Vec::new();
        for &symbol in symbols {
            if owner.quotes.follow(symbol) {
                owner.subscriptions.add(&mut owner.socket, symbol)?;
                followed.push(symbol);
            }
        }
        owner.socket.connect(endpoint)?;
        let handle = actor::spawn(context, "tickz", COMMANDS_MAX, move |inbox| {
            if let Err(error) = owner.run(&inbox) {
                error!(%error, "tickz");
            }
        })?;
        Ok(Self { handle, followed: Mutex::new(followed) })
    }

    /// Subscribes to a symbol, unless it is already followed.
    ///
    /// # Errors
    /// Sixteen are already followed, or too many commands wait.
    pub(crate) fn follow(&self, symbol: Symbol) -> Result<(), Refusal> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if followed.contains(&symbol) {
            return Ok(());
        }
        if followed.len() >= FOLLOWED_MAX {
            let reason = format!("{FOLLOWED_MAX} symbols are already followed: unfollow one first");
            return Err(Refusal::Invalid { field: "symbol".to_owned(), reason });
        }
        self.send(Command::Follow(symbol))?;
        followed.push(symbol);
        Ok(())
    }

    /// Unsubscribes from a symbol, if it is followed.
    ///
    /// # Errors
    /// Too many commands wait.
    pub(crate) fn forget(&self, symbol: Symbol) -> Result<(), Refusal> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if followed.contains(&symbol) {
            self.send(Command::Forget(symbol))?;
            followed.retain(|&other| other != symbol);
        }
        Ok(())
    }

    /// The followed symbols.
    pub(crate) fn followed(&self) -> Vec<Symbol> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets all counters to zero; the symbols stay followed.
    ///
    /// # Errors
    /// Too many commands wait.
    pub(crate) fn reset(&self) -> Result<(), Refusal> {
        self.send(Command::Reset)
    }

    fn send(&self, command: Command) -> Result<(), Refusal> {
        self.handle.send(command).map_err(|error| not_taken("tickz", &error))
    }
}

/// The state of the thread.
struct Owner {
    socket: Socket,
    connection: Connection,
    subscriptions: Subscriptions,
    quotes: Quotes,
    silence: Silence,
    reported_silence: Option<Unheard>,
    malformed: MalformedMessages,
    faults: Faults,
    outlet: Outlet,
    reported: Option<TickzView>,
    /// Reused for all messages.
    frames: Frames,
    /// How many connections there have been.
    connections: u64,
    /// Until then a step back does not wait for an event.
    no_wait_until: Option<Instant>,
}

impl Owner {
    fn run(mut self, inbox: &Inbox<Command>) -> Result<(), SocketError> {
        let mut taken = 0;
        loop {
            let now = Instant::now();
            self.report(now);
            self.connection.log(now);
            // A full batch is followed by another at once, a large one after a sleep, a small one when messages arrive.
            let (readable, wake_at) = match taken {
                BATCH_MAX => (self.socket.readable(), Some(now)),
                MANY.. => (Interest::never(), Some(now + SLEEP)),
                _ => (self.socket.readable(), None),
            };
            let deadline = self.next_deadline(now).into_iter().chain(wake_at).min();
            if wait(&inbox.stop, [readable, self.socket.events(), inbox.ring()], deadline)?.stopped {
                return Ok(());
            }
            let now = Instant::now();
            self.quotes.handle_time(now);
            self.follow_connection(now)?;
            self.handle(inbox)?;
            taken = self.take_messages(now, &inbox.stop)?;
            self.subscriptions.change(&mut self.socket, self.quotes.wanted())?;
        }
    }

    fn handle(&mut self, inbox: &Inbox<Command>) -> Result<(), SocketError> {
        while let Some(command) = inbox.next() {
            match command {
                Command::Follow(symbol) if self.quotes.follow(symbol) => {
                    self.subscriptions.add(&mut self.socket, symbol)?;
                }
                Command::Forget(symbol) if self.quotes.forget(symbol) => {
                    self.subscriptions.remove(&mut self.socket, symbol)?;
                }
                Command::Follow(_) | Command::Forget(_) => continue,
                Command::Reset => {
                    self.quotes.reset();
                    self.faults.reset();
                    self.reported = None;
                }
            }
            self.silence.reset();
        }
        Ok(())
    }

    fn follow_connection(&mut self, now: Instant) -> Result<(), SocketError> {
        let (quotes, silence, connections) = (&mut self.quotes, &mut self.silence, &mut self.connections);
        self.connection.follow(now, &mut self.socket, |change| {
            if change == Change::Up {
                // Its first ticks may have arrived before this event; they count.
                *connections += 1;
                quotes.handle_connection();
            } else {
                quotes.handle_down();
                silence.reset();
            }
        })
    }

    /// Handles a step back: the publisher restarted, or sends nonsense. The event of a new connection may arrive after its
    /// ticks, since the thread `monitors` relays it, so this waits for it; but not for every nonsensical tick.
    fn await_connection(&mut self, now: Instant, stop: &Stop) -> Result<(), SocketError> {
        let (before, deadline) = (self.connections, now + EVENT_DELAY_MAX);
        self.follow_connection(now)?;
        if self.no_wait_until.is_some_and(|until| now < until) {
            return Ok(());
        }
        while self.connections == before && Instant::now() < deadline {
            if wait(stop, [self.socket.events()], Some(deadline))?.stopped {
                break;
            }
            self.follow_connection(now)?;
        }
        self.no_wait_until = Some(now + EVENT_WAIT_EVERY);
        Ok(())
    }

    /// Receives up to a bound; returns the number of messages.
    fn take_messages(&mut self, now: Instant, stop: &Stop) -> Result<u64, SocketError> {
        let arrived = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let arrived_ms = arrived.as_secs_f64() * 1000.0;
        let (mut taken, mut ticks) = (0, 0);
        let mut frames = mem::take(&mut self.frames);
        while taken < BATCH_MAX {
            if !self.socket.receive(&mut frames)? {
                self.quotes.handle_empty_queue();
                break;
            }
            taken += 1;
            ticks += self.take_message(&frames, (now, arrived_ms), stop)?;
        }
        self.frames = frames;
        if ticks > 0 {
            self.silence.handle_ticks(now, ticks);
        }
        Ok(taken)
    }

    /// Handles one message: ticks of a followed symbol, or of another one with the same prefix, or nothing that is one. Returns how
    /// many ticks it has.
    #[inline]
    fn take_message(&mut self, frames: &Frames, at: (Instant, f64), stop: &Stop) -> Result<u64, SocketError> {
        let taken = if Burst::is(frames) {
            Burst::decode(frames).map(|burst| self.take_burst(&burst, at, stop))
        } else {
            Tick::decode(frames).map(|tick| self.take_single(&tick, at, stop))
        };
        taken.unwrap_or_else(|error| {
            self.faults.note(error);
            self.malformed.record(at.0, &mut self.socket, &error, frames);
            Ok(1)
        })
    }

    #[inline]
    fn take_burst(&mut self, burst: &Burst<'_>, at: (Instant, f64), stop: &Stop) -> Result<u64, SocketError> {
        if let Some(index) = self.quotes.find(burst.symbol) {
            let known = self.quotes.known_of(index, burst);
            for tick in burst.ticks().skip(known) {
                self.take_tick(index, &tick, at, stop)?;
            }
        }
        Ok(burst.len() as u64)
    }

    #[inline]
    fn take_single(&mut self, tick: &Tick, at: (Instant, f64), stop: &Stop) -> Result<u64, SocketError> {
        if let Some(index) = self.quotes.find(tick.symbol)
            && self.quotes.takes_single(index, tick)
        {
            self.take_tick(index, tick, at, stop)?;
        }
        Ok(1)
    }

    #[inline]
    fn take_tick(
        &mut self,
        index: usize,
        tick: &Tick,
        (now, arrived_ms): (Instant, f64),
        stop: &Stop,
    ) -> Result<(), SocketError> {
        if self.quotes.is_step_back(index, tick) {
            self.await_connection(now, stop)?;
        }
        self.quotes.handle_tick(index, tick, arrived_ms);
        Ok(())
    }

    /// Reports to the dashboard, if it is time; what finds no room there is reported later.
    fn report(&mut self, now: Instant) {
        if !self.outlet.is_due(now) {
            return;
        }
        self.faults.offer(&self.outlet);
        self.outlet.offer_silence(SUB, self.silence(now), &mut self.reported_silence);
        let view = self.quotes.view();
        if self.reported.as_ref() != Some(&view) || self.quotes.has_points() {
            match self.outlet.offer(Event::Tickz(view.clone(), self.quotes.take_points())) {
                Some(Event::Tickz(_, points)) => self.quotes.give_back(points),
                _ => self.reported = Some(view),
            }
        }
    }

    /// The silence, while the connection is up.
    fn silence(&self, now: Instant) -> Option<Unheard> {
        if self.connection.state() == State::Up { self.silence.unheard(now) } else { None }
    }

    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        // Changes are reported at the next beat.
        let deadlines = [
            self.outlet.next_beat(now).filter(|_| self.has_changes(now)),
            self.quotes.next_deadline(),
            self.silence.next_deadline(now),
            self.connection.next_deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    fn has_changes(&self, now: Instant) -> bool {
        self.faults.is_unreported()
            || self.quotes.has_points()
            || self.reported_silence != self.silence(now)
            || self.reported.as_ref() != Some(&self.quotes.view())
    }
}

#[cfg(test)]
mod tests;
