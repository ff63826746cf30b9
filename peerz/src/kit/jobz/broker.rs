//! The checks of a broker of jobz: the kit is its clients and its workers, of both versions.
//!
//! - `served`: a broker that runs, and its peers
//! - `passing`: requests and replies
//! - `workers`: their registration, heartbeats and end
//! - `limits`: how long requests wait, how many, and how many workers get them
//! - `services`: what the broker answers itself
//! - `jobs`, `titanic`: what it accepts and keeps

mod jobs;
mod limits;
mod passing;
mod served;
mod services;
mod titanic;
mod workers;

use self::{
    jobs::{accepted, ended, kept, nested},
    served::Served,
};
use super::PAGE;
use crate::kit::{Candidate, Check, Role, Running, Verdict, habits};

/// The role.
pub const ROLE: Role = Role { name: "jobz-broker", arguments: "", page: PAGE };

const TOPOLOGY: &str = "jobz.md#topology";
const THE_BROKER: &str = "jobz.md#the-broker";
const SERVICES: &str = "jobz.md#services-of-the-broker";
const TITANIC: &str = "jobz.md#titanic";
const CREDIT: Option<&str> = Some("credit");

/// Its checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "answers",
        section: TOPOLOGY,
        claim: "it binds the endpoint of jobs, and answers mmi.service",
        extension: None,
        run: services::answers,
    },
    Check {
        name: "restart",
        section: TOPOLOGY,
        claim: "it can be started again at its endpoint at once, and peers come back",
        extension: None,
        run: services::restart,
    },
    Check {
        name: "version-01",
        section: THE_BROKER,
        claim: "a client of version 0.1 is served by a worker of version 0.1",
        extension: None,
        run: passing::version_01,
    },
    Check {
        name: "version-02",
        section: THE_BROKER,
        claim: "a client of version 0.2 is served by a worker of version 0.2",
        extension: None,
        run: passing::version_02,
    },
    Check {
        name: "versions-mixed",
        section: THE_BROKER,
        claim: "a client of one version is served by a worker of the other",
        extension: None,
        run: passing::versions_mixed,
    },
    Check {
        name: "body-unchanged",
        section: THE_BROKER,
        claim: "the frames of request and reply arrive as they were sent, empty ones too",
        extension: None,
        run: passing::body_unchanged,
    },
    Check {
        name: "request-waits",
        section: THE_BROKER,
        claim: "a request for a service without a worker waits until there is one",
        extension: None,
        run: passing::request_waits,
    },
    Check {
        name: "one-at-a-time",
        section: THE_BROKER,
        claim: "a worker without credit gets one request at a time",
        extension: None,
        run: passing::one_at_a_time,
    },
    Check {
        name: "own-replies",
        section: THE_BROKER,
        claim: "of two clients that ask at once, each gets the reply to its request",
        extension: None,
        run: passing::own_replies,
    },
    Check {
        name: "idle-longest",
        section: THE_BROKER,
        claim: "the worker that has been idle for longest is next",
        extension: None,
        run: passing::idle_longest,
    },
    Check {
        name: "clients-alternate",
        section: THE_BROKER,
        claim: "a client with one request does not wait for all those of another one",
        extension: None,
        run: passing::clients_alternate,
    },
    Check {
        name: "late-reply",
        section: THE_BROKER,
        claim: "a reply with another address than that of an open request reaches no client",
        extension: None,
        run: passing::late_reply,
    },
    Check {
        name: "worker-leaves",
        section: THE_BROKER,
        claim: "a worker that disconnects loses its request to another one",
        extension: None,
        run: workers::leaves,
    },
    Check {
        name: "worker-silent",
        section: THE_BROKER,
        claim: "an idle worker that sends nothing is not registered any more, also behind one that lives",
        extension: None,
        run: workers::silent,
    },
    Check {
        name: "unknown-worker",
        section: THE_BROKER,
        claim: "a command of a peer that is not registered is answered with DISCONNECT",
        extension: None,
        run: workers::unknown,
    },
    Check {
        name: "ready-twice",
        section: THE_BROKER,
        claim: "a second READY is answered with DISCONNECT, and the worker is not registered any more",
        extension: None,
        run: workers::ready_twice,
    },
    limits::check("age", "a request that has waited for longer than --age expires", limits::age),
    limits::check(
        "waiting",
        "if more requests wait than --waiting says, the client with most of them loses its newest",
        limits::waiting,
    ),
    limits::check("busy", "a worker that is slower than --busy loses its request to another one", limits::busy),
    limits::check("busy-progress", "a partial reply gives its worker the time of --busy again", limits::progress),
    limits::check("tries", "a request is given to as many workers as --tries says, and no more", limits::tries),
    limits::check("leaving-is-no-try", "a request whose worker disconnects counts no try", limits::no_try),
    Check {
        name: "partial-replies",
        section: "jobz.md#client_reply",
        claim: "partial replies reach a client of version 0.2 as such, in order",
        extension: None,
        run: passing::partial_replies,
    },
    Check {
        name: "partial-replies-joined",
        section: "jobz.md#client_reply",
        claim: "for a client of version 0.1 they are all in one reply",
        extension: None,
        run: passing::partial_replies_joined,
    },
    Check {
        name: "heartbeats",
        section: "jobz.md#heartbeats",
        claim: "workers get heartbeats of their version, a busy one too",
        extension: None,
        run: workers::heartbeats,
    },
    Check {
        name: "mmi-service",
        section: SERVICES,
        claim: "mmi.service is 200 while a worker is registered, and 404 when it has left",
        extension: None,
        run: services::mmi_service,
    },
    Check {
        name: "mmi-other",
        section: SERVICES,
        claim: "any other mmi service is 501",
        extension: None,
        run: services::mmi_other,
    },
    Check {
        name: "reserved-names",
        section: SERVICES,
        claim: "a worker that registers a service of the broker gets DISCONNECT",
        extension: None,
        run: services::reserved_names,
    },
    Check {
        name: "credit",
        section: "jobz.md#the-worker",
        claim: "a worker with a credit of 2 gets two requests at once, and not three",
        extension: CREDIT,
        run: workers::credit,
    },
    Check {
        name: "fail",
        section: "jobz.md#the-worker",
        claim: "a request that a worker could not do is given to another one",
        extension: CREDIT,
        run: workers::fail,
    },
    Check {
        name: "cancel",
        section: "jobz.md#the-worker",
        claim: "a worker learns by CANCEL that its time for a request is over, and its end frees the place",
        extension: CREDIT,
        run: limits::cancel,
    },
    jobs::check("job-submit", "a job is accepted with an id, done by a worker, and its end is kept", accepted::submit),
    jobs::check("job-run", "job.run answers with the reply, in both versions", accepted::run),
    jobs::check(
        "job-progress",
        "who waits for a job gets each frame of its reply once, as it comes",
        accepted::progress,
    ),
    jobs::check("job-status", "the state of a job is waiting, open and done", accepted::status),
    jobs::check("job-list", "jobs that are not done are listed, those of all services or of one", accepted::list),
    jobs::check(
        "job-key",
        "a job with a key is accepted once, and another one with this key is refused",
        accepted::key,
    ),
    jobs::check("job-options", "options that do not exist or break their limits are refused", accepted::options),
    jobs::check(
        "job-cancel",
        "a cancelled job reaches no worker, and a job that is done is not cancelled",
        ended::cancel,
    ),
    jobs::check("job-cancel-open", "the worker of a cancelled job gets CANCEL, or DISCONNECT", ended::cancel_open),
    jobs::check("job-close", "a closed job is forgotten, and cancelled if it was not done", ended::close),
    jobs::check("job-deadline", "a job is dead when its deadline is over", ended::deadline),
    jobs::check("job-tries", "a job is dead when its tries are used up", ended::tries),
    jobs::check("job-dead", "dead jobs are listed, and wait again when they are resent", ended::dead),
    jobs::check("job-no-expiry", "a job does not expire by --age", kept::no_expiry),
    jobs::check("job-no-room", "a job is refused if as many wait as --waiting says", kept::no_room),
    jobs::check(
        "job-survives",
        "all that was accepted with --store is there after a kill of the broker",
        kept::survives,
    ),
    jobs::check("job-lends-place", "a worker without room gets the sub-job that its own job waits for", nested::lends),
    jobs::check("job-cancel-tree", "cancelling a job cancels its sub-jobs, and theirs", nested::cancels),
    Check {
        name: "titanic-reply",
        section: TITANIC,
        claim: "a request is accepted with an id, pending until it is done, and its reply may be asked for again",
        extension: Some("titanic"),
        run: titanic::reply,
    },
    Check {
        name: "titanic-close",
        section: TITANIC,
        claim: "a closed request is unknown, and closing it again is no fault",
        extension: Some("titanic"),
        run: titanic::close,
    },
    Check {
        name: "malformed",
        section: "jobz.md#error-handling",
        claim: "every malformed message of the vectors is dropped, and client and worker are served",
        extension: None,
        run: passing::malformed,
    },
    Check {
        name: "stranger",
        section: "jobz.md#error-handling",
        claim: "peers that do not speak ZMTP do no harm",
        extension: None,
        run: services::stranger,
    },
    habits::interrupt(|candidate| stops(candidate, Running::interrupt)),
    habits::terminate(|candidate| stops(candidate, Running::terminate)),
    habits::USAGE,
];

fn stops(candidate: &Candidate, send: fn(&mut Running)) -> Verdict {
    let served = Served::start(candidate)?;
    served.answers()?;
    habits::stops(served.broker, 0, send)
}
