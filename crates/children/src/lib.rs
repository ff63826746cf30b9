//! Child processes: their lines, their exit, and no orphans.
//!
//! [`Child::start`] runs a prepared command. Whatever its piped streams print arrives line by line as [`Event`]s, and its
//! exit is the last one. A child cannot outlive its owner: dropped, it is killed and reaped; and the kernel kills it with
//! the thread that started it, even if it is suspended.
//!
//! ```
//! use std::{process::{Command, Stdio}, sync::mpsc::sync_channel};
//! use children::{Child, Event, Exit};
//!
//! // One channel may serve several children; a child that prints faster than the owner receives waits.
//! let (sender, events) = sync_channel(100);
//! let mut command = Command::new("echo");
//! command.arg("hello").stdout(Stdio::piped());
//! let _greeter = Child::start(&mut command, 1_000, move |event| drop(sender.send(("greeter", event))))?;
//! assert_eq!(events.recv(), Ok(("greeter", Event::Printed("hello".to_owned()))));
//! assert_eq!(events.recv(), Ok(("greeter", Event::Exited(Exit::Code(0)))));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! - [`child`]: one process, its signals, its two threads
//! - `lines`: the thread that reads its streams
//! - `input`: the thread that writes to it
//! - [`exit`]: how it ended, in words
//! - [`capture`](mod@capture): a short-lived one from its start to its exit

pub mod capture;
pub mod child;
pub mod exit;
mod input;
mod lines;

pub use capture::{Captured, capture};
pub use child::{Child, Event};
pub use exit::Exit;
pub use rustix::process::Signal;
