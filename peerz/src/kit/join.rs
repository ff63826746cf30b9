//! The checks of a chat client: the kit is its server.
//!
//! - `asking`: its requests, and what follows from their replies
//! - `hearing`: what it prints of broadcasts
//! - `outages`: servers that are late, restart or break off

mod asking;
mod hearing;
mod joined;
mod outages;

use self::joined::Joined;
use super::{Candidate, Check, Role, Running, Verdict, habits};

/// The role.
pub const ROLE: Role = Role { name: "join", arguments: "NAME", page: "chatz.md" };

/// Its checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "asks",
        section: "chatz.md#semantics",
        claim: "it sends requests once the server is there",
        extension: None,
        run: asking::asks,
    },
    Check {
        name: "keep-alive",
        section: "chatz.md#semantics",
        claim: "a keep-alive follows every 2.5 seconds, and not much more often",
        extension: None,
        run: asking::keep_alive_again,
    },
    Check {
        name: "says-lines",
        section: "chatz.md#semantics",
        claim: "each line of input is said once, in order and byte for byte",
        extension: None,
        run: asking::says_lines,
    },
    Check {
        name: "subscribes-to-all",
        section: "chatz.md#semantics",
        claim: "it subscribes to the empty prefix: a user's name is not a topic",
        extension: None,
        run: hearing::subscribes_to_all,
    },
    Check {
        name: "one-line",
        section: "chatz.md#semantics",
        claim: "a text with line feeds and escapes is one line, its control characters escaped",
        extension: None,
        run: hearing::one_line,
    },
    Check {
        name: "lost-reply",
        section: "chatz.md#semantics",
        claim: "it recovers from a lost reply",
        extension: None,
        run: asking::lost_reply,
    },
    Check {
        name: "not-said-again",
        section: "chatz.md#semantics",
        claim: "a text whose reply is lost is not said again",
        extension: None,
        run: asking::not_said_again,
    },
    Check {
        name: "two-clients",
        section: "chatz.md#semantics",
        claim: "two of it at one server have different routing ids",
        extension: None,
        run: outages::two_clients,
    },
    Check {
        name: "delimiter",
        section: "chatz.md#the-envelope",
        claim: "an empty frame, the delimiter, stands before the request",
        extension: None,
        run: asking::delimiter,
    },
    Check {
        name: "name",
        section: "chatz.md#request",
        claim: "the first request is a keep-alive of the name that it was given",
        extension: None,
        run: asking::name,
    },
    Check {
        name: "valid-replies",
        section: "chatz.md#reply",
        claim: "after every valid reply of the vectors it continues to ask",
        extension: None,
        run: asking::valid_replies,
    },
    Check {
        name: "valid-broadcasts",
        section: "chatz.md#broadcast",
        claim: "every valid broadcast of the vectors is printed as one line",
        extension: None,
        run: hearing::valid_broadcasts,
    },
    Check {
        name: "malformed-replies",
        section: "chatz.md#error-handling",
        claim: "after every invalid reply of the vectors it continues to ask",
        extension: None,
        run: asking::malformed_replies,
    },
    Check {
        name: "malformed-broadcasts",
        section: "chatz.md#error-handling",
        claim: "every invalid broadcast of the vectors is dropped, and the next valid one printed",
        extension: None,
        run: hearing::malformed_broadcasts,
    },
    Check {
        name: "half-a-message",
        section: "chatz.md#error-handling",
        claim: "it connects again to a server that broke off in a message",
        extension: None,
        run: outages::half_a_message,
    },
    Check {
        name: "stranger",
        section: "chatz.md#error-handling",
        claim: "servers that do not speak ZMTP do no harm",
        extension: None,
        run: outages::stranger,
    },
    Check {
        name: "limits",
        section: "chatz.md#limits",
        claim: "a line that is empty, too long or has a U+001F is not said as it is",
        extension: None,
        run: asking::limits,
    },
    Check {
        name: "server-late",
        section: "chatz.md#topology",
        claim: "it may start before the server",
        extension: None,
        run: outages::server_late,
    },
    Check {
        name: "server-restarts",
        section: "chatz.md#topology",
        claim: "it is present again, and hears again, when the server is back",
        extension: None,
        run: outages::server_restarts,
    },
    Check {
        name: "roster-version",
        section: "chatz.md#extension-roster-version",
        claim: "it holds the version of the last reply that had one",
        extension: Some("roster version"),
        run: asking::roster_version,
    },
    Check {
        name: "leave",
        section: "chatz.md#extension-leave",
        claim: "its last request says that it leaves",
        extension: Some("leave"),
        run: asking::leave,
    },
    Check {
        name: "end-of-input",
        section: habits::SECTION,
        claim: "at the end of its input it exits with 0, once all lines are said",
        extension: None,
        run: asking::end_of_input,
    },
    habits::interrupt(|candidate| stops(candidate, Running::interrupt)),
    Check {
        name: "interrupt-alone",
        section: habits::SECTION,
        claim: "Ctrl-C ends it also while it waits for its server",
        extension: None,
        run: outages::interrupted_alone,
    },
    habits::terminate(|candidate| stops(candidate, Running::terminate)),
    habits::USAGE,
];

fn stops(candidate: &Candidate, send: fn(&mut Running)) -> Verdict {
    habits::stops(Joined::present(candidate)?.client, 0, send)
}
