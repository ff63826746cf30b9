//! The life of a worker: it registers, is heard from, changes its credit, and is gone.

use std::{collections::VecDeque, time::Instant};

use wire::job::{self, Dialect, FromWorker, ToWorker};

use super::{Dispatcher, Outbox, Sender};
use crate::{
    limits::BrokerLimits,
    requests::{Origin, RoutingId},
    trust::Trust,
    workers::Worker,
};

impl Dispatcher {
    pub(super) fn take_from_worker(
        &mut self,
        now: Instant,
        from: Sender<'_>,
        dialect: Dialect,
        message: FromWorker<'_>,
        out: &mut Outbox,
    ) {
        let Sender { routing_id: from, user } = from;
        let known = self.workers.find(from);
        match (message, known) {
            (FromWorker::Ready { service, .. }, None) if !self.permits.allow(user, service) => {
                self.counts.not_allowed += 1;
                self.permits.record_refused(now, user, service);
                self.disconnect(from, dialect, out);
            }
            (FromWorker::Ready { service, credit }, None) => self.register(now, from, dialect, service, credit, out),
            (FromWorker::Disconnect, Some(place)) => {
                if let Some(worker) = self.workers.get_mut(place) {
                    worker.credit = 0;
                }
                self.remove_worker(now, place, "its worker has ended", out);
            }
            (FromWorker::Disconnect, None) => {}
            (FromWorker::Heartbeat, Some(place)) => {
                if let Some(worker) = self.workers.get_mut(place) {
                    worker.last_received = now;
                    // One that comes sooner was sent before the worker had its request.
                    worker.beats_when_busy |= worker.is_busy() && worker.last_given + self.limits.heartbeat <= now;
                }
            }
            (FromWorker::Reply { is_final, address, body }, Some(place)) => {
                self.take_reply(now, place, is_final, address, body, out);
            }
            (FromWorker::Credit(credit), Some(place)) => self.set_credit(now, place, credit, out),
            (FromWorker::Fail { address, reason }, Some(place)) => self.take_failure(now, place, address, reason, out),
            // A second READY, or anything from a peer that is no worker, or no longer.
            (FromWorker::Ready { .. }, Some(place)) => {
                self.disconnect(from, dialect, out);
                self.remove_worker(now, place, "its worker began again", out);
            }
            (FromWorker::Reply { .. }, None) => {
                self.counts.late += 1;
                self.disconnect(from, dialect, out);
            }
            (_, None) => self.disconnect(from, dialect, out),
        }
        if let Some(place) = known {
            self.let_go(now, place, out);
        }
    }

    fn register(
        &mut self,
        now: Instant,
        from: &[u8],
        dialect: Dialect,
        service: &str,
        credit: Option<u64>,
        out: &mut Outbox,
    ) {
        let is_full = self.workers.len() >= self.limits.workers_max;
        let place = if is_full || job::Service::is_reserved(service) {
            None
        } else {
            self.services.find_or_add(service, &self.limits)
        };
        let Some(service) = place else {
            self.disconnect(from, dialect, out);
            return;
        };
        let place = self.workers.add(Worker {
            routing_id: RoutingId::from(from),
            dialect,
            service,
            credit: usize::try_from(credit.unwrap_or(1)).unwrap_or(1),
            is_extended: credit.is_some(),
            open: VecDeque::new(),
            kept: 0,
            trust: Trust::default(),
            last_received: now,
            last_given: now,
            last_sent: now,
            look: now + self.limits.heartbeat,
            beats_when_busy: false,
            last_used: 0,
            turn: None,
            is_drained: false,
        });
        if let Some(service) = self.services.get_mut(service) {
            service.workers += 1;
        }
        self.offer(place);
        self.looks.insert((now + self.limits.heartbeat, place));
        self.dispatch(now, service, out);
    }

    fn set_credit(&mut self, now: Instant, place: usize, credit: u64, out: &mut Outbox) {
        let Some(worker) = self.workers.get_mut(place) else { return };
        worker.last_received = now;
        worker.is_extended = true;
        worker.credit = usize::try_from(credit).unwrap_or(0);
        let service = worker.service;
        self.offer(place);
        self.dispatch(now, service, out);
    }

    /// Removes a worker, for this reason; its requests wait again. One that takes nothing more has taken leave.
    pub(super) fn remove_worker(&mut self, now: Instant, place: usize, reason: &str, out: &mut Outbox) {
        let Some(worker) = self.workers.remove(place) else { return };
        if let Some(service) = self.services.get_mut(worker.service) {
            service.workers -= 1;
            service.open -= worker.open.len();
            if let Some(turn) = worker.turn {
                service.free.remove(&turn);
            }
            service.lending.remove(&place);
            service.distrusted -= usize::from(!worker.trust.is_full());
        }
        self.trust_all_if_none(worker.service);
        if worker.credit == 0 {
            self.give_back_tries(&worker);
        }
        self.looks.remove(&(worker.look, place));
        for open in worker.open.iter().rev().filter(|open| open.is_wanted) {
            self.retry(now, open.number, reason, out);
        }
        if let Some(service) = self.services.get(worker.service).filter(|service| service.workers == 0) {
            let requests = service.waiting.iter().filter_map(|number| Some((number, self.requests.get(number)?)));
            let unasked = requests.filter(|(_, taken)| !taken.is_asked && !matches!(taken.origin, Origin::Peer(_)));
            self.unserved.extend(unasked.map(|(number, _)| number));
        }
        self.dispatch(now, worker.service, out);
    }

    /// Gives up the workers that have been silent for too long. None of them gets the request of another one, in whatever order they
    /// are due.
    pub(super) fn give_up_silent(&mut self, now: Instant, out: &mut Outbox) {
        let patience = self.limits.heartbeat * self.limits.liveness;
        let places = self.looks.range(..=(now, usize::MAX)).map(|(_, place)| *place);
        let is_silent = |worker: &Worker| worker.must_beat() && worker.last_received + patience <= now;
        let silent: Vec<usize> = places.filter(|place| self.workers.get(*place).is_some_and(is_silent)).collect();
        for &place in &silent {
            if let Some(worker) = self.workers.get_mut(place) {
                worker.is_drained = true;
            }
            self.offer(place);
        }
        for place in silent {
            self.counts.lost_workers += 1;
            self.remove_worker(now, place, "its worker was silent", out);
        }
    }

    /// Sends a worker a heartbeat if one is due.
    pub(super) fn look_at(&mut self, now: Instant, place: usize, out: &mut Outbox) {
        let BrokerLimits { heartbeat, liveness, .. } = self.limits;
        let Some(worker) = self.workers.get_mut(place) else { return };
        let lost_at = worker.last_received + heartbeat * liveness;
        if worker.last_sent + heartbeat <= now {
            worker.last_sent = now;
            ToWorker::Heartbeat.encode(worker.dialect, out.to(&worker.routing_id));
        }
        let next = worker.last_sent + heartbeat;
        worker.trust.handle_time(now);
        let others = [worker.must_beat().then_some(lost_at), worker.trust.paused_until()];
        worker.look = others.into_iter().flatten().fold(next, Instant::min);
        self.looks.insert((worker.look, place));
        // Its pause may be over, or the time in which a request prefers other workers.
        let service = worker.service;
        self.offer(place);
        self.dispatch(now, service, out);
    }

    /// Answers a peer that is no worker: it has to begin again.
    pub(super) fn disconnect(&mut self, peer: &[u8], dialect: Dialect, out: &mut Outbox) {
        self.counts.disconnected += 1;
        ToWorker::Disconnect.encode(dialect, out.to(peer));
    }
}
