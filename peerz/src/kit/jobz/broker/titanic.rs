//! Titanic: the store of jobs by the services of 9/TSP.

use std::{thread, time::Instant};

use super::{
    jobs::{NO_ID, is_known, said},
    served::{SERVICE, Served, Speaker},
};
use crate::kit::{
    Candidate, Finding, Verdict,
    bytes::frames,
    candidate::{ANSWER_WITHIN, LOOK, QUIET},
    check::ensure,
    jobz::message::{VERSIONS, Version},
};

pub(super) fn reply(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    is_known(&served.speaker(Version::Mdp02)?, "titanic.reply", NO_ID)?;
    for version in VERSIONS {
        let client = served.speaker(version)?;
        let id = store(&client)?;
        answers(&client, "titanic.reply", &id, &["300"])?;
        let worker = served.worker(version, SERVICE)?;
        let (address, _) = worker.work()?;
        answers(&client, "titanic.reply", &id, &["300"])?;
        worker.done(&address, &["one", ""])?;
        let deadline = Instant::now() + ANSWER_WITHIN;
        while client.ask("titanic.reply", &[&id])? == frames(["300"]) && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
        // As often as it is asked for.
        (0..2).try_for_each(|_| answers(&client, "titanic.reply", &id, &["200", "one", ""]))?;
        worker.send(&version.disconnect())?;
        served.until(SERVICE, "404")?;
    }
    Ok(())
}

pub(super) fn close(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let client = served.speaker(Version::Mdp02)?;
    is_known(&client, "titanic.reply", NO_ID)?;
    answers(&client, "titanic.reply", NO_ID, &["400"])?;
    answers(&client, "titanic.close", NO_ID, &["200"])?;
    let id = store(&client)?;
    answers(&client, "titanic.close", &id, &["200"])?;
    answers(&client, "titanic.reply", &id, &["400"])?;
    answers(&client, "titanic.close", &id, &["200"])?;
    let worker = served.worker(Version::Mdp02, SERVICE)?;
    worker.has_no_work(QUIET, "expected no request that was closed")
}

/// Gives the broker a request, and returns its id.
fn store(client: &Speaker<'_>) -> Result<String, Finding> {
    let answer = client.ask("titanic.request", &[SERVICE, "hi"])?;
    match answer.as_slice() {
        [status, id] if status == b"200" && id.len() == 32 && id.iter().all(u8::is_ascii_hexdigit) => {
            Ok(String::from_utf8_lossy(id).into_owned())
        }
        _ => Err(Finding::failed(format!("expected 200 and an id of 32 hexadecimal digits; seen {}", said(&answer)))),
    }
}

fn answers(client: &Speaker<'_>, service: &str, id: &str, wanted: &[&str]) -> Verdict {
    let seen = client.ask(service, &[id])?;
    ensure(seen == frames(wanted), || format!("expected {wanted:?} of {service}; seen {}", said(&seen)))
}
