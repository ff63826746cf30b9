//! What two brokers say to each other (`protocol-docs/jobz.md`, *Federation*).

use super::{
    Body, PAGE,
    dialect::command,
    service,
    worker::{reason, truncated},
};
use crate::{
    DecodeError, Fault, Frames,
    describe::{Description, Place, fields::Fields, words},
    fields::{fixed, frame},
    names::within,
};

/// The most brokers that a request passes through after its first one.
pub const HOPS_MAX: u8 = 8;

/// The first frame of each message.
pub(super) const HEADER: &[u8] = b"JOBZB1";

/// The bytes of a [`BrokerId`].
const BROKER_BYTES: usize = 16;

/// The bytes of a [`Token`].
const TOKEN_BYTES: usize = 24;

/// A broker's name for itself: random, another one in each run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BrokerId(pub [u8; BROKER_BYTES]);

/// What a broker calls one try to have a request done elsewhere. All brokers on the way call it the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token {
    /// The broker whose client sent the request.
    pub broker: BrokerId,
    /// Its number, which this broker gives once.
    pub number: u64,
}

/// A message from one broker to another, in either direction of their connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerMessage<'a> {
    /// The first message of each side: who it is.
    Hello(BrokerId),
    /// Is there a place for a request to this service, with you or with brokers that you know?
    Ask {
        /// The try.
        token: Token,
        /// How many brokers the request may still pass through, 1 to [`HOPS_MAX`]: with 1 only the receiver may do it.
        hops: u8,
        /// The service's name.
        service: &'a str,
    },
    /// A place is kept for it.
    Yes(Token),
    /// There is none, and no other answer follows.
    No(Token),
    /// It is not wanted any more: neither a place nor, if the request was passed, its reply.
    Drop(Token),
    /// The request, for the place that was kept.
    Pass(Token, Body<'a>),
    /// A partial reply.
    Part(Token, Body<'a>),
    /// The final reply.
    Done(Token, Body<'a>),
    /// It was not done. Another try may be made.
    Fail(Token, &'a str),
    /// The sender is there.
    Beat,
    /// The sender ends.
    Bye,
}

/// The bytes of the commands.
mod commands {
    pub(super) const HELLO: u8 = 1;
    pub(super) const ASK: u8 = 2;
    pub(super) const YES: u8 = 3;
    pub(super) const NO: u8 = 4;
    pub(super) const DROP: u8 = 5;
    pub(super) const PASS: u8 = 6;
    pub(super) const PART: u8 = 7;
    pub(super) const DONE: u8 = 8;
    pub(super) const FAIL: u8 = 9;
    pub(super) const BEAT: u8 = 10;
    pub(super) const BYE: u8 = 11;
}
use commands::{ASK, BEAT, BYE, DONE, DROP, FAIL, HELLO, NO, PART, PASS, YES};

impl Token {
    /// Its frame: the broker, then the number, little-endian.
    fn encode(self) -> [u8; TOKEN_BYTES] {
        let mut bytes = [0; TOKEN_BYTES];
        bytes[..BROKER_BYTES].copy_from_slice(&self.broker.0);
        bytes[BROKER_BYTES..].copy_from_slice(&self.number.to_le_bytes());
        bytes
    }

    fn read(frames: &Frames, index: usize) -> Result<Self, DecodeError> {
        let bytes: [u8; TOKEN_BYTES] = fixed(frames, index, "token")?;
        let mut broker = [0; BROKER_BYTES];
        let mut number = [0; TOKEN_BYTES - BROKER_BYTES];
        broker.copy_from_slice(&bytes[..BROKER_BYTES]);
        number.copy_from_slice(&bytes[BROKER_BYTES..]);
        Ok(Self { broker: BrokerId(broker), number: u64::from_le_bytes(number) })
    }
}

impl<'a> PeerMessage<'a> {
    /// Whether a message is one of these, by its header alone.
    #[must_use]
    pub fn is(frames: &Frames) -> bool {
        frames.get(0) == Some(HEADER)
    }

    /// Adds the message to `frames`.
    pub fn encode(&self, frames: &mut Frames) {
        frames.push(HEADER);
        let (command, token) = match *self {
            Self::Hello(broker) => {
                frames.push(&[HELLO]);
                return frames.push(&broker.0);
            }
            Self::Beat => return frames.push(&[BEAT]),
            Self::Bye => return frames.push(&[BYE]),
            Self::Ask { token, .. } => (ASK, token),
            Self::Yes(token) => (YES, token),
            Self::No(token) => (NO, token),
            Self::Drop(token) => (DROP, token),
            Self::Pass(token, _) => (PASS, token),
            Self::Part(token, _) => (PART, token),
            Self::Done(token, _) => (DONE, token),
            Self::Fail(token, _) => (FAIL, token),
        };
        frames.push(&[command]);
        frames.push(&token.encode());
        match *self {
            Self::Ask { hops, service, .. } => {
                frames.push(&[hops]);
                frames.push(service.as_bytes());
            }
            Self::Pass(_, body) | Self::Part(_, body) | Self::Done(_, body) => body.push_to(frames),
            Self::Fail(_, reason) => frames.push(truncated(reason)),
            _ => {}
        }
    }

    /// Reads a message without routing id.
    ///
    /// # Errors
    /// `header` missing or unknown; `command` missing, of another length or unknown; `broker` or `token` missing or of another
    /// length; `hops` missing, of another length, 0 or more than [`HOPS_MAX`]; `service` missing or no name; `body` missing or too long;
    /// `reason` missing, empty, not UTF-8 or too long.
    pub fn decode(frames: &'a Frames) -> Result<Self, DecodeError> {
        if frame(frames, 0, "header")? != HEADER {
            return Err(Fault::UnknownWord.of("header"));
        }
        let token = || Token::read(frames, 2);
        Ok(match command(frames, 1)? {
            HELLO => Self::Hello(BrokerId(fixed(frames, 2, "broker")?)),
            ASK => {
                let (token, hops) = (token()?, hops(frames, 3)?);
                Self::Ask { token, hops, service: service::read(frame(frames, 4, "service")?)? }
            }
            YES => Self::Yes(token()?),
            NO => Self::No(token()?),
            DROP => Self::Drop(token()?),
            PASS => Self::Pass(token()?, Body::read(frames, 3)?),
            PART => Self::Part(token()?, Body::read(frames, 3)?),
            DONE => Self::Done(token()?, Body::read(frames, 3)?),
            FAIL => Self::Fail(token()?, reason(frame(frames, 3, "reason")?)?),
            BEAT => Self::Beat,
            BYE => Self::Bye,
            value => return Err(Fault::Unknown { value }.of("command")),
        })
    }

    pub(super) fn describe(mut fields: Fields<'_>) -> Description {
        fields.frame("header", 0, |bytes| Ok(words::text(bytes)));
        let byte = fields.get(1).and_then(|frame| <[u8; 1]>::try_from(frame).ok());
        let found = byte.and_then(|[byte]| name_of(byte));
        fields.fixed("command", 1, |[byte]| {
            found.map_or_else(|| format!("unknown ({byte})"), |(command, _)| command.to_owned())
        });
        if let Some((command, _)) = found {
            match command {
                "HELLO" => fields.frame("broker", 2, |bytes| Ok(words::hex(bytes))),
                "BEAT" | "BYE" => {}
                _ => fields.frame("token", 2, |bytes| Ok(words::hex(bytes))),
            }
        }
        match found.map(|(command, _)| command) {
            Some("ASK") => {
                fields.fixed("hops", 3, |[hops]| hops.to_string());
                fields.frame("service", 4, |bytes| words::decoded(service::read(bytes)));
                fields.ignored(5);
            }
            Some("PASS" | "PART" | "DONE") => Body::describe(&mut fields, 3),
            Some("FAIL") => {
                fields.frame("reason", 3, |bytes| words::decoded(reason(bytes)));
                fields.ignored(4);
            }
            Some("HELLO" | "YES" | "NO" | "DROP") => fields.ignored(3),
            _ => fields.ignored(2),
        }
        let name = found.map_or("message", |(_, name)| name);
        fields.describe(name, Place { page: PAGE, section: "peer_command" }, |frames| {
            PeerMessage::decode(frames).map(|_| ())
        })
    }
}

/// The name of a command in the specification, and that of its message.
const fn name_of(command: u8) -> Option<(&'static str, &'static str)> {
    Some(match command {
        HELLO => ("HELLO", "hello"),
        ASK => ("ASK", "question for a place"),
        YES => ("YES", "kept place"),
        NO => ("NO", "no place"),
        DROP => ("DROP", "cancel"),
        PASS => ("PASS", "request"),
        PART => ("PART", "partial reply"),
        DONE => ("DONE", "reply"),
        FAIL => ("FAIL", "failure"),
        BEAT => ("BEAT", "heartbeat"),
        BYE => ("BYE", "disconnect"),
        _ => return None,
    })
}

fn hops(frames: &Frames, index: usize) -> Result<u8, DecodeError> {
    let [hops] = fixed(frames, index, "hops")?;
    if hops == 0 {
        return Err(Fault::NotPositive.of("hops"));
    }
    within(hops.into(), HOPS_MAX.into(), "brokers").map_err(|fault| fault.of("hops"))?;
    Ok(hops)
}
