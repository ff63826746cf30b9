//! The checks of a queue of the Paranoid Pirate Protocol: the kit is its clients and its workers.
//!
//! - `rig`: a queue that runs, and its peers
//! - `passing`: requests and replies
//! - `workers`: which of them get requests and heartbeats, and their end

mod passing;
mod rig;
mod workers;

use self::rig::Rig;
use super::PAGE;
use crate::kit::{Candidate, Check, Role, Running, Verdict, habits};

/// The role.
pub const ROLE: Role = Role { name: "ppp-queue", arguments: "--clients ENDPOINT --workers ENDPOINT", page: PAGE };

const TOPOLOGY: &str = "ppp.md#topology";
const THE_QUEUE: &str = "ppp.md#the-queue";
const ERRORS: &str = "ppp.md#error-handling";

/// Its checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "answers",
        section: TOPOLOGY,
        claim: "it binds both endpoints, and a client is served by a worker",
        extension: None,
        run: passing::answers,
    },
    Check {
        name: "restart",
        section: TOPOLOGY,
        claim: "it can be started again at its endpoints at once, and peers come back",
        extension: None,
        run: passing::restart,
    },
    Check {
        name: "request-waits",
        section: THE_QUEUE,
        claim: "a request waits while no worker is free",
        extension: None,
        run: passing::request_waits,
    },
    Check {
        name: "content-unchanged",
        section: THE_QUEUE,
        claim: "the frames of request and reply arrive as they were sent, empty ones too",
        extension: None,
        run: passing::content_unchanged,
    },
    Check {
        name: "address-unchanged",
        section: THE_QUEUE,
        claim: "a client behind another queue gets its reply with all frames of its address",
        extension: None,
        run: passing::address_unchanged,
    },
    Check {
        name: "own-replies",
        section: THE_QUEUE,
        claim: "of two clients that ask at once, each gets the reply to its request",
        extension: None,
        run: passing::own_replies,
    },
    Check {
        name: "free-longest",
        section: THE_QUEUE,
        claim: "the worker that has been free for longest is next",
        extension: None,
        run: passing::free_longest,
    },
    Check {
        name: "one-at-a-time",
        section: THE_QUEUE,
        claim: "a busy worker gets no second request",
        extension: None,
        run: workers::one_at_a_time,
    },
    Check {
        name: "heartbeat-frees-none",
        section: THE_QUEUE,
        claim: "a heartbeat of a busy worker does not make it free",
        extension: None,
        run: workers::heartbeat_frees_none,
    },
    Check {
        name: "heartbeats",
        section: THE_QUEUE,
        claim: "workers get heartbeats, a busy one too",
        extension: None,
        run: workers::heartbeats,
    },
    Check {
        name: "heartbeats-suffice",
        section: THE_QUEUE,
        claim: "heartbeats of a worker are enough: it is not forgotten",
        extension: None,
        run: workers::heartbeats_suffice,
    },
    Check {
        name: "worker-silent",
        section: THE_QUEUE,
        claim: "a silent worker gets neither requests nor heartbeats, wherever one that lives stands",
        extension: None,
        run: workers::silent,
    },
    Check {
        name: "unknown-worker",
        section: THE_QUEUE,
        claim: "a heartbeat of an unknown worker is not answered",
        extension: None,
        run: workers::unknown,
    },
    Check {
        name: "late-reply",
        section: THE_QUEUE,
        claim: "the reply of a worker that was forgotten reaches its client, and makes the worker known again",
        extension: None,
        run: workers::late_reply,
    },
    Check {
        name: "worker-dies",
        section: "ppp.md#goals",
        claim: "the request of a worker that has died is not sent again, and others are served",
        extension: None,
        run: workers::dies,
    },
    Check {
        name: "malformed-clients",
        section: ERRORS,
        claim: "a client's message without an empty frame or content is dropped, and the next request is passed on",
        extension: None,
        run: passing::malformed_clients,
    },
    Check {
        name: "malformed-workers",
        section: ERRORS,
        claim: "malformed messages of workers are dropped, a reply without address too",
        extension: None,
        run: passing::malformed_workers,
    },
    Check {
        name: "stranger",
        section: ERRORS,
        claim: "peers that do not speak ZMTP do no harm",
        extension: None,
        run: passing::stranger,
    },
    habits::interrupt(|candidate| stops(candidate, Running::interrupt)),
    habits::terminate(|candidate| stops(candidate, Running::terminate)),
    habits::USAGE,
];

fn stops(candidate: &Candidate, send: fn(&mut Running)) -> Verdict {
    let rig = Rig::start(candidate)?;
    rig.known_worker(&[]).map(drop)?;
    habits::stops(rig.queue, 0, send)
}
