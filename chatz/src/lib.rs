//! Chat: one room, its present users, and what they say. The wire is specified in `protocol-docs/chatz.md`.
//!
//! The server's `ROUTER` takes requests (keep-alives, and texts to say), its `PUB` publishes what is said. A client
//! sends requests on a `REQ` and receives broadcasts on a `SUB`. A user is present as long as requests keep arriving.
//!
//! - [`room`]: who is present, pure
//! - [`server`]: the ROUTER and the PUB around a room
//! - [`member`]: one user's side of the protocol, pure
//! - [`client`]: the REQ and the SUB around a member, on their own thread
//! - [`event`]: what a client reports
//! - [`say`]: one text and its reply
//! - [`join`]: a client for a person in a terminal, or for a program on pipes
//! - [`args`]: the command line

pub mod args;
pub mod client;
pub mod event;
pub mod join;
pub mod member;
pub mod room;
mod roster;
pub mod say;
pub mod server;

pub use client::{Client, ClientConfig, ClientError};
pub use event::{Event, ServerState};
pub use room::{Room, RoomConfig};
pub use server::{Server, ServerConfig, ServerEndpoints};

/// What each role reports to observers.
pub const REPORTS: &[wire::report::Declaration] = &[server::REPORTS, join::REPORTS, say::REPORTS];
