//! A client that runs, and the server that it has.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::kit::{
    Candidate, Finding, Frames, Peer, Running, Verdict,
    bytes::{show, text},
    candidate::{ANSWER_WITHIN, START_WITHIN},
    chat::{BROADCASTS, REQUESTS, Request, say},
    check::ensure,
    peer::{ROUTER, XPUB},
};

/// The client's name.
pub(super) const NAME: &str = "ada";

/// The user of the broadcasts that show that everything sent before them was taken.
const FENCE: &str = "fence";

/// How long lines are waited for before requests are answered again.
const LOOK: Duration = Duration::from_millis(20);

/// A client that runs, and the sockets of its server.
pub(super) struct Joined {
    pub(super) client: Running,
    pub(super) requests: Peer,
    pub(super) broadcasts: Peer,
    fences: u32,
}

impl Joined {
    /// A client that has just been started.
    pub(super) fn start(candidate: &Candidate) -> Result<Self, Finding> {
        let (requests, broadcasts) = (Peer::bind(ROUTER)?, Peer::bind(XPUB)?);
        let client = run(candidate, requests.endpoint(), broadcasts.endpoint())?;
        Ok(Self { client, requests, broadcasts, fences: 0 })
    }

    /// A client that is present, and has subscribed.
    pub(super) fn present(candidate: &Candidate) -> Result<Self, Finding> {
        let joined = Self::start(candidate)?;
        joined.await_presence()?;
        Ok(joined)
    }

    /// A client that runs already, at a server that is bound now.
    pub(super) fn of(client: Running, requests: Peer, broadcasts: Peer) -> Self {
        Self { client, requests, broadcasts, fences: 0 }
    }

    /// Closes the server, and binds another one at the same endpoints.
    pub(super) fn restart_server(self) -> Result<Self, Finding> {
        let (requests, broadcasts) = (self.requests.rebind()?, self.broadcasts.rebind()?);
        Ok(Self { requests, broadcasts, ..self })
    }

    /// Waits until the client has subscribed, and accepts a request of it.
    pub(super) fn await_presence(&self) -> Verdict {
        let (mut has_subscribed, mut has_asked) = (false, false);
        self.client.expect("a subscription and a request", START_WITHIN, |left| {
            has_asked |= self.accepts_within(left.min(LOOK));
            has_subscribed |= self.broadcasts.recv_within(Duration::ZERO).is_some();
            (has_subscribed && has_asked).then_some(())
        })
    }

    /// The next subscription of the client. Requests are accepted meanwhile.
    pub(super) fn subscription(&self) -> Result<Frames, Finding> {
        self.client.expect("a subscription", START_WITHIN, |left| {
            self.accepts_within(left.min(LOOK));
            self.broadcasts.recv_within(Duration::ZERO)
        })
    }

    /// The client's next request; `what` is expected, in words.
    pub(super) fn request(&self, what: &str, bound: Duration) -> Result<Request, Finding> {
        let frames = self.client.expect_message(&self.requests, what, bound)?;
        Request::parse(&frames)
            .map_err(|fault| Finding::failed(format!("the request {} is malformed: {fault}", show(&frames))))
    }

    /// Replies to a request with these frames.
    pub(super) fn reply<F: AsRef<[u8]>>(&self, request: &Request, frames: &[F]) -> Verdict {
        self.requests.send(request.envelope.iter().map(Vec::as_slice).chain(frames.iter().map(AsRef::as_ref)))
    }

    /// Replies that the user is present, as a server of the base protocol does.
    pub(super) fn accept(&self, request: &Request) -> Verdict {
        self.reply(request, &[&request.user])
    }

    /// Accepts the next request if one comes within `bound`; returns whether one came.
    fn accepts_within(&self, bound: Duration) -> bool {
        let request = self.requests.recv_within(bound).and_then(|frames| Request::parse(&frames).ok());
        request.is_some_and(|request| self.accept(&request).is_ok())
    }

    /// Writes a line to the client's input, and returns the request that says it, without a reply. Keep-alives are
    /// accepted meanwhile.
    pub(super) fn says(&mut self, line: &str) -> Result<Request, Finding> {
        self.client.say(line);
        self.says_next(line, START_WITHIN)
    }

