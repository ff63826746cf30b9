//! Heartbeats, and what lasts too long.

use std::time::{Duration, Instant};

use super::Broker;

pub(super) const HEARTBEAT: Duration = Duration::from_millis(2_500);
const LIVENESS: u32 = 3;

impl Broker {
    pub(super) fn look_at_the_time(&mut self) {
        self.forget_silent_workers();
        self.retry_what_is_slow();
        let age = self.limits.age;
        if !self.node.is("never-expires") {
            let jobs_expire = self.node.is("jobs-expire");
            self.waiting.retain(|request| request.since.elapsed() <= age || request.job.is_some() && !jobs_expire);
        }
        self.end_late_jobs();
        if Instant::now() >= self.beat {
            self.beat = Instant::now() + HEARTBEAT;
            for worker in &self.workers {
                if worker.open.is_empty() || !self.node.is("idle-heartbeats-only") {
                    self.send(&worker.id, worker.is_new, 5, &[]);
                }
            }
        }
    }

    fn forget_silent_workers(&mut self) {
        for place in (0..self.workers.len()).rev() {
            let worker = &self.workers[place];
            if worker.open.is_empty() && worker.heard.elapsed() > LIVENESS * HEARTBEAT {
                let stops_early = self.node.is("stops-at-the-first-alive")
                    && self.workers[..place].iter().any(|other| other.heard.elapsed() <= LIVENESS * HEARTBEAT);
                if !stops_early {
                    self.remove(place);
                }
            }
        }
    }

    fn retry_what_is_slow(&mut self) {
        if self.node.is("waits-for-the-busy") {
            return;
        }
        for place in (0..self.workers.len()).rev() {
            let is_slow = |open: &super::Open| open.is_wanted && open.since.elapsed() > self.limits.busy;
            if let Some(open) = self.workers[place].open.iter().position(is_slow) {
                let request = self.workers[place].open[open].request.clone();
                self.revoke(place, open);
                self.retry(request);
            }
        }
    }
}
