//! The server: owns the ROUTER and the XPUB (on the wire a PUB), and runs one loop on the thread that calls
//! [`Server::run`].
//!
//! Every request gets exactly one reply, a malformed one too: a REQ peer without a reply would hang. Nothing here
//! waits for a peer: a reply or a broadcast that does not fit into a peer's queue is dropped for that peer.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sockets::{
    BindError, Context, Endpoint, Listener, MalformedMessages, Mechanism, Role, Socket, SocketError, Stop, Value, wait,
};
use tracing::{debug, info, warn};
use wire::{
    Frames, User,
    chat::{self, BROADCASTS, REQUESTS, Reply, Request},
    envelope,
    report::{Declaration, DeclaredSocket, DeclaredValue},
};

use crate::{
    room::{Change, Room, RoomConfig, RosterReply},
    roster::Roster,
};

/// What it reports to observers.
pub const REPORTS: Declaration =
    Declaration { program: "chatz", role: "serve", sockets: &[INCOMING, OUTGOING], values: &[PRESENT] };

const INCOMING: DeclaredSocket =
    DeclaredSocket { name: "chatz.requests", kind: "ROUTER", channel: REQUESTS, binds: Some(true) };
const OUTGOING: DeclaredSocket =
    DeclaredSocket { name: "chatz.broadcasts", kind: "XPUB", channel: BROADCASTS, binds: Some(true) };
const PRESENT: DeclaredValue = DeclaredValue { name: "present", unit: "users" };

/// How many requests get their replies before the loop waits again. libzmq learns what a peer has read of its queue
/// only every half queue, and under load only while it waits; a longer batch would find the queue of a fast peer full,
/// and drop its reply, though the peer has read everything.
const REQUESTS_AT_A_TIME: usize = 8;

/// Where a server binds, and the limits of its room.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The endpoint for requests.
    pub requests: Endpoint,
    /// The endpoint for broadcasts.
    pub broadcasts: Endpoint,
    /// The room's limits.
    pub room: RoomConfig,
}

/// Where a server is bound: with the real port if the system chose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerEndpoints {
    /// The endpoint for requests.
    pub requests: Endpoint,
    /// The endpoint for broadcasts.
    pub broadcasts: Endpoint,
}

/// A bound server, not yet running.
#[derive(Debug)]
pub struct Server {
    requests: Socket,
    broadcasts: Socket,
    endpoints: ServerEndpoints,
    /// How long expiry may be delayed while requests are waiting.
    expiry_grace: Duration,
    /// Whether connections have authenticated names: then a request counts only for the name of its connection.
    authenticates: bool,
    room: Room,
    roster: Roster,
    /// The number of present users, for observers.
    present: Value,
    malformed: MalformedMessages,
    listeners: [Listener; 2],
    /// The current request, with its envelope; reused.
    incoming: Frames,
    /// What follows the envelope of the current request; reused.
    body: Frames,
}

impl Server {
    /// Binds both sockets.
    ///
    /// # Errors
    /// A port is in use, an address is not of this machine, or the security lacks an allow-list.
    pub fn bind(context: &Context, config: &ServerConfig) -> Result<Self, BindError> {
        let (requests, requests_at) = bind(context, Role::Router, INCOMING, &config.requests)?;
        let (broadcasts, broadcasts_at) = bind(context, Role::XPub, OUTGOING, &config.broadcasts)?;
        Ok(Self {
            requests,
            broadcasts,
            endpoints: ServerEndpoints { requests: requests_at, broadcasts: broadcasts_at },
            expiry_grace: config.room.expiry,
            authenticates: !matches!(context.security().mechanism, Mechanism::Null),
            room: Room::new(config.room, first_version()),
            roster: Roster::default(),
            present: context.declared(PRESENT),
            malformed: MalformedMessages::default(),
            listeners: [Listener::of(REQUESTS), Listener::of(BROADCASTS)],
            incoming: Frames::new(),
            body: Frames::new(),
        })
    }

    /// Where the server is bound.
    #[must_use]
    pub const fn endpoints(&self) -> &ServerEndpoints {
        &self.endpoints
    }

    /// Serves until `stop`.
    ///
    /// # Errors
    /// A socket fails, which happens only when its context ends.
    pub fn run(mut self, stop: &Stop) -> Result<(), SocketError> {
        loop {
            let interests = [
                self.requests.readable(),
                self.requests.events(),
                self.broadcasts.readable(),
                self.broadcasts.events(),
            ];
            let looks = self.listeners.iter().filter_map(Listener::next_deadline);
            let wake = wait(stop, interests, looks.chain(self.room.next_deadline()).min())?;
            if wake.stopped {
                return Ok(());
            }
            let now = Instant::now();
            let all_taken = self.take_requests(now)?;
            self.remove_expired(now, all_taken);
            self.present.set(self.room.users().len() as f64);
            self.take_subscriptions(now)?;
            self.take_events(now)?;
        }
    }

