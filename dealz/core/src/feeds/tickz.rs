//! Prices: the thread `tickz` owns the `SUB` and follows the symbols that it is told to.
//!
//! Ticks are taken a thousand at a time, with one look at the clocks each time. After a turn that brought many the
//! thread rests for a moment, so that a fast publisher costs one wake for hundreds of ticks; the socket's queue
//! holds what comes meanwhile. ZeroMQ subscribes by prefix, so the symbol is compared whole; a forgotten symbol is
//! unsubscribed from, and its ticks no longer travel.

mod quotes;
mod silence;

use std::{
    sync::{Mutex, PoisonError, mpsc::SyncSender},
    time::{Duration, Instant, SystemTime},
};

use sockets::{
    Connection, Context, Endpoint, Interest, Limits, MalformedMessages, Role, Socket, SocketError, State, Stop,
    actor::{self, Handle, Inbox},
    connection::Change,
    wait,
};
use tracing::error;
use wire::{Channel, Frames, Symbol, tick::Tick};

use self::{
    quotes::{FOLLOWED_MAX, Quotes},
    silence::Silence,
};
use super::{
    not_taken,
    outlet::{Faults, Outlet, Unheard},
};
use crate::{
    command::Refusal,
    event::Event,
    view::{SocketId, TickzView},
};

/// The most messages taken before the thread looks at anything else.
const BATCH_MAX: u64 = 1_000;

/// A turn that brings so many messages is followed by a rest.
const MANY: u64 = 20;

/// How long that is: at 100,000 ticks a second some hundred ticks gather, a small part of what the queue holds.
const REST: Duration = Duration::from_millis(4);

/// How many commands may wait.
const COMMANDS_MAX: usize = 64;

/// How long the news of a connection may be on its way when its first ticks are here.
const NEWS_WITHIN: Duration = Duration::from_millis(100);

/// The least time between two waits for such news.
const PATIENCE_EVERY: Duration = Duration::from_secs(1);

/// What the thread is told to do.
enum Command {
    Follow(Symbol),
    Forget(Symbol),
    Reset,
}

/// The handle; dropping it closes the socket.
pub(crate) struct Tickz {
    handle: Handle<Command, ()>,
    /// What will be followed once all commands are done: refusals are told at once.
    followed: Mutex<Vec<Symbol>>,
}

