//! A host to connect to: an address or a name, without a port.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error as _};
use thiserror::Error;
use wire::foreign;

/// The address of this machine for itself.
pub(crate) const LOCAL: &str = "127.0.0.1";

/// A host in the form of endpoints: an IPv6 address has brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host(String);

/// Why a text is no host.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HostError {
    /// An empty text.
    #[error("a host is expected, such as 10.0.0.7")]
    Empty,
    /// A host with a port, or a whole endpoint.
    #[error("'{}' is more than a host: leave out transport and port; each channel has a flag for them (such as --ticks)", foreign(.0))]
    NotAlone(String),
    /// A character that occurs in no host.
    #[error("'{}' is no host: an address or a name is expected", foreign(.0))]
    Malformed(String),
}

impl Host {
    /// This machine.
    #[must_use]
    pub fn local() -> Self {
        Self(LOCAL.to_owned())
    }

    /// The host as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        if text.is_empty() {
            return Err(HostError::Empty);
        }
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        // The interface of a link-local address follows a %.
        let address = bare.split_once('%').map_or(bare, |(address, _)| address);
        if address.parse::<Ipv6Addr>().is_ok() {
            return Ok(Self(format!("[{bare}]")));
        }
        if text.contains(':') {
            return Err(HostError::NotAlone(text.to_owned()));
        }
        let is_plain = |character: char| character.is_alphanumeric() || "-._".contains(character);
        if text.chars().all(is_plain) { Ok(Self(text.to_owned())) } else { Err(HostError::Malformed(text.to_owned())) }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for Host {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_hosts_and_ipv6_gets_brackets() {
        for (text, host) in [
            ("10.0.0.7", "10.0.0.7"),
            ("prices.example.org", "prices.example.org"),
            ("::1", "[::1]"),
            ("[::1]", "[::1]"),
            ("fe80::1%eth0", "[fe80::1%eth0]"),
        ] {
            assert_eq!(text.parse::<Host>().unwrap().as_str(), host);
        }
    }

    #[test]
    fn what_is_no_host_says_why() {
        for (text, why) in [
            ("", "is expected"),
            ("10.0.0.7:9003", "leave out transport and port"),
            ("tcp://10.0.0.7", "leave out transport and port"),
            ("*", "is no host"),
            ("a b", "is no host"),
            ("\u{1b}[2J", "'\\u{1b}[2J' is no host"),
        ] {
            let error = text.parse::<Host>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
