//! How a worker ends: at EXIT, and at a signal.

use std::time::{Duration, Instant};

use super::rig::{self, Rig};
use crate::kit::{
    Candidate, Peer, Place, Running, Verdict,
    candidate::{ANSWER_WITHIN, QUIET, START_WITHIN},
    habits,
    peer::{PULL, PUSH, XPUB},
    valuz::{EXIT, Probe},
};

/// How long no order is taken from a worker that waits.
const BLOCKED: Duration = Duration::from_millis(500);

pub(super) fn at_exit(candidate: &Candidate) -> Verdict {
    ends_at(candidate, &[vec![EXIT]])
}

pub(super) fn at_longer_exit(candidate: &Candidate) -> Verdict {
    ends_at(candidate, &[vec![EXIT], b"later".to_vec(), Vec::new()])
}

fn ends_at(candidate: &Candidate, exit: &[Vec<u8>]) -> Verdict {
    let mut rig = Rig::ready(candidate)?;
    rig.await_subscription()?;
    rig.control.send(exit)?;
    rig.worker.exit_with(0, ANSWER_WITHIN)
}

pub(super) fn at_exit_of_the_next_reduce(candidate: &Candidate) -> Verdict {
    let rig = Rig::ready(candidate)?;
    rig.await_subscription()?;
    let Rig { orders, results, control, worker } = rig;
    let mut rig = Rig { orders, results, control: control.rebind()?, worker };
    rig.await_subscription()?;
    rig.control.send([[EXIT]])?;
    rig.worker.exit_with(0, ANSWER_WITHIN)
}

pub(super) fn interrupted(candidate: &Candidate) -> Verdict {
    let rig = Rig::ready(candidate)?;
    rig.answers(&Probe::new(1))?;
    habits::stops(rig.worker, 0, Running::interrupt)
}

pub(super) fn terminated(candidate: &Candidate) -> Verdict {
    let rig = Rig::ready(candidate)?;
    rig.answers(&Probe::new(1))?;
    habits::stops(rig.worker, 0, Running::terminate)
}

/// READY and the results wait for a connection that never comes.
pub(super) fn interrupted_with_unsent_results(candidate: &Candidate) -> Verdict {
    let (orders, absent, control) = (Peer::bind(PUSH)?, Place::free()?, Peer::bind(XPUB)?);
    let worker = rig::start(candidate, [orders.endpoint(), &absent.endpoint(), control.endpoint()])?;
    rig::await_link(&worker, "orders", &orders)?;
    (1..=10).try_for_each(|number| orders.send(Probe::new(number).order()))?;
    // Nothing shows when the orders are valued.
    std::thread::sleep(QUIET);
    habits::stops(worker, 0, Running::interrupt)
}

/// Orders are sent until nothing takes them any more: the worker waits with a result that has no room.
pub(super) fn interrupted_while_blocked(candidate: &Candidate) -> Verdict {
    let results = Peer::bind_with(PULL, "tcp://127.0.0.1:*", &|socket| {
        socket.set_rcvhwm(1)?;
        socket.set_rcvbuf(4_096)
    })?;
    let rig = Rig::with_results(candidate, results)?;
    rig.await_ready(START_WITHIN)?;
    let (begin, mut taken_at, mut number) = (Instant::now(), Instant::now(), 0);
    // A worker that takes orders for ever is not blocked; it must end as well.
    while taken_at.elapsed() < BLOCKED && begin.elapsed() < Duration::from_secs(3) {
        let mut order = Probe::new(number).order();
        order.push(vec![0; 900]);
        if rig.orders.try_send(order) {
            number += 1;
            taken_at = Instant::now();
        } else {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    habits::stops(rig.worker, 0, Running::interrupt)
}
