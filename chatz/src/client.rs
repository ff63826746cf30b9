//! A client that keeps a user present: an owner thread, `chatz.client`, with its REQ and SUB, and the handle to it.
//!
//! Events go out on a bounded channel. While its receiver is behind, the thread goes on keeping the user present
//! and takes neither broadcasts nor texts: broadcasts then wait in the SUB's queue, where the server's publisher
//! drops what exceeds 1,000, and [`Client::say`] is refused once [`TEXTS_MAX`] texts wait. Of the user lists, link
//! states and counts of malformed messages that wait meanwhile only the newest is kept, so memory is bounded; what
//! became of a text is always told.

use std::{
    collections::VecDeque,
    sync::mpsc::{SyncSender, TrySendError},
    time::{Duration, Instant},
};

use sockets::{
    Connection, Context, Endpoint, Interest, Limits, Link, MalformedMessages, Role, Socket, SocketError, Stop,
    actor::{self, Handle, Inbox, NotTaken},
    connection::Change,
    link::Refusal,
    wait,
};
use thiserror::Error;
use wire::{
    Channel, DecodeError, Frames, Text, User,
    chat::{Broadcast, Reply},
};

use crate::{
    event::Event,
    member::{Member, TEXTS_MAX},
};

/// How many broadcasts or texts are taken before the rest is looked at again.
const BATCH: usize = 64;

/// How long a receiver that is behind is left alone before events are offered to it again.
const BEHIND: Duration = Duration::from_millis(50);

/// Who joins, and where the server is.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Who joins.
    pub user: User,
    /// Where the server takes requests.
    pub requests: Endpoint,
    /// Where the server tells what was said.
    pub broadcasts: Endpoint,
    /// How long after an answer the next keep-alive is sent: under half the server's expiry, so that one may get
    /// lost.
    pub keep_alive: Duration,
}

/// The handle; dropping it leaves.
pub struct Client(Handle<Text, Result<(), SocketError>>);

/// Why a client ended other than by being asked to.
#[derive(Debug, Error)]
pub enum ClientError {
    /// A socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The thread panicked.
    #[error(transparent)]
    Panicked(#[from] actor::Panicked),
}

impl Client {
    /// Starts a client that sends its events to `events` and ends by itself at `stop`, or when nobody receives
    /// events any more. Its end closes `events`.
    ///
    /// # Errors
    /// An address cannot be understood, the security lacks the server's key, or the system has no more threads or
    /// file descriptors.
    pub fn spawn(
        context: &Context,
        config: &ClientConfig,
        events: SyncSender<Event>,
        stop: &Stop,
    ) -> Result<Self, SocketError> {
        let mut requests = context.socket(Role::Req, Limits::of(Channel::Requests))?;
        requests.only_to_connected()?;
        requests.watch("chatz.req")?;
        requests.connect(&config.requests)?;
        let mut broadcasts = context.socket(Role::Sub, Limits::of(Channel::Broadcasts))?;
        broadcasts.watch("chatz.sub")?;
        broadcasts.subscribe(b"")?;
        broadcasts.connect(&config.broadcasts)?;

        let now = Instant::now();
        let mut member = Member::new(now, config.user.clone(), config.keep_alive);
        if config.broadcasts.as_str().starts_with("inproc://") {
            // Connected as soon as it is asked for, and its monitor tells nothing.
            member.handle_hearing(now, true);
        }
        let owner = Owner {
            requests,
            broadcasts,
            member,
            waiting: VecDeque::new(),
            events,
            requests_connection: Connection::new(Channel::Requests, config.requests.clone()),
            broadcasts_connection: Connection::new(Channel::Broadcasts, config.broadcasts.clone()),
            malformed: [Channel::Requests, Channel::Broadcasts].map(Malformed::of),
            frames: Frames::new(),
        };
        let stop = stop.clone();
        actor::spawn(context, "chatz.client", TEXTS_MAX, move |inbox| owner.run(&inbox, &stop)).map(Self)
    }

