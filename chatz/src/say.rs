//! One text to the server and its reply, on the thread that calls [`say`].

use std::time::{Duration, Instant};

use humantime::format_duration;
use sockets::{Connection, Context, Endpoint, Role, Socket, SocketError, State, Stop, wait};
use thiserror::Error;
use wire::{
    DecodeError, Frames, Text, User,
    chat::{REQUESTS, Reply, Request},
    foreign,
    report::{Declaration, DeclaredSocket},
};

/// What it reports to observers.
pub const REPORTS: Declaration = Declaration { program: "chatz", role: "say", sockets: &[SOCKET], values: &[] };

const SOCKET: DeclaredSocket = DeclaredSocket { name: "chatz.say", kind: "REQ", channel: REQUESTS, binds: Some(false) };

/// A text, and where to say it.
#[derive(Debug, Clone)]
pub struct SayConfig {
    /// The speaker.
    pub user: User,
    /// The text.
    pub text: Text,
    /// The server's endpoint for requests.
    pub requests: Endpoint,
    /// The time limit for the connection and the reply together.
    pub timeout: Duration,
}

/// The reason why the text was not said, or may not have been.
#[derive(Debug, Error)]
pub enum SayError {
    /// No connection was made.
    #[error("no server at {requests} within {}{}", format_duration(*timeout), reason_suffix(.reason))]
    NoServer {
        /// The server's endpoint.
        requests: Endpoint,
        /// For how long.
        timeout: Duration,
        /// The reason of the last failed handshake, if there was one.
        reason: Option<String>,
    },
    /// There is a server, but it did not reply.
    #[error("no reply from {requests} within {}: the text may or may not have been said", format_duration(*timeout))]
    NoReply {
        /// The server's endpoint.
        requests: Endpoint,
        /// The time limit for the connection and the reply together.
        timeout: Duration,
    },
    /// The server refuses, in its own words.
    #[error("refused: {}", foreign(.0))]
    Refused(String),
    /// The reply is malformed.
    #[error("the reply is malformed: {0}: the text may or may not have been said")]
    Malformed(DecodeError),
    /// The stop signal came before there was a server.
    #[error("stopped before the text was sent")]
    StoppedBeforeSending,
    /// The stop signal came before the reply.
    #[error("stopped before the reply came: the text may or may not have been said")]
    Stopped,
    /// A socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

fn reason_suffix(reason: &Option<String>) -> String {
    reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
}

/// Says `config.text` and returns the present users.
///
/// # Errors
/// As [`SayError`] lists; only [`SayError::NoReply`], [`SayError::Malformed`] and [`SayError::Stopped`] leave it
/// open whether the text was said.
pub fn say(context: &Context, config: &SayConfig, stop: &Stop) -> Result<Vec<User>, SayError> {
    let mut frames = Frames::new();
    let (user, text) = (config.user.clone(), Some(config.text.clone()));
    Request { user, text, roster_version: None, leaves: false }.encode(&mut frames);

    let mut socket = context.socket(Role::Req, REQUESTS)?;
    socket.only_to_connected()?;
    socket.watch(SOCKET.name)?;
    socket.connect(&config.requests)?;
    let deadline = Instant::now() + config.timeout;

    send(&mut socket, &frames, config, deadline, stop)?;
    while !socket.receive(&mut frames)? {
        if Instant::now() >= deadline {
            return Err(SayError::NoReply { requests: config.requests.clone(), timeout: config.timeout });
        }
        if wait(stop, [socket.readable()], Some(deadline))?.stopped {
            return Err(SayError::Stopped);
        }
    }
    match Reply::decode(&frames).map_err(SayError::Malformed)? {
        Reply::Users(users) => Ok(users),
        Reply::Roster { users, .. } => Ok(users.unwrap_or_default()),
        Reply::Refusal(sentence) => Err(SayError::Refused(sentence)),
    }
}

/// Sends the request as soon as there is a server; until then it waits here and in no queue.
fn send(
    socket: &mut Socket,
    frames: &Frames,
    config: &SayConfig,
    deadline: Instant,
    stop: &Stop,
) -> Result<(), SayError> {
    let mut connection = Connection::new(REQUESTS, config.requests.clone());
    while !socket.send(frames)? {
        let next = connection.next_deadline().map_or(deadline, |retry| retry.min(deadline));
        if wait(stop, [socket.writable(), socket.events()], Some(next))?.stopped {
            return Err(SayError::StoppedBeforeSending);
        }
        let now = Instant::now();
        connection.follow(now, socket, |_| {})?;
        if now >= deadline {
            let refused = matches!(connection.state(), State::Refused(_));
            let reason = refused.then(|| connection.state().to_string());
            return Err(SayError::NoServer { requests: config.requests.clone(), timeout: config.timeout, reason });
        }
    }
    Ok(())
}
