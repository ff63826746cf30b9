//! A queue of the Paranoid Pirate Protocol.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::node::{Frames, Node, TICK_MS, Watched, is_stranger};

const INTERVAL: Duration = Duration::from_millis(500);
const LIVENESS: u32 = 3;

struct Queue {
    node: Node,
    clients: Watched,
    workers: Watched,
    /// The workers that it knows; the one that has been free for longest is the first of those that are.
    known: Vec<Worker>,
    waiting: VecDeque<Frames>,
    last_client: Vec<u8>,
    beat: Instant,
}

struct Worker {
    id: Vec<u8>,
    /// What it does.
    request: Option<Frames>,
    is_free: bool,
    heard: Instant,
}

pub(crate) fn run(node: Node, clients: &str, workers: &str) -> ! {
    let bound = |name: &str, endpoint: &str| {
        let watched = node.watched(zmq::ROUTER, name);
        node.bind(&watched.socket, endpoint);
        watched
    };
    let (clients, workers) = (bound("clients", clients), bound("workers", workers));
    let (known, waiting) = (Vec::new(), VecDeque::new());
    let beat = Instant::now() + INTERVAL;
    let mut queue = Queue { node, clients, workers, known, waiting, last_client: Vec::new(), beat };
    while !queue.node.is_stopped() {
        let Queue { clients, workers, node, .. } = &queue;
        let sockets = [clients, workers];
        let mut items = sockets.map(|watched| watched.socket.as_poll_item(zmq::POLLIN));
        // A signal ends the wait early.
        let _ = zmq::poll(&mut items, TICK_MS);
        for event in sockets.into_iter().flat_map(|watched| std::iter::from_fn(|| watched.next_event())) {
            assert!(!is_stranger(event) || !node.is("dies-at-a-stranger"), "a stranger");
        }
        while let Ok(message) = queue.workers.socket.recv_multipart(zmq::DONTWAIT) {
            let is_well = queue.take_of_worker(&message[0], &message[1..]);
            assert!(is_well || !queue.node.is("dies-at-malformed-workers"), "{message:?} is malformed");
        }
        while let Ok(message) = queue.clients.socket.recv_multipart(zmq::DONTWAIT) {
            let is_well = is_addressed(&message[1..]);
            assert!(is_well || !queue.node.is("dies-at-malformed-clients"), "{message:?} is malformed");
            if is_well || queue.node.is("passes-anything") {
                queue.last_client.clone_from(&message[0]);
                if queue.known.iter().any(|worker| worker.is_free) || !queue.node.is("drops-without-worker") {
                    queue.waiting.push_back(message);
                }
            }
        }
        queue.dispatch();
        queue.look_at_the_time();
    }
    let Queue { node, clients, workers, .. } = queue;
    drop((clients, workers));
    node.end(0)
}

/// Whether a message has an empty frame at the end of an address, and a content.
fn is_addressed(message: &[Vec<u8>]) -> bool {
    let end = message.iter().position(Vec::is_empty);
    end.is_some_and(|end| end <= 100 && (1..=1000).contains(&(message.len() - end - 1)))
}

impl Queue {
    /// Takes a message of a worker; returns whether it is well-formed.
    fn take_of_worker(&mut self, id: &[u8], message: &[Vec<u8>]) -> bool {
        let place = self.known.iter().position(|worker| worker.id == id);
        match message {
            [command] if command == &[1] => self.set_free(id),
            [command] if command == &[2] => match place {
                Some(_) if self.node.is("heartbeat-frees") => self.set_free(id),
                Some(_) if self.node.is("heartbeats-are-no-life") => {}
                Some(place) => self.known[place].heard = Instant::now(),
                None if self.node.is("answers-the-unknown") => self.set_free(id),
                None => {}
            },
            reply if is_addressed(reply) && !reply[0].is_empty() => {
                if place.is_some() || !self.node.is("drops-late-replies") {
                    self.pass_reply(reply);
                    self.set_free(id);
                }
            }
            _ => return false,
        }
        true
    }

    fn pass_reply(&self, reply: &[Vec<u8>]) {
        let mut reply = reply.to_vec();
        if self.node.is("replies-to-the-last-client") {
            reply[0].clone_from(&self.last_client);
        }
        let end = reply.iter().position(Vec::is_empty).unwrap_or_default();
        if self.node.is("one-address-frame") {
            reply.drain(1..end);
        } else if self.node.is("drops-empty-frames") {
            let content = reply.split_off(end + 1);
            reply.extend(content.into_iter().filter(|frame| !frame.is_empty()));
        }
        // A client that has left needs none.
        let _ = self.clients.socket.send_multipart(reply, zmq::DONTWAIT);
    }

    /// Puts a worker behind all others, known before or not.
    fn set_free(&mut self, id: &[u8]) {
        self.known.retain(|worker| worker.id != id);
        self.known.push(Worker { id: id.to_vec(), request: None, is_free: true, heard: Instant::now() });
    }

    fn dispatch(&mut self) {
        let is_free = |worker: &Worker| worker.is_free;
        while !self.waiting.is_empty() {
            let newest = self.node.is("newest-free-first");
            let found = if newest { self.known.iter().rposition(is_free) } else { self.known.iter().position(is_free) };
            let (Some(place), Some(request)) = (found, self.waiting.front().cloned()) else { return };
            if self.node.is("never-passes") {
                return;
            }
            self.waiting.pop_front();
            let worker = &mut self.known[place];
            worker.is_free = self.node.is("never-busy");
            worker.request = Some(request.clone());
            self.send(&self.known[place].id, &request);
        }
    }

    fn send(&self, worker: &[u8], message: &[Vec<u8>]) {
        // A worker that has left needs none.
        let _ = self.workers.socket.send_multipart([&[worker.to_vec()], message].concat(), zmq::DONTWAIT);
    }

    fn look_at_the_time(&mut self) {
        if Instant::now() < self.beat {
            return;
        }
        self.beat = Instant::now() + INTERVAL;
        for place in (0..self.known.len()).rev() {
            let is_silent = |worker: &Worker| worker.heard.elapsed() > LIVENESS * INTERVAL;
            let stops_early =
                self.node.is("stops-at-the-first-alive") && self.known[..place].iter().any(|other| !is_silent(other));
            if is_silent(&self.known[place]) && !stops_early {
                let worker = self.known.remove(place);
                self.waiting.extend(worker.request.filter(|_| self.node.is("sends-again")));
            }
        }
        for worker in &self.known {
            if worker.is_free || !self.node.is("free-heartbeats-only") {
                self.send(&worker.id, &[vec![2]]);
            }
        }
    }
}
