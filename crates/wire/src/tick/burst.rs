//! Extension `burst`: several ticks of one symbol in one message.

use super::Tick;
use crate::{
    DecodeError, Fault, Frames, Symbol,
    describe::{Description, Place, fields::Fields, words},
    fields::{frame, unsigned},
};

/// The first byte of a burst's topic, which begins no symbol.
const MARK: u8 = b'+';

/// The most ticks of one burst.
pub const TICKS_MAX: usize = 256;

/// The bytes of one tick: its timestamp and its price.
const RECORD_BYTES: usize = 16;

/// Ticks of one symbol, in the order in which they were published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst<'a> {
    /// Their symbol.
    pub symbol: Symbol,
    /// The number of the first one; each of the others has the next. `None` if the publisher does not number ticks.
    pub sequence: Option<u64>,
    /// Valid, and at least one.
    records: &'a [[u8; RECORD_BYTES]],
}

impl<'a> Burst<'a> {
    /// What a subscriber subscribes to for the bursts of a symbol.
    #[must_use]
    pub fn topic(symbol: Symbol) -> Vec<u8> {
        [&[MARK], symbol.as_bytes()].concat()
    }

    /// Whether a message is meant to be a burst.
    #[inline]
    #[must_use]
    pub fn is(frames: &Frames) -> bool {
        frames.get(0).is_some_and(is_topic)
    }

    /// Reads a burst. It is good only if all its ticks are.
    ///
    /// # Errors
    /// The first of `symbol`, `ticks`, `timestamp`, `price`, `sequence` that is missing or invalid.
    pub fn decode(frames: &'a Frames) -> Result<Self, DecodeError> {
        let symbol = symbol(frame(frames, 0, "symbol")?)?;
        let records = records(frame(frames, 1, "ticks")?)?;
        let sequence = if frames.len() > 2 { Some(unsigned(frames, 2, "sequence")?) } else { None };
        if sequence.is_some_and(|first| first.checked_add(records.len() as u64 - 1).is_none()) {
            return Err(Fault::Mismatch.of("sequence"));
        }
        Ok(Self { symbol, sequence, records })
    }

    /// The number of ticks.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it has at least one")]
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Its ticks.
    #[inline]
    pub fn ticks(&self) -> impl ExactSizeIterator<Item = Tick> + DoubleEndedIterator + Clone + 'a {
        let Self { symbol, sequence, records } = *self;
        records.iter().enumerate().map(move |(index, record)| {
            let (timestamp, price) = floats(record);
            // The last one's number is one, so those before it are.
            Tick { symbol, timestamp, price, sequence: sequence.map(|first| first.wrapping_add(index as u64)) }
        })
    }

    pub(super) fn describe(mut fields: Fields<'_>) -> Description {
        fields.frame("symbol", 0, |bytes| words::decoded(symbol(bytes)));
        fields.records(("ticks", "tick"), 1, |bytes| records(bytes).map(drop), describe_tick);
        fields.unsigned("sequence", 2, |sequence| {
            format!("number {sequence} of its symbol for the first of them, from 0")
        });
        fields.ignored(3);
        fields.describe("burst", Place { page: "tickz", section: "burst" }, |frames| Burst::decode(frames).map(drop))
    }
}

/// Ticks of one symbol that are due, until they are sent as a [`Burst`].
#[derive(Debug, Clone)]
pub struct Pack {
    symbol: Symbol,
    sequence: Option<u64>,
    records: Vec<[u8; RECORD_BYTES]>,
}

impl Pack {
    /// A first tick.
    #[must_use]
    pub fn new(tick: &Tick) -> Self {
        let mut pack = Self { symbol: tick.symbol, sequence: tick.sequence, records: Vec::new() };
        pack.push(tick.timestamp, tick.price);
        pack
    }

    /// Begins again with a first tick, and keeps the memory.
    pub fn begin(&mut self, tick: &Tick) {
        self.records.clear();
        (self.symbol, self.sequence) = (tick.symbol, tick.sequence);
        self.push(tick.timestamp, tick.price);
    }

    /// Adds the next tick of the symbol; only if it is not [full](Self::is_full).
    #[inline]
    pub fn push(&mut self, timestamp: f64, price: f64) {
        let record = u128::from(price.to_bits()) << 64 | u128::from(timestamp.to_bits());
        self.records.push(record.to_le_bytes());
    }

    /// The number of ticks.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it has at least one")]
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it has as many ticks as a burst may have.
    #[inline]
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.len() == TICKS_MAX
    }

    /// Replaces `frames` by the burst.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        frames.push_parts(&[&[MARK], self.symbol.as_bytes()]);
        frames.push(self.records.as_flattened());
        if let Some(sequence) = self.sequence {
            frames.push(&sequence.to_le_bytes());
        }
    }
}

/// Whether bursts have this topic, or one that begins with it.
#[inline]
#[must_use]
pub fn is_topic(topic: &[u8]) -> bool {
    topic.first() == Some(&MARK)
}

/// The symbol of a topic.
fn symbol(topic: &[u8]) -> Result<Symbol, DecodeError> {
    match topic.split_first() {
        Some((&MARK, symbol)) => Symbol::decode(symbol),
        Some(_) => Err(Fault::BadCharacter.of("symbol")),
        None => Err(Fault::Empty.of("symbol")),
    }
}

fn records(bytes: &[u8]) -> Result<&[[u8; RECORD_BYTES]], DecodeError> {
    let (records, rest) = bytes.as_chunks();
    if bytes.is_empty() {
        return Err(Fault::Empty.of("ticks"));
    }
    if !rest.is_empty() {
        return Err(Fault::Length { expected: RECORD_BYTES, got: bytes.len() }.of("ticks"));
    }
    if records.len() > TICKS_MAX {
        return Err(Fault::TooLong { max: TICKS_MAX, unit: "ticks" }.of("ticks"));
    }
    // All of them without a branch for each: this is most of what a watcher does.
    if records.iter().fold(true, |valid, record| valid & is_valid(record)) {
        return Ok(records);
    }
    let (timestamp, price) = records.iter().find(|record| !is_valid(record)).map(floats).unwrap_or_default();
    Err(match (timestamp.is_finite(), price.is_finite()) {
        (false, _) => Fault::NotFinite.of("timestamp"),
        (true, false) => Fault::NotFinite.of("price"),
        (true, true) => Fault::NotPositive.of("price"),
    })
}

#[inline]
fn floats(record: &[u8; RECORD_BYTES]) -> (f64, f64) {
    let both = u128::from_le_bytes(*record);
    (f64::from_bits(both as u64), f64::from_bits((both >> 64) as u64))
}

/// Whether both floats are finite and the price is greater than zero, in arithmetic on their bits: a comparison of floats would
/// not be vectorised.
#[inline]
fn is_valid(record: &[u8; RECORD_BYTES]) -> bool {
    const INFINITY: u64 = f64::INFINITY.to_bits();
    let (timestamp, price) = floats(record);
    // Without its sign, a float that is an infinity or not a number is not below infinity.
    let is_finite = timestamp.abs().to_bits() < INFINITY;
    // Positive floats sort as their bits, and a negative one is above all of them.
    let is_positive = price.to_bits().wrapping_sub(1) < INFINITY - 1;
    is_finite & is_positive
}

fn describe_tick(fields: &mut Fields<'_>, start: usize, record: &[u8; RECORD_BYTES]) {
    let (timestamp, price) = floats(record);
    let middle = start + size_of::<f64>();
    fields.part("timestamp", 1, start..middle, words::time(timestamp));
    fields.part("price", 1, middle..start + RECORD_BYTES, words::price(price));
}
