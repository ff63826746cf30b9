//! What one user sends and when, and what the replies mean: a pure state machine without sockets and clock.
//!
//! One request is open at a time. While the server does not reply, texts wait here and only keep-alives are sent, so
//! a text goes only to a server that replied a moment ago. A text whose reply is lost is reported and not sent again:
//! the protocol has no message id, and saying something twice is worse than asking the person.
//!
//! A connection that is up may still be unheard: under `ZMQ_ROUTER_HANDOVER` another peer can take over the routing
//! id, and then the server discards what arrives on this connection without closing it. So after a request without a
//! reply the client connects again with a new routing id ([`Member::poll_reconnect`]).

mod naming;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use wire::{
    DecodeError, Text, User,
    chat::{Reply, Request},
};

use self::naming::{Naming, Purpose};
use crate::event::{Event, ServerState};

/// The most texts that wait.
pub const TEXTS_MAX: usize = 100;

/// The time that a reply may take; then the server counts as down.
pub const REPLY_WITHIN: Duration = Duration::from_millis(2_500);

/// The time that joining waits for broadcasts: a user who is present but deaf would miss messages. Longer than
/// libzmq's longest pause between two attempts to connect.
const HEARING_WITHIN: Duration = Duration::from_millis(2_500);

/// The time that texts wait after the server is back: said at once, they would not reach users whose connections are
/// not back yet. Longer than libzmq's longest pause between two attempts to connect.
const BACK_WITHIN: Duration = Duration::from_secs(1);

/// The most requests in a row that may stay without a reply before the client connects again, when doing so has not
/// helped for a while: every 20 s.
const UNHEARD_MAX: u32 = 8;

/// One user's side of the protocol.
#[derive(Debug)]
pub struct Member {
    naming: Naming,
    /// The time from a reply to the next keep-alive.
    keep_alive: Duration,
    server: ServerState,
    /// Whether broadcasts arrive.
    hearing: bool,
    /// The time at which the next keep-alive is due.
    due: Instant,
    /// Nothing is said before then.
    say_from: Instant,
    open: Option<Open>,
    unheard: Unheard,
    /// Texts to say, oldest first; at most [`TEXTS_MAX`].
    texts: VecDeque<Text>,
    /// The version of `users`; 0 if the server sends none.
    version: u64,
    users: Vec<User>,
    /// The last refusal of a keep-alive: reported once, and not once a period.
    refusal: Option<String>,
    events: VecDeque<Event>,
}

/// A request without a reply.
#[derive(Debug)]
struct Open {
    purpose: Purpose,
    text: Option<Text>,
    deadline: Instant,
}

/// Requests that a connected server did not reply to, and when the client has to connect again.
#[derive(Debug)]
struct Unheard {
    /// Requests in a row, on this connection.
    requests: u32,
    /// The number of them that is too many: doubles with each new connection, up to [`UNHEARD_MAX`].
    too_many: u32,
    /// Whether the client has to connect again.
    reconnect: bool,
}

impl Default for Unheard {
    fn default() -> Self {
        Self { requests: 0, too_many: 1, reconnect: false }
    }
}

impl Unheard {
    fn count(&mut self) {
        self.requests += 1;
        if self.requests >= self.too_many {
            *self = Self { requests: 0, too_many: (2 * self.too_many).min(UNHEARD_MAX), reconnect: true };
        }
    }
}

impl Member {
    /// A user who is not present yet.
    #[must_use]
    pub fn new(now: Instant, user: User, keep_alive: Duration) -> Self {
        Self {
            naming: Naming::new(user),
            keep_alive,
            server: ServerState::Connecting,
            hearing: false,
            due: now + HEARING_WITHIN,
            say_from: now,
            open: None,
            unheard: Unheard::default(),
            texts: VecDeque::new(),
            version: 0,
            users: Vec::new(),
            refusal: None,
            events: VecDeque::from([Event::Server(ServerState::Connecting)]),
        }
    }

