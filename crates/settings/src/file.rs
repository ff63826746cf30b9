//! `suite.toml`: one file that can tell every program of the suite where the others are.
//!
//! ```toml
//! ticks = "tcp://*:9003"          # any of the six channels; a `*` host serves both ends
//! host = "10.0.0.7"               # where connecting roles look, unless a channel says otherwise
//! security = "curve"              # null, plain or curve
//! key = "keys/ada.key_secret"     # paths are relative to this file
//! server-key = "keys/suite.key"
//! allow = "keys/allow"
//! username = "ada"                # plain
//! password = "secret"
//! keep-alive = false
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use serde::{Deserialize, Deserializer, de::Error as _};
use sockets::Endpoint;
use thiserror::Error;
use wire::Channel;

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
    /// It is not what is expected: the reason names line and key.
    #[error("{}: {reason}", path.display())]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
}

/// The names of the mechanisms.
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

/// What a `suite.toml` says; every key may be left out, an unknown one is refused.
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
    pub(crate) host: Option<String>,
    pub(crate) security: Option<SecurityName>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) server_key: Option<String>,
    pub(crate) allow: Option<PathBuf>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) keep_alive: Option<bool>,
}

impl SuiteFile {
    /// Reads a file; the paths in it become relative to where it lies.
    pub(crate) fn read(path: &Path) -> Result<Self, FileError> {
        let text = fs::read_to_string(path).map_err(|reason| FileError::Read { path: path.to_owned(), reason })?;
        let mut file: Self = toml::from_str(&text).map_err(|error| FileError::Parse {
            path: path.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        file.key = file.key.map(|key| folder.join(key));
        file.allow = file.allow.map(|allow| folder.join(allow));
        // A server key may be written out instead of naming a file.
        file.server_key = file.server_key.map(|key| {
            let beside = folder.join(&key);
            if beside.exists() { beside.to_string_lossy().into_owned() } else { key }
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
