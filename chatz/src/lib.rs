//! Talk: who is present, and what they say to all. The wire is specified in `protocol-docs/chatz.md`.
//!
//! The server's `ROUTER` takes requests (keep-alives, and texts to say), its `PUB` tells everybody what was said. A
//! client asks on a `REQ` and hears on a `SUB`. A user is present as long as requests keep coming.
//!
//! - [`room`]: who is present, pure
//! - [`server`]: the ROUTER and the PUB around a room
//! - [`member`]: one user's side of the protocol, pure
//! - [`client`]: the REQ and the SUB around a member, on a thread of their own
//! - [`event`]: what a client tells
//! - [`say`]: one message and its answer
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
pub use event::{Event, LinkState};
pub use room::{Room, RoomConfig};
pub use server::{Server, ServerConfig, ServerEndpoints};
