//! A client that keeps a user present: the owner thread `chatz.client` with its REQ and SUB, and the handle to it.
//!
//! Events leave on a bounded channel. While its receiver is behind, the thread keeps the user present, and takes
//! neither broadcasts nor texts: broadcasts then wait in the SUB's queue, and the server's publisher drops what exceeds
//! 1,000; [`Client::say`] is refused once [`TEXTS_MAX`] texts wait. Of user lists, states of the server and counts of
//! malformed messages that wait meanwhile only the newest is kept, so memory is bounded. What became of a text is always
//! reported.

mod backlog;
mod link;

use std::{
    sync::mpsc::{SyncSender, TrySendError},
    time::{Duration, Instant},
};

use sockets::{
    Context, Endpoint, Events, Interest, Role, SocketError, Stop,
    actor::{self, Handle, Inbox, NotTaken},
};
use thiserror::Error;
use tracing::warn;
use wire::{
    Frames, Text, User,
    chat::{BROADCASTS, Broadcast, REQUESTS, Reply},
    report::DeclaredSocket,
};

use self::{backlog::Backlog, link::Link};
use crate::{
    event::Event,
    member::{Member, TEXTS_MAX},
};

/// The REQ, as it is reported to observers.
pub const REQ: DeclaredSocket =
    DeclaredSocket { name: "chatz.req", kind: "REQ", channel: REQUESTS, binds: Some(false) };

/// The SUB.
pub const SUB: DeclaredSocket =
    DeclaredSocket { name: "chatz.sub", kind: "SUB", channel: BROADCASTS, binds: Some(false) };

/// The most broadcasts or texts handled before the loop looks at the rest again.
const BATCH: usize = 64;

/// The time until events are offered again to a receiver that is behind.
const BEHIND: Duration = Duration::from_millis(50);

/// The user, and where the server is.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The user who joins.
    pub user: User,
    /// The server's endpoint for requests.
    pub requests: Endpoint,
    /// The server's endpoint for broadcasts.
    pub broadcasts: Endpoint,
    /// The time from a reply to the next keep-alive: under half the server's expiry, so that one may get lost.
    pub keep_alive: Duration,
}

/// The handle; dropping it leaves.
pub struct Client(Handle<Ask, Result<(), SocketError>>);

/// What the handle asks of the thread.
enum Ask {
    Say(Text),
    Rename(User),
}

/// The reason why a client ended without being asked to.
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
    /// Starts a client that sends its events to `events`. It ends by itself at `stop`, or when `events` has no
    /// receiver any more. Its end closes `events`.
    ///
    /// # Errors
    /// An address is not understood, the security lacks the server's key, or the system has no more threads or file
    /// descriptors.
    pub fn spawn(
        context: &Context,
        config: &ClientConfig,
        events: SyncSender<Event>,
        stop: &Stop,
    ) -> Result<Self, SocketError> {
        let owner = Owner::connect(context, config, events)?;
        let stop = stop.clone();
        actor::spawn(context, "chatz.client", TEXTS_MAX, move |inbox| owner.run(&inbox, &stop)).map(Self)
    }

    /// Gives the client a text to say. Its fate comes back as an event: [`Event::Said`], [`Event::Refused`]
    /// or [`Event::Failed`].
    ///
    /// # Errors
    /// Too many texts wait, or the client has ended; the text comes back.
    pub fn say(&self, text: Text) -> Result<(), NotTaken<Text>> {
        self.0.send(Ask::Say(text.clone())).map_err(|refused| refused.map(|_| text))
    }

    /// Asks the server for another name. Its answer comes back as an event, [`Event::Renamed`] or [`Event::Refused`]; until
    /// then, and after a refusal, the user keeps the present name.
    ///
    /// # Errors
    /// Too many texts wait, or the client has ended; the name comes back.
    pub fn rename(&self, user: User) -> Result<(), NotTaken<User>> {
        self.0.send(Ask::Rename(user.clone())).map_err(|refused| refused.map(|_| user))
    }

    /// Whether the client has ended, by itself or by stop.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.0.is_ended()
    }

    /// Leaves. Texts that were not said are the last events, if the channel has room for them.
    ///
    /// # Errors
    /// The client had ended before it was asked to leave.
    pub fn leave(self) -> Result<(), ClientError> {
        Ok(self.0.stop()??)
    }
}

