//! The settings of every program of the suite: flag beats variable beats file beats default.
//!
//! - [`suite`] has the flags that all programs share, and what comes of them
//! - [`file`](mod@file) holds what `suite.toml` may say
//! - [`host`] is a host to connect to
//! - [`input`] opens a file or a stream whose waits end with the stop signal
//! - [`program`] says how a program starts (logging) and ends (one error line, an exit code)

mod command_line;
pub mod file;
pub mod host;
pub mod input;
mod log;
pub mod program;
pub mod suite;

pub use host::Host;
pub use input::Input;
pub use suite::{HostArgs, Suite, SuiteArgs};
