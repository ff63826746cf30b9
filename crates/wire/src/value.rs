//! valuz: orders to the workers, results to reduce, control from it (`protocol-docs/valuz.md`).
//!
//! | message | frames |
//! |---|---|
//! | [`Order`] | `symbol`, `action` (1 byte: 0 BUY, 1 SELL), `shares` (i32), `price` (f64), tail |
//! | [`Outcome::Ready`] | `0x02`; then, extension `report`, the worker's name |
//! | [`Outcome::Value`] | `symbol`, `value` (f64), the order's tail |
//! | [`Outcome::Report`] | `0x04`, the worker's name, orders done so far (u64) |
//! | [`Control::Start`] | `0x00`; then, extension `batch`, the number of the batch's first order (u64) |
//! | [`Control::Exit`] | `0x01` |
//! | [`Control::Repeat`] | `0x03`, u64 numbers in one frame |
//!
//! Extension `order id`: a worker copies the tail of an order, unchanged, to the end of its result.

use std::time::Duration;

use crate::{
    Channel, DecodeError, Fault, Frames, Limits, SocketType, Symbol, WorkerName,
    fields::{finite, fixed, frame, positive, unsigned},
};

/// Orders, from the source to the workers. When the queues of all workers are full, the source waits.
///
/// Kernel buffers of 64 KiB instead of some megabytes keep work at the source until a worker is free for it: one that joins
/// late gets its share, and one that is killed loses little. That costs about 5 % of throughput; a queue of 250 would cost
/// 14 %, and with buffers below 64 KiB loopback stalls at times.
///
/// A worker reads orders in batches of half its queue, so one that takes 50 ms an order reads every 25 s.
pub const ORDERS: Channel = Channel {
    name: "orders",
    program: "valuz",
    variable: "VALUZ_ORDERS",
    port: 9004,
    binds: SocketType::Push,
    connects: SocketType::Pull,
    limits: Limits {
        queue: 1_000,
        frame_bytes: 2 * TAIL_BYTES_MAX as u32,
        kernel_bytes: Some(65_536),
        slow: Some(Duration::from_secs(30)),
    },
};

/// Results, from the workers to reduce. When the queue is full, the worker waits.
pub const RESULTS: Channel = Channel {
    name: "results",
    program: "valuz",
    variable: "VALUZ_RESULTS",
    port: 9005,
    binds: SocketType::Pull,
    connects: SocketType::Push,
    limits: Limits { queue: 10_000, frame_bytes: 2 * TAIL_BYTES_MAX as u32, kernel_bytes: None, slow: None },
};

/// Commands, from reduce to the source and the workers. The largest frame is a full REPEAT. When the queue is full, the
/// command is dropped for that peer, and reduce asks again.
pub const CONTROL: Channel = Channel {
    name: "control",
    program: "valuz",
    variable: "VALUZ_CONTROL",
    port: 9006,
    binds: SocketType::Pub,
    connects: SocketType::Sub,
    limits: Limits { queue: 1_000, frame_bytes: 8 * REPEAT_NUMBERS_MAX as u32, kernel_bytes: None, slow: None },
};

/// The channels of this protocol.
pub(crate) const CHANNELS: &[Channel] = &[ORDERS, RESULTS, CONTROL];

/// The most numbers in one [`Control::Repeat`].
pub const REPEAT_NUMBERS_MAX: usize = 8192;

/// The most frames in a [`Tail`].
pub const TAIL_FRAMES_MAX: usize = 8;

/// The most bytes in a [`Tail`], all frames together.
pub const TAIL_BYTES_MAX: usize = 1024;

const START: u8 = 0x00;
const EXIT: u8 = 0x01;
const READY: u8 = 0x02;
const REPEAT: u8 = 0x03;
const REPORT: u8 = 0x04;

/// The direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// 0: the position grows.
    Buy,
    /// 1: the position shrinks.
    Sell,
}

/// The frames that travel with an order and come back with its result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tail {
    /// No frame: a peer that speaks only the base messages.
    #[default]
    Empty,
    /// One frame of 8 bytes: the order's number in its batch, u64.
    Number(u64),
    /// Anything else, unchanged.
    Frames(Frames),
}

