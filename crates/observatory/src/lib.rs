//! Folds the reports of the observation bus into a graph: processes, their sockets, the lines between them.
//!
//! Pure: reports and times go in, the graph and its changes come out. No sockets, no clock.
//!
//! - [`fold`]: [`Observatory`], which takes reports and knows which processes report
//! - [`process`]: one process: its last state, its rates
//! - [`change`]: what is different after a report
//! - [`line`](mod@line): connections joined with their other ends, by the addresses that the kernel gave them
//! - [`flow`]: messages that one end has sent and the other has not received
//!
//! A state is whole, so whatever was lost is right again with the next one. Reports come from outside: however many
//! processes they claim, and however large they are, the memory that they take is bounded.

#![forbid(unsafe_code)]

pub mod change;
pub mod flow;
pub mod fold;
pub mod line;
pub mod process;
#[cfg(test)]
mod sample;

pub use change::Change;
pub use flow::Flows;
pub use fold::Observatory;
pub use line::{End, Line, Place, connects, lines};
pub use process::{Presence, Process, Rate, Rates};
