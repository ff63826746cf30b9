//! The checks of a broker of jobz: the kit is its clients and its workers, of both versions.
//!
//! - `served`: a broker that runs, and its peers
//! - `passing`: requests and replies
//! - `workers`: their registration, heartbeats and end
//! - `services`: what the broker answers itself

mod passing;
mod served;
mod services;
mod workers;

use self::served::Served;
use super::PAGE;
use crate::kit::{Candidate, Check, Role, Running, Verdict, habits};

/// The role.
pub const ROLE: Role = Role { name: "jobz-broker", arguments: "", page: PAGE };

const TOPOLOGY: &str = "jobz.md#topology";
const THE_BROKER: &str = "jobz.md#the-broker";
const SERVICES: &str = "jobz.md#services-of-the-broker";
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
