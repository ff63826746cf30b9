//! Heartbeats, and a queue that sends none.

use std::time::{Duration, Instant};

use super::rig::Rig;
use crate::kit::{
    Candidate, Finding, Verdict,
    check::ensure,
    ppp::{LOST_WITHIN, message::heartbeat},
};

/// More heartbeats of a worker than it would send before it takes silence for the end of its queue.
const BEATS: usize = 6;

/// A wait is longer than another one if it is so many times as long: a busy machine makes equal ones differ, too.
const LONGER: f64 = 1.3;

pub(super) fn heartbeats(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    rig.heartbeat()?;
    rig.heartbeat()
}

pub(super) fn heartbeats_suffice(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    rig.beats(BEATS)?;
    rig.does(&[b"client"], &[b"hi"])
}

pub(super) fn queue_silent(candidate: &Candidate) -> Verdict {
    let mut rig = Rig::start(candidate)?;
    rig.does(&[b"client"], &[b"hi"])?;
    rig.begins_within(LOST_WITHIN)?;
    rig.does(&[b"client"], &[b"hi"])
}

pub(super) fn backoff(candidate: &Candidate) -> Verdict {
    let mut rig = Rig::start(candidate)?;
    let (first, third) = first_and_third_wait(&mut rig)?;
    ensure(third > first.mul_f64(LONGER), || {
        format!(
            "expected that it waits longer each time; it began again after {first:?}, and the third time after {third:?}"
        )
    })
}

pub(super) fn backoff_ends(candidate: &Candidate) -> Verdict {
    let mut rig = Rig::start(candidate)?;
    let (first, third) = first_and_third_wait(&mut rig)?;
    rig.send(&heartbeat())?;
    let after = wait(&mut rig)?;
    ensure(after < (first + third) / 2, || {
        format!(
            "expected that it waits as at first after a message of the queue; it began again after {first:?} at first, \
             {third:?} before the message and {after:?} after it"
        )
    })
}

pub(super) fn queue_restarts(candidate: &Candidate) -> Verdict {
    let mut rig = Rig::start(candidate)?;
    rig.does(&[b"client"], &[b"hi"])?;
    let Rig { routed, .. } = rig;
    rig = Rig::of(routed.rebind()?);
    rig.begins_within(LOST_WITHIN)?;
    rig.does(&[b"client"], &[b"hi"])
}

pub(super) fn starts_first(candidate: &Candidate) -> Verdict {
    Rig::start_late(candidate)?.does_soon()
}

/// How long it takes until it begins again after silence: the first time, and the third.
fn first_and_third_wait(rig: &mut Rig) -> Result<(Duration, Duration), Finding> {
    let first = wait(rig)?;
    wait(rig)?;
    Ok((first, wait(rig)?))
}

fn wait(rig: &mut Rig) -> Result<Duration, Finding> {
    let begin = Instant::now();
    rig.begins_within(LOST_WITHIN)?;
    Ok(begin.elapsed())
}
