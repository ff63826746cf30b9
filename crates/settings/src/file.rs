//! `suite.toml`: one file with the addresses and security of all programs of the suite. It is read only if `--config` or
//! `SUITE_CONFIG` names it.
//!
//! ```toml
//! ticks = "tcp://*:9003"          # any of the six channels; a `*` host serves both peers
//! host = "10.0.0.7"               # where connecting roles connect to, unless a channel names a host
//! security = "curve"              # null, plain or curve
//! key = "keys/ada.key_secret"     # paths are relative to this file
//! server-key = "keys/suite.key"
//! allow = "keys/allow"
//! username = "ada"                # plain
//! password = "secret"
//! keep-alive = false
//! ```

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use serde::{Deserialize, Deserializer, de::Error as _};
use sockets::{Endpoint, text};
use thiserror::Error;
use wire::{Channel, foreign};

use crate::host::Host;

/// The most bytes of a file.
const FILE_BYTES_MAX: u32 = 1 << 20;

/// Why a file cannot be used.
#[derive(Debug, Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{}: {reason}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
    /// It is invalid. The line itself is not shown: it may hold a password.
    #[error("{}:{line}: {}", path.display(), foreign(reason).at_most(200))]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The reason.
        reason: String,
    },
}

/// A security mechanism by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecurityName {
    /// None
    Null,
    /// Name and password, readable on the network
    Plain,
    /// Keys, all traffic encrypted
    Curve,
}

/// The content of a `suite.toml`; every key is optional, an unknown one is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct SuiteFile {
    #[serde(deserialize_with = "endpoint")]
    ticks: Option<Endpoint>,
    #[serde(deserialize_with = "endpoint")]
    requests: Option<Endpoint>,
    #[serde(deserialize_with = "endpoint")]
    broadcasts: Option<Endpoint>,
    #[serde(deserialize_with = "endpoint")]
    orders: Option<Endpoint>,
    #[serde(deserialize_with = "endpoint")]
    results: Option<Endpoint>,
    #[serde(deserialize_with = "endpoint")]
    control: Option<Endpoint>,
    pub(crate) host: Option<Host>,
    pub(crate) security: Option<SecurityName>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) server_key: Option<String>,
    pub(crate) allow: Option<PathBuf>,
    pub(crate) username: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub(crate) password: Option<String>,
    pub(crate) keep_alive: Option<bool>,
}

impl SuiteFile {
    /// Reads a file; the paths in it become relative to its folder.
    pub(crate) fn read(path: &Path) -> Result<Self, FileError> {
        let text = text::read(path, FILE_BYTES_MAX);
        let (text, _) = text.map_err(|reason| FileError::Read { path: path.to_owned(), reason })?;
        let mut file: Self = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            FileError::Parse { path: path.to_owned(), line, reason: error.message().to_owned() }
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        file.key = file.key.map(|key| folder.join(key));
        file.allow = file.allow.map(|allow| folder.join(allow));
        // Instead of a file it may name the key itself.
        file.server_key = file.server_key.map(|key| {
            let path = folder.join(&key);
            if path.exists() { path.to_string_lossy().into_owned() } else { key }
        });
        Ok(file)
    }

    pub(crate) const fn endpoint(&self, channel: Channel) -> Option<&Endpoint> {
        match channel {
            Channel::Ticks => self.ticks.as_ref(),
            Channel::Requests => self.requests.as_ref(),
            Channel::Broadcasts => self.broadcasts.as_ref(),
            Channel::Orders => self.orders.as_ref(),
            Channel::Results => self.results.as_ref(),
            Channel::Control => self.control.as_ref(),
        }
    }
}

fn endpoint<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Endpoint>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

/// A text that no error message repeats.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some).map_err(|_| D::Error::custom("expected a text in quotes"))
}
