//! chatz: requests, replies and broadcasts (`protocol-docs/chatz.md`).
//!
//! | message | frames |
//! |---|---|
//! | [`Request`], keep-alive | `user`; then, extension `roster version`, u64 (0 = none held) |
//! | [`Request`], say | `user` U+001F `text` in one frame; then the same |
//! | [`Request`], leave | either of them with a version; then, extension `leave`, one byte 0x04 |
//! | [`Reply::Users`] | one frame per present user, sorted by code point |
//! | [`Reply::Roster`] | u64, the roster's current version; the names only if they differ |
//! | [`Reply::Refusal`] | U+0015 and a sentence in one frame |
//! | [`Broadcast`] | `user` U+001F `text` in one frame |
//!
//! Requests and replies travel in an envelope: the peer's routing id, any frames that its socket added, and an empty
//! frame ([`mod@envelope`]). Frames after the known ones are ignored.

mod broadcast;
mod reply;
mod request;
mod said;

use crate::{
    Channel, Limits, SocketType,
    describe::{Describe, Description, Observed, Place, Purpose, fields::Fields, general, words},
    envelope,
};

pub use broadcast::Broadcast;
pub use reply::{REFUSAL_BYTES_MAX, ROSTER_VERSION_MAX, Reply};
pub use request::Request;

/// Requests and replies. The queue is short because one reply may carry 10,000 names; when it is full, the reply is dropped
/// (a `REQ` peer has one request open), and requests wait.
pub const REQUESTS: Channel = Channel {
    name: "requests",
    program: "chatz",
    variable: "CHATZ_REQUESTS",
    port: 9001,
    host: "*",
    binds: SocketType::Router,
    connects: SocketType::Req,
    limits: Limits { queue: 32, frame_bytes: FRAME_BYTES_MAX, kernel_bytes: None, slow: None },
};

/// Texts to all users. When the queue is full, the broadcast is dropped for that user.
pub const BROADCASTS: Channel = Channel {
    name: "broadcasts",
    program: "chatz",
    variable: "CHATZ_BROADCASTS",
    port: 9002,
    host: "*",
    binds: SocketType::Pub,
    connects: SocketType::Sub,
    limits: Limits { queue: 1_000, frame_bytes: FRAME_BYTES_MAX, kernel_bytes: None, slow: None },
};

/// The channels of this protocol.
pub(crate) const CHANNELS: &[(Channel, Describe)] = &[(REQUESTS, describe_requests), (BROADCASTS, describe_broadcasts)];

/// The largest frame in bytes: a user of 32 four-byte letters, the separator, a text, and a reserve.
const FRAME_BYTES_MAX: u32 = 8192;

/// Where subscriptions are specified.
const SUBSCRIBING: Place = Place { page: "chatz", section: "Semantics" };

/// Describes a message on **requests**.
pub(crate) fn describe_requests(observed: &Observed<'_>) -> Description {
    match observed.purpose() {
        Purpose::Request => envelope::describe(observed, Request::describe, Reply::REFUSAL),
        Purpose::Reply => envelope::describe(observed, Reply::describe, Reply::REFUSAL),
        _ => general::message(observed),
    }
}

/// Describes a message on **broadcasts**.
pub(crate) fn describe_broadcasts(observed: &Observed<'_>) -> Description {
    match observed.purpose() {
        Purpose::Publication => Broadcast::describe(Fields::of(observed)),
        Purpose::Subscription => general::subscription(observed, Some(SUBSCRIBING), words::text),
        _ => general::message(observed),
    }
}
