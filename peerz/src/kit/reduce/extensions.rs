//! The extensions of a reduce: `order id`, `batch` and `repeat`.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use super::rig::{Rig, last_line, number_of, result};
use crate::kit::{
    Candidate, Finding, Verdict,
    bytes::show,
    check::ensure,
    valuz::{REPEAT, numbers_of},
};

/// How long a reduce may take to ask for what is missing: its patience is a second.
const REPEAT_WITHIN: Duration = Duration::from_secs(4);

/// How long a reduce may take to give up: ten seconds, and some for a busy machine.
const GIVE_UP_WITHIN: Duration = Duration::from_secs(14);

/// A reduce without the extension counts each result, so the batch ends after two.
pub(super) fn duplicates(candidate: &Candidate) -> Verdict {
    let mut batch = Rig::batch(candidate, 2)?;
    batch.value(0, 1.0)?;
    batch.value(0, 1.0)?;
    batch.value(1, 10.0)?;
    batch.await_exit()?;
    batch.rig.reduce.exit_with(0, REPEAT_WITHIN)?;
    match last_line(&mut batch.rig.reduce).as_deref().and_then(number_of) {
        Some(11.0) => Ok(()),
        // Both results of the first order.
        Some(2.0) if batch.base.is_none() => Err(Finding::Unsupported),
        seen => Err(Finding::Failed(format!("orders of 1 and 10, the first with two results: the total is {seen:?}"))),
    }
}

pub(super) fn base(candidate: &Candidate) -> Verdict {
    let base = || Rig::batch(candidate, 1)?.base.ok_or(Finding::Unsupported);
    let (first, second) = (base()?, base()?);
    ensure(first < second, || format!("one run has the base {first}, and the next {second}"))
}

pub(super) fn other_batches(candidate: &Candidate) -> Verdict {
    let batch = Rig::batch(candidate, 2)?;
    let base = batch.base.ok_or(Finding::Unsupported)?;
    batch.value(0, 1.0)?;
    for number in [base.wrapping_sub(1), base.wrapping_add(2), u64::MAX] {
        batch.rig.worker.send(result(Some(number), 1_000.0))?;
    }
    batch.value(1, 10.0)?;
    batch.has_total(11.0)
}

/// The orders at the places 1 and 3 of five have no result.
pub(super) fn repeat(candidate: &Candidate) -> Verdict {
    let batch = Rig::batch(candidate, 5)?;
    for place in [0, 2, 4] {
        batch.value(place, 1.0)?;
    }
    let base = batch.base.unwrap_or(0);
    let missing = BTreeSet::from([1, 3].map(|place| base + place));
    let (mut asked, deadline) = (BTreeSet::new(), Instant::now() + REPEAT_WITHIN);
    while asked != missing {
        let left = deadline.saturating_duration_since(Instant::now());
        let Some(command) = batch.source.recv_within(left) else {
            return if asked.is_empty() {
                Err(Finding::Unsupported)
            } else {
                Err(Finding::Failed(format!("the orders {missing:?} are missing, and REPEAT named {asked:?}")))
            };
        };
        if command.first().is_some_and(|command| *command != [REPEAT]) {
            continue;
        }
        let numbers = numbers_of(&command).ok_or_else(|| {
            Finding::Failed(format!("expected REPEAT of the orders {missing:?}, seen {}", show(&command)))
        })?;
        asked.extend(numbers);
        ensure(asked.is_subset(&missing), || {
            format!("the orders {missing:?} are missing, and REPEAT named {asked:?}")
        })?;
    }
    batch.value(1, 10.0)?;
    batch.value(3, 10.0)?;
    batch.has_total(23.0)
}

pub(super) fn gives_up(candidate: &Candidate) -> Verdict {
    let mut batch = Rig::batch(candidate, 2)?;
    batch.value(0, 1.0)?;
    let Ok(code) = batch.rig.reduce.exit_within(GIVE_UP_WITHIN) else { return Err(Finding::Unsupported) };
    ensure(code == 1, || format!("it gave up a batch, and ended with exit code {code}"))?;
    batch.await_exit()?;
    let total = last_line(&mut batch.rig.reduce).as_deref().and_then(number_of);
    ensure(total.is_none(), || format!("one of two orders has no result, and it printed the total {total:?}"))
}
