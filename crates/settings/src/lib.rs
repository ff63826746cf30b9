//! The settings of every program of the suite: flag beats variable beats file beats default.
//!
//! - [`suite`] has the flags that all programs share, and their result
//! - [`file`](mod@file) has the keys of `suite.toml`
//! - [`duration`] is a length of time
//! - [`host`] is a host to connect to
//! - [`observe`]: where a process reports to its observers, and what it lets them see
//! - [`input`] opens a file or a stream whose waits end with the stop signal; it is that of `sockets`
//! - [`program`]: how a program starts (command line, log) and ends (one error line, an exit code)

mod command_line;
pub mod duration;
pub mod file;
pub mod host;
mod log;
pub mod observe;
pub mod program;
pub mod suite;

pub use duration::positive_duration;
pub use host::Host;
pub use observe::{BytesArgs, Observe, ReportingArgs};
pub use sockets::input::{self, Input};
pub use suite::{HostArgs, Suite, SuiteArgs};
