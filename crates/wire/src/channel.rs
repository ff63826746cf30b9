//! The six channels of the suite: their names, variables and default ports.
//!
//! Every default port in the programs comes from here; help texts quote them.

/// A named path for messages: one socket binds, others connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// tickz: prices, `PUB` to `SUB`.
    Ticks,
    /// chatz: requests and replies, `REQ` to `ROUTER`.
    Requests,
    /// chatz: broadcast texts, `PUB` to `SUB`.
    Broadcasts,
    /// valuz: orders, `PUSH` of the source to `PULL` of the workers.
    Orders,
    /// valuz: results, `PUSH` of the workers to `PULL` of reduce.
    Results,
    /// valuz: commands, `PUB` of reduce to `SUB` of source and workers.
    Control,
}

impl Channel {
    /// All channels, in the order of their ports.
    pub const ALL: [Self; 6] =
        [Self::Requests, Self::Broadcasts, Self::Ticks, Self::Orders, Self::Results, Self::Control];

    /// The channel's name: its flag (`--ticks`) and its key in `suite.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ticks => "ticks",
            Self::Requests => "requests",
            Self::Broadcasts => "broadcasts",
            Self::Orders => "orders",
            Self::Results => "results",
            Self::Control => "control",
        }
    }

    /// The environment variable for its endpoint.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Ticks => "TICKZ_TICKS",
            Self::Requests => "CHATZ_REQUESTS",
            Self::Broadcasts => "CHATZ_BROADCASTS",
            Self::Orders => "VALUZ_ORDERS",
            Self::Results => "VALUZ_RESULTS",
            Self::Control => "VALUZ_CONTROL",
        }
    }

    /// Its default TCP port.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Requests => 9001,
            Self::Broadcasts => 9002,
            Self::Ticks => 9003,
            Self::Orders => 9004,
            Self::Results => 9005,
            Self::Control => 9006,
        }
    }
}
