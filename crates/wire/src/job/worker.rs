//! What a worker and its broker say to each other.

use super::{
    Body, Dialect, PAGE, Side,
    command::{READY, REQUEST},
    dialect::command,
    service,
};
use crate::{
    DecodeError, Fault, Frames,
    describe::{Description, Place, fields::Fields, words},
    fields::{frame, unsigned, utf8},
    names::within,
};

/// The most requests that a worker may have open at once.
pub const CREDIT_MAX: u64 = 1_000;

/// Extension `credit`: how many requests the worker takes from now on.
const CREDIT: u8 = 0x41;

/// Extension `credit`: the request of this address is not wanted any more.
const CANCEL: u8 = 0x42;

/// Extension `credit`: the request of this address could not be done.
const FAIL: u8 = 0x43;

/// Extension `credit`: the worker was drained.
const END: u8 = 0x44;

/// The most bytes of the reason in [`FromWorker::Fail`].
pub const REASON_BYTES_MAX: usize = 512;

/// A message of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromWorker<'a> {
    /// It does requests to this service.
    Ready {
        /// The service's name.
        service: &'a str,
        /// Extension `credit`: how many requests it may have open, 1 to [`CREDIT_MAX`]. Without it one. Encoded in [`Dialect::Mdp2`] alone.
        credit: Option<u64>,
    },
    /// A reply to one of its requests.
    Reply {
        /// Whether no further reply to the same request follows. In version 0.1 always.
        is_final: bool,
        /// The address of the request, as it was received.
        address: &'a [u8],
        /// What it replies.
        body: Body<'a>,
    },
    /// It is there.
    Heartbeat,
    /// It takes no further requests, and its open ones are for others.
    Disconnect,
    /// Extension `credit`: how many requests it may have open from now on, 0 to [`CREDIT_MAX`].
    Credit(u64),
    /// Extension `credit`: it could not do one of its requests. Another worker may try.
    Fail {
        /// The address of the request, as it was received.
        address: &'a [u8],
        /// Why: a sentence of 1 to [`REASON_BYTES_MAX`] bytes.
        reason: &'a str,
    },
}

/// A message to a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToWorker<'a> {
    /// Something to do.
    Request {
        /// What its replies have to carry.
        address: &'a [u8],
        /// What is asked.
        body: Body<'a>,
    },
    /// The broker is there.
    Heartbeat,
    /// The broker does not know the worker, or any more: it has to begin again on a new socket.
    Disconnect,
    /// Extension `credit`: the request of this address is not wanted any more. It still ends with a final reply.
    Cancel {
        /// The address of the request.
        address: &'a [u8],
    },
    /// Extension `credit`: the broker has let the worker go. It ends, and does not begin again.
    End,
}

/// The bytes of the commands after READY and REQUEST, which the versions number differently.
struct Commands {
    /// A reply that others follow; version 0.1 has none.
    partial: Option<u8>,
    last: u8,
    heartbeat: u8,
    disconnect: u8,
}

impl Commands {
    const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Mdp1 => Self { partial: None, last: 3, heartbeat: 4, disconnect: 5 },
            Dialect::Mdp2 | Dialect::Majortomo => Self { partial: Some(3), last: 4, heartbeat: 5, disconnect: 6 },
        }
    }

    /// The name of a command in the RFC, if it is one.
    fn name(&self, dialect: Dialect, byte: u8) -> Option<&'static str> {
        Some(match byte {
            READY => "READY",
            REQUEST => "REQUEST",
            _ if Some(byte) == self.partial => "PARTIAL",
            _ if byte == self.last && self.partial.is_none() => "REPLY",
            _ if byte == self.last => "FINAL",
            _ if byte == self.heartbeat => "HEARTBEAT",
            _ if byte == self.disconnect => "DISCONNECT",
            CREDIT if dialect == Dialect::Mdp2 => "CREDIT",
            CANCEL if dialect == Dialect::Mdp2 => "CANCEL",
            FAIL if dialect == Dialect::Mdp2 => "FAIL",
            END if dialect == Dialect::Mdp2 => "END",
            _ => return None,
        })
    }
}