impl Tail {
    /// The order's number in its batch, if the first frame can be one.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Empty => None,
            Self::Number(number) => Some(*number),
            Self::Frames(frames) => frames.get(0)?.try_into().ok().map(u64::from_le_bytes),
        }
    }

    #[inline]
    fn push_to(&self, frames: &mut Frames) {
        match self {
            Self::Empty => {}
            Self::Number(number) => frames.push(&number.to_le_bytes()),
            Self::Frames(tail) => frames.append(tail),
        }
    }

    /// The frames from `index` on.
    #[inline]
    fn decode(frames: &Frames, index: usize) -> Result<Self, DecodeError> {
        if frames.len() == index + 1 {
            if let Ok(number) = fixed(frames, index, "tail") {
                return Ok(Self::Number(u64::from_le_bytes(number)));
            }
        } else if frames.len() <= index {
            return Ok(Self::Empty);
        }
        if frames.len() - index > TAIL_FRAMES_MAX {
            return Err(Fault::TooLong { max: TAIL_FRAMES_MAX, unit: "frames" }.of("tail"));
        }
        let tail: Frames = frames.iter().skip(index).collect();
        if tail.byte_len() > TAIL_BYTES_MAX {
            return Err(Fault::TooLong { max: TAIL_BYTES_MAX, unit: "bytes" }.of("tail"));
        }
        Ok(Self::Frames(tail))
    }
}

/// A position to be valued.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The stock.
    pub symbol: Symbol,
    /// The direction.
    pub action: Action,
    /// The number of shares, above zero.
    pub shares: i32,
    /// The price of one share, finite and above zero.
    pub price: f64,
    /// The frames that the result must carry back.
    pub tail: Tail,
}

impl Order {
    /// Replaces `frames` by the order.
    #[inline]
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        frames.push(self.symbol.as_bytes());
        frames.push(&[self.action as u8]);
        frames.push(&self.shares.to_le_bytes());
        frames.push(&self.price.to_le_bytes());
        self.tail.push_to(frames);
    }

    /// Reads an order.
    ///
    /// # Errors
    /// The first of `symbol`, `action`, `shares`, `price`, `tail` that is missing or out of its range.
    #[inline]
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        let symbol = Symbol::decode(frame(frames, 0, "symbol")?)?;
        let action = match fixed(frames, 1, "action")? {
            [0] => Action::Buy,
            [1] => Action::Sell,
            [value] => return Err(Fault::Unknown { value }.of("action")),
        };
        let shares = i32::from_le_bytes(fixed(frames, 2, "shares")?);
        if shares <= 0 {
            return Err(Fault::NotPositive.of("shares"));
        }
        let price = positive(frames, 3, "price")?;
        Ok(Self { symbol, action, shares, price, tail: Tail::decode(frames, 4)? })
    }
}

/// A worker's message to reduce.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The worker's orders connection is up. With extension `report`, its name.
    Ready(Option<WorkerName>),
    /// One order's value.
    Value(Valued),
    /// Extension `report`: how many orders a worker has done since its start.
    Report {
        /// The worker's name.
        worker: WorkerName,
        /// The orders done so far.
        done: u64,
    },
}

/// The value of one order.
#[derive(Debug, Clone, PartialEq)]
pub struct Valued {
    /// The stock.
    pub symbol: Symbol,
    /// The value, finite.
    pub value: f64,
    /// The order's tail, unchanged.
    pub tail: Tail,
}

impl Valued {
    /// Replaces `frames` by the result.
    #[inline]
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        frames.push(self.symbol.as_bytes());
        frames.push(&self.value.to_le_bytes());
        self.tail.push_to(frames);
    }
}

