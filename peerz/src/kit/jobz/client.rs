//! The checks of a client of jobz: the kit is its broker.

use std::time::{Duration, Instant};

use super::{
    JOBS, PAGE,
    message::{Request, Version},
};
use crate::kit::{
    Candidate, Check, Finding, Frames, Peer, Role, Running, Verdict,
    bytes::{frames, show},
    candidate::{ANSWER_WITHIN, START_WITHIN},
    check::ensure,
    habits,
    peer::ROUTER,
    raw::Silent,
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
struct Asked {
    client: Running,
    broker: Peer,
}

impl Asked {
    fn start(candidate: &Candidate) -> Result<Self, Finding> {
        let broker = Peer::bind(ROUTER)?;
        let client = run(candidate, broker.endpoint())?;
        Ok(Self { client, broker })
    }

    /// The next request, and the routing id of its connection.
    fn request(&self, bound: Duration) -> Result<(Vec<u8>, Request), Finding> {
        let message = self.client.expect_message(&self.broker, "a request", bound)?;
        let (client, frames) = message.split_first().ok_or_else(|| Finding::failed("a message without frames"))?;
        let request = Request::parse(frames)
            .map_err(|fault| Finding::failed(format!("the request is malformed, {fault}: {}", show(frames))))?;
        Ok((client.clone(), request))
    }

    /// The first request, whose client is answered by [`Self::reply`].
    fn asked(&self) -> Result<(Vec<u8>, Version), Finding> {
        let (client, request) = self.request(START_WITHIN)?;
        Ok((client, request.version))
    }

    fn send(&self, client: &[u8], message: &Frames) -> Verdict {
        self.broker.send([client].into_iter().chain(message.iter().map(Vec::as_slice)))
    }

    fn line(&self, wanted: &str) -> Verdict {
        let printed =
            self.client.expect(&format!("the line {wanted:?}"), ANSWER_WITHIN, |left| self.client.line_within(left))?;
        ensure(printed == wanted, || format!("expected the line {wanted:?}, printed: {printed:?}"))
    }

    /// Replies to every request until the client has printed the reply and exits.
    fn ends(mut self, line: &str) -> Verdict {
        let deadline = Instant::now() + PATIENCE_WITHIN;
        while self.client.is_alive() && Instant::now() < deadline {
            if let Some(message) = self.broker.recv_within(Duration::from_millis(20))
                && let Some((client, request)) = message.split_first()
                && let Ok(request) = Request::parse(request)
            {
                self.send(client, &request.version.reply(true, SERVICE, &[line]))?;
            }
        }
        self.line(line)?;
        self.client.exit_with(0, ANSWER_WITHIN)
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
    asked.send(&client, &version.reply(true, SERVICE, &["one", "two Ж"]))?;
    asked.line("one")?;
    asked.line("two Ж")?;
    asked.client.exit_with(0, ANSWER_WITHIN)
}

fn partial_replies(candidate: &Candidate) -> Verdict {
    let mut asked = Asked::start(candidate)?;
    let (client, version) = asked.asked()?;
    if version == Version::Mdp01 {
        return Err(Finding::Unsupported);
    }
    for line in ["half", "three quarters"] {
        asked.send(&client, &version.reply(false, SERVICE, &[line]))?;
        asked.line(line)?;
    }
    ensure(asked.client.is_alive(), || "it has ended after a partial reply".to_owned())?;
    asked.send(&client, &version.reply(true, SERVICE, &["all"]))?;
    asked.line("all")?;
    asked.client.exit_with(0, ANSWER_WITHIN)
}

fn asks_again(candidate: &Candidate) -> Verdict {
    let mut asked = Asked::start(candidate)?;
    let (client, first) = asked.request(START_WITHIN)?;
    let (other, second) = asked.request(PATIENCE_WITHIN)?;
    ensure(second == first, || format!("the second request is another one: {}", show(&second.body)))?;
    ensure(other != client, || "it asks again on the same connection, where a late reply would arrive".to_owned())?;
    asked.send(&other, &second.version.reply(true, SERVICE, &["late"]))?;
    asked.line("late")?;
    asked.client.exit_with(0, ANSWER_WITHIN)
}

fn gives_up(candidate: &Candidate) -> Verdict {
    let mut asked = Asked::start(candidate)?;
    asked.asked()?;
    asked.request(PATIENCE_WITHIN)?;
    asked.client.exit_with(1, PATIENCE_WITHIN)
}

fn broker_restarts(candidate: &Candidate) -> Verdict {
    let mut asked = Asked::start(candidate)?;
    asked.asked()?;
    asked.broker = asked.broker.rebind()?;
    asked
        .request(PATIENCE_WITHIN)
        .and_then(|(client, request)| asked.send(&client, &request.version.reply(true, SERVICE, &["back"])))?;
    asked.ends("back")
}

fn starts_first(candidate: &Candidate) -> Verdict {
    let silent = Silent::bind()?;
    let endpoint = silent.endpoint().to_owned();
    let client = run(candidate, &endpoint)?;
    let stream = client.expect("a connection", START_WITHIN, |left| silent.accept_within(left))?;
    drop((stream, silent));
    let asked = Asked { client, broker: Peer::bind_at(ROUTER, &endpoint)? };
    asked.ends("at last")
}

fn malformed_replies(candidate: &Candidate) -> Verdict {
    let asked = Asked::start(candidate)?;
    let (client, version) = asked.asked()?;
    for case in invalid("jobz", "client_reply") {
        asked.send(&client, &case.frames)?;
    }
    asked.send(&client, &version.reply(true, SERVICE, &["valid"]))?;
    // A REQ takes one message for each request, and asks again.
    asked.ends("valid")
}

fn stops(candidate: &Candidate, send: fn(&mut Running)) -> Verdict {
    let asked = Asked::start(candidate)?;
    asked.asked()?;
    habits::stops(asked.client, 1, send)
}
