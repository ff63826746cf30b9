//! Every message that the suite puts on a socket: bytes to values and back.
//!
//! This crate is sans-IO: it opens no socket, reads no clock and starts no thread. A message is a list of
//! [`Frames`]; each protocol has one module, whose documentation is its frame table, and each message one
//! type with `encode` (cannot fail) and `decode` (strict). `protocol-docs/` is the specification, and a test
//! checks the specification, its vectors and this code against each other.
//!
//! - [`frames`]: one multipart message in one reusable buffer
//! - [`mme`]: one multipart message as one sequence of bytes
//! - [`names`]: validated symbols, users, texts and worker names
//! - [`envelope`]: what a `ROUTER` has before a request
//! - [`channel`]: what a protocol declares about each of its channels
//! - [`tick`]: tickz, prices
//! - [`chat`]: chatz, a chat room
//! - [`value`]: valuz, orders, results and control
//! - [`job`]: jobz, requests to services and their workers
//! - [`ppp`]: the Paranoid Pirate Protocol, a queue and its workers
//! - [`desk`]: dealz, commands to a running desk
//! - [`monitor`]: what libzmq reports about a socket
//! - [`report`]: what a process reports about its sockets
//! - [`describe`](mod@describe): a message in words, field by field
//! - [`error`]: decoding errors
//! - [`foreign`](mod@foreign): text from outside, made safe to show
//! - [`plural`](fn@plural): a number with its noun

#![forbid(unsafe_code)]

pub mod channel;
pub mod chat;
pub mod describe;
pub mod desk;
pub mod envelope;
pub mod error;
mod fields;
pub mod foreign;
pub mod frames;
pub mod job;
mod json;
pub mod mme;
pub mod monitor;
pub mod names;
mod plural;
pub mod ppp;
pub mod report;
pub mod tick;
pub mod value;

pub use channel::{Channel, Limits, SocketType};
pub use describe::{Description, Field, Kept, Observed, describe};
pub use error::{DecodeError, Fault};
pub use foreign::{Foreign, foreign};
pub use frames::Frames;
pub use names::{Symbol, Text, User, WorkerName, WorkerParts};
pub use plural::plural;
pub use report::Direction;

/// The channels of each protocol. A protocol that is missing here has unused `CHANNELS`, which the compiler reports.
const PROTOCOLS: &[&[(Channel, describe::Describe)]] =
    &[chat::CHANNELS, tick::CHANNELS, value::CHANNELS, report::CHANNELS, desk::CHANNELS, job::CHANNELS];