/// The thread's state.
struct Owner {
    requests: Link,
    broadcasts: Link,
    member: Member,
    backlog: Backlog,
    events: SyncSender<Event>,
    /// Whether that channel takes events.
    receiver: Receiver,
    /// Whether a request is due that the socket does not take, as it has no connection.
    unsent: bool,
    /// Whether the inbox may hold more although its bell is silent.
    more_asked: bool,
    /// Reused for all messages.
    frames: Frames,
}

/// Whether the receiver of events keeps up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Receiver {
    Following,
    Behind,
    Gone,
}

/// The reason why the loop woke.
enum Wake {
    Stop,
    /// The inbox has texts, or another name.
    Asked,
    Reply,
    Broadcast,
    /// A request that is due can be sent.
    Connected,
    Monitor,
    Deadline,
}

impl Owner {
    fn connect(context: &Context, config: &ClientConfig, events: SyncSender<Event>) -> Result<Self, SocketError> {
        let mut requests = context.socket(Role::Req, REQUESTS)?;
        requests.only_to_connected()?;
        requests.watch(REQ.name)?;
        requests.connect(&config.requests)?;
        let mut broadcasts = context.socket(Role::Sub, BROADCASTS)?;
        broadcasts.watch(SUB.name)?;
        broadcasts.subscribe(b"")?;
        broadcasts.connect(&config.broadcasts)?;

        let now = Instant::now();
        let mut member = Member::new(now, config.user.clone(), config.keep_alive);
        if config.broadcasts.as_str().starts_with("inproc://") {
            // It is connected at once, and its monitor reports nothing.
            member.handle_hearing(now, true);
        }
        Ok(Self {
            requests: Link::new(REQUESTS, requests, &config.requests),
            broadcasts: Link::new(BROADCASTS, broadcasts, &config.broadcasts),
            member,
            backlog: Backlog::default(),
            events,
            receiver: Receiver::Following,
            unsent: false,
            more_asked: false,
            frames: Frames::new(),
        })
    }

    fn run(mut self, inbox: &Inbox<Ask>, stop: &Stop) -> Result<(), SocketError> {
        let mut wakes = Events::new();
        loop {
            self.ask(Instant::now())?;
            self.report_all();
            if self.receiver == Receiver::Gone {
                return self.leave(inbox);
            }
            let wake = self.next_wake(&mut wakes, inbox, stop)?;
            let now = Instant::now();
            match wake {
                Wake::Stop => return self.leave(inbox),
                Wake::Asked => self.take_asked(now, inbox),
                Wake::Reply => self.take_reply(now)?,
                Wake::Broadcast => self.take_broadcasts(now)?,
                // The next turn sends it.
                Wake::Connected => {}
                Wake::Monitor => self.follow_connections(now)?,
                Wake::Deadline => self.handle_deadline(now, inbox)?,
            }
        }
    }

