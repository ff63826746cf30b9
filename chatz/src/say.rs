//! One text to the server and its reply, on the thread that calls [`say`].

use std::time::{Duration, Instant};

use humantime::format_duration;
use sockets::{Context, Endpoint, RequestConfig, RequestError, SocketError, State, Stop, request};
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

    let deadline = Instant::now() + config.timeout;
    let asked = RequestConfig {
        channel: REQUESTS,
        endpoint: config.requests.clone(),
        name: SOCKET.name,
        connect_by: deadline,
        reply_by: deadline,
    };
    request(context, &asked, &mut frames, stop).map_err(|error| error_of(error, config))?;
    match Reply::decode(&frames).map_err(SayError::Malformed)? {
        Reply::Users(users) => Ok(users),
        Reply::Roster { users, .. } => Ok(users.unwrap_or_default()),
        Reply::Refusal(sentence) => Err(SayError::Refused(sentence)),
    }
}

fn error_of(error: RequestError, SayConfig { requests, timeout, .. }: &SayConfig) -> SayError {
    let (requests, timeout) = (requests.clone(), *timeout);
    match error {
        RequestError::NoConnection(state) => {
            let reason = matches!(state, State::Refused(_)).then(|| state.to_string());
            SayError::NoServer { requests, timeout, reason }
        }
        RequestError::NoReply => SayError::NoReply { requests, timeout },
        RequestError::StoppedBeforeSending => SayError::StoppedBeforeSending,
        RequestError::Stopped => SayError::Stopped,
        RequestError::Socket(error) => SayError::Socket(error),
    }
}
