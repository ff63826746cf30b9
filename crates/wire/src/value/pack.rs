//! Extension `pack`: several results of one worker in one message.

use super::{Tail, Valued, tail};
use crate::{
    DecodeError, Fault, Frames, Symbol,
    describe::{Description, Place, fields::Fields, words},
    fields::frame,
    names::SYMBOL_BYTES_MAX,
};

/// The first frame.
const PACK: u8 = 0x05;

/// The most results of one pack.
pub const RESULTS_MAX: usize = 256;

/// The bytes of one result: its symbol, its value, and the number of its order.
const RECORD_BYTES: usize = SYMBOL_BYTES_MAX + size_of::<f64>() + size_of::<u64>();

type Record = [u8; RECORD_BYTES];

/// Results of one worker, in the order in which it would have sent them one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pack<'a> {
    /// Valid, and at least one.
    records: &'a [Record],
}

impl<'a> Pack<'a> {
    /// Whether a message is meant to be a pack.
    #[inline]
    #[must_use]
    pub fn is(frames: &Frames) -> bool {
        frames.get(0).is_some_and(is_command)
    }

    /// Reads a pack. It is good only if all its results are.
    ///
    /// # Errors
    /// `command` missing or another one; or the first of `results`, `symbol`, `value` that is missing or invalid.
    pub fn decode(frames: &'a Frames) -> Result<Self, DecodeError> {
        match frame(frames, 0, "command")? {
            &[PACK] => Ok(Self { records: records(frame(frames, 1, "results")?)? }),
            &[value] => Err(Fault::Unknown { value }.of("command")),
            bytes => Err(Fault::Length { expected: 1, got: bytes.len() }.of("command")),
        }
    }

    /// The number of results.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it has at least one")]
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Its results.
    #[inline]
    pub fn results(&self) -> impl ExactSizeIterator<Item = Valued> + 'a {
        self.records.iter().map(|record| {
            let (symbol, value, number) = parts(record);
            Valued { symbol: Symbol::of_valid(*symbol), value, tail: Tail::Number(number) }
        })
    }

    pub(super) fn describe(mut fields: Fields<'_>) -> Description {
        fields.frame("command", 0, |_| Ok("pack: results of several orders (0x05)".to_owned()));
        fields.records(("results", "result"), 1, |bytes| records(bytes).map(drop), describe_result);
        fields.ignored(2);
        fields.describe("pack", Place { page: "valuz", section: "pack" }, |frames| Pack::decode(frames).map(drop))
    }
}

/// Results until they are sent as a [`Pack`].
#[derive(Debug, Clone, Default)]
pub struct Packing {
    records: Vec<u8>,
}

impl Packing {
    /// Adds a result of the order with this number; only if it is not [full](Self::is_full).
    #[inline]
    pub fn push(&mut self, symbol: Symbol, value: f64, number: u64) {
        self.records.extend_from_slice(symbol.padded());
        self.records.extend_from_slice(&value.to_le_bytes());
        self.records.extend_from_slice(&number.to_le_bytes());
    }

    /// Removes all results and keeps the memory.
    pub fn clear(&mut self) {
        self.records.clear();
    }

    /// The number of results.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.records.len() / RECORD_BYTES
    }

    /// Whether there is no result.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether it has as many results as a pack may have.
    #[inline]
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.len() == RESULTS_MAX
    }

    /// Replaces `frames` by the pack.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        frames.push(&[PACK]);
        frames.push(&self.records);
    }
}

/// Whether packs have this first frame.
#[inline]
pub(super) fn is_command(frame: &[u8]) -> bool {
    frame == [PACK]
}

fn records(bytes: &[u8]) -> Result<&[Record], DecodeError> {
    let (records, rest) = bytes.as_chunks();
    if bytes.is_empty() {
        return Err(Fault::Empty.of("results"));
    }
    if !rest.is_empty() {
        return Err(Fault::Length { expected: RECORD_BYTES, got: bytes.len() }.of("results"));
    }
    if records.len() > RESULTS_MAX {
        return Err(Fault::TooLong { max: RESULTS_MAX, unit: "results" }.of("results"));
    }
    for record in records {
        let (symbol, value, _) = parts(record);
        Symbol::decode_padded(symbol)?;
        if !value.is_finite() {
            return Err(Fault::NotFinite.of("value"));
        }
    }
    Ok(records)
}

/// The symbol, the value and the number of a result.
#[inline]
fn parts(record: &Record) -> (&[u8; SYMBOL_BYTES_MAX], f64, u64) {
    let (symbol, numbers) = record.split_first_chunk().unwrap_or((&[0; SYMBOL_BYTES_MAX], &[]));
    let mut numbers = numbers.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
    let mut next = || numbers.next().unwrap_or_default();
    (symbol, f64::from_bits(next()), next())
}

fn describe_result(fields: &mut Fields<'_>, start: usize, record: &Record) {
    let (symbol, value, number) = parts(record);
    let [value_at, number_at] = [SYMBOL_BYTES_MAX, SYMBOL_BYTES_MAX + size_of::<f64>()].map(|at| start + at);
    let symbol = words::or_fault(words::decoded(Symbol::decode_padded(symbol)), symbol);
    fields.part("symbol", 1, start..value_at, symbol);
    fields.part("value", 1, value_at..number_at, words::number(value));
    fields.part("number", 1, number_at..start + RECORD_BYTES, tail::order_words(number));
}