    /// Gives the client a text to say. What becomes of it comes back as an event: [`Event::Said`] or
    /// [`Event::Refused`].
    ///
    /// # Errors
    /// Too many texts wait, or the client has ended; the text comes back.
    pub fn say(&self, text: Text) -> Result<(), NotTaken<Text>> {
        self.0.send(text)
    }

    /// Whether the client has ended, by itself or by stop.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.0.is_ended()
    }

    /// Leaves. What was not said comes as last events, as far as they fit into the channel.
    ///
    /// # Errors
    /// What made the client end before it was asked to.
    pub fn leave(self) -> Result<(), ClientError> {
        Ok(self.0.stop()??)
    }
}

/// What the thread owns.
struct Owner {
    requests: Socket,
    requests_connection: Connection,
    broadcasts: Socket,
    broadcasts_connection: Connection,
    member: Member,
    /// Events that the channel has not taken yet, oldest first.
    waiting: VecDeque<Event>,
    events: SyncSender<Event>,
    /// Replies and broadcasts that were not understood.
    malformed: [Malformed; 2],
    /// Reused for all messages.
    frames: Frames,
}

/// The malformed messages of one channel.
struct Malformed {
    channel: Channel,
    messages: MalformedMessages,
    /// What is wrong with the last one, until it is told.
    news: Option<DecodeError>,
}

/// How far the channel has taken the events.
#[derive(PartialEq, Eq)]
enum Receiver {
    Following,
    Behind,
    Gone,
}

impl Owner {
    fn run(mut self, inbox: &Inbox<Text>, stop: &Stop) -> Result<(), SocketError> {
        // Whether texts may be left in the inbox after its bell was silenced.
        let mut more_texts = false;
        loop {
            let now = Instant::now();
            let unsent = !self.ask(now)?;
            let receiver = self.tell_all();
            if receiver == Receiver::Gone {
                return Ok(());
            }
            let following = receiver == Receiver::Following;
            let deadline = match self.member.next_deadline(now) {
                _ if following && more_texts => Some(now),
                deadline if following => deadline,
                deadline => Some(deadline.unwrap_or(now + BEHIND).min(now + BEHIND)),
            };
            let connections = [self.requests_connection.next_deadline(), self.broadcasts_connection.next_deadline()];
            let deadline = connections.into_iter().chain([deadline]).flatten().min();
            let interests = [
                stop.interest(),
                if following { inbox.ring() } else { Interest::never() },
                if self.member.is_asking() { self.requests.readable() } else { Interest::never() },
                if unsent { self.requests.writable() } else { Interest::never() },
                self.requests.events(),
                if following { self.broadcasts.readable() } else { Interest::never() },
                self.broadcasts.events(),
            ];
            let wake = wait(&inbox.stop, interests, deadline)?;
            if wake.stopped || wake.ready[0] {
                self.leave(inbox);
                return Ok(());
            }
            let now = Instant::now();
            self.take_replies(now)?;
            self.take_events(now)?;
            self.member.handle_timeout(now);
            if following {
                more_texts = self.take_texts(inbox);
                self.take_broadcasts(now)?;
            }
        }
    }

    /// Sends what is due; says `false` where it waits for a connection.
    fn ask(&mut self, now: Instant) -> Result<bool, SocketError> {
        let Some(request) = self.member.request(now) else {
            return Ok(true);
        };
        request.encode(&mut self.frames);
        let sent = self.requests.send(&self.frames)?;
        if sent {
            self.member.handle_sent(now);
        }
        Ok(sent)
    }

    fn take_replies(&mut self, now: Instant) -> Result<(), SocketError> {
        // A REQ may be read only between a question and its answer; it drops late answers to older questions itself.
        if self.member.is_asking() && self.requests.receive(&mut self.frames)? {
            let reply = Reply::decode(&self.frames);
            if let Err(error) = &reply {
                self.malformed[0].note(now, "server", *error, &self.frames);
            }
            self.member.handle_reply(now, reply);
        }
        Ok(())
    }

