//! The engine of the desk: takes part in tickz, chatz and valuz, and reports what their sockets do. It knows neither window
//! nor HTTP: a frontend holds a [`Desk`], passes on [`command::Command`]s, and sends each page its [`Updates`].
//!
//! Threads: `tickz`, `chatz.client` and `chatz.events`, `valuz` (and `valuz.check`), one each for the sockets of a service;
//! `hub`, which passes on the reports of all processes, and `observations`, which receives them; `monitors`, which reports the
//! desk itself; `processes`, which owns the started processes, with a `log` for each; `scenes` and `stage`, which own a scene and
//! its processes; `dashboard`, which folds the events of
//! all of them, from one bounded channel, into the view; `recorder`, if the session is recorded.
//!
//! In reading order:
//! - [`view`]: what a page receives, and [`command`]: what it may send
//! - `desk`, `config`: everything put together
//! - `audience`: pages that may view, and say something in the chat
//! - `event`: the threads' events for the dashboard
//! - `dashboard`: the view, folded from events (pure)
//! - `updates`: the changes since a page's last update
//! - `feeds`: the three services, the hub, and what all processes report
//! - `own`: what is known of the desk's own sockets, and `sentence`: events of monitors as sentences (pure)
//! - `message`: sent and received bytes, decoded (pure)
//! - `rates`: how fast a batch is valued (pure)
//! - `processes`: started processes, and how they end
//! - `scenes`: the folder of scenes, and the one that is played
//! - `recording`: the view, recorded to a file
//! - `clock`: the time of day

mod audience;
mod clock;
mod config;
mod dashboard;
mod desk;
mod event;
mod feeds;
mod message;
mod own;
mod processes;
mod rates;
mod recording;
mod scenes;
mod sentence;
mod updates;

pub mod command;
pub mod view;

pub use audience::{AUDIENCE_MAX, Seat};
pub use config::{Auto, DeskConfig, ScenesConfig, Stage, ValuzEndpoints};
pub use desk::{Desk, StartError};
pub use recording::PlayError;
pub use updates::Updates;
