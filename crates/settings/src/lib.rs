//! How every program of the suite is told what to do: flag beats variable beats file beats default.
//!
//! - [`suite`] has the flags that all programs share, and what comes of them
//! - [`file`](mod@file) holds what `suite.toml` may say
//! - [`program`] says how a program starts (logging) and ends (one error line, an exit code)

pub mod file;
mod log;
pub mod program;
pub mod suite;

pub use suite::{HostArgs, Suite, SuiteArgs};
