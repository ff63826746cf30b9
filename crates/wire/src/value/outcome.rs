//! A worker's messages to reduce.

use super::Tail;
use crate::{
    DecodeError, Fault, Frames, Symbol, WorkerName,
    describe::{Description, Place, fields::Fields, words},
    fields::{finite, frame, unsigned},
    plural,
};

const READY: u8 = 0x02;
const REPORT: u8 = 0x04;

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

    pub(super) fn describe(mut fields: Fields<'_>) -> Description {
        let name = match fields.complete(0) {
            Some(&[byte]) => Self::describe_command(byte, &mut fields),
            _ => {
                fields.frame("symbol", 0, |bytes| words::decoded(Symbol::decode(bytes)));
                fields.float("value", 1, words::number);
                Tail::describe(&mut fields, 2);
                "result"
            }
        };
        fields.describe(name, Place { page: "valuz", section: "outcome" }, Self::decode)
    }

    /// Adds the fields of a message that is not a result, and returns its name.
    fn describe_command(command: u8, fields: &mut Fields<'_>) -> &'static str {
        match command {
            READY => {
                fields.frame("command", 0, |_| Ok("READY: the worker can take orders (0x02)".to_owned()));
                fields.frame("worker", 1, |bytes| words::decoded(WorkerName::decode(bytes)));
                fields.ignored(2);
                "READY"
            }
            REPORT => {
                fields.frame("command", 0, |_| Ok("report: the worker's progress (0x04)".to_owned()));
                fields.frame("worker", 1, |bytes| words::decoded(WorkerName::decode(bytes)));
                fields.unsigned("done", 2, |done| format!("{} since its start", plural(done, "order")));
                fields.ignored(3);
                "report"
            }
            value => {
                fields.frame("command", 0, |_| Err(Fault::Unknown { value }));
                fields.ignored(1);
                "outcome"
            }
        }
    }
}