impl<'a> FromWorker<'a> {
    /// Adds the message to `frames`.
    pub fn encode(&self, dialect: Dialect, frames: &mut Frames) {
        let commands = Commands::of(dialect);
        dialect.push_header(Side::Worker, frames);
        match *self {
            Self::Ready { service, credit } => {
                frames.push(&[READY]);
                frames.push(service.as_bytes());
                if let (Dialect::Mdp2, Some(credit)) = (dialect, credit) {
                    frames.push(&credit.to_le_bytes());
                }
            }
            Self::Reply { is_final, address, body } => {
                let partial = commands.partial.filter(|_| !is_final);
                frames.push(&[partial.unwrap_or(commands.last)]);
                push_addressed(address, frames);
                body.push_to(frames);
            }
            Self::Heartbeat => frames.push(&[commands.heartbeat]),
            Self::Disconnect => frames.push(&[commands.disconnect]),
            Self::Credit(credit) => {
                frames.push(&[CREDIT]);
                frames.push(&credit.to_le_bytes());
            }
            Self::Fail { address, reason } => {
                frames.push(&[FAIL]);
                push_addressed(address, frames);
                frames.push(truncated(reason));
            }
        }
    }

    /// Reads a message without routing id, and how its worker speaks.
    ///
    /// # Errors
    /// `header` missing or unknown; `command` missing, of another length, unknown or not of a worker; `service` missing or no
    /// name; `credit` not 8 bytes or beyond its limits; `address` missing; `empty` missing or not empty; `body` missing; `reason`
    /// missing, empty, not UTF-8 or too long.
    pub fn decode(frames: &'a Frames) -> Result<(Dialect, Self), DecodeError> {
        let (dialect, at) = Dialect::read(Side::Worker, frames)?;
        let commands = Commands::of(dialect);
        let message = match command(frames, at)? {
            READY => {
                let service = service::read(frame(frames, at + 1, "service")?)?;
                let has_credit = dialect == Dialect::Mdp2 && frames.len() > at + 2;
                let credit = has_credit.then(|| credit(frames, at + 2)).transpose()?;
                if credit == Some(0) {
                    return Err(Fault::NotPositive.of("credit"));
                }
                Self::Ready { service, credit }
            }
            byte if byte == commands.last || Some(byte) == commands.partial => {
                let address = addressed(frames, at + 1)?;
                Self::Reply { is_final: byte == commands.last, address, body: Body::read(frames, at + 3)? }
            }
            byte if byte == commands.heartbeat => Self::Heartbeat,
            byte if byte == commands.disconnect => Self::Disconnect,
            CREDIT if dialect == Dialect::Mdp2 => Self::Credit(credit(frames, at + 1)?),
            FAIL if dialect == Dialect::Mdp2 => {
                let address = addressed(frames, at + 1)?;
                Self::Fail { address, reason: reason(frame(frames, at + 3, "reason")?)? }
            }
            value => return Err(Fault::Unknown { value }.of("command")),
        };
        Ok((dialect, message))
    }

    pub(super) fn describe(fields: Fields<'_>) -> Description {
        describe(fields, "worker_command", &["REQUEST", "CANCEL", "END"], |frames| {
            FromWorker::decode(frames).map(|_| ())
        })
    }
}

impl<'a> ToWorker<'a> {
    /// Adds the message to `frames`.
    pub fn encode(&self, dialect: Dialect, frames: &mut Frames) {
        let commands = Commands::of(dialect);
        dialect.push_header(Side::Worker, frames);
        match *self {
            Self::Request { address, body } => {
                frames.push(&[REQUEST]);
                push_addressed(address, frames);
                body.push_to(frames);
            }
            Self::Heartbeat => frames.push(&[commands.heartbeat]),
            Self::Disconnect => frames.push(&[commands.disconnect]),
            Self::Cancel { address } => {
                frames.push(&[CANCEL]);
                push_addressed(address, frames);
            }
            Self::End => frames.push(&[END]),
        }
    }

    /// Reads a message as the worker receives it, and how its broker speaks.
    ///
    /// # Errors
    /// `header` missing or unknown; `command` missing, of another length, unknown or not of a broker; `address` missing; `empty`
    /// missing or not empty; `body` missing.
    pub fn decode(frames: &'a Frames) -> Result<(Dialect, Self), DecodeError> {
        let (dialect, at) = Dialect::read(Side::Worker, frames)?;
        let commands = Commands::of(dialect);
        let message = match command(frames, at)? {
            REQUEST => {
                let address = addressed(frames, at + 1)?;
                Self::Request { address, body: Body::read(frames, at + 3)? }
            }
            byte if byte == commands.heartbeat => Self::Heartbeat,
            byte if byte == commands.disconnect => Self::Disconnect,
            CANCEL if dialect == Dialect::Mdp2 => Self::Cancel { address: addressed(frames, at + 1)? },
            END if dialect == Dialect::Mdp2 => Self::End,
            value => return Err(Fault::Unknown { value }.of("command")),
        };
        Ok((dialect, message))
    }

