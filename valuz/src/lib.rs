//! valuz distributes a batch of orders to any number of workers and adds up their values
//! (`protocol-docs/valuz.md`).
//!
//! ```text
//!            orders                results
//!  Source ── PUSH ──▶ PULL Worker PUSH ──▶ PULL ── Reduce
//!    SUB                     SUB                     XPUB
//!     ▲                       ▲        control        │
//!     └───────────────────────┴───────────────────────┘
//! ```
//!
//! - [`orders`], [`listing`], [`random`]: where orders come from: a seed or a CSV file
//! - [`batch`], [`pace`], [`source`]: what a source must send and how fast (pure), and the source
//! - [`valuation`], `outbox`, [`worker`]: what an order is worth (pure), what is not sent yet, and the worker
//! - `commands`: what source and worker receive from reduce
//! - [`tally`], [`roster`], `losses`, [`sums`], [`reduce`]: what reduce knows (pure), exact sums, and reduce
//! - [`repeat_log`]: log lines at a bounded rate
//! - [`summary`]: the result of a batch, as text and as JSON
//! - `run`, `workforce`, `processes`, [`progress`]: all of them as processes, with workers in several languages and a progress bar
//! - [`args`], `roles`: the command line, and the configurations made from it

pub mod args;
pub mod batch;
mod commands;
pub mod listing;
mod losses;
pub mod orders;
mod outbox;
pub mod pace;
mod processes;
pub mod progress;
pub mod random;
pub mod reduce;
pub mod repeat_log;
mod roles;
pub mod roster;
mod run;
pub mod source;
pub mod summary;
pub mod sums;
pub mod tally;
pub mod valuation;
pub mod worker;
mod workforce;

pub use reduce::{Reduce, ReduceConfig};
pub use source::{Source, SourceConfig};
pub use worker::{Worker, WorkerConfig};

/// What each role reports to observers; `run` only starts others.
pub const REPORTS: &[wire::report::Declaration] = &[source::REPORTS, worker::REPORTS, reduce::REPORTS];
