//! The replies of jobs, and their other ends.

use std::{mem, time::Instant};

use super::{
    super::{Broker, Request},
    Phase, Wait,
};
use crate::node::Frames;

impl Broker {
    /// A worker has sent a partial reply of a job, for those of version 0.2 that wait.
    pub(in super::super) fn pass_progress(&mut self, request: &Request, part: &[Vec<u8>]) {
        let Some(place) = self.jobs.iter().position(|job| Some(&job.id) == request.job.as_ref()) else { return };
        self.jobs[place].reply.extend_from_slice(part);
        let mut waits = mem::take(&mut self.jobs[place].waits);
        for wait in waits.iter_mut().filter(|wait| wait.call.is_new) {
            self.reply(&wait.call, true, false, part.to_vec());
            wait.has += if self.node.is("parts-twice") { 0 } else { part.len() };
        }
        self.jobs[place].waits = waits;
    }

    /// A job begins again.
    pub(in super::super) fn forget_progress(&mut self, request: &Request) {
        if let Some(job) = self.jobs.iter_mut().find(|job| Some(&job.id) == request.job.as_ref()) {
            job.reply.clear();
            job.waits.iter_mut().for_each(|wait| wait.has = 0);
        }
    }

    pub(in super::super) fn is_done(&mut self, id: &str, reply: Frames) {
        if let Some(place) = self.jobs.iter().position(|job| job.id == id) {
            self.jobs[place].reply = reply;
            self.end(place, Phase::Done);
        }
    }

    pub(in super::super) fn dies(&mut self, id: &str) {
        if let Some(place) = self.jobs.iter().position(|job| job.id == id) {
            self.end(place, Phase::Dead);
        }
    }

    /// Jobs whose deadline is over are dead.
    pub(in super::super) fn end_late_jobs(&mut self) {
        for place in 0..self.jobs.len() {
            let job = &self.jobs[place];
            if job.phase == Phase::Live && job.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                self.withdraw(place);
                self.end(place, Phase::Dead);
            }
        }
    }

    pub(super) fn cancel(&mut self, place: usize) {
        if self.jobs[place].phase != Phase::Live {
            return;
        }
        self.withdraw(place);
        self.end(place, Phase::Cancelled);
        let id = self.jobs[place].id.clone();
        let children = (0..self.jobs.len()).filter(|&child| self.jobs[child].options.parent.as_ref() == Some(&id));
        if !self.node.is("cancels-one") {
            children.collect::<Vec<_>>().into_iter().for_each(|child| self.cancel(child));
        }
    }

    /// No worker is to do it any more.
    fn withdraw(&mut self, place: usize) {
        let id = Some(self.jobs[place].id.clone());
        self.waiting.retain(|request| request.job != id);
        for worker in (0..self.workers.len()).rev() {
            let open = self.workers[worker].open.iter().position(|open| open.is_wanted && open.request.job == id);
            open.into_iter().for_each(|open| self.revoke(worker, open));
        }
    }

    fn end(&mut self, place: usize, phase: Phase) {
        self.jobs[place].phase = phase;
        self.store();
        self.answer_waits(place);
    }

    /// Those that wait for a job that has ended get their answer.
    pub(super) fn answer_waits(&mut self, place: usize) {
        let (phase, reply) = (self.jobs[place].phase, self.jobs[place].reply.clone());
        let status = match phase {
            Phase::Live => return,
            Phase::Done => b"200".to_vec(),
            Phase::Dead => b"424".to_vec(),
            Phase::Cancelled => b"410".to_vec(),
        };
        for Wait { call, has } in mem::take(&mut self.jobs[place].waits) {
            let rest = if phase == Phase::Done { reply[has..].to_vec() } else { vec![b"it has ended".to_vec()] };
            self.reply(&call, true, true, [vec![status.clone()], rest].concat());
        }
    }
}
