//! The checks of a worker of jobz: the kit is its broker. What the worker's service does is unknown: it replies to anything.
//!
//! - `rig`: a worker that runs, and its broker

mod rig;

use std::time::Duration;

use self::rig::Rig;
use super::{
    PAGE,
    message::{FromWorker, cancel},
};
use crate::kit::{
    Candidate, Check, Finding, Role, Running, Verdict,
    bytes::{hex, show},
    candidate::ANSWER_WITHIN,
    check::ensure,
    habits,
    vectors::invalid,
};

/// The role.
pub const ROLE: Role = Role { name: "jobz-worker", arguments: "", page: PAGE };

const THE_WORKER: &str = "jobz.md#the-worker";
const CREDIT: Option<&str> = Some("credit");

/// Its checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "ready",
        section: THE_WORKER,
        claim: "it registers its service by READY, of either version",
        extension: None,
        run: ready,
    },
    Check {
        name: "ready-once",
        section: THE_WORKER,
        claim: "it sends no second READY: requests do not need one",
        extension: None,
        run: ready_once,
    },
    Check {
        name: "one-final",
        section: THE_WORKER,
        claim: "each of 20 requests gets exactly one final reply, in the worker's version",
        extension: None,
        run: one_final,
    },
    Check {
        name: "address-unchanged",
        section: THE_WORKER,
        claim: "a reply has the address of its request, whatever bytes it has",
        extension: None,
        run: address_unchanged,
    },
    Check {
        name: "disconnect",
        section: THE_WORKER,
        claim: "after DISCONNECT it begins again on a new connection",
        extension: None,
        run: disconnect,
    },
    Check {
        name: "broker-silent",
        section: THE_WORKER,
        claim: "it takes the silence of the broker for its end, and begins again",
        extension: None,
        run: broker_silent,
    },
    Check {
        name: "broker-restarts",
        section: THE_WORKER,
        claim: "it works for a broker that has restarted",
        extension: None,
        run: broker_restarts,
    },
    Check {
        name: "credit-at-once",
        section: THE_WORKER,
        claim: "it takes as many requests at once as its credit, and replies to all",
        extension: CREDIT,
        run: credit_at_once,
    },
    Check {
        name: "cancel",
        section: THE_WORKER,
        claim: "a request that was cancelled gets one FINAL or FAIL as well, and the next one is done",
        extension: CREDIT,
        run: cancelled,
    },
    Check {
        name: "body-frames",
        section: "jobz.md#broker_command",
        claim: "a body may have any number of frames, empty ones too",
        extension: None,
        run: body_frames,
    },
    Check {
        name: "heartbeats",
        section: "jobz.md#heartbeats",
        claim: "it sends heartbeats while it is idle",
        extension: None,
        run: heartbeats,
    },
    Check {
        name: "starts-first",
        section: "jobz.md#topology",
        claim: "it may start before the broker",
        extension: None,
        run: starts_first,
    },
    Check {
        name: "malformed",
        section: "jobz.md#error-handling",
        claim: "malformed commands are dropped, and the next request is done",
        extension: None,
        run: malformed,
    },
    habits::interrupt(|candidate| stops(candidate, Running::interrupt)),
    habits::terminate(|candidate| stops(candidate, Running::terminate)),
    habits::USAGE,
];

/// How long a worker may take to find that its broker is gone: three intervals of 2.5 s, and some time.
const LOST_WITHIN: Duration = Duration::from_secs(20);

/// How long the next heartbeat may take: an interval is 2.5 s.
const HEARTBEAT_WITHIN: Duration = Duration::from_secs(6);

fn ready(candidate: &Candidate) -> Verdict {
    Rig::start(candidate).map(drop)
}

fn ready_once(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    for number in 0..3_u8 {
        rig.does(&[number], &[b"hi"])?;
    }
    rig.is_quiet()
}

fn one_final(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    for number in 0..20_u8 {
        rig.does(&[b'a', number], &[b"hi"])?;
    }
    rig.is_quiet()
}

fn address_unchanged(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    for address in [&b""[..], b"\0", b"\0\x01\0\xff\0", &[0xe9; 255], b"MDPW02"] {
        rig.does(address, &[b"hi"])?;
    }
    Ok(())
}

fn disconnect(candidate: &Candidate) -> Verdict {
    let mut rig = Rig::start(candidate)?;
    rig.does(b"1", &[b"hi"])?;
    rig.send(&rig.version.disconnect())?;
    // Sooner than it would take the broker's silence for its end.
    rig.registers(ANSWER_WITHIN)?;
    rig.does(b"2", &[b"hi"])
}

fn broker_silent(candidate: &Candidate) -> Verdict {
    let mut rig = Rig::start(candidate)?;
    rig.registers(LOST_WITHIN)?;
    rig.does(b"1", &[b"hi"])
}

fn broker_restarts(candidate: &Candidate) -> Verdict {
    let mut rig = Rig::start(candidate)?;
    rig.does(b"1", &[b"hi"])?;
    rig.routed = rig.routed.rebind()?;
    rig.registers(LOST_WITHIN)?;
    rig.does(b"2", &[b"hi"])
}

fn credit_at_once(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let credit = rig.credit.ok_or(Finding::Unsupported)?;
    let addresses: Vec<[u8; 2]> = (0..credit).map(|number| (number as u16).to_be_bytes()).collect();
    for address in &addresses {
        rig.request(address, &[b"hi"])?;
    }
    let mut ended = addresses.iter().map(|_| rig.ended()).collect::<Result<Vec<_>, _>>()?;
    ended.sort();
    ensure(ended == addresses, || format!("expected a reply for each of {credit} requests; seen {}", show(&ended)))?;
    rig.is_quiet()
}

fn cancelled(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    rig.credit.ok_or(Finding::Unsupported)?;
    rig.send(&cancel(b"of no request"))?;
    rig.request(b"1", &[b"hi"])?;
    rig.send(&cancel(b"1"))?;
    let seen = rig.ended()?;
    ensure(seen == b"1", || format!("expected the end of 31, seen that of {}", hex(&seen)))?;
    rig.send(&cancel(b"1"))?;
    rig.does(b"2", &[b"hi"])?;
    rig.is_quiet()
}

fn body_frames(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    for body in [&[&b""[..]][..], &[b"a", b"", b"\xff"], &[&b""[..]; 1000]] {
        rig.does(b"1", body)?;
    }
    Ok(())
}

fn heartbeats(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    let (_, version, command) = rig.next(HEARTBEAT_WITHIN, "a heartbeat")?;
    let is_heartbeat = command == FromWorker::Heartbeat && version == rig.version;
    ensure(is_heartbeat, || format!("expected a heartbeat of the worker's version; {command:?} came"))
}

fn starts_first(candidate: &Candidate) -> Verdict {
    Rig::start_late(candidate)?.does(b"1", &[b"hi"])
}

fn malformed(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    for case in invalid("jobz", "broker_command") {
        rig.send(&case.frames)?;
        rig.does(b"next", &[b"hi"]).map_err(|finding| match finding {
            Finding::Failed(reason) => Finding::Failed(format!("after {}: {reason}", case.name)),
            Finding::Unsupported => Finding::Unsupported,
        })?;
    }
    rig.is_quiet()
}

fn stops(candidate: &Candidate, send: fn(&mut Running)) -> Verdict {
    let rig = Rig::start(candidate)?;
    rig.does(b"1", &[b"hi"])?;
    habits::stops(rig.routed.program, 0, send)
}
