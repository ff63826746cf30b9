//! When a reduce publishes START.

use super::rig::{Rig, ready};
use crate::kit::{Candidate, Verdict, bytes::show, candidate::QUIET, check::ensure, vectors};

pub(super) fn comes(candidate: &Candidate) -> Verdict {
    Rig::batch(candidate, 3).map(drop)
}

pub(super) fn waits_for_workers(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate, 2, 3)?;
    let source = rig.source()?;
    rig.worker.send(ready())?;
    let early = source.recv_within(QUIET);
    ensure(early.is_none(), || {
        format!("one of two workers is ready, and {} was published", show(&early.unwrap_or_default()))
    })?;
    let second = rig.another_worker()?;
    second.send(ready())?;
    rig.await_start(&source).map(drop)
}

/// A message to no subscriber would be lost.
pub(super) fn waits_for_the_source(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate, 1, 3)?;
    rig.worker.send(ready())?;
    let all = rig.subscriber(&[])?;
    all.subscribe(b"")?;
    // It has subscribed to everything, so it would see a START that does not wait.
    let early = all.recv_within(QUIET);
    ensure(early.is_none(), || {
        format!("no source has subscribed to START, and {} was published", show(&early.unwrap_or_default()))
    })?;
    rig.into_batch().map(drop)
}

pub(super) fn comes_again(candidate: &Candidate) -> Verdict {
    let batch = Rig::batch(candidate, 3)?;
    batch.value(0, 1.0)?;
    let second = batch.rig.source()?;
    let base = batch.rig.await_start(&second)?;
    ensure(base == batch.base, || format!("the second START has the base {base:?}, and the first {:?}", batch.base))
}

/// Each on its own connection; names that occur twice are left out.
pub(super) fn takes_every_ready(candidate: &Candidate) -> Verdict {
    let mut cases = vectors::valid("valuz", "outcome");
    cases.retain(|case| case.meaning.get("ready").is_some());
    let mut names = Vec::new();
    cases.retain(|case| {
        let name = case.meaning["ready"].clone();
        let is_new = !names.contains(&name);
        names.push(name);
        is_new
    });
    let rig = Rig::start(candidate, cases.len() as u64, 3)?;
    let mut workers = Vec::new();
    for case in &cases {
        let worker = rig.another_worker()?;
        worker.send(&case.frames)?;
        workers.push(worker);
    }
    let frames: Vec<String> = cases.iter().map(|case| show(&case.frames)).collect();
    rig.into_batch().map(drop).map_err(|finding| match finding {
        crate::kit::Finding::Failed(reason) => {
            crate::kit::Finding::Failed(format!("{reason}; as many workers as needed have sent {}", frames.join(", ")))
        }
        finding => finding,
    })
}