    pub(super) fn describe(fields: Fields<'_>) -> Description {
        describe(fields, "broker_command", &["READY", "PARTIAL", "REPLY", "FINAL", "CREDIT", "FAIL"], |frames| {
            ToWorker::decode(frames).map(|_| ())
        })
    }
}

/// Describes a message in which the commands of the other peer mean nothing.
fn describe(
    mut fields: Fields<'_>,
    section: &'static str,
    of_other: &[&str],
    decode: impl Fn(&Frames) -> Result<(), DecodeError>,
) -> Description {
    let (dialect, at) = Dialect::describe(Side::Worker, &mut fields, false);
    let commands = Commands::of(dialect);
    let byte = fields.get(at).and_then(|frame| <[u8; 1]>::try_from(frame).ok());
    let name = byte.and_then(|[byte]| commands.name(dialect, byte)).filter(|name| !of_other.contains(name));
    fields.fixed("command", at, |[byte]| name.map_or_else(|| format!("unknown ({byte})"), str::to_owned));
    match name {
        Some("READY") => {
            fields.frame("service", at + 1, |bytes| words::decoded(service::read(bytes)));
            if dialect == Dialect::Mdp2 {
                fields.unsigned("credit", at + 2, |credit| credit.to_string());
            } else {
                fields.ignored(at + 2);
            }
            fields.ignored(at + 3);
        }
        Some("REQUEST" | "REPLY" | "PARTIAL" | "FINAL" | "CANCEL" | "FAIL") => {
            fields.frame("address", at + 1, |bytes| Ok(words::hex(bytes)));
            fields.frame("empty", at + 2, |bytes| Ok(words::bytes(bytes)));
            match name {
                Some("CANCEL") => fields.ignored(at + 3),
                Some("FAIL") => {
                    fields.frame("reason", at + 3, |bytes| words::decoded(reason(bytes)));
                    fields.ignored(at + 4);
                }
                _ => Body::describe(&mut fields, at + 3),
            }
        }
        Some("CREDIT") => {
            fields.unsigned("credit", at + 1, |credit| credit.to_string());
            fields.ignored(at + 2);
        }
        _ => fields.ignored(at + 1),
    }
    let name = name.map_or("message", |name| match name {
        "READY" => "ready",
        "REQUEST" => "request",
        "PARTIAL" => "partial reply",
        "REPLY" | "FINAL" => "reply",
        "HEARTBEAT" => "heartbeat",
        "DISCONNECT" => "disconnect",
        "CREDIT" => "credit",
        "FAIL" => "failure",
        "END" => "end",
        _ => "cancel",
    });
    fields.describe(name, Place { page: PAGE, section }, decode)
}

fn push_addressed(address: &[u8], frames: &mut Frames) {
    frames.push(address);
    frames.push(b"");
}

/// One address, and the empty frame that has to follow it.
fn addressed(frames: &Frames, index: usize) -> Result<&[u8], DecodeError> {
    let address = frame(frames, index, "address")?;
    match frame(frames, index + 1, "empty")? {
        [] => Ok(address),
        other => Err(Fault::Length { expected: 0, got: other.len() }.of("empty")),
    }
}

/// As many whole characters of a reason as its frame takes.
pub(super) fn truncated(reason: &str) -> &[u8] {
    &reason.as_bytes()[..reason.floor_char_boundary(REASON_BYTES_MAX)]
}

pub(super) fn reason(bytes: &[u8]) -> Result<&str, DecodeError> {
    let reason = utf8(bytes, "reason")?;
    if reason.is_empty() {
        return Err(Fault::Empty.of("reason"));
    }
    within(reason.len(), REASON_BYTES_MAX, "bytes").map_err(|fault| fault.of("reason"))?;
    Ok(reason)
}

fn credit(frames: &Frames, index: usize) -> Result<u64, DecodeError> {
    let credit = unsigned(frames, index, "credit")?;
    let max = usize::try_from(CREDIT_MAX).unwrap_or(usize::MAX);
    if credit > CREDIT_MAX { Err(Fault::TooLong { max, unit: "requests" }.of("credit")) } else { Ok(credit) }
}
