//! Where a socket binds or connects: an address that has been looked at once and is passed on as it is.

use std::{fmt, str::FromStr};

use thiserror::Error;
use wire::Channel;

/// A valid address: `tcp://host:port`, `ipc://path` or `inproc://name`. To bind, a TCP host may be `*` (all
/// interfaces) and a port `*` or `0` (the operating system chooses).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(String);

/// Why a text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// Not one of the three transports.
    #[error("'{0}' does not begin with tcp://, ipc:// or inproc://")]
    Transport(String),
    /// A transport with nothing behind it.
    #[error("'{0}' names no address after ://")]
    Address(String),
    /// A TCP address without a usable port.
    #[error("'{0}' does not end in :PORT, a number from 0 to 65535 or *")]
    Port(String),
}

impl Endpoint {
    /// Where `channel` binds unless somebody says otherwise: all interfaces, its own port.
    #[must_use]
    pub fn to_bind(channel: Channel) -> Self {
        Self(format!("tcp://*:{}", channel.port()))
    }

    /// Where `channel` is found on `host` unless somebody says otherwise.
    #[must_use]
    pub fn to_connect(channel: Channel, host: &str) -> Self {
        Self(format!("tcp://{host}:{}", channel.port()))
    }

    /// The endpoint with a `*` host replaced by `host`: one line of configuration serves both ends.
    #[must_use]
    pub fn with_wildcard_host(&self, host: &str) -> Self {
        match self.0.strip_prefix("tcp://*:") {
            Some(port) => Self(format!("tcp://{host}:{port}")),
            None => self.clone(),
        }
    }

    /// The address as libzmq takes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The TCP port, where it is a number.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.0.strip_prefix("tcp://")?.rsplit_once(':')?.1.parse().ok()
    }

    /// Whether the host is written as an IPv6 address.
    pub(crate) fn is_ipv6(&self) -> bool {
        self.0.starts_with("tcp://[")
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let Some((transport, address)) = text.split_once("://") else {
            return Err(EndpointError::Transport(text.to_owned()));
        };
        if !["tcp", "ipc", "inproc"].contains(&transport) {
            return Err(EndpointError::Transport(text.to_owned()));
        }
        if address.is_empty() || address.contains('\0') {
            return Err(EndpointError::Address(text.to_owned()));
        }
        if transport == "tcp" {
            match address.rsplit_once(':') {
                Some(("", _)) => return Err(EndpointError::Address(text.to_owned())),
                Some((_, port)) if port == "*" || port.parse::<u16>().is_ok() => {}
                _ => return Err(EndpointError::Port(text.to_owned())),
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Endpoint({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_endpoints_pass_and_bad_ones_say_why() {
        for good in ["tcp://*:9003", "tcp://127.0.0.1:*", "tcp://[::1]:9003", "ipc:///tmp/ticks", "inproc://ticks"] {
            assert_eq!(good.parse::<Endpoint>().unwrap().as_str(), good);
        }
        for bad in ["", "9003", "http://host:80", "tcp://", "tcp://host", "tcp://:9003", "tcp://host:70000", "ipc://"] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wildcard_host_becomes_the_host_to_connect_to() {
        let bound: Endpoint = "tcp://*:9003".parse().unwrap();
        assert_eq!(bound.with_wildcard_host("10.0.0.7").as_str(), "tcp://10.0.0.7:9003");
        let fixed: Endpoint = "tcp://127.0.0.1:9003".parse().unwrap();
        assert_eq!(fixed.with_wildcard_host("10.0.0.7"), fixed);
        assert_eq!(fixed.port(), Some(9003));
    }
}