    /// Takes texts; says whether there may be more.
    fn take_texts(&mut self, inbox: &Inbox<Text>) -> bool {
        for _ in 0..BATCH {
            match inbox.next() {
                Some(text) => self.member.say(text),
                None => return false,
            }
        }
        true
    }

    fn take_broadcasts(&mut self, now: Instant) -> Result<(), SocketError> {
        for _ in 0..BATCH {
            if !self.broadcasts.receive(&mut self.frames)? {
                break;
            }
            match Broadcast::decode(&self.frames) {
                Ok(Broadcast { user, text }) => self.push(Event::Message { user, text }),
                Err(error) => self.malformed[1].note(now, self.broadcasts.peer_address(), error, &self.frames),
            }
        }
        Ok(())
    }

    fn take_events(&mut self, now: Instant) -> Result<(), SocketError> {
        let (member, mut refused) = (&mut self.member, None);
        self.requests_connection.follow(now, &mut self.requests, |change| match change {
            Change::Up => {}
            Change::Down => member.handle_disconnected(now),
            Change::Refused(refusal) => refused = Some(refusal),
        })?;
        self.deny(self.requests_connection.endpoint().clone(), refused);
        let (member, mut refused) = (&mut self.member, None);
        self.broadcasts_connection.follow(now, &mut self.broadcasts, |change| match change {
            Change::Up => member.handle_hearing(now, true),
            Change::Down => member.handle_hearing(now, false),
            Change::Refused(refusal) => refused = Some(refusal),
        })?;
        self.deny(self.broadcasts_connection.endpoint().clone(), refused);
        Ok(())
    }

    fn deny(&mut self, endpoint: Endpoint, refused: Option<Refusal>) {
        if let Some(refusal) = refused {
            self.push(Event::Denied { endpoint: endpoint.to_string(), reason: Link::Refused(refusal).to_string() });
        }
    }

    fn leave(&mut self, inbox: &Inbox<Text>) {
        while let Some(text) = inbox.next() {
            self.member.say(text);
        }
        self.member.handle_leave();
        // As far as they fit: a receiver that is behind must not hold up the end.
        self.tell_all();
    }

    /// Offers all events to the channel, without waiting.
    fn tell_all(&mut self) -> Receiver {
        while let Some(event) = self.member.poll_event() {
            self.push(event);
        }
        for index in 0..self.malformed.len() {
            if let Some(event) = self.malformed[index].take_event() {
                self.push(event);
            }
        }
        while let Some(event) = self.waiting.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    return Receiver::Behind;
                }
                Err(TrySendError::Disconnected(_)) => return Receiver::Gone,
            }
        }
        Receiver::Following
    }

    /// Puts an event behind those that wait; of lists, link states and counts only the newest is worth telling.
    fn push(&mut self, event: Event) {
        match event {
            Event::Users(_) => self.waiting.retain(|waiting| !matches!(waiting, Event::Users(_))),
            Event::Link(_) => self.waiting.retain(|waiting| !matches!(waiting, Event::Link(_))),
            Event::Malformed { channel: its, .. } => {
                self.waiting.retain(|waiting| !matches!(waiting, Event::Malformed { channel, .. } if *channel == its));
            }
            _ => {}
        }
        self.waiting.push_back(event);
    }
}

impl Malformed {
    fn of(channel: Channel) -> Self {
        Self { channel, messages: MalformedMessages::default(), news: None }
    }

    fn note(&mut self, now: Instant, peer: &str, error: DecodeError, frames: &Frames) {
        self.messages.record(now, peer, &error, frames);
        self.news = Some(error);
    }

    fn take_event(&mut self) -> Option<Event> {
        let reason = self.news.take()?.to_string();
        Some(Event::Malformed { channel: self.channel, count: self.messages.count(), reason })
    }
}
