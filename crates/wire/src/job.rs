//! jobz: requests to services, and the workers that do them (`protocol-docs/jobz.md`).
//!
//! | message | from, to | frames |
//! |---|---|---|
//! | [`Request`] | client, broker | header, `service`, body |
//! | [`Reply`] | broker, client | header, `service`, body |
//! | [`FromWorker`] | worker, broker | header; a command; then `service`, or `address`, an empty frame and a body, or nothing |
//! | [`ToWorker`] | broker, worker | header; a command; then `address`, an empty frame and a body, or nothing |
//! | [`PeerMessage`] | broker, broker | header; a command; then `token` and what belongs to it, or nothing |
//!
//! The [`Dialect`] is that of the header: [7/MDP](https://rfc.zeromq.org/spec/7/), [18/MDP](https://rfc.zeromq.org/spec/18/), or that of the
//! Python package majortomo. A [`Body`] is at least one frame of any bytes. Messages borrow from the frames that they were
//! read from: a broker passes bodies on, and copies none of them twice. The messages between brokers have another header.

mod body;
mod dialect;
mod peer;
mod reply;
mod request;
mod service;
mod worker;

use crate::{
    Channel, Limits, SocketType,
    describe::{Describe, Description, Observed, Purpose, fields::Fields, general},
};

pub use body::{BODY_FRAMES_MAX, Body};
pub use dialect::{Dialect, Side};
pub use peer::{BrokerId, HOPS_MAX, PeerMessage, Token};
pub use reply::Reply;
pub use request::Request;
pub use service::{SERVICE_BYTES_MAX, Service};
pub use worker::{CREDIT_MAX, FromWorker, REASON_BYTES_MAX, ToWorker};

/// Requests and replies of clients and workers. When the queue is full, what is sent to that peer is dropped, and what it sends
/// waits.
pub const JOBS: Channel = Channel {
    name: "jobs",
    program: "jobz",
    variable: "JOBZ_JOBS",
    port: 9010,
    host: "*",
    binds: SocketType::Router,
    connects: SocketType::Dealer,
    limits: Limits { queue: 1_000, frame_bytes: 1 << 20, kernel_bytes: None, slow: None },
};

/// The channels of this protocol.
pub(crate) const CHANNELS: &[(Channel, Describe)] = &[(JOBS, describe)];

/// The page that specifies it.
const PAGE: &str = "jobz";

/// The bytes of the commands that both peers of a broker have, by their names in the RFCs.
mod command {
    pub(super) const READY: u8 = 1;
    pub(super) const REQUEST: u8 = 2;
}

/// Describes a message on **jobs**.
fn describe(observed: &Observed<'_>) -> Description {
    let mut fields = Fields::of(observed);
    if observed.socket_type == "ROUTER" {
        fields.envelope(1);
    }
    if fields.get(0) == Some(peer::HEADER) {
        return PeerMessage::describe(fields);
    }
    let side = Side::of(&fields.body(), observed.socket_type == "REQ");
    match (observed.purpose(), side) {
        (Purpose::Request, Some(Side::Client)) => Request::describe(fields, observed.socket_type),
        (Purpose::Request, _) => FromWorker::describe(fields),
        (Purpose::Reply, Some(Side::Client)) => Reply::describe(fields, observed.socket_type),
        (Purpose::Reply, _) => ToWorker::describe(fields),
        _ => general::message(observed),
    }
}
