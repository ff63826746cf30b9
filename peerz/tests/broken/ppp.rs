//! Faults of the workers and the queues of the Paranoid Pirate Protocol.

use crate::Line;

pub(crate) const WORKERS: &[Line<'_>] = &[
    ("never-ready", "ready", &[]),
    ("ready-after-three", "ready-once", &["one-reply", "address-unchanged", "content-frames", "malformed"]),
    ("replies-twice", "one-reply", &["malformed"]),
    ("one-address-frame", "address-unchanged", &[]),
    ("needs-an-address", "address-unchanged", &[]),
    ("no-heartbeats", "heartbeats", &["heartbeats-suffice"]),
    ("requests-are-life", "heartbeats-suffice", &[]),
    ("waits-for-ever", "queue-silent", &["backoff", "backoff-ends", "queue-restarts"]),
    ("same-socket", "queue-silent", &["backoff", "backoff-ends"]),
    ("constant-backoff", "backoff", &["backoff-ends"]),
    ("backoff-stays", "backoff-ends", &[]),
    ("waits-for-ever", "queue-restarts", &["queue-silent", "backoff", "backoff-ends"]),
    ("never-reconnects", "starts-first", &["queue-silent", "backoff", "backoff-ends", "queue-restarts"]),
    ("three-frames-only", "content-frames", &[]),
    ("dies-at-malformed", "malformed", &[]),
    ("needs-no-content", "malformed", &[]),
    ("exit-code-130", "interrupt", &[]),
    ("ignores-sigterm", "terminate", &[]),
    ("accepts-any-argument", "usage", &[]),
];

pub(crate) const QUEUES: &[Line<'_>] = &[
    ("never-passes", "answers", &[]),
    ("lock-file-stays", "restart", &[]),
    ("drops-without-worker", "request-waits", &["one-at-a-time", "heartbeat-frees-none"]),
    ("drops-empty-frames", "content-unchanged", &[]),
    ("one-address-frame", "address-unchanged", &[]),
    ("replies-to-the-last-client", "own-replies", &[]),
    ("newest-free-first", "free-longest", &[]),
    ("never-busy", "one-at-a-time", &["heartbeat-frees-none", "own-replies"]),
    ("heartbeat-frees", "heartbeat-frees-none", &["free-longest", "one-at-a-time"]),
    ("free-heartbeats-only", "heartbeats", &[]),
    (
        "heartbeats-are-no-life",
        "heartbeats-suffice",
        &["heartbeats", "worker-silent", "unknown-worker", "late-reply", "worker-dies"],
    ),
    ("stops-at-the-first-alive", "worker-silent", &[]),
    ("answers-the-unknown", "unknown-worker", &[]),
    ("drops-late-replies", "late-reply", &[]),
    ("sends-again", "worker-dies", &["late-reply"]),
    ("dies-at-malformed-clients", "malformed-clients", &[]),
    ("passes-anything", "malformed-clients", &[]),
    ("dies-at-malformed-workers", "malformed-workers", &[]),
    ("dies-at-a-stranger", "stranger", &[]),
    ("exit-code-130", "interrupt", &[]),
    ("ignores-sigterm", "terminate", &[]),
    ("accepts-any-argument", "usage", &[]),
];
