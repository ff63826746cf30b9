//! Requests to workers, and their replies.

use std::{collections::VecDeque, time::Instant};

use super::{Broker, Open, Request, is_own};
use crate::node::Frames;

impl Broker {
    /// A request waits for a worker. If too many do, the client that has most of them loses its newest.
    pub(super) fn wait(&mut self, request: Request) {
        self.waiting.push_back(request);
        let all = self.waiting.iter().filter(|request| request.job.is_none());
        if all.clone().count() > self.limits.waiting && !self.node.is("waits-without-limit") {
            let count = |client: &[u8]| all.clone().filter(|request| request.client == client).count();
            let newest = self.node.is("drops-the-newest");
            let place = (0..self.waiting.len())
                .filter(|&place| self.waiting[place].job.is_none())
                .max_by_key(|&place| if newest { 0 } else { count(&self.waiting[place].client) });
            self.waiting.remove(place.unwrap_or_default());
        }
    }

    /// A worker is gone: others do what it has open.
    pub(super) fn remove(&mut self, place: usize) {
        let worker = self.workers.remove(place);
        if !self.node.is("forgets-requests-of-leavers") {
            let wanted = worker.open.into_iter().rev().filter(|open| open.is_wanted);
            wanted.for_each(|open| self.retry(open.request));
        }
    }

    /// A request has lost its worker.
    pub(super) fn retry(&mut self, mut request: Request) {
        if request.tries < request.tries_max || self.node.is("tries-for-ever") {
            request.joined.clear();
            self.forget_progress(&request);
            self.waiting.push_front(request);
        } else if let Some(id) = request.job {
            self.dies(&id);
        }
    }

    /// A worker learns that a request is not wanted any more; one that cannot begins again.
    pub(super) fn revoke(&mut self, place: usize, open: usize) {
        let worker = &mut self.workers[place];
        worker.open[open].is_wanted = false;
        let (id, is_new, address) = (worker.id.clone(), worker.is_new, worker.open[open].address.clone());
        if !worker.knows_cancel {
            self.send(&id, is_new, 6, &[]);
            self.remove(place);
        } else if !self.node.is("no-cancel") {
            self.send(&id, is_new, 0x42, &[address, Vec::new()]);
        }
    }

    /// PARTIAL, FINAL or FAIL.
    pub(super) fn take_end(&mut self, place: usize, command: u8, address: &[u8], body: &[Vec<u8>]) {
        let worker = &mut self.workers[place];
        let found = worker.open.iter().position(|open| open.address == address);
        let any = self.node.is("any-address") && !worker.open.is_empty();
        let Some(found) = found.or_else(|| any.then_some(0)) else { return };
        if command == 3 {
            return self.take_part(place, found, body);
        }
        let Open { request, is_wanted, .. } = worker.open.remove(found);
        let worker_is_new = worker.is_new;
        // It is idle from now on.
        let worker = self.workers.remove(place);
        self.workers.push(worker);
        if !is_wanted {
            return;
        }
        if command == 0x43 && !self.node.is("reason-as-reply") {
            return self.retry(request);
        }
        let body = [request.joined.as_slice(), body].concat();
        match &request.job {
            Some(id) => self.is_done(id, body),
            None => self.reply(&request, worker_is_new, true, body),
        }
    }

    fn take_part(&mut self, place: usize, found: usize, body: &[Vec<u8>]) {
        let open = &mut self.workers[place].open[found];
        if !open.is_wanted {
            return;
        }
        if !self.node.is("progress-is-nothing") {
            open.since = Instant::now();
        }
        let request = &mut open.request;
        if request.job.is_some() || !request.is_new || self.node.is("joins-for-all") {
            if !self.node.is("drops-partial-replies-for-01") {
                request.joined.extend_from_slice(body);
            }
            let request = request.clone();
            return self.pass_progress(&request, body);
        }
        let request = request.clone();
        self.reply(&request, true, false, body.to_vec());
    }

    pub(super) fn reply(&self, request: &Request, worker_is_new: bool, is_final: bool, mut body: Frames) {
        let is_own = is_own(&request.service);
        let is_new = match (request.is_new, worker_is_new) {
            _ if is_own => request.is_new,
            (false, false) if self.node.is("reply-02-for-01-pairs") => true,
            (true, true) if self.node.is("reply-01-for-02-pairs") => false,
            (client, worker) if client != worker && self.node.is("mixed-as-the-worker") => worker,
            (client, _) => client,
        };
        if self.node.is("drops-empty-frames") {
            body.retain(|frame| !frame.is_empty());
        }
        let client =
            if self.node.is("replies-to-the-last-client") && !is_own { &self.last_client } else { &request.client };
        let command: &[u8] = if is_final { b"\x03" } else { b"\x02" };
        let head: Frames = if is_new {
            [client.as_slice(), b"MDPC02", command, &request.service].map(<[u8]>::to_vec).into()
        } else {
            [client.as_slice(), b"", b"MDPC01", &request.service].map(<[u8]>::to_vec).into()
        };
        // A peer that has left needs none.
        let _ = self.channel.socket.send_multipart([head, body].concat(), zmq::DONTWAIT);
    }

    /// Sends a command to a worker, by its number in version 0.2.
    pub(super) fn send(&self, worker: &[u8], is_new: bool, command: u8, rest: &[Vec<u8>]) {
        let head: Frames = if is_new {
            [worker, &b"MDPW02"[..], &[command]].map(<[u8]>::to_vec).into()
        } else {
            let command = if command > 2 { command - 1 } else { command };
            [worker, &b""[..], b"MDPW01", &[command]].map(<[u8]>::to_vec).into()
        };
        // A peer that has left needs none.
        let _ = self.channel.socket.send_multipart([head, rest.to_vec()].concat(), zmq::DONTWAIT);
    }

    /// Gives requests that wait to workers that have room, one client after another.
    pub(super) fn dispatch(&mut self) {
        while let Some((place, next)) = self.next() {
            let Some(mut request) = self.waiting.remove(next) else { return };
            if !self.node.is("first-come-first-served") {
                // The client's other requests wait until all other clients have had one.
                let (others, same): (VecDeque<_>, VecDeque<_>) =
                    self.waiting.drain(..).partition(|other| other.client != request.client);
                self.waiting = others.into_iter().chain(same).collect();
            }
            self.given += 1;
            request.tries += 1;
            let address = self.given.to_be_bytes().to_vec();
            let message = [&[address.clone(), Vec::new()], request.body.as_slice()].concat();
            let worker = &mut self.workers[place];
            worker.open.push(Open { address, request, since: Instant::now(), is_wanted: true });
            let (id, is_new) = (worker.id.clone(), worker.is_new);
            self.send(&id, is_new, 2, &message);
        }
    }

    /// The place of a worker with room, and that of the first request for it.
    fn next(&self) -> Option<(usize, usize)> {
        let mut places: Vec<usize> = (0..self.workers.len()).collect();
        if self.node.is("newest-idle-first") {
            places.reverse();
        }
        places.into_iter().find_map(|place| {
            let worker = &self.workers[place];
            let has_room = (worker.open.len() as u64) < worker.credit;
            let is_for_it = |request: &&Request| request.service == worker.service;
            let next = self
                .waiting
                .iter()
                .position(|request| is_for_it(&request) && (has_room || self.is_lent_to(worker, request)));
            next.map(|next| (place, next))
        })
    }
}
