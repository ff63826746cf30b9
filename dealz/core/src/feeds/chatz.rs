//! Talk: chatz's own client on its thread `chatz.client`, and the thread `chatz.events`, which passes on what that
//! tells.
//!
//! Being somebody else is leaving and joining: a new client and a new pair of sockets. What is said is told word for
//! word, at most about a thousand events a second; what comes faster waits in the client, which goes on keeping the
//! user present and in the end leaves broadcasts to the server's queue.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use chatz::{
    Client, ClientConfig, LinkState,
    member::{REPLY_WITHIN, TEXTS_MAX},
};
use sockets::{Context, Endpoint, SocketError, Stop, Stopper};
use tracing::{error, warn};
use wire::{Channel, Text, User};

use super::{
    not_taken,
    outlet::{Outlet, Unheard},
};
use crate::{command::Refusal, event::Event, view::SocketId};

/// How long after an answer the next keep-alive is sent, as `chatz join` does it.
const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// How many events may wait between the client and its forwarder.
const WAITING_MAX: usize = 256;

/// How many events are passed on before the next beat.
const BURST: u32 = 32;

/// How long that is.
const BEAT: Duration = Duration::from_millis(33);

/// The handle; dropping it leaves the chat.
pub(crate) struct Chatz {
    context: Context,
    requests: Endpoint,
    broadcasts: Endpoint,
    events: SyncSender<Event>,
    session: Mutex<Option<Session>>,
}

/// Our place in the chat under one name.
struct Session {
    user: User,
    client: Client,
    forwarder: JoinHandle<()>,
    stopper: Stopper,
    /// Given when the forwarder ends.
    ended: Stop,
    /// Texts of which it is not known yet what became of them.
    under_way: Arc<AtomicUsize>,
}

impl Chatz {
    /// Joins as `user`; the server may come later.
    ///
    /// # Errors
    /// An address cannot be understood, the security lacks the server's key, or the system has no more threads or file
    /// descriptors.
    pub(crate) fn spawn(
        context: &Context,
        requests: &Endpoint,
        broadcasts: &Endpoint,
        user: &User,
        events: SyncSender<Event>,
    ) -> Result<Self, SocketError> {
        let chatz = Self {
            context: context.clone(),
            requests: requests.clone(),
            broadcasts: broadcasts.clone(),
            events,
            session: Mutex::new(None),
        };
        *chatz.locked() = Some(chatz.join_as(user)?);
        Ok(chatz)
    }

    /// Leaves, and joins as somebody else. Texts that were not said come back as refused.
    ///
    /// # Errors
    /// The new client cannot be started; then nobody is in the chat until the next try.
    pub(crate) fn rename(&self, user: User) -> Result<(), Refusal> {
        let mut session = self.locked();
        if session.as_ref().is_some_and(|session| session.user == user && !session.client.is_ended()) {
            return Ok(());
        }
        if let Some(session) = session.take() {
            session.leave();
        }
        *session = Some(self.rejoin(&user)?);
        Ok(())
    }

    /// Gives the client a text to say. What becomes of it comes as an event.
    ///
    /// # Errors
    /// Too many texts wait, or the client has ended.
    pub(crate) fn say(&self, text: Text) -> Result<(), Refusal> {
        let session = self.locked();
        let Some(session) = &*session else {
            return Err(Refusal::NotNow { reason: "nobody is in the chat: choose a name first".to_owned() });
        };
        if session.under_way.load(Ordering::Relaxed) >= TEXTS_MAX {
            let reason = format!("{TEXTS_MAX} texts wait already until chatz answers: this one was not taken");
            return Err(Refusal::NotNow { reason });
        }
        // Counted first: its end may be told before `say` returns.
        session.under_way.fetch_add(1, Ordering::Relaxed);
        session.client.say(text).map_err(|error| {
            session.under_way.fetch_sub(1, Ordering::Relaxed);
            not_taken("chatz", &error)
        })
    }

    /// Leaves without a word of what was not said, and joins under the same name.
    ///
    /// # Errors
    /// The new client cannot be started; then nobody is in the chat until the next try.
    pub(crate) fn reset(&self) -> Result<(), Refusal> {
        let mut session = self.locked();
        let Some(old) = session.take() else { return Ok(()) };
        let user = old.user.clone();
        old.leave_at_once();
        *session = Some(self.rejoin(&user)?);
        Ok(())
    }

