//! One request and its reply, on the thread that calls [`request`]: for a program that asks once and ends.

use std::time::Instant;

use thiserror::Error;
use wire::{Channel, Frames};

use crate::{Connection, Context, Endpoint, Role, Socket, SocketError, State, Stop, wait};

/// Where a request goes, and until when.
#[derive(Debug, Clone)]
pub struct RequestConfig {
    /// The channel.
    pub channel: Channel,
    /// Where its server is.
    pub endpoint: Endpoint,
    /// The name of the socket.
    pub name: &'static str,
    /// Until when there must be a connection.
    pub connect_by: Instant,
    /// Until when the reply must have come.
    pub reply_by: Instant,
}

/// Why there is no reply.
#[derive(Debug, Error)]
pub enum RequestError {
    /// There was no connection in time; the last state of the attempts. Nothing was sent.
    #[error("no connection: {0}")]
    NoConnection(State),
    /// The request was sent, and no reply came in time.
    #[error("no reply")]
    NoReply,
    /// The stop signal came before the request was sent.
    #[error("stopped before the request was sent")]
    StoppedBeforeSending,
    /// The stop signal came before the reply.
    #[error("stopped before the reply came")]
    Stopped,
    /// A socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

/// Sends a request as soon as there is a connection, and replaces `frames` by the reply. Until then the request waits here and in
/// no queue.
///
/// # Errors
/// As [`RequestError`] lists.
pub fn request(
    context: &Context,
    config: &RequestConfig,
    frames: &mut Frames,
    stop: &Stop,
) -> Result<(), RequestError> {
    let mut socket = context.socket(Role::Req, config.channel)?;
    socket.only_to_connected()?;
    socket.watch(config.name)?;
    socket.connect(&config.endpoint)?;
    send(&mut socket, config, frames, stop)?;
    while !socket.receive(frames)? {
        if Instant::now() >= config.reply_by {
            return Err(RequestError::NoReply);
        }
        if wait(stop, [socket.readable()], Some(config.reply_by))?.stopped {
            return Err(RequestError::Stopped);
        }
    }
    Ok(())
}

fn send(socket: &mut Socket, config: &RequestConfig, frames: &Frames, stop: &Stop) -> Result<(), RequestError> {
    let mut connection = Connection::new(config.channel, config.endpoint.clone());
    while !socket.send(frames)? {
        let next = connection.next_deadline().map_or(config.connect_by, |retry| retry.min(config.connect_by));
        if wait(stop, [socket.writable(), socket.events()], Some(next))?.stopped {
            return Err(RequestError::StoppedBeforeSending);
        }
        let now = Instant::now();
        connection.follow(now, socket, |_| {})?;
        if now >= config.connect_by {
            return Err(RequestError::NoConnection(connection.state()));
        }
    }
    Ok(())
}
