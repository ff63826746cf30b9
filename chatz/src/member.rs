//! What one user sends and when, and what the answers mean: a pure state machine without sockets and clock.
//!
//! One request is open at a time. While the server does not answer, texts wait here and only keep-alives go out, so
//! a text is sent only to a server that was there a moment ago. A text whose answer is lost is told as such and
//! not sent again: the protocol has no message id, and saying something twice is worse than asking the person.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use wire::{
    DecodeError, Text, User,
    chat::{Reply, Request},
};

use crate::event::{Event, LinkState};

/// How many texts may wait.
pub const TEXTS_MAX: usize = 100;

/// How long an answer may take; then the server counts as gone.
pub const ANSWER_WITHIN: Duration = Duration::from_millis(2_500);

/// How long joining waits for the broadcasts to be heard: who is present but deaf would miss messages. Longer than
/// the longest pause between two attempts of libzmq to connect.
const HEARING_WITHIN: Duration = Duration::from_millis(2_500);

/// How long after the server is back texts wait: what is said at once would be heard by nobody whose own connection
/// is not back yet. Longer than the longest pause between two attempts of libzmq to connect.
const BACK_WITHIN: Duration = Duration::from_secs(1);

/// One user's side of the protocol.
#[derive(Debug)]
pub struct Member {
    user: User,
    /// How long after an answer the next keep-alive is due.
    keep_alive: Duration,
    link: LinkState,
    /// Whether broadcasts arrive.
    hearing: bool,
    /// When the next keep-alive is due.
    due: Instant,
    /// Before then nothing is said.
    say_from: Instant,
    open: Option<Open>,
    /// What is to be said, oldest first; at most [`TEXTS_MAX`].
    texts: VecDeque<Text>,
    /// The version of `users`; 0 where the server tells none.
    version: u64,
    users: Vec<User>,
    /// The refusal of a keep-alive that was told last: told once, not once a period.
    told_refusal: Option<String>,
    events: VecDeque<Event>,
}

/// A request without an answer yet.
#[derive(Debug)]
struct Open {
    text: Option<Text>,
    deadline: Instant,
}

impl Member {
    /// A user who is not present yet.
    #[must_use]
    pub fn new(now: Instant, user: User, keep_alive: Duration) -> Self {
        Self {
            user,
            keep_alive,
            link: LinkState::Connecting,
            hearing: false,
            due: now + HEARING_WITHIN,
            say_from: now,
            open: None,
            texts: VecDeque::new(),
            version: 0,
            users: Vec::new(),
            told_refusal: None,
            events: VecDeque::from([Event::Link(LinkState::Connecting)]),
        }
    }

    /// Takes a text to say; it comes back as [`Event::Said`] or [`Event::Refused`].
    pub fn say(&mut self, text: Text) {
        if self.texts.len() >= TEXTS_MAX {
            return self.tell(too_many(text));
        }
        if self.link != LinkState::Up {
            self.tell(Event::Kept(text.clone()));
        }
        self.texts.push_back(text);
    }

    /// What to send now; `None` while an answer is awaited and while nothing is due.
    #[must_use]
    pub fn request(&self, now: Instant) -> Option<Request> {
        let text = self.text_to_say(now);
        let wanted = self.open.is_none() && (text.is_some() || self.due <= now);
        wanted.then(|| Request { user: self.user.clone(), text: text.cloned(), roster_version: Some(self.version) })
    }

    /// The request of [`Member::request`] is on its way.
    pub fn handle_sent(&mut self, now: Instant) {
        let text = self.text_to_say(now).cloned();
        if text.is_some() {
            self.texts.pop_front();
        }
        self.open = Some(Open { text, deadline: now + ANSWER_WITHIN });
    }

    /// Whether an answer is awaited.
    #[must_use]
    pub const fn is_asking(&self) -> bool {
        self.open.is_some()
    }

