//! The checks of a client of jobz: the kit is its broker.

use std::time::{Duration, Instant};

use super::{
    JOBS, PAGE,
    message::{Request, Version},
};
use crate::kit::{
    Candidate, Check, Finding, Role, Running, Verdict,
    bytes::{frames, show},
    candidate::{ANSWER_WITHIN, START_WITHIN},
    check::ensure,
    habits,
    routed::Routed,
    vectors::invalid,
};

/// The role.
pub const ROLE: Role = Role { name: "jobz-client", arguments: "SERVICE PART...", page: PAGE };

const THE_CLIENT: &str = "jobz.md#the-client";

/// Its checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "asks",
        section: "jobz.md#client_request",
        claim: "it sends a request of its service, with a frame for each part",
        extension: None,
        run: asks,
    },
    Check {
        name: "prints-the-reply",
        section: "jobz.md#client_reply",
        claim: "each frame of the final reply is a line of its output, and it exits with 0",
        extension: None,
        run: prints_the_reply,
    },
    Check {
        name: "partial-replies",
        section: "jobz.md#client_reply",
        claim: "partial replies are printed as well, in order, and it waits for the final one",
        extension: Some("version 0.2"),
        run: partial_replies,
    },
    Check {
        name: "asks-again",
        section: THE_CLIENT,
        claim: "without a reply it sends the same request again, on a new connection",
        extension: None,
        run: asks_again,
    },
    Check {
        name: "gives-up",
        section: THE_CLIENT,
        claim: "after several requests without a reply it exits with 1",
        extension: None,
        run: gives_up,
    },
    Check {
        name: "broker-restarts",
        section: THE_CLIENT,
        claim: "it asks a broker that has restarted again",
        extension: None,
        run: broker_restarts,
    },
    Check {
        name: "starts-first",
        section: "jobz.md#topology",
        claim: "it may start before the broker",
        extension: None,
        run: starts_first,
    },
    Check {
        name: "malformed-replies",
        section: "jobz.md#error-handling",
        claim: "malformed replies are dropped, and a valid one after them is printed",
        extension: None,
        run: malformed_replies,
    },
    habits::interrupt(|candidate| stops(candidate, Running::interrupt)),
    habits::terminate(|candidate| stops(candidate, Running::terminate)),
    habits::USAGE,
];

const SERVICE: &str = "echo";
const PARTS: [&str; 2] = ["hello", "Жук 1"];

/// How long a client may take until it asks again or gives up: its patience is a few seconds.
const PATIENCE_WITHIN: Duration = Duration::from_secs(30);

/// A client that runs, and its broker.
struct Asked(Routed);

impl Asked {
    fn start(candidate: &Candidate) -> Result<Self, Finding> {
        Routed::start(|endpoint| run(candidate, endpoint)).map(Self)
    }

    /// The next request, and the routing id of its connection.
    fn request(&self, bound: Duration) -> Result<(Vec<u8>, Request), Finding> {
        let (client, frames) = self.0.next("a request", bound)?;
        let request = Request::parse(&frames)
            .map_err(|fault| Finding::failed(format!("the request is malformed, {fault}: {}", show(&frames))))?;
        Ok((client, request))
    }

    /// The first request, whose client is answered by [`Self::reply`].
    fn asked(&self) -> Result<(Vec<u8>, Version), Finding> {
        let (client, request) = self.request(START_WITHIN)?;
        Ok((client, request.version))
    }

    fn line(&self, wanted: &str) -> Verdict {
        let client = &self.0.program;
        let printed = client.expect(&format!("the line {wanted:?}"), ANSWER_WITHIN, |left| client.line_within(left))?;
        ensure(printed == wanted, || format!("expected the line {wanted:?}, printed: {printed:?}"))
    }

    /// Replies to every request until the client has printed the reply and exits.
    fn ends(mut self, line: &str) -> Verdict {
        let deadline = Instant::now() + PATIENCE_WITHIN;
        while self.0.program.is_alive() && Instant::now() < deadline {
            if let Some(message) = self.0.router.recv_within(Duration::from_millis(20))
                && let Some((client, request)) = message.split_first()
                && let Ok(request) = Request::parse(request)
            {
                self.0.send(client, &request.version.reply(true, SERVICE, &[line]))?;
            }
        }
        self.line(line)?;
        self.0.program.exit_with(0, ANSWER_WITHIN)
    }
}

