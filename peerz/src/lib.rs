//! Peers in any language.
//!
//! - [`kit`]: runs a program as one role of the suite against strict scripted peers, and reports what it gets wrong
//! - [`args`]: the command line

pub mod args;
pub mod kit;
