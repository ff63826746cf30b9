//! The checks of a source of valuz: the kit is its workers and its reduce.
//!
//! - `start`: what it does at START, and what it sends
//! - `workers`: workers that are late, slow, leave, or are none
//! - `extensions`: `order id`, `batch` and `repeat`
//! - `ending`: EXIT, signals

mod ending;
mod extensions;
mod rig;
mod start;
mod workers;

use super::{Check, Role, habits};

/// The role.
pub const ROLE: Role = Role { name: "source", arguments: "--count N", page: "valuz.md" };

const THE_SOURCE: &str = "valuz.md#the-source";
const ERRORS: &str = "valuz.md#error-handling";
const BATCH: &str = "valuz.md#extension-batch";
const REPEAT: &str = "valuz.md#extension-repeat";

/// The checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "subscribes",
        section: THE_SOURCE,
        claim: "it subscribes to START",
        extension: None,
        run: start::subscribes,
    },
    Check {
        name: "waits-for-start",
        section: THE_SOURCE,
        claim: "it sends no order before START, also if a worker is there",
        extension: None,
        run: start::waits,
    },
    Check {
        name: "count",
        section: THE_SOURCE,
        claim: "at START it sends as many orders as the batch has, and no more",
        extension: None,
        run: start::sends_the_batch,
    },
    Check {
        name: "start-with-more-frames",
        section: THE_SOURCE,
        claim: "a START with frames that it does not know is a START",
        extension: None,
        run: start::of_more_frames,
    },
    Check {
        name: "start-once",
        section: THE_SOURCE,
        claim: "it ignores the same START when it comes again",
        extension: None,
        run: start::ignores_the_second,
    },
    Check {
        name: "round-robin",
        section: THE_SOURCE,
        claim: "two workers that have room get about half of the orders each",
        extension: None,
        run: workers::share,
    },
    Check {
        name: "late-worker",
        section: THE_SOURCE,
        claim: "orders wait for a worker that connects after START: none is dropped",
        extension: None,
        run: workers::late,
    },
    Check {
        name: "orders",
        section: "valuz.md#order",
        claim: "every order has all fields, within their limits",
        extension: None,
        run: start::sends_valid_orders,
    },
    Check {
        name: "malformed-control",
        section: ERRORS,
        claim: "malformed and unknown commands start nothing, and the START after them does",
        extension: None,
        run: start::ignores_malformed,
    },
    Check {
        name: "garbage",
        section: ERRORS,
        claim: "connections with bytes that are no message, or with none, hold up no worker",
        extension: None,
        run: workers::garbage,
    },
    Check {
        name: "worker-leaves",
        section: "valuz.md#goals",
        claim: "when a worker leaves in mid-batch, others get the orders that are not sent yet",
        extension: None,
        run: workers::leaves,
    },
    Check {
        name: "starts-first",
        section: "valuz.md#goals",
        claim: "it may start before reduce, and works as soon as that is there",
        extension: None,
        run: start::before_reduce,
    },
    Check {
        name: "slow-worker",
        section: "valuz.md#limits",
        claim: "it waits for a worker that is slow: no order is dropped",
        extension: None,
        run: workers::slow,
    },
    Check {
        name: "numbers",
        section: "valuz.md#extension-order-id",
        claim: "the tail of an order is its number: consecutive, in this order",
        extension: Some("order id"),
        run: extensions::numbers,
    },
    Check {
        name: "base",
        section: BATCH,
        claim: "the first order has the base of START as its number",
        extension: Some("batch"),
        run: extensions::base,
    },
    Check {
        name: "next-base",
        section: BATCH,
        claim: "a START with another base starts the batch again under that",
        extension: Some("batch"),
        run: extensions::next_base,
    },
    Check {
        name: "repeat",
        section: REPEAT,
        claim: "it sends the orders that REPEAT names again, unchanged",
        extension: Some("repeat"),
        run: extensions::repeat,
    },
    Check {
        name: "repeat-foreign",
        section: REPEAT,
        claim: "it ignores numbers that are not in its batch",
        extension: Some("repeat"),
        run: extensions::repeat_foreign,
    },
    Check {
        name: "exit",
        section: REPEAT,
        claim: "it exits with 0 at EXIT, and not before",
        extension: Some("repeat"),
        run: ending::at_exit,
    },
    habits::interrupt(ending::interrupted),
    Check {
        name: "terminate",
        section: habits::SECTION,
        claim: "SIGTERM does so, too, in mid-batch",
        extension: None,
        run: ending::terminated,
    },
    Check {
        name: "interrupt-unsent",
        section: habits::SECTION,
        claim: "Ctrl-C ends it also after START while no worker is there",
        extension: None,
        run: ending::interrupted_without_workers,
    },
    habits::USAGE,
];