    fn locked(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join_as(&self, user: &User) -> Result<Session, SocketError> {
        let config = ClientConfig {
            user: user.clone(),
            requests: self.requests.clone(),
            broadcasts: self.broadcasts.clone(),
            keep_alive: KEEP_ALIVE,
        };
        let (stopper, stop) = Stop::pair()?;
        let (sender, told) = sync_channel(WAITING_MAX);
        let client = Client::spawn(&self.context, &config, sender, &stop)?;
        let under_way = Arc::new(AtomicUsize::new(0));
        let forwarder = Forwarder {
            told,
            stop,
            outlet: Outlet::new(self.events.clone()),
            under_way: Arc::clone(&under_way),
            malformed: [None, None],
            burst: 0,
            beat: Instant::now(),
        };
        let named = Event::Named(user.to_string());
        let (end, ended) = Stop::pair()?;
        let run = move || {
            forwarder.run(named);
            end.stop();
        };
        let forwarder = thread::Builder::new()
            .name("chatz.events".to_owned())
            .spawn(run)
            .map_err(|reason| SocketError::System { operation: "start a thread", reason })?;
        Ok(Session { user: user.clone(), client, forwarder, stopper, ended, under_way })
    }

    /// Joins where another client has just left.
    fn rejoin(&self, user: &User) -> Result<Session, Refusal> {
        self.join_as(user).map_err(|error| {
            warn!(%error, "cannot join the chat");
            Refusal::NotNow { reason: format!("cannot join the chat: {error}") }
        })
    }
}

impl Drop for Chatz {
    fn drop(&mut self) {
        if let Some(session) = self.locked().take() {
            session.leave_at_once();
        }
    }
}

impl Session {
    /// Leaves; the last events are passed on as far as there is room.
    fn leave(self) {
        if let Err(error) = self.client.leave() {
            error!(%error, "chatz");
        }
        // The client's end has closed its events, so the forwarder ends once it has passed them on; a dashboard that
        // takes none is not waited for.
        let _ = self.ended.wait_until(Instant::now() + 4 * BEAT);
        self.stopper.stop();
        join(self.forwarder);
    }

    /// Leaves, and what was not told stays untold.
    fn leave_at_once(self) {
        self.stopper.stop();
        join(self.forwarder);
        if let Err(error) = self.client.leave() {
            error!(%error, "chatz");
        }
    }
}

fn join(forwarder: JoinHandle<()>) {
    if forwarder.join().is_err() {
        error!("the thread chatz.events panicked");
    }
}

/// What the thread `chatz.events` holds.
struct Forwarder {
    told: Receiver<chatz::Event>,
    stop: Stop,
    outlet: Outlet,
    under_way: Arc<AtomicUsize>,
    /// The newest counts of malformed replies and broadcasts that are not passed on yet.
    malformed: [Option<Event>; 2],
    /// Events passed on since the last beat.
    burst: u32,
    /// When the next beat is.
    beat: Instant,
}

/// The thread is to end.
struct Ended;

impl Forwarder {
    fn run(mut self, named: Event) {
        // Whoever we were before may have been without an answer.
        let first = [named, Event::Silent(SocketId::ChatzReq, None)];
        if first.into_iter().try_for_each(|event| self.pass_on(event)).is_ok() {
            while self.turn().is_ok() {}
        }
    }

    /// Waits for an event of the client and passes it on.
    fn turn(&mut self) -> Result<(), Ended> {
        let told = if self.malformed.iter().any(Option::is_some) {
            self.told.recv_timeout(self.beat.saturating_duration_since(Instant::now()))
        } else {
            self.told.recv().map_err(RecvTimeoutError::from)
        };
        match told {
            Ok(event) => self.handle(event),
            Err(RecvTimeoutError::Timeout) => self.pass_on_malformed(),
            Err(RecvTimeoutError::Disconnected) => self.pass_on_malformed().and(Err(Ended)),
        }
    }

    fn handle(&mut self, event: chatz::Event) -> Result<(), Ended> {
        match event {
            chatz::Event::Malformed { channel, count, reason } => {
                let (index, socket) = match channel {
                    Channel::Requests => (0, SocketId::ChatzReq),
                    _ => (1, SocketId::ChatzSub),
                };
                if self.malformed[index].is_none() {
                    self.beat = self.beat.max(Instant::now() + BEAT);
                }
                self.malformed[index] = Some(Event::Malformed(socket, count, reason));
                if Instant::now() >= self.beat { self.pass_on_malformed() } else { Ok(()) }
            }
            chatz::Event::Link(state) => {
                let silence = (state == LinkState::Down).then(|| {
                    let now = Instant::now();
                    let since = now.checked_sub(REPLY_WITHIN).unwrap_or(now);
                    Unheard { since, reason: "no reply".to_owned() }.into()
                });
                self.pass_on(Event::Chatz(event))?;
                self.pass_on(Event::Silent(SocketId::ChatzReq, silence))
            }
            chatz::Event::Said(_) | chatz::Event::Refused { text: Some(_), .. } => {
                self.under_way.fetch_sub(1, Ordering::Relaxed);
                self.pass_on(Event::Chatz(event))
            }
            event => self.pass_on(Event::Chatz(event)),
        }
    }

    fn pass_on_malformed(&mut self) -> Result<(), Ended> {
        let [requests, broadcasts] = &mut self.malformed;
        let events = [requests.take(), broadcasts.take()];
        events.into_iter().flatten().try_for_each(|event| self.pass_on(event))
    }

    /// Passes an event on as soon as there is room and the pace allows it.
    fn pass_on(&mut self, event: Event) -> Result<(), Ended> {
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

#[cfg(test)]
mod tests;
