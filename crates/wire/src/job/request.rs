//! A request of a client.

use super::{
    Body, Dialect, PAGE, Side,
    command::REQUEST,
    dialect::{as_sent, command},
    service,
};
use crate::{
    DecodeError, Fault, Frames,
    describe::{Description, Place, fields::Fields, words},
    fields::frame,
};

/// What a client asks of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// How its client speaks.
    pub dialect: Dialect,
    /// The service's name.
    pub service: &'a str,
    /// What it asks.
    pub body: Body<'a>,
}

impl<'a> Request<'a> {
    /// Adds the message to `frames`.
    pub fn encode(&self, frames: &mut Frames) {
        self.dialect.push_header(Side::Client, frames);
        if let Some(command) = command_of(self.dialect) {
            frames.push(&[command]);
        }
        frames.push(self.service.as_bytes());
        self.body.push_to(frames);
    }

    /// Reads a message without routing id.
    ///
    /// # Errors
    /// `header` missing or unknown; `command` missing, of another length or unknown; `service` missing or no name; `body` missing.
    pub fn decode(frames: &'a Frames) -> Result<Self, DecodeError> {
        let (dialect, mut at) = Dialect::read(Side::Client, frames)?;
        if let Some(expected) = command_of(dialect) {
            match command(frames, at)? {
                found if found == expected => at += 1,
                value => return Err(Fault::Unknown { value }.of("command")),
            }
        }
        let service = service::read(frame(frames, at, "service")?)?;
        Ok(Self { dialect, service, body: Body::read(frames, at + 1)? })
    }

    pub(super) fn describe(mut fields: Fields<'_>, socket_type: &str) -> Description {
        let is_req = socket_type == "REQ";
        let (dialect, mut at) = Dialect::describe(Side::Client, &mut fields, is_req);
        if let Some(expected) = command_of(dialect) {
            fields.fixed("command", at, |[byte]| {
                if byte == expected { "REQUEST".to_owned() } else { format!("unknown ({byte})") }
            });
            at += 1;
        }
        fields.frame("service", at, |bytes| words::decoded(service::read(bytes)));
        Body::describe(&mut fields, at + 1);
        fields.describe("request", Place { page: PAGE, section: "client_request" }, |frames| {
            Request::decode(&as_sent(frames, is_req)).map(|_| ())
        })
    }
}

/// The command of a request; version 0.1 has none.
const fn command_of(dialect: Dialect) -> Option<u8> {
    match dialect {
        Dialect::Mdp1 => None,
        Dialect::Mdp2 => Some(1),
        Dialect::Majortomo => Some(REQUEST),
    }
}
