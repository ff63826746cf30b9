//! The suite's roles in other languages: the folder `polyglot/`, a folder for each language, a file for each role.
//!
//! [`Registry`] reads which languages there are. A [`Language`] knows whether this machine has it, and the command line of
//! each of its roles, which is built first if its sources have changed. [`set_up`] installs what is missing.
//!
//! - [`registry`]: `polyglot/languages.toml`, and where it is
//! - [`language`]: one language
//! - [`setup`](mod@setup): what it needs, by the system's package manager
//! - `build`: a role's program, built if it is not that of its sources
//! - [`lines`]: lines of code

mod build;
pub mod language;
pub mod lines;
pub mod registry;
pub mod setup;

pub use language::{Language, PeerError, ROLES};
pub use registry::{Registry, RegistryError};
pub use setup::{SetupError, set_up};