    /// Takes a text to say; it comes back as [`Event::Said`], [`Event::Refused`] or
    /// [`Event::Failed`].
    pub fn say(&mut self, text: Text) {
        if self.texts.len() >= TEXTS_MAX {
            return self.report(too_many(text));
        }
        if self.server != ServerState::Up {
            self.report(Event::Kept(text.clone()));
        }
        self.texts.push_back(text);
    }

    /// Asks for another name. The server accepts it, which is [`Event::Renamed`], or refuses it, which is
    /// [`Event::Refused`]; until then, and after a refusal, the user keeps the present one. Before the first request there is
    /// none to keep.
    pub fn rename(&mut self, now: Instant, user: User) {
        if self.server == ServerState::Connecting && self.open.is_none() {
            self.naming = Naming::new(user.clone());
            return self.report(Event::Renamed(user));
        }
        self.naming.want(user);
        if self.server == ServerState::Up {
            self.due = now;
        }
    }

    /// The request to send now; `None` while a reply is awaited and while nothing is due.
    #[must_use]
    pub fn request(&self, now: Instant) -> Option<Request> {
        let text = self.text_to_say(now);
        let wanted = self.open.is_none() && (text.is_some() || self.due <= now);
        wanted.then(|| self.request_with(text.cloned()))
    }

    /// The request of [`Member::request`] is sent.
    pub fn handle_sent(&mut self, now: Instant) {
        let text = self.text_to_say(now).cloned();
        if text.is_some() {
            self.texts.pop_front();
        }
        self.open = Some(Open { purpose: self.naming.purpose(), text, deadline: now + REPLY_WITHIN });
    }

    /// Whether a reply is awaited.
    #[must_use]
    pub const fn is_asking(&self) -> bool {
        self.open.is_some()
    }

    /// The reply to the open request arrived, well-formed or not.
    pub fn handle_reply(&mut self, now: Instant, reply: Result<Reply, DecodeError>) {
        let Some(Open { purpose, text, .. }) = self.open.take() else {
            return;
        };
        self.unheard = Unheard::default();
        self.due = now + self.keep_alive;
        if self.server == ServerState::Down {
            self.say_from = now + BACK_WITHIN;
        }
        self.change_server(ServerState::Up);
        if let Ok(reply) = &reply {
            self.settle(now, &purpose, reply);
        }
        match reply {
            Ok(Reply::Users(users)) => self.accepted(text, 0, Some(users)),
            Ok(Reply::Roster { version, users }) => self.accepted(text, version, users),
            Ok(Reply::Refusal(reason)) if purpose == Purpose::Presence => self.refused(text, reason),
            Ok(Reply::Refusal(_)) => {}
            Err(error) => self.lost(text, &format!("the reply is malformed ({error})")),
        }
    }

    /// Takes the reply to a request about a name; the next request follows at once.
    fn settle(&mut self, now: Instant, purpose: &Purpose, reply: &Reply) {
        match (purpose, reply) {
            (Purpose::Presence, _) => return,
            (Purpose::Leave(_), _) => self.naming.left(),
            (Purpose::Name(name), Reply::Refusal(reason)) => {
                self.naming.refuse(name);
                self.report(Event::Refused { text: None, reason: reason.clone() });
            }
            (Purpose::Name(name), _) => {
                if self.naming.accept(name.clone()) {
                    self.report(Event::Renamed(name.clone()));
                }
            }
        }
        self.due = now;
    }

    /// The connection for requests is lost.
    pub fn handle_disconnected(&mut self, now: Instant) {
        if let Some(Open { text, .. }) = self.open.take() {
            self.lost(text, "no reply");
        }
        self.go_down(now);
    }

    /// Broadcasts arrive from now on, or no longer.
    pub fn handle_hearing(&mut self, now: Instant, hearing: bool) {
        self.hearing = hearing;
        if self.server != ServerState::Up && self.open.is_none() {
            self.due = self.next_attempt(now);
        }
    }

