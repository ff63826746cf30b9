//! The messages of valuz as bytes, for the checks of its three roles.

use std::{ops::RangeInclusive, time::Duration};

use super::{
    Finding, Frames,
    bytes::{f64_of, hex, i32_of, text, u64_of},
};

/// READY and a report, in the first frame of an outcome.
pub(crate) const READY: u8 = 0x02;
/// See [`READY`].
pub(crate) const REPORT: u8 = 0x04;

/// A pack, in the first frame of its message.
pub(crate) const PACK: u8 = 0x05;

/// START, EXIT and REPEAT, in the first frame of a control message.
pub(crate) const START: u8 = 0x00;
/// See [`START`].
pub(crate) const EXIT: u8 = 0x01;
/// See [`START`].
pub(crate) const REPEAT: u8 = 0x03;
/// See [`START`]; reduce takes packs.
pub(crate) const PACKS: u8 = 0x06;

/// The variables with the endpoints.
pub(crate) const ORDERS: &str = "VALUZ_ORDERS";
/// See [`ORDERS`].
pub(crate) const RESULTS: &str = "VALUZ_RESULTS";
/// See [`ORDERS`].
pub(crate) const CONTROL: &str = "VALUZ_CONTROL";

/// How long a symbol is, and the longest name of a worker, in bytes.
const SYMBOL_BYTES: RangeInclusive<usize> = 2..=16;
const NAME_BYTES_MAX: usize = 128;

/// The bytes of one result in a pack, of which so many are its symbol, padded with zeros.
const PACKED_BYTES: usize = 32;
const PACKED_SYMBOL_BYTES: usize = 16;

/// The most results of a pack.
const PACKED_MAX: usize = 256;

/// The most frames and bytes of a tail.
const TAIL_FRAMES_MAX: usize = 8;
const TAIL_BYTES_MAX: usize = 1_024;

/// The time between two reports of a worker, at least.
pub(crate) const REPORT_EVERY: Duration = Duration::from_millis(100);

/// An order that no other order of its check is equal to in any field: its result is recognised even if the program gets one
/// or two frames of it wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Probe {
    number: u64,
}

impl Probe {
    /// The order with this number, which is less than 2^24.
    pub(crate) const fn new(number: u64) -> Self {
        Self { number }
    }

    /// `K` and the number in hex, at least two characters.
    fn symbol(&self) -> Vec<u8> {
        format!("K{:X}", self.number).into_bytes()
    }

    /// Its value, exact in binary.
    pub(crate) fn value(&self) -> f64 {
        (self.number + 1) as f64 * 0.5
    }

    /// The order.
    pub(crate) fn order(&self) -> Frames {
        let shares = i32::try_from(self.number + 1).unwrap_or(i32::MAX);
        vec![self.symbol(), vec![0], shares.to_le_bytes().to_vec(), 0.5_f64.to_le_bytes().to_vec(), self.tail()]
    }

    fn tail(&self) -> Vec<u8> {
        self.number.to_le_bytes().to_vec()
    }

    /// The result.
    pub(crate) fn result(&self) -> Frames {
        vec![self.symbol(), self.value().to_le_bytes().to_vec(), self.tail()]
    }

    /// Whether a result is that of this order: at least one of its three frames is.
    pub(crate) fn is_answered_by(&self, result: &[Vec<u8>]) -> bool {
        self.result().iter().zip(result).any(|(expected, seen)| expected == seen)
    }
}

/// What a worker sends to reduce.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// READY, whatever follows its command.
    Ready(Frames),
    /// A report, whatever follows its command.
    Report(Frames),
    /// Anything else.
    Result(Frames),
}

impl Outcome {
    pub(crate) fn of(frames: Frames) -> Self {
        match frames.first().map(Vec::as_slice) {
            Some([READY]) => Self::Ready(frames),
            Some([REPORT]) => Self::Report(frames),
            _ => Self::Result(frames),
        }
    }
}

/// Why a frame is no symbol; `None` if it is one.
pub(crate) fn fault_of_symbol(frame: Option<&Vec<u8>>) -> Option<String> {
    let Some(frame) = frame else { return Some("the symbol is absent".to_owned()) };
    let is_symbol = SYMBOL_BYTES.contains(&frame.len())
        && frame[0].is_ascii_uppercase()
        && frame.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (!is_symbol).then(|| format!("the symbol is {}, which is none", text(frame)))
}

/// Why a frame is no worker's name; `None` if it is one.
pub(crate) fn fault_of_name(frame: &[u8]) -> Option<String> {
    match std::str::from_utf8(frame) {
        Err(_) => Some(format!("the name is not UTF-8: {}", hex(frame))),
        Ok("") => Some("the name is empty".to_owned()),
        Ok(name) if name.len() > NAME_BYTES_MAX => Some(format!("the name has {} bytes", name.len())),
        Ok(name) if name.chars().any(char::is_control) => Some("the name has a control character".to_owned()),
        Ok(_) => None,
    }
}

