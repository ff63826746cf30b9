//! The checks of a reduce of valuz: the kit is its source and its workers.
//!
//! - `start`: when it publishes START
//! - `total`: what it counts, and the total
//! - `malformed`: what it drops
//! - `extensions`: `order id`, `batch` and `repeat`
//! - `packs`: the extension `pack`
//! - `ending`: EXIT, signals

mod ending;
mod extensions;
mod malformed;
mod packs;
mod rig;
mod start;
mod total;

use super::{Check, Role, habits};

/// The role.
pub const ROLE: Role = Role { name: "reduce", arguments: "--workers N --count N", page: "valuz.md" };

const REDUCE: &str = "valuz.md#reduce";
const ERRORS: &str = "valuz.md#error-handling";
const BATCH: &str = "valuz.md#extension-batch";
const REPEAT: &str = "valuz.md#extension-repeat";

/// The checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "start",
        section: REDUCE,
        claim: "it publishes START when the workers are ready and the source has subscribed",
        extension: None,
        run: start::comes,
    },
    Check {
        name: "start-waits-for-workers",
        section: REDUCE,
        claim: "START waits for as many workers as --workers says",
        extension: None,
        run: start::waits_for_workers,
    },
    Check {
        name: "start-waits-for-source",
        section: REDUCE,
        claim: "START waits for the subscription of the source",
        extension: None,
        run: start::waits_for_the_source,
    },
    Check {
        name: "start-again",
        section: REDUCE,
        claim: "a source that subscribes in mid-batch, as one that restarts, gets START as well",
        extension: None,
        run: start::comes_again,
    },
    Check {
        name: "early-results",
        section: REDUCE,
        claim: "results from before START do not count",
        extension: None,
        run: total::of_early_results,
    },
    Check {
        name: "total",
        section: REDUCE,
        claim: "it prints the total once every order has its result, and exits with 0",
        extension: None,
        run: total::of_a_batch,
    },
    Check {
        name: "unnumbered",
        section: REDUCE,
        claim: "results without a tail, of old workers, count as they come",
        extension: None,
        run: total::of_unnumbered,
    },
    Check {
        name: "total-exact",
        section: REDUCE,
        claim: "the total is exact, rounded once, and independent of the order of results",
        extension: None,
        run: total::exact,
    },
    Check {
        name: "two-workers",
        section: REDUCE,
        claim: "the results of several workers count",
        extension: None,
        run: total::of_two_workers,
    },
    Check {
        name: "exit",
        section: REDUCE,
        claim: "it publishes EXIT to source and workers after the last result, not before",
        extension: None,
        run: ending::publishes_exit,
    },
    Check {
        name: "exit-late",
        section: REDUCE,
        claim: "a worker that was ready and subscribes to EXIT only after the batch gets it",
        extension: None,
        run: ending::publishes_exit_to_the_late,
    },
    Check {
        name: "valid-results",
        section: "valuz.md#outcome",
        claim: "every valid result counts",
        extension: None,
        run: total::of_every_valid_result,
    },
    Check {
        name: "valid-ready",
        section: "valuz.md#outcome",
        claim: "every valid READY counts as a worker, with and without a name",
        extension: None,
        run: start::takes_every_ready,
    },
    Check {
        name: "reports",
        section: "valuz.md#outcome",
        claim: "a report is no result",
        extension: None,
        run: total::without_reports,
    },
    Check {
        name: "malformed-symbol",
        section: ERRORS,
        claim: "a result with a malformed symbol does not count, and those after it do",
        extension: None,
        run: malformed::symbol,
    },
    Check {
        name: "malformed-value",
        section: ERRORS,
        claim: "the same for a malformed value",
        extension: None,
        run: malformed::value,
    },
    Check {
        name: "malformed-tail",
        section: ERRORS,
        claim: "the same for a tail that is too long",
        extension: None,
        run: malformed::tail,
    },
    Check {
        name: "unknown-command",
        section: ERRORS,
        claim: "the same for an unknown command",
        extension: None,
        run: malformed::command,
    },
    Check {
        name: "malformed-report",
        section: ERRORS,
        claim: "the same for a malformed report, and for a READY with a malformed name",
        extension: None,
        run: malformed::report,
    },
    Check {
        name: "half-message",
        section: ERRORS,
        claim: "a worker that leaves in the middle of a result is forgotten, and others count",
        extension: None,
        run: malformed::half_message,
    },
    Check {
        name: "duplicates",
        section: "valuz.md#extension-order-id",
        claim: "a second result of the same order does not count",
        extension: Some("order id"),
        run: extensions::duplicates,
    },
    Check {
        name: "base",
        section: BATCH,
        claim: "START has a base, and that of a later run is greater",
        extension: Some("batch"),
        run: extensions::base,
    },
    Check {
        name: "other-batches",
        section: BATCH,
        claim: "results with numbers below the base or above the batch do not count",
        extension: Some("batch"),
        run: extensions::other_batches,
    },
    Check {
        name: "repeat",
        section: REPEAT,
        claim: "it asks for orders without a result, and for no others",
        extension: Some("repeat"),
        run: extensions::repeat,
    },
    Check {
        name: "give-up",
        section: REPEAT,
        claim: "after 10 s without a result it publishes EXIT, prints no total and exits with 1",
        extension: Some("repeat"),
        run: extensions::gives_up,
    },
    Check {
        name: "packs-announced",
        section: packs::SECTION,
        claim: "it publishes PACKS after each subscription to it, also in mid-batch",
        extension: Some("pack"),
        run: packs::announced,
    },
    Check {
        name: "packs",
        section: packs::SECTION,
        claim: "every result of every valid pack counts",
        extension: Some("pack"),
        run: packs::count,
    },
    Check {
        name: "malformed-pack",
        section: packs::SECTION,
        claim: "no result of a malformed pack counts, and those after it do",
        extension: Some("pack"),
        run: packs::malformed,
    },
    Check {
        name: "interrupt",
        section: habits::SECTION,
        claim: "Ctrl-C (SIGINT) before the batch ends it within a second, with exit code 0",
        extension: None,
        run: ending::interrupted,
    },
    Check {
        name: "interrupt-batch",
        section: habits::SECTION,
        claim: "Ctrl-C in mid-batch publishes EXIT and ends it with exit code 1 and no total",
        extension: None,
        run: ending::interrupted_in_mid_batch,
    },
    Check {
        name: "terminate",
        section: habits::SECTION,
        claim: "SIGTERM before the batch ends it within a second, with exit code 0",
        extension: None,
        run: ending::terminated,
    },
    habits::USAGE,
];