fn run(candidate: &Candidate, endpoint: &str) -> Result<Running, Finding> {
    candidate.start(&[(JOBS, endpoint)], &[SERVICE, PARTS[0], PARTS[1]])
}

fn asks(candidate: &Candidate) -> Verdict {
    let asked = Asked::start(candidate)?;
    let (_, request) = asked.request(START_WITHIN)?;
    let wanted = Request { version: request.version, service: SERVICE.to_owned(), body: frames(PARTS) };
    ensure(request == wanted, || {
        format!(
            "expected a request to {SERVICE} with {}, seen one to {} with {}",
            show(&wanted.body),
            request.service,
            show(&request.body)
        )
    })
}

fn prints_the_reply(candidate: &Candidate) -> Verdict {
    let mut asked = Asked::start(candidate)?;
    let (client, version) = asked.asked()?;
    asked.0.send(&client, &version.reply(true, SERVICE, &["one", "two Ж"]))?;
    asked.line("one")?;
    asked.line("two Ж")?;
    asked.0.program.exit_with(0, ANSWER_WITHIN)
}

fn partial_replies(candidate: &Candidate) -> Verdict {
    let mut asked = Asked::start(candidate)?;
    let (client, version) = asked.asked()?;
    if version == Version::Mdp01 {
        return Err(Finding::Unsupported);
    }
    for line in ["half", "three quarters"] {
        asked.0.send(&client, &version.reply(false, SERVICE, &[line]))?;
        asked.line(line)?;
    }
    ensure(asked.0.program.is_alive(), || "it has ended after a partial reply".to_owned())?;
    asked.0.send(&client, &version.reply(true, SERVICE, &["all"]))?;
    asked.line("all")?;
    asked.0.program.exit_with(0, ANSWER_WITHIN)
}

fn asks_again(candidate: &Candidate) -> Verdict {
    let mut asked = Asked::start(candidate)?;
    let (client, first) = asked.request(START_WITHIN)?;
    let (other, second) = asked.request(PATIENCE_WITHIN)?;
    ensure(second == first, || format!("the second request is another one: {}", show(&second.body)))?;
    ensure(other != client, || "it asks again on the same connection, where a late reply would arrive".to_owned())?;
    asked.0.send(&other, &second.version.reply(true, SERVICE, &["late"]))?;
    asked.line("late")?;
    asked.0.program.exit_with(0, ANSWER_WITHIN)
}

fn gives_up(candidate: &Candidate) -> Verdict {
    let mut asked = Asked::start(candidate)?;
    asked.asked()?;
    asked.request(PATIENCE_WITHIN)?;
    asked.0.program.exit_with(1, PATIENCE_WITHIN)
}

fn broker_restarts(candidate: &Candidate) -> Verdict {
    let mut asked = Asked::start(candidate)?;
    asked.asked()?;
    asked.0 = asked.0.rebind()?;
    asked
        .request(PATIENCE_WITHIN)
        .and_then(|(client, request)| asked.0.send(&client, &request.version.reply(true, SERVICE, &["back"])))?;
    asked.ends("back")
}

fn starts_first(candidate: &Candidate) -> Verdict {
    let asked = Asked(Routed::start_late(|endpoint| run(candidate, endpoint))?);
    asked.ends("at last")
}

fn malformed_replies(candidate: &Candidate) -> Verdict {
    let asked = Asked::start(candidate)?;
    let (client, version) = asked.asked()?;
    for case in invalid("jobz", "client_reply") {
        asked.0.send(&client, &case.frames)?;
    }
    asked.0.send(&client, &version.reply(true, SERVICE, &["valid"]))?;
    // A REQ takes one message for each request, and asks again.
    asked.ends("valid")
}

fn stops(candidate: &Candidate, send: fn(&mut Running)) -> Verdict {
    let asked = Asked::start(candidate)?;
    asked.asked()?;
    habits::stops(asked.0.program, 1, send)
}
