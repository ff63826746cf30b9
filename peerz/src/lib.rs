//! Peers in any language.
//!
//! - [`kit`]: runs a program as one role of the suite against strict scripted peers, and reports what it gets wrong
//! - [`languages`](mod@languages): which languages there are, and which of them this machine has
//! - [`setup`]: installs what they need
//! - [`run`]: becomes a role in one of them
//! - [`matrix`]: all of them through the kit, and their page
//! - [`args`]: the command line

pub mod args;
pub mod kit;
pub mod languages;
pub mod matrix;
pub mod run;
pub mod setup;
