//! The checks of a worker of valuz: the kit is its source and its reduce.
//!
//! - `ready`: when it says READY
//! - `orders`: what it answers, and `malformed`: what it does not answer
//! - `outages`: peers that are slow, late, restart or leave
//! - `ending`: EXIT, signals
//! - `reports`: the extension `report`
//! - `packs`: the extension `pack`

mod ending;
mod malformed;
mod orders;
mod outages;
mod packs;
mod ready;
mod reports;
mod rig;

use super::{Check, Role, habits};

/// The role.
pub const ROLE: Role = Role { name: "worker", arguments: "", page: "valuz.md" };

const THE_WORKER: &str = "valuz.md#the-worker";
const ERRORS: &str = "valuz.md#error-handling";
const REPORT: &str = "valuz.md#extension-report";

/// The checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "ready",
        section: THE_WORKER,
        claim: "it sends READY once source and reduce are there",
        extension: None,
        run: ready::comes,
    },
    Check {
        name: "ready-after-handshake",
        section: THE_WORKER,
        claim: "READY waits until the handshake of its orders connection is complete: a connection alone is not enough",
        extension: None,
        run: ready::waits_for_the_handshake,
    },
    Check {
        name: "ready-once",
        section: THE_WORKER,
        claim: "it sends no second READY, also when its orders connection was lost and is up again",
        extension: None,
        run: ready::comes_once,
    },
    Check {
        name: "ready-again",
        section: THE_WORKER,
        claim: "it sends READY again when its results connection was lost and is up again",
        extension: None,
        run: ready::comes_again_after_results,
    },
    Check {
        name: "one-result",
        section: THE_WORKER,
        claim: "each of 200 orders gets exactly one result",
        extension: None,
        run: orders::one_result_each,
    },
    Check {
        name: "symbol-unchanged",
        section: THE_WORKER,
        claim: "the result of every valid order has its symbol",
        extension: None,
        run: orders::symbol_unchanged,
    },
    Check {
        name: "tail-unchanged",
        section: THE_WORKER,
        claim: "the result of every valid order has every frame of its tail, unchanged and in order",
        extension: None,
        run: orders::tail_unchanged,
    },
    Check {
        name: "tail-not-interpreted",
        section: THE_WORKER,
        claim: "orders with the same number are answered each: the tail is not for the worker",
        extension: None,
        run: orders::tail_not_interpreted,
    },
    Check {
        name: "exit",
        section: THE_WORKER,
        claim: "it subscribes to EXIT, and exits with 0 when that comes",
        extension: None,
        run: ending::at_exit,
    },
    Check {
        name: "exit-with-more-frames",
        section: THE_WORKER,
        claim: "an EXIT with a frame that it does not know is an EXIT",
        extension: None,
        run: ending::at_longer_exit,
    },
    Check {
        name: "exit-after-restart",
        section: THE_WORKER,
        claim: "a reduce that has restarted ends it by EXIT",
        extension: None,
        run: ending::at_exit_of_the_next_reduce,
    },
    Check {
        name: "value",
        section: "valuz.md#valuation-notional",
        claim: "the value of every valid order is exact to the last bit",
        extension: None,
        run: orders::value_exact,
    },
    Check {
        name: "in-order",
        section: "valuz.md#extension-repeat",
        claim: "it answers in the order of arrival",
        extension: None,
        run: orders::in_order,
    },
    Check {
        name: "malformed-symbol",
        section: ERRORS,
        claim: "an order with a malformed symbol has no result, and the next order has one",
        extension: None,
        run: malformed::symbol,
    },
    Check {
        name: "malformed-action",
        section: ERRORS,
        claim: "the same for a malformed action",
        extension: None,
        run: malformed::action,
    },
    Check {
        name: "malformed-shares",
        section: ERRORS,
        claim: "the same for malformed shares",
        extension: None,
        run: malformed::shares,
    },
    Check {
        name: "malformed-price",
        section: ERRORS,
        claim: "the same for a malformed price",
        extension: None,
        run: malformed::price,
    },
    Check {
        name: "malformed-tail",
        section: ERRORS,
        claim: "the same for a tail that is too long",
        extension: None,
        run: malformed::tail,
    },
    Check {
        name: "infinite-value",
        section: ERRORS,
        claim: "the same for an order whose value is infinite",
        extension: None,
        run: malformed::infinite_value,
    },
    Check {
        name: "malformed-control",
        section: ERRORS,
        claim: "commands that are malformed, unknown or for others neither end it nor stop it",
        extension: None,
        run: malformed::control,
    },
    Check {
        name: "exit-prefix",
        section: ERRORS,
        claim: "a longer first frame that begins like EXIT is no EXIT: a subscription is a prefix",
        extension: None,
        run: malformed::exit_prefix,
    },
    Check {
        name: "half-message",
        section: ERRORS,
        claim: "a source that leaves in the middle of an order is forgotten, and the next one is served",
        extension: None,
        run: outages::half_message,
    },
    Check {
        name: "starts-first",
        section: "valuz.md#goals",
        claim: "it may start before source and reduce, and works as soon as they are there",
        extension: None,
        run: outages::starts_first,
    },
    Check {
        name: "source-restarts",
        section: "valuz.md#goals",
        claim: "it works for a source that has restarted",
        extension: None,
        run: outages::source_restarts,
    },
    Check {
        name: "reduce-restarts",
        section: "valuz.md#goals",
        claim: "it works for a reduce that has restarted",
        extension: None,
        run: outages::reduce_restarts,
    },
    Check {
        name: "two-workers",
        section: "valuz.md#goals",
        claim: "two of it share the orders of a batch, and lose none",
        extension: None,
        run: outages::two_workers,
    },
    Check {
        name: "slow-reduce",
        section: "valuz.md#limits",
        claim: "it waits for a reduce that is slow: no result is dropped",
        extension: None,
        run: outages::slow_reduce,
    },
    Check {
        name: "report-name",
        section: REPORT,
        claim: "READY names the worker, in at most 128 bytes of UTF-8 without control characters",
        extension: Some("report"),
        run: reports::name,
    },
    Check {
        name: "report-count",
        section: REPORT,
        claim: "reports have the name of READY, and the last one before the exit counts all orders",
        extension: Some("report"),
        run: reports::count,
    },
    Check {
        name: "report-rate",
        section: REPORT,
        claim: "it reports at most ten times a second",
        extension: Some("report"),
        run: reports::rate,
    },
    Check {
        name: "packs",
        section: packs::SECTION,
        claim: "once reduce takes packs, each order still has one result, in order; packs are well formed, and hold only numbers",
        extension: Some("pack"),
        run: packs::one_result_each,
    },
    Check {
        name: "packs-unasked",
        section: packs::SECTION,
        claim: "before PACKS it sends no pack",
        extension: Some("pack"),
        run: packs::none_unasked,
    },
    Check {
        name: "packs-at-once",
        section: packs::SECTION,
        claim: "it does not wait for more results to fill a pack",
        extension: Some("pack"),
        run: packs::at_once,
    },
    Check {
        name: "packs-after-loss",
        section: packs::SECTION,
        claim: "after its control connection was lost it sends no pack until PACKS comes again",
        extension: Some("pack"),
        run: packs::none_after_a_loss,
    },
    habits::interrupt(ending::interrupted),
    Check {
        name: "terminate",
        section: habits::SECTION,
        claim: "SIGTERM does so, too",
        extension: None,
        run: ending::terminated,
    },
    Check {
        name: "interrupt-unsent",
        section: habits::SECTION,
        claim: "Ctrl-C ends it also while reduce is absent and results are not sent",
        extension: None,
        run: ending::interrupted_with_unsent_results,
    },
    Check {
        name: "interrupt-blocked",
        section: habits::SECTION,
        claim: "Ctrl-C ends it also while it waits for a reduce that reads nothing",
        extension: None,
        run: ending::interrupted_while_blocked,
    },
    habits::USAGE,
];