/// Why an outcome is no result; `None` if it is one.
pub(crate) fn fault_of_result(frames: &[Vec<u8>]) -> Option<String> {
    fault_of_symbol(frames.first()).or_else(|| match frames.get(1) {
        None => Some("the value is absent".to_owned()),
        Some(value) => match f64_of(value) {
            None => Some(format!("the value has {} bytes", value.len())),
            Some(value) if !value.is_finite() => Some(format!("the value is {value}")),
            Some(_) => None,
        },
    })
}

/// The results of a pack, each as it would be alone; `None` if the message is no pack.
///
/// # Errors
/// It is a malformed pack.
pub(crate) fn unpacked(message: &[Vec<u8>]) -> Result<Option<Vec<Frames>>, Finding> {
    if message.first().is_none_or(|command| *command != [PACK]) {
        return Ok(None);
    }
    let records = message.get(1).map_or(&[][..], Vec::as_slice);
    let is_whole = !records.is_empty() && records.len().is_multiple_of(PACKED_BYTES);
    if !is_whole || records.len() > PACKED_MAX * PACKED_BYTES {
        return Err(Finding::failed(format!("a pack with {} bytes of results", records.len())));
    }
    let result = |record: &[u8]| {
        let (symbol, numbers) = record.split_at(PACKED_SYMBOL_BYTES);
        let length = symbol.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let (value, number) = numbers.split_at(size_of::<f64>());
        [&symbol[..length], value, number].map(<[u8]>::to_vec).to_vec()
    };
    Ok(Some(records.chunks(PACKED_BYTES).map(result).collect()))
}

/// The same pack with other numbers of its orders, if it has whole results; `number` gives that of each by its place in
/// the pack.
pub(crate) fn renumbered_pack(mut message: Frames, number: impl Fn(u64) -> u64) -> Frames {
    let records = message.get_mut(1).into_iter().flat_map(|records| records.chunks_exact_mut(PACKED_BYTES));
    for (place, record) in (0..).zip(records) {
        record[PACKED_BYTES - size_of::<u64>()..].copy_from_slice(&number(place).to_le_bytes());
    }
    message
}

/// The numbers of a REPEAT; `None` if it is none.
pub(crate) fn numbers_of(frames: &[Vec<u8>]) -> Option<Vec<u64>> {
    let [command, numbers, ..] = frames else { return None };
    let is_repeat = *command == [REPEAT] && !numbers.is_empty() && numbers.len().is_multiple_of(8);
    is_repeat.then(|| numbers.chunks(8).filter_map(u64_of).collect())
}

/// Why a message is no order; `None` if it is one.
pub(crate) fn fault_of_order(frames: &[Vec<u8>]) -> Option<String> {
    let fault = |name: &str, frame: Option<&Vec<u8>>| {
        Some(frame.map_or_else(|| format!("{name} is absent"), |frame| format!("{name} is {}", hex(frame))))
    };
    if let Some(fault) = fault_of_symbol(frames.first()) {
        return Some(fault);
    }
    let [action, shares, price] = [1, 2, 3].map(|at| frames.get(at));
    if !action.is_some_and(|action| matches!(action[..], [0 | 1])) {
        return fault("the action", action);
    }
    if shares.and_then(|frame| i32_of(frame)).is_none_or(|shares| shares <= 0) {
        return fault("the shares", shares);
    }
    if !price.and_then(|frame| f64_of(frame)).is_some_and(|price| price.is_finite() && price > 0.0) {
        return fault("the price", price);
    }
    let tail = &frames[4..];
    let bytes: usize = tail.iter().map(Vec::len).sum();
    (tail.len() > TAIL_FRAMES_MAX || bytes > TAIL_BYTES_MAX)
        .then(|| format!("the tail has {} frames and {bytes} bytes", tail.len()))
}

/// The number of an order, in the first frame after these many others; `None` if there is none.
pub(crate) fn number_after(others: usize, frames: &[Vec<u8>]) -> Option<u64> {
    frames.get(others).and_then(|frame| u64_of(frame))
}

/// A START of this batch; of the base protocol without a base.
pub(crate) fn start(base: Option<u64>) -> Frames {
    let base = base.map(|base| base.to_le_bytes().to_vec());
    std::iter::once(vec![START]).chain(base).collect()
}

/// A REPEAT of these orders.
pub(crate) fn repeat(numbers: &[u64]) -> Frames {
    vec![vec![REPEAT], numbers.iter().flat_map(|number| number.to_le_bytes()).collect()]
}
