//! observez: watches the processes on the observation bus, and runs its hub.
//!
//! Each process of the suite reports its sockets to a hub ([`sockets::hub`]), and each observer connects there. [`Watcher`]
//! shows all of them, as a table, lines or JSON. [`Tapper`] prints the messages of one socket. The protocol is
//! `protocol-docs/observe.md`.
//!
//! The pure parts have neither sockets nor clock:
//!
//! - [`target`]: which process and socket a tap means
//! - [`table`]: the processes as rows of text, sorted and filtered
//! - [`sentence`]: a change as one line of text
//! - [`message`]: a message as text
//! - [`json`]: everything as JSON
//!
//! The parts around them own sockets and output:
//!
//! - [`observer`]: the socket that reports arrive by
//! - [`watcher`], [`tapper`]: the two roles, one loop each
//! - [`view`], [`screen`]: the output of a watcher, and its place on a terminal
//! - [`args`]: the command line, and the configuration made from it

pub mod args;
pub mod json;
pub mod message;
pub mod observer;
pub mod screen;
pub mod sentence;
pub mod table;
pub mod tapper;
pub mod target;
pub mod view;
pub mod watcher;

pub use tapper::{TapConfig, Tapper};
pub use watcher::{WatchConfig, Watcher};
