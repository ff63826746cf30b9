//! Where a socket binds or connects: an address that is checked once and passed to libzmq as it is.

use std::{
    borrow::Cow,
    fmt,
    net::{IpAddr, Ipv6Addr},
    path::Path,
    str::FromStr,
};

use thiserror::Error;
use wire::{Channel, foreign};

use crate::SocketError;

/// The most bytes of the path of an `ipc://` endpoint: what a Unix socket's address holds.
const PATH_BYTES_MAX: usize = 107;

/// A valid address: `tcp://host:port`, `ipc://path` or `inproc://name`. To bind, a TCP host may be `*` (all
/// interfaces) and a port `*` or `0` (the operating system chooses).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(String);

/// Why a text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{}' {fault}", foreign(.text).at_most(120))]
pub struct EndpointError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub fault: EndpointFault,
}

/// What is wrong with a text that is no endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EndpointFault {
    /// Not one of the three transports.
    #[error("does not begin with tcp://, ipc:// or inproc://")]
    Transport,
    /// A transport with nothing behind it.
    #[error("has no address after ://")]
    Address,
    /// A TCP address without a usable port.
    #[error("does not end in :PORT, a number from 0 to 65535 or *")]
    Port,
    /// An IPv6 address without brackets, in which the colon before the port is ambiguous.
    #[error("needs brackets around its IPv6 address, as in tcp://[::1]:9003")]
    Brackets,
    /// A character that occurs in no host.
    #[error("has a character in its host that no host has")]
    Host,
    /// A path that does not fit into a Unix socket's address.
    #[error("has a path of {0} bytes; the system takes at most {PATH_BYTES_MAX}")]
    PathTooLong(usize),
}

impl Endpoint {
    /// Where `channel` binds by default.
    #[must_use]
    pub fn to_bind(channel: Channel) -> Self {
        Self::to_connect(channel, channel.host)
    }

    /// Where `channel` is on `host` by default.
    #[must_use]
    pub fn to_connect(channel: Channel, host: &str) -> Self {
        Self(format!("tcp://{host}:{}", channel.port))
    }

    /// The endpoint with a `*` host replaced by `host`: one line of configuration serves both peers.
    #[must_use]
    pub fn with_wildcard_host(&self, host: &str) -> Self {
        match self.0.strip_prefix("tcp://*:") {
            Some(port) => Self(format!("tcp://{host}:{port}")),
            None => self.clone(),
        }
    }

    /// The endpoint for a client on this machine: one that is bound on all addresses is reached on the loopback address.
    #[must_use]
    pub fn reachable(&self) -> Self {
        let everywhere = ["tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"];
        match everywhere.iter().find_map(|prefix| self.0.strip_prefix(prefix)) {
            Some(port) => Self(format!("tcp://127.0.0.1:{port}")),
            None => self.clone(),
        }
    }

    /// Whether only this machine reaches a socket that is bound here.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self.host() {
            None | Some("localhost") => true,
            Some(host) => host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback()),
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

    /// The endpoint as libzmq binds it: it takes no host names there, so `localhost` becomes the loopback address.
    pub(crate) fn bindable(&self) -> Cow<'_, Self> {
        match self.0.strip_prefix("tcp://localhost:") {
            Some(port) => Cow::Owned(Self(format!("tcp://127.0.0.1:{port}"))),
            None => Cow::Borrowed(self),
        }
    }

    /// Refuses a TCP port that is left to the system: only a binding socket can have one.
    pub(crate) fn check_connectable(&self) -> Result<(), SocketError> {
        let is_place = !self.0.starts_with("tcp://") || self.port().is_some_and(|port| port > 0);
        if is_place { Ok(()) } else { Err(SocketError::NoPort { endpoint: self.clone() }) }
    }

    /// The host of a TCP endpoint, without brackets.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        let (host, _) = self.0.strip_prefix("tcp://")?.rsplit_once(':')?;
        Some(host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host))
    }

    /// Whether the host is a name, which has to be resolved.
    pub(crate) fn has_host_name(&self) -> bool {
        self.host().is_some_and(|host| host != "*" && host.parse::<IpAddr>().is_err())
    }

    /// The file of an `ipc://` endpoint, unless libzmq chooses it (`*`) or there is none (`@`, abstract).
    pub(crate) fn path(&self) -> Option<&Path> {
        self.0.strip_prefix("ipc://").filter(|path| *path != "*" && !path.starts_with('@')).map(Path::new)
    }

    /// Whether the host is written as an IPv6 address.
    pub(crate) fn is_ipv6(&self) -> bool {
        self.0.starts_with("tcp://[")
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        match fault(text) {
            None => Ok(Self(text.to_owned())),
            Some(fault) => Err(EndpointError { text: text.to_owned(), fault }),
        }
    }
}

fn fault(text: &str) -> Option<EndpointFault> {
    let Some((transport @ ("tcp" | "ipc" | "inproc"), address)) = text.split_once("://") else {
        return Some(EndpointFault::Transport);
    };
    if address.is_empty() || address.contains('\0') {
        return Some(EndpointFault::Address);
    }
    match transport {
        "tcp" => tcp_fault(address),
        "ipc" if address.len() > PATH_BYTES_MAX => Some(EndpointFault::PathTooLong(address.len())),
        _ => None,
    }
}

fn tcp_fault(address: &str) -> Option<EndpointFault> {
    let Some((host, port)) = address.rsplit_once(':') else {
        return Some(EndpointFault::Port);
    };
    if host.is_empty() {
        return Some(EndpointFault::Address);
    }
    if address.parse::<Ipv6Addr>().is_ok() || host.parse::<Ipv6Addr>().is_ok() {
        return Some(EndpointFault::Brackets);
    }
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if port != "*" && !is_number {
        return Some(EndpointFault::Port);
    }
    let is_foreign = |character: char| character.is_whitespace() || character.is_control() || character == '/';
    host.contains(is_foreign).then_some(EndpointFault::Host)
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
        for (bad, fault) in [
            ("", EndpointFault::Transport),
            ("9003", EndpointFault::Transport),
            ("http://host:80", EndpointFault::Transport),
            ("tcp://", EndpointFault::Address),
            ("tcp://:9003", EndpointFault::Address),
            ("ipc://", EndpointFault::Address),
            ("tcp://host", EndpointFault::Port),
            ("tcp://host:70000", EndpointFault::Port),
            ("tcp://host:+80", EndpointFault::Port),
            ("tcp://::1:9003", EndpointFault::Brackets),
            ("tcp://::1", EndpointFault::Brackets),
            ("tcp://a b:9003", EndpointFault::Host),
            ("tcp://host/x:9003", EndpointFault::Host),
            (&format!("ipc:///{}", "x".repeat(107)), EndpointFault::PathTooLong(108)),
        ] {
            assert_eq!(bad.parse::<Endpoint>().unwrap_err().fault, fault, "{bad}");
        }
    }

    #[test]
    fn a_port_that_the_system_chooses_cannot_be_connected_to() {
        for (endpoint, connectable) in
            [("tcp://host:1", true), ("tcp://host:0", false), ("tcp://host:*", false), ("ipc:///tmp/ticks", true)]
        {
            assert_eq!(endpoint.parse::<Endpoint>().unwrap().check_connectable().is_ok(), connectable, "{endpoint}");
        }
    }

    #[test]
    fn an_error_shows_its_text_safely() {
        let error = "tcp://\u{1b}[2J:1".parse::<Endpoint>().unwrap_err().to_string();
        assert!(error.starts_with("'tcp://\\u{1b}[2J:1' has a character"), "{error}");
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
