//! Requests: when, with what, and what follows from their replies.

use std::time::{Duration, Instant};

use super::joined::{Joined, NAME};
use crate::kit::{
    Candidate, Finding, Verdict,
    bytes::show,
    candidate::START_WITHIN,
    chat::Request,
    check::ensure,
    vectors::{self, Case},
};

/// A client should send a keep-alive at least this often: half of the time that a user stays present. One second more is for
/// a slow start.
const KEEP_ALIVE: Duration = Duration::from_millis(3_500);

/// The most keep-alives in a second that are still regular intervals.
const KEEP_ALIVES_MAX: usize = 20;

pub(super) fn asks(candidate: &Candidate) -> Verdict {
    let joined = Joined::start(candidate)?;
    joined.client.expect_message(&joined.requests, "a request", START_WITHIN).map(drop)
}

pub(super) fn delimiter(candidate: &Candidate) -> Verdict {
    let joined = Joined::start(candidate)?;
    let request = joined.client.expect_message(&joined.requests, "a request", START_WITHIN)?;
    let has_delimiter = request.iter().skip(1).take(request.len().saturating_sub(2)).any(Vec::is_empty);
    ensure(has_delimiter, || format!("expected an empty frame between routing id and user, seen {}", show(&request)))
}

pub(super) fn name(candidate: &Candidate) -> Verdict {
    let joined = Joined::start(candidate)?;
    let request = joined.request("a keep-alive", START_WITHIN)?;
    ensure(request.user == NAME && request.text.is_none(), || {
        format!("expected a keep-alive of {NAME}, seen {}", show(&request.frames))
    })
}

pub(super) fn keep_alive_again(candidate: &Candidate) -> Verdict {
    let joined = Joined::present(candidate)?;
    let request = joined.request("a keep-alive within half of 5 seconds", KEEP_ALIVE)?;
    joined.accept(&request)?;
    let (end, mut count) = (Instant::now() + Duration::from_secs(1), 0);
    while let Some(frames) = joined.requests.recv_within(end.saturating_duration_since(Instant::now())) {
        count += 1;
        ensure(count <= KEEP_ALIVES_MAX, || {
            format!("expected keep-alives at intervals, seen {count} in less than a second")
        })?;
        if let Ok(request) = Request::parse(&frames) {
            joined.accept(&request)?;
        }
    }
    Ok(())
}

pub(super) fn says_lines(candidate: &Candidate) -> Verdict {
    let mut joined = Joined::present(candidate)?;
    for line in ["hi", "привет 你好 👋", " two  spaces ", "e\u{301}"] {
        let request = joined.says(line)?;
        joined.accept(&request)?;
    }
    let lines: Vec<String> = (1..=5).map(|number| format!("line {number}")).collect();
    lines.iter().for_each(|line| joined.client.say(line));
    for line in &lines {
        let request = joined.says_next(line, START_WITHIN)?;
        joined.accept(&request)?;
    }
    Ok(())
}

pub(super) fn limits(candidate: &Candidate) -> Verdict {
    let mut joined = Joined::present(candidate)?;
    let longest = "x".repeat(4_096);
    let request = joined.says(&longest)?;
    joined.accept(&request)?;
    for line in ["", "one\u{1f}two", &"ж".repeat(2_049)] {
        joined.client.say(line);
        joined.client.say("next");
        loop {
            // A text that breaks its limits is malformed. A line may be said in parts.
            let request = joined.request("the request that says `next`", START_WITHIN)?;
            joined.accept(&request)?;
            if request.text.as_deref() == Some("next") {
                break;
            }
        }
    }
    Ok(())
}

pub(super) fn lost_reply(candidate: &Candidate) -> Verdict {
    let joined = Joined::present(candidate)?;
    joined.request("a keep-alive", KEEP_ALIVE)?;
    let request = joined.request("another request, as the last one has got no reply", START_WITHIN)?;
    joined.accept(&request)
}

pub(super) fn not_said_again(candidate: &Candidate) -> Verdict {
    let mut joined = Joined::present(candidate)?;
    joined.says("once")?;
    // Its reply is lost. Whatever follows, it is not the same text.
    let request = joined.says("twice")?;
    joined.accept(&request)?;
    let request = joined.request("a keep-alive", KEEP_ALIVE)?;
    ensure(request.text.is_none(), || format!("expected that nothing is said again, seen {}", show(&request.frames)))
}

/// Says a line for each reply, so that none has to wait for the next keep-alive.
fn every_reply(candidate: &Candidate, kind: &str, cases: Vec<Case>) -> Verdict {
    let mut joined = Joined::present(candidate)?;
    for (number, Case { name, frames, .. }) in cases.into_iter().enumerate() {
        let request = joined.says(&format!("text {number}"))?;
        joined.reply(&request, &frames)?;
        joined.printed(&format!("the {kind} reply \"{name}\", {}", show(&frames)))?;
    }
    let request = joined.says("the last text")?;
    joined.accept(&request)
}

pub(super) fn valid_replies(candidate: &Candidate) -> Verdict {
    every_reply(candidate, "valid", vectors::valid("chatz", "reply"))
}

pub(super) fn malformed_replies(candidate: &Candidate) -> Verdict {
    every_reply(candidate, "malformed", vectors::invalid("chatz", "reply"))
}

pub(super) fn roster_version(candidate: &Candidate) -> Verdict {
    let mut joined = Joined::start(candidate)?;
    let request = joined.request("a request", START_WITHIN)?;
    let held = request.version.ok_or(Finding::Unsupported)?;
    ensure(held == 0, || format!("expected version 0 of a client without a roster, seen {}", show(&request.frames)))?;
    let version = |number: u64| number.to_le_bytes();
    joined.reply(&request, &[&version(9)[..], b"ada"])?;
    let unchanged: &[&[u8]] = &[&version(9)];
    let refused: &[&[u8]] = &[b"\x15no"];
    let changed: &[&[u8]] = &[&version(10), b"ada", b"bob"];
    for (line, held, reply) in
        [("one", 9, unchanged), ("two", 9, refused), ("three", 9, changed), ("four", 10, &[b"ada"])]
    {
        let request = joined.says(line)?;
        ensure(request.version == Some(held), || {
            format!("expected that the client holds version {held}, seen {}", show(&request.frames))
        })?;
        joined.reply(&request, reply)?;
    }
    // The last reply is that of a server without the extension.
    let request = joined.says("five")?;
    joined.accept(&request)
}

pub(super) fn leave(candidate: &Candidate) -> Verdict {
    let mut joined = Joined::present(candidate)?;
    joined.client.end_input();
    let requests = joined.last_requests()?;
    let Some(at) = requests.iter().position(|request| request.leaves) else { return Err(Finding::Unsupported) };
    ensure(at + 1 == requests.len() && requests[at].user == NAME, || {
        format!("expected nothing after {NAME} has left, seen {}", show(&requests[requests.len() - 1].frames))
    })
}

pub(super) fn end_of_input(candidate: &Candidate) -> Verdict {
    let mut joined = Joined::present(candidate)?;
    let lines = ["one", "two", "three"];
    lines.iter().for_each(|line| joined.client.say(line));
    joined.client.end_input();
    let said: Vec<String> = joined.last_requests()?.into_iter().filter_map(|request| request.text).collect();
    ensure(said == lines, || format!("expected that {lines:?} are said before it exits, seen {said:?}"))
}
