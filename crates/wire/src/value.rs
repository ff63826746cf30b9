//! valuz: orders to the workers, results to reduce, control from it (`protocol-docs/valuz.md`).
//!
//! | message | frames |
//! |---|---|
//! | [`Order`] | `symbol`, `action` (1 byte: 0 BUY, 1 SELL), `shares` (i32), `price` (f64), tail |
//! | [`Outcome::Ready`] | `0x02`; then, extension `report`, the worker's name |
//! | [`Outcome::Value`] | `symbol`, `value` (f64), the order's tail |
//! | [`Outcome::Report`] | `0x04`, the worker's name, orders done so far (u64) |
//! | [`Pack`], extension `pack` | `0x05`, results of 32 bytes each: symbol padded with zeros, value (f64), number (u64) |
//! | [`Control::Start`] | `0x00`; then, extension `batch`, the number of the batch's first order (u64) |
//! | [`Control::Exit`] | `0x01` |
//! | [`Control::Repeat`] | `0x03`, u64 numbers in one frame |
//! | [`Control::Packs`], extension `pack` | `0x06` |
//!
//! Extension `order id`: a worker copies the tail of an order, unchanged, to the end of its result.

mod control;
mod order;
mod outcome;
mod pack;
mod tail;

use std::time::Duration;

use crate::{
    Channel, Limits, SocketType,
    describe::{Describe, Description, Observed, Purpose, fields::Fields, general},
};

pub use control::{Control, REPEAT_NUMBERS_MAX};
pub use order::{Action, Order};
pub use outcome::{Outcome, Valued};
pub use pack::{Pack, Packing, RESULTS_MAX};
pub use tail::{TAIL_BYTES_MAX, TAIL_FRAMES_MAX, Tail};

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
    host: "*",
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
///
/// The largest frame is a full pack. A queue of 1,000 of them is 8 MB, and a quarter of a million results.
pub const RESULTS: Channel = Channel {
    name: "results",
    program: "valuz",
    variable: "VALUZ_RESULTS",
    port: 9005,
    host: "*",
    binds: SocketType::Pull,
    connects: SocketType::Push,
    limits: Limits { queue: 1_000, frame_bytes: 8192, kernel_bytes: None, slow: None },
};

/// Commands, from reduce to the source and the workers. The largest frame is a full REPEAT. When the queue is full, the
/// command is dropped for that peer, and reduce asks again.
pub const CONTROL: Channel = Channel {
    name: "control",
    program: "valuz",
    variable: "VALUZ_CONTROL",
    port: 9006,
    host: "*",
    binds: SocketType::Pub,
    connects: SocketType::Sub,
    limits: Limits { queue: 1_000, frame_bytes: 8 * REPEAT_NUMBERS_MAX as u32, kernel_bytes: None, slow: None },
};

/// The channels of this protocol.
pub(crate) const CHANNELS: &[(Channel, Describe)] =
    &[(ORDERS, describe_orders), (RESULTS, describe_results), (CONTROL, describe_control)];

/// Describes a message on **orders**.
pub(crate) fn describe_orders(observed: &Observed<'_>) -> Description {
    match observed.purpose() {
        Purpose::Task => Order::describe(Fields::of(observed)),
        _ => general::message(observed),
    }
}

/// Describes a message on **results**.
pub(crate) fn describe_results(observed: &Observed<'_>) -> Description {
    match observed.purpose() {
        Purpose::Task => {
            let fields = Fields::of(observed);
            if fields.complete(0).is_some_and(pack::is_command) {
                Pack::describe(fields)
            } else {
                Outcome::describe(fields)
            }
        }
        _ => general::message(observed),
    }
}

/// Describes a message on **control**.
pub(crate) fn describe_control(observed: &Observed<'_>) -> Description {
    match observed.purpose() {
        Purpose::Publication => Control::describe(Fields::of(observed)),
        Purpose::Subscription => Control::describe_subscription(observed),
        _ => general::message(observed),
    }
}