    fn next_wake(&self, wakes: &mut Events<Wake>, inbox: &Inbox<Ask>, stop: &Stop) -> Result<Wake, SocketError> {
        let when = |wanted, interest| if wanted { interest } else { Interest::never() };
        let following = self.receiver == Receiver::Following;
        wakes.next(self.next_deadline(Instant::now()), Wake::Deadline, || {
            [
                (Wake::Stop, stop.interest()),
                (Wake::Stop, inbox.stop.interest()),
                (Wake::Asked, when(following, inbox.ring())),
                (Wake::Reply, when(self.member.is_asking(), self.requests.readable())),
                (Wake::Broadcast, when(following, self.broadcasts.readable())),
                (Wake::Connected, when(self.unsent, self.requests.writable())),
                (Wake::Monitor, self.requests.events()),
                (Wake::Monitor, self.broadcasts.events()),
            ]
        })
    }

    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let offer = match self.receiver {
            Receiver::Following => self.more_asked.then_some(now),
            _ => Some(now + BEHIND),
        };
        let member = self.member.next_deadline(now);
        [offer, member, self.requests.next_deadline(), self.broadcasts.next_deadline()].into_iter().flatten().min()
    }

    fn handle_deadline(&mut self, now: Instant, inbox: &Inbox<Ask>) -> Result<(), SocketError> {
        self.follow_connections(now)?;
        self.member.handle_timeout(now);
        if self.member.poll_reconnect() {
            self.reconnect_requests(now)?;
        }
        if self.more_asked && self.receiver == Receiver::Following {
            self.take_asked(now, inbox);
        }
        Ok(())
    }

    /// Sends the request that is due.
    fn ask(&mut self, now: Instant) -> Result<(), SocketError> {
        let request = self.member.request(now);
        self.unsent = request.is_some();
        if let Some(request) = request {
            request.encode(&mut self.frames);
            if self.requests.send(&self.frames)? {
                self.unsent = false;
                self.member.handle_sent(now);
            }
        }
        Ok(())
    }

    fn take_reply(&mut self, now: Instant) -> Result<(), SocketError> {
        // A REQ may be read only between a request and its reply; it drops late replies to older requests itself.
        if self.member.is_asking() && self.requests.receive(&mut self.frames)? {
            let reply = Reply::decode(&self.frames);
            if let Err(error) = &reply {
                self.requests.record_malformed(now, *error, &self.frames);
            }
            self.member.handle_reply(now, reply);
        }
        Ok(())
    }

    /// Connects the REQ again, with a new routing id.
    fn reconnect_requests(&mut self, now: Instant) -> Result<(), SocketError> {
        warn!(endpoint = %self.requests.endpoint(), "requests get no reply: connecting again");
        self.requests.reconnect(now)
    }

    fn take_asked(&mut self, now: Instant, inbox: &Inbox<Ask>) {
        for _ in 0..BATCH {
            match inbox.next() {
                Some(Ask::Say(text)) => self.member.say(text),
                Some(Ask::Rename(user)) => self.member.rename(now, user),
                None => {
                    self.more_asked = false;
                    return;
                }
            }
        }
        self.more_asked = true;
    }

    fn take_broadcasts(&mut self, now: Instant) -> Result<(), SocketError> {
        for _ in 0..BATCH {
            if !self.broadcasts.receive(&mut self.frames)? {
                break;
            }
            match Broadcast::decode(&self.frames) {
                Ok(Broadcast { user, text }) => self.backlog.push(Event::Message { user, text }),
                Err(error) => self.broadcasts.record_malformed(now, error, &self.frames),
            }
        }
        Ok(())
    }

    fn follow_connections(&mut self, now: Instant) -> Result<(), SocketError> {
        let member = &mut self.member;
        let denied = self.requests.follow(now, |up| {
            if !up {
                member.handle_disconnected(now);
            }
        })?;
        let deaf = self.broadcasts.follow(now, |up| member.handle_hearing(now, up))?;
        denied.into_iter().chain(deaf).for_each(|event| self.backlog.push(event));
        Ok(())
    }

    fn leave(mut self, inbox: &Inbox<Ask>) -> Result<(), SocketError> {
        while let Some(asked) = inbox.next() {
            if let Ask::Say(text) = asked {
                self.member.say(text);
            }
        }
        self.member.handle_leave().encode(&mut self.frames);
        // Not sent without a connection: then the user expires.
        self.requests.send(&self.frames)?;
        // Those that fit: a receiver that is behind must not hold up the end.
        self.report_all();
        Ok(())
    }

    /// Offers all events to the channel, without waiting.
    fn report_all(&mut self) {
        while let Some(event) = self.member.poll_event() {
            self.backlog.push(event);
        }
        let malformed = [self.requests.take_malformed(), self.broadcasts.take_malformed()];
        malformed.into_iter().flatten().for_each(|event| self.backlog.push(event));
        while let Some(event) = self.backlog.pop() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => {
                    self.backlog.put_back(event);
                    self.receiver = Receiver::Behind;
                    return;
                }
                Err(TrySendError::Disconnected(_)) => {
                    self.receiver = Receiver::Gone;
                    return;
                }
            }
        }
        self.receiver = Receiver::Following;
    }
}
