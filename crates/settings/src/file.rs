//! `suite.toml`: one file with the addresses and security of all programs of the suite. It is read only if `--config` or
//! `SUITE_CONFIG` names it.
//!
//! ```toml
//! ticks = "tcp://*:9003"          # any channel by its name; a `*` host serves both peers
//! host = "10.0.0.7"               # where connecting roles connect to, unless a channel names a host
//! security = "curve"              # null, plain or curve
//! key = "keys/ada.key_secret"     # paths are relative to this file
//! server-key = "keys/suite.key"
//! allow = "keys/allow"
//! username = "ada"                # plain
//! password = "secret"
//! keep-alive = false
//! observe = "off"                 # or the hub that all processes report to
//! observe-bytes = true            # observers may see messages under PLAIN and CURVE
//! ```

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IntoDeserializer as _},
};
use sockets::{Endpoint, endpoint::EndpointError, text};
use thiserror::Error;
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};
use wire::{Channel, foreign};

use crate::{Observe, host::Host};

/// The most bytes of a file.
const FILE_BYTES_MAX: u32 = 1 << 20;

/// The most characters of a reason that quotes the file.
const REASON_CHARS_MAX: usize = 200;

/// The keys that are no channels.
const SETTINGS: [&str; 10] = [
    "host",
    "security",
    "key",
    "server-key",
    "allow",
    "username",
    "password",
    "keep-alive",
    "observe",
    "observe-bytes",
];

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
    #[error("{}:{line}: {reason}", path.display())]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The reason, safe to show.
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
    #[serde(skip)]
    endpoints: HashMap<Channel, Endpoint>,
    pub(crate) host: Option<Host>,
    pub(crate) security: Option<SecurityName>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) server_key: Option<String>,
    pub(crate) allow: Option<PathBuf>,
    pub(crate) username: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub(crate) password: Option<String>,
    pub(crate) keep_alive: Option<bool>,
    pub(crate) observe: Option<Observe>,
    pub(crate) observe_bytes: Option<bool>,
}

impl SuiteFile {
    /// Reads a file; the paths in it become relative to its folder.
    pub(crate) fn read(path: &Path) -> Result<Self, FileError> {
        let text = text::read(path, FILE_BYTES_MAX);
        let (text, _) = text.map_err(|reason| FileError::Read { path: path.to_owned(), reason })?;
        let mut file = Self::parse(&text).map_err(|Fault { at, reason }| {
            let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
            FileError::Parse { path: path.to_owned(), line, reason }
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

    /// The endpoint of a channel.
    pub(crate) fn endpoint(&self, channel: Channel) -> Option<&Endpoint> {
        self.endpoints.get(&channel)
    }

    fn parse(text: &str) -> Result<Self, Fault> {
        let mut table = DeTable::parse(text)?;
        let mut endpoints = HashMap::new();
        for channel in Channel::all() {
            if let Some(value) = table.get_mut().remove(channel.name) {
                endpoints.insert(channel, endpoint(value)?);
            }
        }
        let unknown = table.get_ref().keys().filter(|key| !SETTINGS.contains(&key.get_ref().as_ref()));
        if let Some(key) = unknown.min_by_key(|key| key.span().start) {
            return Err(Fault::unknown(key));
        }
        Ok(Self { endpoints, ..Self::deserialize(table.into_deserializer())? })
    }
}

/// What is wrong with a text, and at which byte.
struct Fault {
    at: usize,
    reason: String,
}

impl Fault {
    fn unknown(key: &Spanned<DeString<'_>>) -> Self {
        let known = Channel::all().map(|channel| channel.name).chain(SETTINGS);
        let known = known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let name = foreign(key.get_ref()).at_most(REASON_CHARS_MAX);
        Self { at: key.span().start, reason: format!("unknown field `{name}`, expected one of {known}") }
    }
}

impl From<toml::de::Error> for Fault {
    fn from(error: toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        Self { at, reason: foreign(error.message()).at_most(REASON_CHARS_MAX).to_string() }
    }
}

fn endpoint(value: Spanned<DeValue<'_>>) -> Result<Endpoint, Fault> {
    let at = value.span().start;
    let text = String::deserialize(value.into_deserializer())?;
    text.parse().map_err(|error: EndpointError| Fault { at, reason: error.to_string() })
}

/// A text that no error message repeats.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some).map_err(|_| D::Error::custom("expected a text in quotes"))
}
