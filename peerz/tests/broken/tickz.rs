//! Faults of publishers and watchers.

use crate::Line;

pub(crate) const PUBLISHERS: &[Line<'_>] = &[
    ("binds-elsewhere", "binds", &[]),
    (
        "serves-one-watcher",
        "two-watchers",
        &["one-symbol", "late-watcher", "deaf-watcher", "other-messages", "stranger"],
    ),
    ("symbol-with-terminator", "symbol", &[]),
    ("big-endian", "little-endian", &["positive"]),
    ("price-zero", "positive", &[]),
    ("frames-one-by-one", "one-message", &["symbol", "one-symbol"]),
    ("ends-with-its-watcher", "late-watcher", &["stranger"]),
    ("long-frame", "small-frames", &[]),
    ("dies-at-other-messages", "other-messages", &[]),
    ("sequence-over-all", "sequence", &[]),
    ("sequence-now-and-then", "sequence", &[]),
    ("sequence-from-the-clock", "sequence-start", &[]),
    ("exit-code-130", "interrupt", &[]),
    ("ignores-sigterm", "terminate", &[]),
    ("accepts-any-argument", "usage", &[]),
];

pub(crate) const WATCHERS: &[Line<'_>] = &[
    ("subscribes-with-terminator", "subscribes", &[]),
    ("subscribes-to-others", "subscribes", &[]),
    ("takes-the-prefix", "whole-symbol", &["valid-ticks", "malformed-ticks"]),
    ("time-never-back", "time-steps-back", &["valid-ticks"]),
    ("never-reconnects", "publisher-restarts", &["half-a-tick", "stranger", "publisher-late"]),
    ("ends-with-its-publisher", "publisher-restarts", &["half-a-tick", "stranger", "publisher-late"]),
    ("big-endian", "price", &["valid-ticks", "burst", "malformed-ticks"]),
    ("single-precision", "price", &["valid-ticks"]),
    ("two-decimals", "price", &["valid-ticks"]),
    ("four-frames", "unknown-frames", &["valid-ticks"]),
    ("three-frames", "sequence-accepted", &["unknown-frames", "valid-ticks"]),
    ("newest-alone", "burst", &["time-steps-back", "sequence-accepted"]),
    ("any-number", "malformed-ticks", &[]),
    ("any-sequence", "malformed-ticks", &[]),
    ("dies-at-a-short-price", "malformed-ticks", &[]),
    ("waits-for-its-publisher", "interrupt-alone", &[]),
    ("exit-code-130", "interrupt", &["interrupt-alone"]),
    ("ignores-sigterm", "terminate", &[]),
    ("accepts-any-argument", "usage", &[]),
];
