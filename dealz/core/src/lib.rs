//! The engine of the desk: joins tickz, chatz and valuz, and tells what their sockets do. It knows neither window nor
//! HTTP: a frontend holds a [`Desk`], passes on [`command::Command`]s, and sends each page its [`Updates`].
//!
//! Threads: `tickz`, `chatz.client` and `chatz.events`, `valuz` (and `valuz.check`), one each for the sockets of a service;
//! `monitors`, which reads the six monitors; `processes`, which owns what was started, with a `log` for each; `dashboard`,
//! which folds what all of them tell, on one bounded channel, into what is shown; `recorder`, where that is asked for.
//!
//! In reading order:
//! - [`view`]: what a page is told, and [`command`]: what it may ask for
//! - `desk`, `config`: all of it put together
//! - `event`: what the threads tell the dashboard
//! - `dashboard`, `rates`: what is shown, folded from events (pure)
//! - `updates`: what has changed since a page looked last
//! - `feeds`: the three services
//! - `link`, `sentence`: what monitors tell, as states and sentences (pure)
//! - `message`: the bytes that went by, decoded (pure)
//! - `processes`: what is started, and how it ends
//! - `recording`: what is shown, kept in a file
//! - `clock`: the time of day

mod clock;
mod config;
mod dashboard;
mod desk;
mod event;
mod feeds;
mod link;
mod message;
mod processes;
mod rates;
mod recording;
mod sentence;
mod updates;

pub mod command;
pub mod view;

pub use config::{DeskConfig, DeskEndpoints, Stage};
pub use desk::{Desk, StartError};
pub use recording::PlayError;
pub use updates::Updates;
