//! The checks of a chat server: it binds a `ROUTER` for requests and a `PUB` for broadcasts.

mod extensions;
mod messages;
mod peers;
mod presence;
mod served;

use super::{Candidate, Check, Role, Running, Verdict, habits};
use messages::{
    broadcast_once, broadcast_unchanged, delimiter_missing, empty_request, envelope, malformed_forgotten,
    malformed_refused, one_reply, valid_requests,
};
use peers::{client_breaks_off, deaf_subscriber, known_routing_id, restart, stranger, two_clients};
use presence::{answers, expiry, names_by_bytes, users_present, users_sorted};
use served::Served;

/// The role.
pub const ROLE: Role = Role { name: "serve", arguments: "", page: "chatz.md" };

/// Its checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "answers",
        section: "chatz.md#topology",
        claim: "it binds the endpoint of requests, and answers a keep-alive",
        extension: None,
        run: answers,
    },
    Check {
        name: "restart",
        section: "chatz.md#topology",
        claim: "it can be started again at its endpoints at once, and clients come back",
        extension: None,
        run: restart,
    },
    Check {
        name: "envelope",
        section: "chatz.md#the-envelope",
        claim: "the whole envelope comes back unchanged, with request ids and hops",
        extension: None,
        run: envelope,
    },
    Check {
        name: "delimiter-missing",
        section: "chatz.md#the-envelope",
        claim: "a request without a delimiter is refused without one",
        extension: None,
        run: delimiter_missing,
    },
    Check {
        name: "empty-request",
        section: "chatz.md#the-envelope",
        claim: "an envelope around nothing is refused in that envelope",
        extension: None,
        run: empty_request,
    },
    Check {
        name: "valid-requests",
        section: "chatz.md#request",
        claim: "every valid request of the vectors is accepted, and what it says is broadcast",
        extension: None,
        run: valid_requests,
    },
    Check {
        name: "users-present",
        section: "chatz.md#reply",
        claim: "the reply to a keep-alive is the users who are present, a frame each",
        extension: None,
        run: users_present,
    },
    Check {
        name: "users-sorted",
        section: "chatz.md#reply",
        claim: "the users of a reply are sorted by code point, each of them once",
        extension: None,
        run: users_sorted,
    },
    Check {
        name: "broadcast-unchanged",
        section: "chatz.md#broadcast",
        claim: "a broadcast is byte for byte what was said, for every subscriber",
        extension: None,
        run: broadcast_unchanged,
    },
    Check {
        name: "expiry",
        section: "chatz.md#semantics",
        claim: "a user is present for 5 seconds after the last request, and no longer",
        extension: None,
        run: expiry,
    },
    Check {
        name: "one-reply",
        section: "chatz.md#semantics",
        claim: "each request gets exactly one reply, a malformed one too",
        extension: None,
        run: one_reply,
    },
    Check {
        name: "broadcast-once",
        section: "chatz.md#semantics",
        claim: "each say is broadcast once, in the order of the requests",
        extension: None,
        run: broadcast_once,
    },
    Check {
        name: "names-by-bytes",
        section: "chatz.md#semantics",
        claim: "names that differ in their bytes are different users",
        extension: None,
        run: names_by_bytes,
    },
    Check {
        name: "known-routing-id",
        section: "chatz.md#semantics",
        claim: "a client that comes back with its routing id is answered (ROUTER_HANDOVER)",
        extension: None,
        run: known_routing_id,
    },
    Check {
        name: "two-clients",
        section: "chatz.md#semantics",
        claim: "of two clients that ask at once, each gets its own replies",
        extension: None,
        run: two_clients,
    },
    Check {
        name: "malformed-refused",
        section: "chatz.md#error-handling",
        claim: "every invalid request of the vectors is refused, and the next valid one answered",
        extension: None,
        run: malformed_refused,
    },
    Check {
        name: "malformed-forgotten",
        section: "chatz.md#error-handling",
        claim: "the user of a malformed request is not present, and its text not broadcast",
        extension: None,
        run: malformed_forgotten,
    },
    Check {
        name: "client-breaks-off",
        section: "chatz.md#error-handling",
        claim: "clients that break off or do not read their replies hold up no other",
        extension: None,
        run: client_breaks_off,
    },
    Check {
        name: "stranger",
        section: "chatz.md#error-handling",
        claim: "peers that do not speak ZMTP, and messages that are no subscriptions, do no harm",
        extension: None,
        run: stranger,
    },
    Check {
        name: "deaf-subscriber",
        section: "chatz.md#limits",
        claim: "it does not wait for a subscriber that reads nothing",
        extension: None,
        run: deaf_subscriber,
    },
    Check {
        name: "roster-version",
        section: "chatz.md#extension-roster-version",
        claim: "names follow the version exactly if the client holds another one",
        extension: Some("roster version"),
        run: extensions::roster_version,
    },
    Check {
        name: "versions-do-not-repeat",
        section: "chatz.md#extension-roster-version",
        claim: "a server that restarts repeats no version",
        extension: Some("roster version"),
        run: extensions::versions_do_not_repeat,
    },
    Check {
        name: "leave",
        section: "chatz.md#extension-leave",
        claim: "a user who leaves is not present, and the reply is the version alone",
        extension: Some("leave"),
        run: extensions::leave,
    },
    habits::interrupt(|candidate| stops(candidate, Running::interrupt)),
    habits::terminate(|candidate| stops(candidate, Running::terminate)),
    habits::USAGE,
];

fn stops(candidate: &Candidate, send: fn(&mut Running)) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    served.users(&client, &["ada"])?;
    habits::stops(served.server, 0, send)
}