    /// The answer to the open request came, or one that cannot be read.
    pub fn handle_reply(&mut self, now: Instant, reply: Result<Reply, DecodeError>) {
        let Some(Open { text, .. }) = self.open.take() else {
            return;
        };
        self.due = now + self.keep_alive;
        if self.link == LinkState::Down {
            self.say_from = now + BACK_WITHIN;
        }
        self.change_link(LinkState::Up);
        match reply {
            Ok(Reply::Users(users)) => self.accepted(text, 0, Some(users)),
            Ok(Reply::Roster { version, users }) => self.accepted(text, version, users),
            Ok(Reply::Refusal(reason)) => self.refused(text, reason),
            Err(error) => self.lost(text, &format!("the answer is malformed ({error})")),
        }
    }

    /// The connection for requests broke.
    pub fn handle_disconnected(&mut self, now: Instant) {
        if let Some(Open { text, .. }) = self.open.take() {
            self.lost(text, "no answer");
        }
        self.go_down(now);
    }

    /// Broadcasts arrive from now on, or no longer.
    pub fn handle_hearing(&mut self, now: Instant, hearing: bool) {
        self.hearing = hearing;
        if self.link != LinkState::Up && self.open.is_none() {
            self.due = self.next_attempt(now);
        }
    }

    /// Gives an answer up whose time is over.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let Some(Open { text, .. }) = self.open.take_if(|open| open.deadline <= now) {
            self.lost(text, "no answer");
            self.go_down(now);
        }
    }

    /// When something is due that [`Member::handle_timeout`] or [`Member::request`] does; `None` where a request
    /// is due already and only the socket is waited for.
    #[must_use]
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        match &self.open {
            Some(open) => Some(open.deadline),
            None if self.link == LinkState::Up && !self.texts.is_empty() => {
                Some(self.due.min(self.say_from)).filter(|&due| due > now)
            }
            None => Some(self.due).filter(|&due| due > now),
        }
    }

    /// Ends it: what was not said is told.
    pub fn handle_leave(&mut self) {
        if let Some(Open { text, .. }) = self.open.take() {
            self.lost(text, "left before the answer");
        }
        while let Some(text) = self.texts.pop_front() {
            let reason = format!("left before it was said: {text}");
            self.tell(Event::Refused { text: Some(text), reason });
        }
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Texts are sent only while the server answers and the others have had time to come back to it.
    fn text_to_say(&self, now: Instant) -> Option<&Text> {
        self.texts.front().filter(|_| self.link == LinkState::Up && self.say_from <= now)
    }

    fn accepted(&mut self, text: Option<Text>, version: u64, users: Option<Vec<User>>) {
        self.told_refusal = None;
        match users {
            Some(users) => {
                self.version = version;
                if users != self.users {
                    self.users = users;
                    self.tell(Event::Users(self.users.clone()));
                }
            }
            // "Unchanged", but from what? Ask for all names next time.
            None if version != self.version => self.version = 0,
            None => {}
        }
        if let Some(text) = text {
            self.tell(Event::Said(text));
        }
    }

    fn refused(&mut self, text: Option<Text>, reason: String) {
        if text.is_none() {
            if self.told_refusal.as_ref() == Some(&reason) {
                return;
            }
            self.told_refusal = Some(reason.clone());
        }
        self.tell(Event::Refused { text, reason });
    }

    /// A keep-alive may get lost without a word; a text may not.
    fn lost(&mut self, text: Option<Text>, why: &str) {
        if let Some(text) = text {
            let reason = format!("{why}: it may or may not have been said: {text}");
            self.tell(Event::Refused { text: Some(text), reason });
        }
    }

    fn go_down(&mut self, now: Instant) {
        self.due = self.next_attempt(now);
        if self.link == LinkState::Up {
            self.change_link(LinkState::Down);
        }
    }

    fn next_attempt(&self, now: Instant) -> Instant {
        if self.hearing { now } else { now + HEARING_WITHIN }
    }

    fn change_link(&mut self, link: LinkState) {
        if self.link != link {
            self.link = link;
            self.tell(Event::Link(link));
        }
    }

    fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }
}

/// The refusal of a text for which there is no room.
pub(crate) fn too_many(text: Text) -> Event {
    let reason = format!("{TEXTS_MAX} texts are waiting already, not taken: {text}");
    Event::Refused { text: Some(text), reason }
}

#[cfg(test)]
mod tests;
