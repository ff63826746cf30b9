//! tickz: one price of one symbol at one time (`protocol-docs/tickz.md`).
//!
//! | frame | bytes | meaning |
//! |---|---|---|
//! | 1 | 2..16 | symbol, the topic |
//! | 2 | 8 | timestamp, f64: seconds since the Unix epoch, UTC |
//! | 3 | 8 | price, f64: finite, above zero |
//! | 4, extension `sequence` | 8 | u64: +1 per tick of that symbol, from 0 at publisher start |
//!
//! Frames after the fourth are ignored. A message whose first frame begins with `+` is a [`Burst`].

mod burst;

use crate::{
    Channel, DecodeError, Frames, Limits, SocketType, Symbol,
    describe::{Describe, Description, Observed, Place, Purpose, fields::Fields, general, words},
    fields::{finite, frame, positive, unsigned},
};

pub use burst::{Burst, Pack, TICKS_MAX, is_topic};

/// Prices. When the queue is full, a tick is dropped for that watcher, or with `--block` the publisher waits.
pub const TICKS: Channel = Channel {
    name: "ticks",
    program: "tickz",
    variable: "TICKZ_TICKS",
    port: 9003,
    host: "*",
    binds: SocketType::Pub,
    connects: SocketType::Sub,
    limits: Limits { queue: 10_000, frame_bytes: 4096, kernel_bytes: None, slow: None },
};

/// The channels of this protocol.
pub(crate) const CHANNELS: &[(Channel, Describe)] = &[(TICKS, describe)];

/// Where subscriptions are specified.
const SUBSCRIBING: Place = Place { page: "tickz", section: "Semantics" };

/// One price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tick {
    /// The symbol.
    pub symbol: Symbol,
    /// The time of the price: seconds since the Unix epoch, UTC.
    pub timestamp: f64,
    /// Finite and above zero.
    pub price: f64,
    /// The tick's number among those of its symbol, from 0; `None` if the publisher does not number ticks.
    pub sequence: Option<u64>,
}

impl Tick {
    /// Replaces `frames` by the tick.
    #[inline]
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        frames.push(self.symbol.as_bytes());
        frames.push(&self.timestamp.to_le_bytes());
        frames.push(&self.price.to_le_bytes());
        if let Some(sequence) = self.sequence {
            frames.push(&sequence.to_le_bytes());
        }
    }

    /// Reads a tick.
    ///
    /// # Errors
    /// The first of `symbol`, `timestamp`, `price`, `sequence` that is missing or invalid.
    #[inline]
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        let symbol = Symbol::decode(frame(frames, 0, "symbol")?)?;
        let timestamp = finite(frames, 1, "timestamp")?;
        let price = positive(frames, 2, "price")?;
        let sequence = if frames.len() > 3 { Some(unsigned(frames, 3, "sequence")?) } else { None };
        Ok(Self { symbol, timestamp, price, sequence })
    }

    fn describe(mut fields: Fields<'_>) -> Description {
        fields.frame("symbol", 0, |bytes| words::decoded(Symbol::decode(bytes)));
        fields.float("timestamp", 1, words::time);
        fields.float("price", 2, words::price);
        fields.unsigned("sequence", 3, |sequence| format!("number {sequence} of its symbol, from 0"));
        fields.ignored(4);
        fields.describe("tick", Place { page: "tickz", section: "tick" }, Self::decode)
    }
}

/// Describes a message on **ticks**.
pub(crate) fn describe(observed: &Observed<'_>) -> Description {
    match observed.purpose() {
        Purpose::Publication => {
            let fields = Fields::of(observed);
            if fields.get(0).is_some_and(is_topic) { Burst::describe(fields) } else { Tick::describe(fields) }
        }
        Purpose::Subscription => general::subscription(observed, Some(SUBSCRIBING), words::text),
        _ => general::message(observed),
    }
}
