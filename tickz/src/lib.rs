//! tickz: prices, from one publisher to any number of watchers.
//!
//! [`Publisher`] binds the channel **ticks** (`XPUB`, on the wire a `PUB`) and sends simulated prices, or real ones
//! from a file or from standard input. [`Watcher`] connects to it (`SUB`) and shows what arrives and
//! counts what does not. Their protocol is `protocol-docs/tickz.md`.
//!
//! The pure parts have neither sockets nor clock, so tests drive them by hand:
//!
//! - [`market`]: simulated prices, the same from the same seed
//! - [`pace`]: when each tick is due
//! - [`row`], [`time`]: one line of a price history
//! - [`audience`]: which forms of a tick the subscribers want
//! - [`packer`]: the ticks that are due at one moment, as bursts
//! - [`forms`]: in which form a watcher takes ticks
//! - [`tally`]: the counters of a watcher: received, lost, out of order, restarts
//! - [`reference`](mod@reference): the price that a change is relative to
//!
//! The parts around them own a thread's sockets, files and output:
//!
//! - [`feed`]: the next tick and when it is due, simulated or replayed
//! - [`replay`]: a price history, read on a separate thread
//! - [`publisher`], [`watcher`]: the two roles, one loop each
//! - [`rounds`]: what a publisher sends, and to whom
//! - [`subscriptions`]: what a watcher's socket is subscribed to
//! - [`table`], [`view`]: the output of a watcher
//! - [`published`]: the summary of a publisher
//! - [`delay`]: percentiles of delays
//! - [`args`]: the command line, and the configuration made from it

pub mod args;
pub mod audience;
pub mod delay;
pub mod feed;
pub mod forms;
pub mod market;
pub mod pace;
pub mod packer;
pub mod published;
pub mod publisher;
pub mod reference;
pub mod replay;
pub mod rounds;
pub mod row;
pub mod subscriptions;
pub mod table;
pub mod tally;
pub mod time;
pub mod view;
pub mod watcher;

pub use market::{Market, Stock};
pub use published::Published;
pub use publisher::{PublishConfig, Publisher};
pub use tally::Tally;
pub use watcher::{WatchConfig, Watcher};

/// What each role reports to observers.
pub const REPORTS: &[wire::report::Declaration] = &[publisher::REPORTS, watcher::REPORTS];
