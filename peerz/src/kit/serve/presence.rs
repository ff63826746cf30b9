//! Who is present.

use std::time::{Duration, Instant};

use super::served::Served;
use crate::kit::{Candidate, Finding, Verdict, bytes::show, chat::Reply, check::ensure};

/// How long a user stays present, and how much earlier and later is accepted.
const EXPIRY: Duration = Duration::from_secs(5);
const EARLY: Duration = Duration::from_millis(500);
const LATE: Duration = Duration::from_millis(2_500);

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(100);

pub(super) fn answers(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    served.ask_bytes(&client, &["ada"]).map(drop)
}

pub(super) fn users_present(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    for (user, present) in [("ada", &["ada"][..]), ("bob", &["ada", "bob"]), ("ada", &["ada", "bob"])] {
        let reply = served.ask(&client, &[user])?;
        let is_base = matches!(&reply, Reply::Users(users) if users == present);
        ensure(is_base, || format!("expected {present:?}, a frame each, in reply to {user}; seen {reply:?}"))?;
    }
    Ok(())
}

pub(super) fn users_sorted(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    let mut names = ["zoë", "Åsa", "Bob", "_x", "Жанна", "𐐷", "李雷", "bob", "7"];
    for name in names.iter().chain(&["Bob", "zoë"]) {
        served.users(&client, &[name])?;
    }
    let users = served.users(&client, &["7"])?;
    names.sort_unstable();
    ensure(users == names, || format!("expected {names:?}, seen {users:?}"))
}

pub(super) fn names_by_bytes(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    // The last two are the letter K and the sign for kelvin, which normalising makes equal.
    let names = ["ADA", "Ada", "K", "ada", "\u{212a}"];
    for name in names {
        served.users(&client, &[name])?;
    }
    let users = served.users(&client, &["ada"])?;
    ensure(users == names, || format!("expected five users {names:?}, seen {users:?}"))
}

pub(super) fn expiry(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    served.users(&client, &["ada"])?;
    let since = Instant::now();
    loop {
        let users = served.users(&client, &["eve"])?;
        let age = since.elapsed();
        ensure(users.iter().any(|user| user == "eve"), || {
            format!("expected eve, who asks all the time; seen {users:?}")
        })?;
        let is_present = users.iter().any(|user| user == "ada");
        ensure(is_present || age >= EXPIRY - EARLY, || format!("expected ada for {EXPIRY:?}, absent after {age:.1?}"))?;
        ensure(!is_present || age <= EXPIRY + LATE, || {
            format!("expected ada for {EXPIRY:?}, still present after {age:.1?}")
        })?;
        if !is_present {
            return Ok(());
        }
        if let Some(other) = client.recv_within(LOOK) {
            return Err(Finding::failed(format!("expected no reply without a request, seen {}", show(&other))));
        }
    }
}