    /// Replies to a batch of requests; `true` if none is left.
    fn take_requests(&mut self, now: Instant) -> Result<bool, SocketError> {
        for _ in 0..REQUESTS_AT_A_TIME {
            if !self.requests.receive(&mut self.incoming)? {
                return Ok(true);
            }
            self.reply(now)?;
        }
        Ok(false)
    }

    /// Removes expired users once all requests are read, as one that waits may keep a user present. A flood delays that
    /// no longer than `expiry_grace`: it must not keep absent users in the room forever.
    fn remove_expired(&mut self, now: Instant, all_taken: bool) {
        let overdue = self.room.next_deadline().is_some_and(|deadline| deadline + self.expiry_grace <= now);
        if all_taken || overdue {
            for user in self.room.handle_timeout(now) {
                debug!(%user, "expired");
            }
        }
    }

    /// Sends the one reply to the request in `incoming`.
    fn reply(&mut self, now: Instant) -> Result<(), SocketError> {
        match self.accept(now) {
            Ok(RosterReply::Names) => self.incoming.append(self.roster.names(&self.room)),
            Ok(RosterReply::Version) => self.incoming.push(&self.room.version().to_le_bytes()),
            Ok(RosterReply::VersionAndNames) => {
                self.incoming.push(&self.room.version().to_le_bytes());
                self.incoming.append(self.roster.names(&self.room));
            }
            Err(sentence) => {
                Reply::Refusal(sentence).encode(&mut self.body);
                self.incoming.append(&self.body);
            }
        }
        // `false` if the peer reads nothing and its queue is full, or if it is gone: the reply is dropped.
        self.requests.send(&self.incoming)?;
        Ok(())
    }

    /// Decodes and executes the request in `incoming`, and leaves its envelope there for the reply. The error is the
    /// sentence of the refusal.
    fn accept(&mut self, now: Instant) -> Result<RosterReply, String> {
        let envelope_len = match envelope::len(&self.incoming) {
            Ok(length) => length,
            Err(error) => {
                self.record_malformed(now, error);
                // Without a delimiter only the routing id is known to belong to the envelope.
                self.incoming.truncate(1);
                return Err(error.to_string());
            }
        };
        self.body.clear();
        self.body.append_from(&self.incoming, envelope_len);
        let request = Request::decode(&self.body).map_err(|error| {
            self.record_malformed(now, error);
            error.to_string()
        });
        self.incoming.truncate(envelope_len);
        let request = request?;
        self.check_name(&request.user)?;
        let user = request.user.clone();
        let accepted = self.room.handle_request(now, request).map_err(|refusal| refusal.to_string())?;
        match accepted.change {
            Some(Change::Joined) => debug!(%user, "joined"),
            Some(Change::Left) => debug!(%user, "left"),
            None => {}
        }
        if let Some(broadcast) = accepted.said {
            broadcast.encode(&mut self.body);
            // A publisher never waits; it drops for the subscribers whose queues are full.
            if let Err(error) = self.broadcasts.send(&self.body) {
                warn!(%error, "broadcast not sent");
                return Err("the server failed to broadcast it".to_owned());
            }
        }
        Ok(accepted.roster)
    }

    /// Under PLAIN and CURVE a connection can use no other name than its own.
    fn check_name(&mut self, user: &User) -> Result<(), String> {
        match self.requests.peer_user() {
            None if self.authenticates => Err("this connection has no authenticated name".to_owned()),
            Some(authenticated) if authenticated != user.as_str() => {
                Err(format!("this connection is authenticated as {authenticated} and cannot use the name {user}"))
            }
            _ => Ok(()),
        }
    }

    fn record_malformed(&mut self, now: Instant, error: wire::DecodeError) {
        self.malformed.record(now, &mut self.requests, &error, &self.incoming);
    }

    /// Reads subscriptions, though nothing depends on them: a publisher that never reads would keep the remains of every
    /// connection until its next broadcast.
    fn take_subscriptions(&mut self, now: Instant) -> Result<(), SocketError> {
        let [_, broadcasts] = &mut self.listeners;
        broadcasts.take_subscriptions(now, &mut self.broadcasts, |_, _| {})
    }

    fn take_events(&mut self, now: Instant) -> Result<(), SocketError> {
        for (socket, listener) in [&mut self.requests, &mut self.broadcasts].into_iter().zip(&mut self.listeners) {
            listener.follow(now, socket, |_| {})?;
        }
        Ok(())
    }
}

fn bind(
    context: &Context,
    role: Role,
    declared: DeclaredSocket,
    endpoint: &Endpoint,
) -> Result<(Socket, Endpoint), BindError> {
    let mut socket = context.socket(role, declared.channel)?;
    socket.watch(declared.name)?;
    let endpoint = socket.bind(endpoint)?;
    info!(channel = declared.channel.name, %endpoint, "listening");
    Ok((socket, endpoint))
}

/// Microseconds since 1970: a restarted server begins above every version that it has used before, unless more than a
/// million users a second joined or left.
fn first_version() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_micros()).unwrap_or(chat::ROSTER_VERSION_MAX)
}