impl Outcome {
    /// Replaces `frames` by the message.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        match self {
            Self::Ready(worker) => {
                frames.push(&[READY]);
                if let Some(worker) = worker {
                    frames.push(worker.as_bytes());
                }
            }
            Self::Value(valued) => valued.encode(frames),
            Self::Report { worker, done } => {
                frames.push(&[REPORT]);
                frames.push(worker.as_bytes());
                frames.push(&done.to_le_bytes());
            }
        }
    }

    /// Reads a message. A first frame of one byte is a command, since a symbol has at least two.
    ///
    /// # Errors
    /// `command` unknown; or the first of `symbol`, `value`, `tail`, or of `worker`, `done`, that is missing or
    /// out of its range.
    #[inline]
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        match frame(frames, 0, "symbol")? {
            &[READY] => Ok(Self::Ready(frames.get(1).map(WorkerName::decode).transpose()?)),
            &[REPORT] => Ok(Self::Report {
                worker: WorkerName::decode(frame(frames, 1, "worker")?)?,
                done: unsigned(frames, 2, "done")?,
            }),
            &[value] => Err(Fault::Unknown { value }.of("command")),
            symbol => {
                let symbol = Symbol::decode(symbol)?;
                let value = finite(frames, 1, "value")?;
                Ok(Self::Value(Valued { symbol, value, tail: Tail::decode(frames, 2)? }))
            }
        }
    }
}

/// A command of reduce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// To the source: the workers are ready, send the batch.
    Start {
        /// Extension `batch`: the number of the batch's first order. Without it that number is 0.
        base: Option<u64>,
    },
    /// To source and workers: the batch is done.
    Exit,
    /// Extension `repeat`, to the source: send these orders again; 1 to [`REPEAT_NUMBERS_MAX`] numbers.
    Repeat(Vec<u64>),
}

impl Control {
    /// The topic of START, to which a source subscribes.
    pub const START_TOPIC: &[u8] = &[START];
    /// The topic of EXIT, to which source and workers subscribe.
    pub const EXIT_TOPIC: &[u8] = &[EXIT];
    /// The topic of REPEAT, to which a source subscribes.
    pub const REPEAT_TOPIC: &[u8] = &[REPEAT];

    /// Replaces `frames` by the command. Numbers past [`REPEAT_NUMBERS_MAX`] are left out and need another message.
    pub fn encode(&self, frames: &mut Frames) {
        frames.clear();
        match self {
            Self::Start { base } => {
                frames.push(&[START]);
                if let Some(base) = base {
                    frames.push(&base.to_le_bytes());
                }
            }
            Self::Exit => frames.push(&[EXIT]),
            Self::Repeat(numbers) => {
                frames.push(&[REPEAT]);
                let bytes: Vec<u8> =
                    numbers.iter().take(REPEAT_NUMBERS_MAX).flat_map(|number| number.to_le_bytes()).collect();
                frames.push(&bytes);
            }
        }
    }

    /// Reads a command.
    ///
    /// # Errors
    /// `command` missing, not one byte or unknown; `base` not 8 bytes; `numbers` missing, empty, not a multiple of 8
    /// bytes or too long.
    pub fn decode(frames: &Frames) -> Result<Self, DecodeError> {
        match fixed(frames, 0, "command")? {
            [START] => {
                let base = (frames.len() > 1).then(|| unsigned(frames, 1, "base")).transpose()?;
                Ok(Self::Start { base })
            }
            [EXIT] => Ok(Self::Exit),
            [REPEAT] => Ok(Self::Repeat(decode_numbers(frame(frames, 1, "numbers")?)?)),
            [value] => Err(Fault::Unknown { value }.of("command")),
        }
    }
}

fn decode_numbers(bytes: &[u8]) -> Result<Vec<u64>, DecodeError> {
    let (numbers, rest) = bytes.as_chunks::<8>();
    if bytes.is_empty() {
        return Err(Fault::Empty.of("numbers"));
    }
    if !rest.is_empty() {
        return Err(Fault::Length { expected: 8, got: bytes.len() }.of("numbers"));
    }
    if numbers.len() > REPEAT_NUMBERS_MAX {
        return Err(Fault::TooLong { max: REPEAT_NUMBERS_MAX, unit: "numbers" }.of("numbers"));
    }
    Ok(numbers.iter().map(|&number| u64::from_le_bytes(number)).collect())
}
