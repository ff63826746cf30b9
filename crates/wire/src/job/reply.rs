//! A reply to a client.

use super::{
    Body, Dialect, PAGE, Side,
    dialect::{as_sent, command},
    service,
};
use crate::{
    DecodeError, Fault, Frames,
    describe::{Description, Place, fields::Fields, words},
    fields::frame,
};

/// What a service replies to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a> {
    /// How its client speaks.
    pub dialect: Dialect,
    /// Whether no further reply to the same request follows. In version 0.1 always.
    pub is_final: bool,
    /// The service's name; `None` in [`Dialect::Majortomo`], which does not have it.
    pub service: Option<&'a str>,
    /// What it replies.
    pub body: Body<'a>,
}

impl<'a> Reply<'a> {
    /// Adds the message to `frames`.
    pub fn encode(&self, frames: &mut Frames) {
        self.dialect.push_header(Side::Client, frames);
        if let Some([partial, last]) = commands_of(self.dialect) {
            frames.push(&[if self.is_final { last } else { partial }]);
        }
        if self.dialect != Dialect::Majortomo {
            frames.push(self.service.unwrap_or_default().as_bytes());
        }
        self.body.push_to(frames);
    }

    /// Reads a message as the client receives it.
    ///
    /// # Errors
    /// `header` missing or unknown; `command` missing, of another length or unknown; `service` missing or no name; `body` missing.
    pub fn decode(frames: &'a Frames) -> Result<Self, DecodeError> {
        let (dialect, mut at) = Dialect::read(Side::Client, frames)?;
        let mut is_final = true;
        if let Some([partial, last]) = commands_of(dialect) {
            let value = command(frames, at)?;
            is_final = value == last;
            if !is_final && value != partial {
                return Err(Fault::Unknown { value }.of("command"));
            }
            at += 1;
        }
        let mut service = None;
        if dialect != Dialect::Majortomo {
            service = Some(service::read(frame(frames, at, "service")?)?);
            at += 1;
        }
        Ok(Self { dialect, is_final, service, body: Body::of(frames, at)? })
    }

    pub(super) fn describe(mut fields: Fields<'_>, socket_type: &str) -> Description {
        let is_req = socket_type == "REQ";
        let (dialect, mut at) = Dialect::describe(Side::Client, &mut fields, is_req);
        let mut name = "reply";
        if let Some([partial, last]) = commands_of(dialect) {
            fields.fixed("command", at, |[byte]| match byte {
                _ if byte == partial => "PARTIAL".to_owned(),
                _ if byte == last => "FINAL".to_owned(),
                _ => format!("unknown ({byte})"),
            });
            if fields.get(at) == Some(&[partial]) {
                name = "partial reply";
            }
            at += 1;
        }
        if dialect != Dialect::Majortomo {
            fields.frame("service", at, |bytes| words::decoded(service::read(bytes)));
            at += 1;
        }
        Body::describe(&mut fields, at);
        fields.describe(name, Place { page: PAGE, section: "client_reply" }, |frames| {
            Reply::decode(&as_sent(frames, is_req)).map(|_| ())
        })
    }
}

/// The commands of a reply that others follow, and of the last one; version 0.1 has none.
const fn commands_of(dialect: Dialect) -> Option<[u8; 2]> {
    match dialect {
        Dialect::Mdp1 => None,
        Dialect::Mdp2 => Some([2, 3]),
        Dialect::Majortomo => Some([3, 4]),
    }
}
