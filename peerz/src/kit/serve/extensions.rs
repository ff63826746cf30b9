//! The extensions `roster version` and `leave`.

use super::served::Served;
use crate::kit::{Candidate, Finding, Peer, Verdict, chat::Reply, check::ensure};

/// Sends a keep-alive of a user who holds this version, and returns the version and the users of the reply.
fn holding(served: &Served, client: &Peer, user: &str, version: u64) -> Result<(u64, Vec<String>), Finding> {
    match served.ask(client, &[user.as_bytes(), &version.to_le_bytes()])? {
        Reply::Roster { version, users } => Ok((version, users)),
        Reply::Users(_) => Err(Finding::Unsupported),
        Reply::Refusal(sentence) => Err(Finding::failed(format!("expected a roster, seen a refusal: {sentence}"))),
    }
}

/// Whether the server knows the extension `roster version`.
pub(super) fn knows_versions(served: &Served, client: &Peer) -> Result<bool, Finding> {
    match holding(served, client, "kit", 0) {
        Err(Finding::Unsupported) => Ok(false),
        known => known.map(|_| true),
    }
}

pub(super) fn roster_version(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    let (first, users) = holding(&served, &client, "ada", 0)?;
    ensure(users == ["ada"], || format!("expected version and [ada] for a client without a roster, seen {users:?}"))?;
    let again = holding(&served, &client, "ada", first)?;
    ensure(again == (first, vec![]), || format!("expected version {first} alone, as nothing changed; seen {again:?}"))?;
    served.users(&client, &["bob"])?;
    let (second, users) = holding(&served, &client, "ada", first)?;
    ensure(second != first && users == ["ada", "bob"], || {
        format!("expected another version than {first} and [ada, bob] when bob has joined; seen {second} and {users:?}")
    })?;
    for other in [0, first, second.wrapping_add(1), u64::MAX] {
        let seen = holding(&served, &client, "ada", other)?;
        ensure(seen == (second, vec!["ada".to_owned(), "bob".to_owned()]), || {
            format!("expected version {second} and [ada, bob] for a client that holds {other}; seen {seen:?}")
        })?;
    }
    let base = served.ask(&client, &["ada"])?;
    ensure(matches!(base, Reply::Users(_)), || {
        format!("expected users alone for a request without a version; seen {base:?}")
    })
}

pub(super) fn versions_do_not_repeat(candidate: &Candidate) -> Verdict {
    let (mut served, client) = Served::joined(candidate)?;
    let (before, _) = holding(&served, &client, "ada", 0)?;
    served.restart(candidate)?;
    served.await_link(&client)?;
    let (after, users) = holding(&served, &client, "ada", before)?;
    ensure(after != before && users == ["ada"], || {
        format!(
            "expected another version than {before} from a server that restarted, and [ada]; seen {after} and {users:?}"
        )
    })
}

pub(super) fn leave(candidate: &Candidate) -> Verdict {
    let (served, client) = Served::joined(candidate)?;
    served.users(&client, &["bob"])?;
    let (before, _) = holding(&served, &client, "ada", 0)?;
    let reply = served.ask(&client, &[&b"ada"[..], &before.to_le_bytes(), b"\x04"])?;
    let (after, users) = holding(&served, &client, "bob", 0)?;
    if users.iter().any(|user| user == "ada") {
        return Err(Finding::Unsupported);
    }
    ensure(users == ["bob"] && after != before, || {
        format!("expected another version than {before} and [bob], seen {after} and {users:?}")
    })?;
    ensure(matches!(&reply, Reply::Roster { version, users } if *version != before && users.is_empty()), || {
        format!("expected a new version without names in reply to a leave; seen {reply:?}")
    })?;
    served.ask(&client, &[&b"eve\x1fbye"[..], &[0; 8], b"\x04"])?;
    let (_, users) = holding(&served, &client, "bob", 0)?;
    ensure(users == ["bob"], || {
        format!("expected that a user who leaves without having been present is not; seen {users:?}")
    })?;
    for ignored in [&b""[..], b"\x05", b"\x04\x00", b"later"] {
        served.users(&client, &[&b"dan"[..], &[0; 8], ignored])?;
        let (_, users) = holding(&served, &client, "bob", 0)?;
        ensure(users == ["bob", "dan"], || {
            format!("expected that frame 3 {ignored:?} is ignored, and dan present; seen {users:?}")
        })?;
    }
    Ok(())
}
