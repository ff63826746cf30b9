//! What a worker does not answer, and survives.

use std::time::{Duration, Instant};

use super::rig::Rig;
use crate::kit::{
    Candidate, Finding, Frames, Verdict,
    bytes::{frames, show},
    candidate::{ANSWER_WITHIN, QUIET},
    valuz::{EXIT, Outcome, Probe, REPEAT, START},
    vectors,
};

/// The largest frame of an order. A worker may end a connection with a larger one; orders behind it are then lost.
const FRAME_BYTES_MAX: usize = 1_024;

/// When the order behind a malformed one is sent again, as a connection may have ended.
const AGAIN: Duration = Duration::from_millis(500);

pub(super) fn symbol(candidate: &Candidate) -> Verdict {
    every_invalid(candidate, "symbol")
}

pub(super) fn action(candidate: &Candidate) -> Verdict {
    every_invalid(candidate, "action")
}

pub(super) fn shares(candidate: &Candidate) -> Verdict {
    every_invalid(candidate, "shares")
}

pub(super) fn price(candidate: &Candidate) -> Verdict {
    every_invalid(candidate, "price")
}

pub(super) fn tail(candidate: &Candidate) -> Verdict {
    every_invalid(candidate, "tail")
}

/// A valid order, but the product is infinite, and that is no value.
pub(super) fn infinite_value(candidate: &Candidate) -> Verdict {
    let rig = Rig::ready(candidate)?;
    let order =
        [b"HUGE".to_vec(), vec![0], i32::MAX.to_le_bytes().to_vec(), f64::MAX.to_le_bytes().to_vec(), vec![9; 8]];
    is_dropped(&rig, "an order whose value is infinite", &order, 1)
}

fn every_invalid(candidate: &Candidate, field: &str) -> Verdict {
    let rig = Rig::ready(candidate)?;
    let cases = vectors::invalid("valuz", "order").into_iter().filter(|case| case.field == field);
    cases.zip(1..).try_for_each(|(case, number)| is_dropped(&rig, &case.name, &case.frames, number))
}

/// Sends an order that must be dropped, and one that must be answered: the next result is that of the second.
fn is_dropped(rig: &Rig, name: &str, order: &[Vec<u8>], number: u64) -> Verdict {
    let probe = Probe::new(number);
    rig.orders.send(order)?;
    rig.orders.send(probe.order())?;
    let may_disconnect = order.iter().any(|frame| frame.len() > FRAME_BYTES_MAX);
    let mut sent_at = Instant::now();
    let what = format!("the result of the order after {name}: {}", show(&probe.result()));
    let result = rig.worker.expect(&what, ANSWER_WITHIN, |left| {
        if may_disconnect && sent_at.elapsed() > AGAIN {
            sent_at = Instant::now();
            // Without a connection it is sent the next time.
            let _ = rig.orders.try_send(probe.order());
        }
        let Outcome::Result(result) = Outcome::of(rig.results.recv_within(left)?) else { return None };
        // A repeated order may have had its result after the check of the case before.
        let is_earlier = (1..number).any(|earlier| result == Probe::new(earlier).result());
        (!is_earlier).then_some(result)
    })?;
    if probe.is_answered_by(&result) {
        return Ok(());
    }
    Err(Finding::Failed(format!("{name}: the order {} has the result {}", show(order), show(&result))))
}

/// A worker that subscribes to EXIT alone receives none of these.
pub(super) fn control(candidate: &Candidate) -> Verdict {
    let mut commands: Vec<Frames> = vectors::invalid("valuz", "control").into_iter().map(|case| case.frames).collect();
    commands.extend([
        frames([vec![START]]),
        frames([vec![START], 7_u64.to_le_bytes().to_vec()]),
        frames([vec![REPEAT], 7_u64.to_le_bytes().to_vec()]),
    ]);
    ignores(candidate, &commands)
}

pub(super) fn exit_prefix(candidate: &Candidate) -> Verdict {
    ignores(candidate, &[frames([vec![EXIT, 0]]), frames([vec![EXIT, EXIT]]), frames([b"\x01EXIT"])])
}

/// Publishes commands that must have no effect, and then EXIT, which must.
fn ignores(candidate: &Candidate, commands: &[Frames]) -> Verdict {
    let mut rig = Rig::ready(candidate)?;
    rig.await_subscription()?;
    for command in commands {
        rig.control.send(command)?;
    }
    // Commands and orders come on different connections, so nothing but time shows that the commands were read.
    if let Ok(code) = rig.worker.exit_within(QUIET) {
        let sent: Vec<String> = commands.iter().map(|command| show(command)).collect();
        let (log, sent) = (rig.worker.last_log(), sent.join(", "));
        return Err(Finding::Failed(format!("it ended with exit code {code} after the commands {sent}{log}")));
    }
    rig.answers(&Probe::new(1))?;
    rig.control.send([[EXIT]])?;
    rig.worker.exit_with(0, ANSWER_WITHIN)
}
