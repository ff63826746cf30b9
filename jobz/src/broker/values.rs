//! What observers see of a broker.

use sockets::{Context, Value};
use wire::report::DeclaredValue;

use crate::majordomo::Majordomo;

/// All values.
pub(super) const DECLARED: &[DeclaredValue] =
    &[WORKERS, WAITING, ANSWERED, RETRIED, LATE, EXPIRED, DEAD, JOBS, CANCELLED, PEERS, PASSED];

const WORKERS: DeclaredValue = DeclaredValue { name: "workers", unit: "workers" };
const WAITING: DeclaredValue = DeclaredValue { name: "waiting", unit: "requests" };
const ANSWERED: DeclaredValue = DeclaredValue { name: "answered", unit: "requests" };
const RETRIED: DeclaredValue = DeclaredValue { name: "retried", unit: "requests" };
const LATE: DeclaredValue = DeclaredValue { name: "late", unit: "replies" };
const EXPIRED: DeclaredValue = DeclaredValue { name: "expired", unit: "requests" };
const DEAD: DeclaredValue = DeclaredValue { name: "dead", unit: "requests" };
const JOBS: DeclaredValue = DeclaredValue { name: "jobs", unit: "jobs" };
const CANCELLED: DeclaredValue = DeclaredValue { name: "cancelled", unit: "jobs" };
const PEERS: DeclaredValue = DeclaredValue { name: "peers", unit: "brokers" };
const PASSED: DeclaredValue = DeclaredValue { name: "passed", unit: "requests" };

/// What observers see of a broker.
#[derive(Debug)]
pub(super) struct Values {
    workers: Value,
    waiting: Value,
    answered: Value,
    retried: Value,
    late: Value,
    expired: Value,
    dead: Value,
    /// Those that are not done.
    jobs: Value,
    cancelled: Value,
    peers: Value,
    passed: Value,
}

impl Values {
    pub(super) fn of(context: &Context) -> Self {
        Self {
            workers: context.declared(WORKERS),
            waiting: context.declared(WAITING),
            answered: context.declared(ANSWERED),
            retried: context.declared(RETRIED),
            late: context.declared(LATE),
            expired: context.declared(EXPIRED),
            dead: context.declared(DEAD),
            jobs: context.declared(JOBS),
            cancelled: context.declared(CANCELLED),
            peers: context.declared(PEERS),
            passed: context.declared(PASSED),
        }
    }

    /// Takes what is new.
    pub(super) fn set(&mut self, majordomo: &Majordomo) {
        let dispatcher = majordomo.dispatcher();
        let counts = dispatcher.counts();
        for (value, count) in [
            (&mut self.workers, dispatcher.workers() as u64),
            (&mut self.waiting, dispatcher.waiting() as u64),
            (&mut self.answered, counts.answered),
            (&mut self.retried, counts.retried),
            (&mut self.late, counts.late),
            (&mut self.expired, counts.expired),
            (&mut self.dead, counts.dead),
            (&mut self.jobs, majordomo.jobs().len() as u64),
            (&mut self.cancelled, counts.cancelled),
            (&mut self.peers, majordomo.links().peers() as u64),
            (&mut self.passed, counts.passed),
        ] {
            value.set(count as f64);
        }
    }
}
