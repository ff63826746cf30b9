//! linkz: a link between two peers that can be made to fail.
//!
//! A [`Link`] accepts TCP connections, makes one to its target for each of them, and passes bytes on in both directions. It
//! knows nothing of ZeroMQ, so it fits between any two sockets. Its faults have the names that
//! [Toxiproxy](https://github.com/Shopify/toxiproxy) gave them; `protocol-docs/linkz.md` says what each does.
//!
//! ```text
//! client ── door ──▶ connection: held ──▶ ── server       one task each, on one thread
//!                                ◀── held ◀──
//! stdin  ── commands ──▶ link: faults ── effect ──▶ every connection
//! ```
//!
//! The pure parts have neither sockets nor clock:
//!
//! - [`fault`]: one way to fail, and its words
//! - [`command`]: a line of standard input
//! - [`faults`]: those that are on, until when, and their effect together
//! - `find`: how often a text passes
//! - `held`: the bytes that are on their way in one direction
//!
//! The parts around them own sockets and input:
//!
//! - `door`: where clients connect; it can be closed and opened again
//! - `connection`: a client's connection and the one made for it
//! - `commands`: the thread that reads standard input
//! - `values`: the faults as numbers that observers see
//! - [`link`]: the loop that owns all of them
//! - [`args`]: the command line, and the configuration made from it

pub mod args;
pub mod command;
mod commands;
mod connection;
mod door;
pub mod fault;
pub mod faults;
mod find;
mod held;
pub mod link;
mod values;

pub use fault::Fault;
pub use link::{Link, LinkConfig};