    /// Stops waiting for a reply that is overdue.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Some(Open { text, .. }) = self.open.take_if(|open| open.deadline <= now) {
            self.lost(text, "no reply");
            self.unheard.count();
            self.go_down(now);
        }
    }

    /// Whether the client has to connect its REQ again, with a new routing id; `true` once for each time.
    pub fn poll_reconnect(&mut self) -> bool {
        std::mem::take(&mut self.unheard.reconnect)
    }

    /// The time at which [`Member::handle_timeout`] or [`Member::request`] has something to do; `None` while a request is due and
    /// only the socket is waited for.
    #[must_use]
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let says = self.server == ServerState::Up && !self.texts.is_empty() && self.naming.is_settled();
        match &self.open {
            Some(open) => Some(open.deadline),
            None if says => Some(self.due.min(self.say_from)).filter(|&due| due > now),
            None => Some(self.due).filter(|&due| due > now),
        }
    }

    /// Ends the membership: reports the texts that were not said, and returns the last request, whose reply is not
    /// waited for.
    pub fn handle_leave(&mut self) -> Request {
        if let Some(Open { text, .. }) = self.open.take() {
            self.lost(text, "left before the reply");
        }
        while let Some(text) = self.texts.pop_front() {
            self.report(left_before(text));
        }
        let user = self.naming.user().clone();
        Request { user, text: None, roster_version: Some(self.version), leaves: true }
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn request_with(&self, text: Option<Text>) -> Request {
        let (user, leaves) = match self.naming.purpose() {
            Purpose::Presence => (self.naming.user().clone(), false),
            Purpose::Name(user) => (user, false),
            Purpose::Leave(user) => (user, true),
        };
        Request { user, text, roster_version: Some(self.version), leaves }
    }

    /// Texts are sent only while the server replies, the other users have had time to come back to it, and the name is
    /// settled.
    fn text_to_say(&self, now: Instant) -> Option<&Text> {
        let may_say = self.server == ServerState::Up && self.say_from <= now && self.naming.is_settled();
        self.texts.front().filter(|_| may_say)
    }

    fn accepted(&mut self, text: Option<Text>, version: u64, users: Option<Vec<User>>) {
        self.refusal = None;
        match users {
            Some(users) => {
                self.version = version;
                if users != self.users {
                    self.users = users;
                    self.report(Event::Users(self.users.clone()));
                }
            }
            // "Unchanged", but from which version? Ask for all names next time.
            None if version != self.version => self.version = 0,
            None => {}
        }
        if let Some(text) = text {
            self.report(Event::Said(text));
        }
    }

    fn refused(&mut self, text: Option<Text>, reason: String) {
        if text.is_none() {
            if self.refusal.as_ref() == Some(&reason) {
                return;
            }
            self.refusal = Some(reason.clone());
        }
        self.report(Event::Refused { text, reason });
    }

    /// The loss of a keep-alive is not worth a report; that of a text is.
    fn lost(&mut self, text: Option<Text>, why: &str) {
        if let Some(text) = text {
            let reason = format!("{why}: the text may or may not have been said: {text}");
            self.report(Event::Failed { text, reason });
        }
    }

    fn go_down(&mut self, now: Instant) {
        self.due = self.next_attempt(now);
        if self.server == ServerState::Up {
            self.change_server(ServerState::Down);
        }
    }

    fn next_attempt(&self, now: Instant) -> Instant {
        if self.hearing { now } else { now + HEARING_WITHIN }
    }

    fn change_server(&mut self, state: ServerState) {
        if self.server != state {
            self.server = state;
            self.report(Event::Server(state));
        }
    }

    fn report(&mut self, event: Event) {
        self.events.push_back(event);
    }
}

/// The failure of a text for which there is no room.
pub(crate) fn too_many(text: Text) -> Event {
    let reason = format!("{TEXTS_MAX} texts are waiting already, not taken: {text}");
    Event::Failed { text, reason }
}

/// The failure of a text that was not sent before the client left.
pub(crate) fn left_before(text: Text) -> Event {
    let reason = format!("left before it was said: {text}");
    Event::Failed { text, reason }
}

#[cfg(test)]
mod tests;
