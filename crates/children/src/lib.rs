//! Child processes: their lines, their exit, and no orphans.
//!
//! [`Child::start`] runs a prepared command. Whatever its piped streams print arrives line by line as [`Event`]s, and its
//! exit is the last one. A child cannot outlive its owner: dropped, it is killed and reaped; and the kernel kills it with
//! the thread that started it, even if it is suspended. [`Children`] are several by name, with one channel of events.
//!
//! - [`child`]: one process, its signals, its two threads
//! - `lines`: the thread that reads its streams
//! - `input`: the thread that writes to it
//! - [`exit`]: how it ended, in words
//! - [`children`]: several, by name

pub mod child;
pub mod children;
pub mod exit;
mod input;
mod lines;

pub use child::{Child, Event};
pub use children::Children;
pub use exit::Exit;
pub use rustix::process::Signal;
