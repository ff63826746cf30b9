//! The six channels of the suite, and where each is unless somebody says otherwise.
//!
//! This is the only place that knows a port number.

/// A named path for messages: one socket binds, others connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// tickz: prices, `PUB` to `SUB`.
    Ticks,
    /// chatz: requests and replies, `REQ` to `ROUTER`.
    Requests,
    /// chatz: what was said, `PUB` to `SUB`.
    Broadcasts,
    /// valuz: orders, `PUSH` of the source to `PULL` of the workers.
    Orders,
    /// valuz: outcomes, `PUSH` of the workers to `PULL` of reduce.
    Results,
    /// valuz: commands, `PUB` of reduce to `SUB` of source and workers.
    Control,
}

impl Channel {
    /// All of them, in the order of their ports.
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

    /// The environment variable that names its endpoint.
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

    /// Its TCP port by default.
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
