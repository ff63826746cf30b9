//! The checks of a worker of the Paranoid Pirate Protocol: the kit is its queue. What the worker's service does is unknown: it
//! replies to anything.
//!
//! - `rig`: a worker that runs, and its queue
//! - `requests`: requests and replies
//! - `silence`: heartbeats, and a queue that sends none

mod requests;
mod rig;
mod silence;

use self::rig::Rig;
use super::PAGE;
use crate::kit::{Candidate, Check, Role, Running, Verdict, habits};

/// The role.
pub const ROLE: Role = Role { name: "ppp-worker", arguments: "--connect ENDPOINT", page: PAGE };

const THE_WORKER: &str = "ppp.md#the-worker";

/// Its checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "ready",
        section: THE_WORKER,
        claim: "its first message is READY",
        extension: None,
        run: requests::ready,
    },
    Check {
        name: "ready-once",
        section: THE_WORKER,
        claim: "it sends no second READY: requests do not need one",
        extension: None,
        run: requests::ready_once,
    },
    Check {
        name: "one-reply",
        section: THE_WORKER,
        claim: "each of 20 requests gets exactly one reply",
        extension: None,
        run: requests::one_reply,
    },
    Check {
        name: "address-unchanged",
        section: THE_WORKER,
        claim: "a reply has the address frames of its request, however many, and none if there were none",
        extension: None,
        run: requests::address_unchanged,
    },
    Check {
        name: "heartbeats",
        section: THE_WORKER,
        claim: "it sends heartbeats while it is idle",
        extension: None,
        run: silence::heartbeats,
    },
    Check {
        name: "heartbeats-suffice",
        section: THE_WORKER,
        claim: "heartbeats of the queue are enough: it does not begin again",
        extension: None,
        run: silence::heartbeats_suffice,
    },
    Check {
        name: "queue-silent",
        section: THE_WORKER,
        claim: "it takes the silence of the queue for its end, and begins again on a new connection",
        extension: None,
        run: silence::queue_silent,
    },
    Check {
        name: "backoff",
        section: THE_WORKER,
        claim: "it waits longer before each further time that it begins again",
        extension: None,
        run: silence::backoff,
    },
    Check {
        name: "backoff-ends",
        section: THE_WORKER,
        claim: "the wait is short again after a message of the queue",
        extension: None,
        run: silence::backoff_ends,
    },
    Check {
        name: "queue-restarts",
        section: THE_WORKER,
        claim: "it works for a queue that has restarted",
        extension: None,
        run: silence::queue_restarts,
    },
    Check {
        name: "starts-first",
        section: "ppp.md#topology",
        claim: "it may start before the queue",
        extension: None,
        run: silence::starts_first,
    },
    Check {
        name: "content-frames",
        section: "ppp.md#ppp_queue",
        claim: "a content may have any number of frames, empty ones too",
        extension: None,
        run: requests::content_frames,
    },
    Check {
        name: "malformed",
        section: "ppp.md#error-handling",
        claim: "malformed messages are dropped, and the next request is done",
        extension: None,
        run: requests::malformed,
    },
    habits::interrupt(|candidate| stops(candidate, Running::interrupt)),
    habits::terminate(|candidate| stops(candidate, Running::terminate)),
    habits::USAGE,
];

fn stops(candidate: &Candidate, send: fn(&mut Running)) -> Verdict {
    let rig = Rig::start(candidate)?;
    rig.does(&[b"client"], &[b"hi"])?;
    habits::stops(rig.routed.program, 0, send)
}