impl Tickz {
    /// Starts the thread; the publisher may come later. Of the symbols the first 16 are followed.
    ///
    /// # Errors
    /// The address cannot be understood, the security lacks the publisher's key, or the system has no more threads
    /// or file descriptors.
    pub(crate) fn spawn(
        context: &Context,
        endpoint: &Endpoint,
        symbols: &[Symbol],
        events: SyncSender<Event>,
    ) -> Result<Self, SocketError> {
        let mut socket = context.socket(Role::Sub, Limits::of(Channel::Ticks))?;
        socket.watch(SocketId::TickzSub.name())?;
        let now = Instant::now();
        let mut owner = Owner {
            socket,
            connection: Connection::new(Channel::Ticks, endpoint.clone()),
            quotes: Quotes::new(now),
            silence: Silence::default(),
            told_silence: None,
            malformed: MalformedMessages::default(),
            faults: Faults::of(SocketId::TickzSub),
            outlet: Outlet::new(events),
            told: None,
            frames: Frames::new(),
            connections: 0,
            no_patience_until: None,
        };
        let mut followed = Vec::new();
        for &symbol in symbols {
            if owner.quotes.follow(symbol) {
                owner.socket.subscribe(symbol.as_bytes())?;
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

    /// Subscribes to a symbol; one that is followed already stays so.
    ///
    /// # Errors
    /// Sixteen are followed already, or too many commands wait.
    pub(crate) fn follow(&self, symbol: Symbol) -> Result<(), Refusal> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if followed.contains(&symbol) {
            return Ok(());
        }
        if followed.len() >= FOLLOWED_MAX {
            let reason = format!("{FOLLOWED_MAX} symbols are followed already: forget one first");
            return Err(Refusal::Invalid { field: "symbol".to_owned(), reason });
        }
        self.send(Command::Follow(symbol))?;
        followed.push(symbol);
        Ok(())
    }

    /// Unsubscribes from a symbol; one that is not followed is no error.
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

    /// The symbols that are followed.
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

/// What the thread owns.
struct Owner {
    socket: Socket,
    connection: Connection,
    quotes: Quotes,
    silence: Silence,
    told_silence: Option<Unheard>,
    malformed: MalformedMessages,
    faults: Faults,
    outlet: Outlet,
    told: Option<TickzView>,
    /// Reused for all messages.
    frames: Frames,
    /// How many times the connection was made.
    connections: u64,
    /// Before then a step back is not waited with.
    no_patience_until: Option<Instant>,
}

impl Owner {
    fn run(mut self, inbox: &Inbox<Command>) -> Result<(), SocketError> {
        let mut taken = 0;
        loop {
            let now = Instant::now();
            self.tell(now);
            self.connection.log(now);
            // A full turn goes on at once, a rich one after a rest, and a poor one when something comes.
            let (readable, rest) = match taken {
                BATCH_MAX => (self.socket.readable(), Some(now)),
                MANY.. => (Interest::never(), Some(now + REST)),
                _ => (self.socket.readable(), None),
            };
            let deadline = self.next_deadline(now).into_iter().chain(rest).min();
            let wake = wait(&inbox.stop, [readable, self.socket.events(), inbox.ring()], deadline)?;
            if wake.stopped {
                return Ok(());
            }
            let now = Instant::now();
            self.quotes.handle_time(now);
            self.follow_connection(now)?;
            if wake.ready[2] {
                self.handle(inbox)?;
            }
            taken = self.take_ticks(now, &inbox.stop)?;
        }
    }

    fn handle(&mut self, inbox: &Inbox<Command>) -> Result<(), SocketError> {
        while let Some(command) = inbox.next() {
            match command {
                Command::Follow(symbol) if self.quotes.follow(symbol) => self.socket.subscribe(symbol.as_bytes())?,
                Command::Forget(symbol) if self.quotes.forget(symbol) => self.socket.unsubscribe(symbol.as_bytes())?,
                Command::Follow(_) | Command::Forget(_) => continue,
                Command::Reset => {
                    self.quotes.reset();
                    self.faults.reset();
                    self.told = None;
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
                // Its first ticks may have come before this news: they count.
                *connections += 1;
                quotes.handle_connection();
            } else {
                silence.reset();
            }
        })
    }

    /// A tick steps back: its publisher began anew, or tells nonsense. The news of a new connection may come after its
    /// ticks, since the thread of the monitors hands it on, so it is waited for; but not for every tick of nonsense.
    fn await_connection(&mut self, now: Instant, stop: &Stop) -> Result<(), SocketError> {
        let (before, deadline) = (self.connections, now + NEWS_WITHIN);
        self.follow_connection(now)?;
        if self.no_patience_until.is_some_and(|until| now < until) {
            return Ok(());
        }
        while self.connections == before && Instant::now() < deadline {
            if wait(stop, [self.socket.events()], Some(deadline))?.stopped {
                break;
            }
            self.follow_connection(now)?;
        }
        self.no_patience_until = Some(now + PATIENCE_EVERY);
        Ok(())
    }

    /// Takes what is there, up to a bound; tells how many messages it was.
    fn take_ticks(&mut self, now: Instant, stop: &Stop) -> Result<u64, SocketError> {
        let arrived = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let arrived_ms = arrived.as_secs_f64() * 1000.0;
        let mut taken = 0;
        while taken < BATCH_MAX {
            if !self.socket.receive(&mut self.frames)? {
                self.quotes.handle_empty_queue();
                break;
            }
            taken += 1;
            self.take_message(now, arrived_ms, stop)?;
        }
        if taken > 0 {
            self.silence.handle_messages(now, taken);
        }
        Ok(taken)
    }

    /// One message: a tick of a followed symbol, or of one that only begins like it, or no tick at all.
    #[inline]
    fn take_message(&mut self, now: Instant, arrived_ms: f64, stop: &Stop) -> Result<(), SocketError> {
        match Tick::decode(&self.frames) {
            Ok(tick) => {
                if let Some(index) = self.quotes.find(tick.symbol) {
                    if self.quotes.is_step_back(index, &tick) {
                        self.await_connection(now, stop)?;
                    }
                    self.quotes.handle_tick(index, &tick, arrived_ms);
                }
            }
            Err(error) => {
                self.faults.note(error);
                self.malformed.record(now, self.socket.peer_address(), &error, &self.frames);
            }
        }
        Ok(())
    }

    /// What is to be told, if it is time; what finds no room is told at a later turn.
    fn tell(&mut self, now: Instant) {
        if !self.outlet.is_due(now) {
            return;
        }
        self.faults.offer(&self.outlet);
        self.outlet.offer_silence(SocketId::TickzSub, self.silence(now), &mut self.told_silence);
        let view = self.quotes.view();
        if self.told.as_ref() != Some(&view) || self.quotes.has_points() {
            match self.outlet.offer(Event::Tickz(view.clone(), self.quotes.take_points())) {
                Some(Event::Tickz(_, points)) => self.quotes.give_back(points),
                _ => self.told = Some(view),
            }
        }
    }

    /// What is not heard, while the connection is up.
    fn silence(&self, now: Instant) -> Option<Unheard> {
        if self.connection.state() == State::Up { self.silence.unheard(now) } else { None }
    }

    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        // Whatever this turn learns is told at the next beat.
        let deadlines = [
            self.outlet.next_beat(now).filter(|_| self.has_news(now)),
            self.quotes.next_deadline(),
            self.silence.next_deadline(now),
            self.connection.next_deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    fn has_news(&self, now: Instant) -> bool {
        self.faults.is_unreported()
            || self.quotes.has_points()
            || self.told_silence != self.silence(now)
            || self.told.as_ref() != Some(&self.quotes.view())
    }
}

#[cfg(test)]
mod tests;
