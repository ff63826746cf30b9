//! Broadcasts: what is printed of them.

use super::joined::{Joined, object};
use crate::kit::{
    Candidate, Verdict,
    bytes::{frames, show, text},
    chat::say,
    check::ensure,
    vectors::{self, Case},
};

pub(super) fn subscribes_to_all(candidate: &Candidate) -> Verdict {
    let joined = Joined::start(candidate)?;
    let subscription = joined.subscription()?;
    ensure(subscription == [[1]], || {
        format!("expected a subscription to the empty prefix, seen {}", text(&subscription[0]))
    })
}

pub(super) fn valid_broadcasts(candidate: &Candidate) -> Verdict {
    let mut joined = Joined::present(candidate)?;
    for Case { frames, meaning, .. } in vectors::valid("chatz", "broadcast") {
        let [user, said] = ["user", "text"].map(|key| meaning[key].as_str().unwrap_or_default());
        if !said.chars().any(char::is_control) {
            joined.expect_line(&frames, user, said)?;
        }
    }
    // The text says this itself: its first colon is not the end of the user.
    joined.expect_line(&frames([say("bob", "eve: hi")]), "bob", "eve: hi")?;
    joined.expect_line(&frames([say("ada", "by the same name")]), "ada", "by the same name")
}

pub(super) fn one_line(candidate: &Candidate) -> Verdict {
    let mut joined = Joined::present(candidate)?;
    for said in ["one\n\ttwo\r\n", "\u{1b}[2J\u{1b}[31mred", "back\u{8}\u{7f}", "end\nfence: 0"] {
        joined.expect_line(&frames([say("bob", said)]), "bob", said)?;
    }
    Ok(())
}

pub(super) fn malformed_broadcasts(candidate: &Candidate) -> Verdict {
    let mut joined = Joined::present(candidate)?;
    for Case { name, frames, .. } in vectors::invalid("chatz", "broadcast") {
        joined.broadcasts.send(&frames)?;
        let case = format!("the malformed broadcast \"{name}\", {}", show(&frames));
        let shown = joined.printed(&case)?.into_iter().find(|line| shows_part(line, &frames[0]));
        ensure(shown.is_none(), || {
            format!(
                "after {case}: expected no line, printed `{}`",
                wire::foreign(&shown.unwrap_or_default()).at_most(80)
            )
        })?;
    }
    Ok(())
}

/// Whether a line looks as if it showed this malformed broadcast: its user or its text is on the right place.
fn shows_part(line: &str, frame: &[u8]) -> bool {
    if let Some(object) = object(line) {
        return object.contains_key("user") && object.contains_key("text");
    }
    let broadcast = String::from_utf8_lossy(frame);
    let (user, said) = broadcast.split_once('\u{1f}').unwrap_or((&broadcast, ""));
    let Some((left, right)) = line.split_once(": ").or_else(|| line.strip_suffix(':').map(|user| (user, ""))) else {
        return false;
    };
    left == user || (!said.is_empty() && right == said)
}