    /// The request that says this line, which has been written.
    pub(super) fn says_next(&self, line: &str, bound: Duration) -> Result<Request, Finding> {
        let (deadline, what) = (Instant::now() + bound, format!("the request that says {}", text(line.as_bytes())));
        loop {
            let request = self.request(&what, deadline.saturating_duration_since(Instant::now()))?;
            match &request.text {
                None => self.accept(&request)?,
                Some(said) if said == line => return Ok(request),
                Some(_) => return Err(Finding::failed(format!("expected {what}, seen {}", show(&request.frames)))),
            }
        }
    }

    /// Broadcasts a valid text, and returns the lines that are printed before it. Requests are accepted meanwhile.
    pub(super) fn printed(&mut self, after: &str) -> Result<Vec<String>, Finding> {
        self.fences += 1;
        let number = self.fences.to_string();
        self.broadcasts.send([say(FENCE, &number)])?;
        let mut printed = Vec::new();
        loop {
            let what = format!("after {after}: the line `{FENCE}: {number}`");
            let line = self.client.expect(&what, ANSWER_WITHIN, |left| {
                self.accepts_within(Duration::ZERO);
                self.client.line_within(left.min(LOOK))
            })?;
            if shows(&line, FENCE, &number) {
                return Ok(printed);
            }
            printed.push(line);
        }
    }

    /// Expects that a broadcast is printed as one line, once.
    pub(super) fn expect_line(&mut self, broadcast: &Frames, user: &str, text: &str) -> Verdict {
        self.broadcasts.send(broadcast)?;
        let case = format!("the broadcast {}", show(broadcast));
        let printed = self.printed(&case)?;
        let count = printed.iter().filter(|line| shows(line, user, text)).count();
        // JSON is for programs, and leaves some of them as they are.
        let stray = printed.iter().find(|line| object(line).is_none() && line.chars().any(char::is_control));
        ensure(count == 1 && stray.is_none(), || {
            let printed: Vec<_> = printed.iter().map(|line| format!("`{}`", wire::foreign(line).at_most(80))).collect();
            let printed = if printed.is_empty() { "nothing".to_owned() } else { printed.join(", ") };
            format!(
                "after {case}: expected one line `{user}: …` with its text, control characters escaped; printed: {printed}"
            )
        })
    }

    /// Waits until the client has exited with 0, and returns its requests, which are accepted.
    pub(super) fn last_requests(&mut self) -> Result<Vec<Request>, Finding> {
        let (mut requests, deadline) = (Vec::new(), Instant::now() + START_WITHIN);
        loop {
            let has_exited = !self.client.is_alive();
            while let Some(frames) = self.requests.recv_within(LOOK) {
                let request =
                    Request::parse(&frames).map_err(|fault| Finding::failed(format!("{fault}: {}", show(&frames))))?;
                // The client does not wait for the reply to its last one.
                let _ = self.accept(&request);
                requests.push(request);
            }
            if has_exited {
                self.client.exit_with(0, Duration::ZERO)?;
                return Ok(requests);
            }
            ensure(Instant::now() < deadline, || {
                format!("expected its exit within {START_WITHIN:?}, as its input has ended")
            })?;
        }
    }
}

/// A client at these endpoints.
pub(super) fn run(candidate: &Candidate, requests: &str, broadcasts: &str) -> Result<Running, Finding> {
    candidate.start(&[(REQUESTS, requests), (BROADCASTS, broadcasts)], &[NAME])
}

/// Whether a line shows this broadcast: as `user: text`, or as a JSON object with both. Control characters of the text may be
/// escaped in any way.
fn shows(line: &str, user: &str, text: &str) -> bool {
    if let Some(object) = object(line) {
        return object.get("user").is_some_and(|seen| seen == user)
            && object.get("text").is_some_and(|seen| seen == text);
    }
    let said = line.strip_prefix(user).and_then(|rest| rest.strip_prefix(": "));
    said.is_some_and(|said| said == text || text.chars().any(char::is_control))
}

/// A line as a JSON object, if it is one.
pub(super) fn object(line: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broadcast_is_found_on_a_line_of_text_or_of_json() {
        for line in ["bob: hi: all", r#"{"event":"message","user":"bob","text":"hi: all"}"#] {
            assert!(
                shows(line, "bob", "hi: all") && !shows(line, "bo", "hi: all") && !shows(line, "bob", "hi"),
                "{line}"
            );
        }
        assert!(
            shows(r"bob: one\ntwo", "bob", "one\ntwo")
                && shows(r#"{"user":"bob","text":"one\ntwo"}"#, "bob", "one\ntwo")
        );
        assert!(!shows("connected", "bob", "hi"));
    }
}
