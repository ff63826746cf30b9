//! Where a process reports to its observers.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de::Error as _};
use sockets::{Endpoint, endpoint::EndpointError};

/// A hub to report to, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observe {
    /// Report nothing, and count nothing.
    Off,
    /// Report to the hub at this address, if there is one.
    Hub(Endpoint),
}

impl FromStr for Observe {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if text == "off" { Ok(Self::Off) } else { text.parse().map(Self::Hub) }
    }
}

impl std::fmt::Display for Observe {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => formatter.write_str("off"),
            Self::Hub(endpoint) => endpoint.fmt(formatter),
        }
    }
}

impl<'de> Deserialize<'de> for Observe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
