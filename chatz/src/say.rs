//! One message to the server and its answer, on the thread that calls [`say`].

use std::time::{Duration, Instant};

use humantime::format_duration;
use sockets::{Connection, Context, Endpoint, Limits, Role, Socket, SocketError, Stop, connection::State, wait};
use thiserror::Error;
use wire::{
    Channel, DecodeError, Frames, Text, User,
    chat::{Reply, Request},
    foreign,
};

/// What to say and to whom.
#[derive(Debug, Clone)]
pub struct SayConfig {
    /// Who says it.
    pub user: User,
    /// What is said; not yet checked.
    pub text: String,
    /// Where the server takes requests.
    pub requests: Endpoint,
    /// How long to wait for the server and its answer together.
    pub timeout: Duration,
}

/// Why nothing was said, or why that is not known.
#[derive(Debug, Error)]
pub enum SayError {
    /// The text is none.
    #[error(transparent)]
    Invalid(DecodeError),
    /// No connection came about.
    #[error("no server at {requests} within {}{}", format_duration(*timeout), because(.reason))]
    NoServer {
        /// Where it was looked for.
        requests: Endpoint,
        /// For how long.
        timeout: Duration,
        /// What the connection's monitor last told, where it told a reason.
        reason: Option<String>,
    },
    /// There was a server, but no answer.
    #[error("no answer from {requests} within {}: it may or may not have been said", format_duration(*timeout))]
    NoAnswer {
        /// Where the server is.
        requests: Endpoint,
        /// How long the whole was to take.
        timeout: Duration,
    },
    /// The server refuses, in its own words.
    #[error("refused: {}", foreign(.0))]
    Refused(String),
    /// The answer is none.
    #[error("the answer is malformed: {0}: it may or may not have been said")]
    Malformed(DecodeError),
    /// Stop was asked for before there was a server.
    #[error("stopped before it was said")]
    StoppedUnsaid,
    /// Stop was asked for before there was an answer.
    #[error("stopped before an answer came: it may or may not have been said")]
    Stopped,
    /// A socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

fn because(reason: &Option<String>) -> String {
    reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
}

/// Says `config.text` and returns the present users.
///
/// # Errors
/// As [`SayError`] lists; only [`SayError::NoAnswer`], [`SayError::Malformed`] and [`SayError::Stopped`] leave open
/// whether it was said.
pub fn say(context: &Context, config: &SayConfig, stop: &Stop) -> Result<Vec<User>, SayError> {
    let text = config.text.parse::<Text>().map_err(SayError::Invalid)?;
    let mut frames = Frames::new();
    Request { user: config.user.clone(), text: Some(text), roster_version: None, leaves: false }.encode(&mut frames);

    let mut socket = context.socket(Role::Req, Limits::of(Channel::Requests))?;
    socket.only_to_connected()?;
    socket.watch("chatz.say")?;
    socket.connect(&config.requests)?;
    let deadline = Instant::now() + config.timeout;

    send(&mut socket, &frames, config, deadline, stop)?;
    while !socket.receive(&mut frames)? {
        if Instant::now() >= deadline {
            return Err(SayError::NoAnswer { requests: config.requests.clone(), timeout: config.timeout });
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

/// Sends the request as soon as there is a server; until then it is kept here and in no queue.
fn send(
    socket: &mut Socket,
    frames: &Frames,
    config: &SayConfig,
    deadline: Instant,
    stop: &Stop,
) -> Result<(), SayError> {
    let mut connection = Connection::new(Channel::Requests, config.requests.clone());
    while !socket.send(frames)? {
        let next = connection.next_deadline().map_or(deadline, |retry| retry.min(deadline));
        if wait(stop, [socket.writable(), socket.events()], Some(next))?.stopped {
            return Err(SayError::StoppedUnsaid);
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
