//! A worker of the Paranoid Pirate Protocol, that replies with the content of each request.

use std::time::{Duration, Instant};

use crate::node::{Frames, Node, TICK_MS};

const INTERVAL: Duration = Duration::from_millis(500);
const LIVENESS: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(10);

struct Worker {
    node: Node,
    endpoint: String,
    queue: zmq::Socket,
    heard: Instant,
    beat: Instant,
    backoff: Duration,
    done: u32,
}

pub(crate) fn run(node: Node, endpoint: &str) -> ! {
    let (queue, now) = (connected(&node, endpoint), Instant::now());
    let mut worker = Worker {
        node,
        endpoint: endpoint.to_owned(),
        queue,
        heard: now,
        beat: now + INTERVAL,
        backoff: BACKOFF,
        done: 0,
    };
    worker.begin();
    while !worker.node.is_stopped() {
        // A signal ends the wait early.
        let _ = worker.queue.poll(zmq::POLLIN, TICK_MS);
        while let Ok(message) = worker.queue.recv_multipart(zmq::DONTWAIT) {
            worker.take(&message);
        }
        let waits_for_ever = worker.node.is("waits-for-ever") || worker.node.is("never-reconnects");
        if worker.heard.elapsed() > LIVENESS * INTERVAL && !waits_for_ever {
            worker.begin_again();
        }
        if Instant::now() >= worker.beat && !worker.node.is("no-heartbeats") {
            worker.beat = Instant::now() + INTERVAL;
            worker.send(&[vec![2]]);
        }
    }
    let Worker { node, queue, .. } = worker;
    drop(queue);
    node.end(0)
}

fn connected(node: &Node, endpoint: &str) -> zmq::Socket {
    let queue = node.socket(zmq::DEALER);
    if node.is("never-reconnects") {
        queue.set_reconnect_ivl(-1).expect("an option can be set");
    }
    queue.connect(endpoint).expect("the endpoint is valid");
    queue
}

impl Worker {
    fn begin(&self) {
        if !self.node.is("never-ready") {
            self.send(&[vec![1]]);
        }
    }

    fn begin_again(&mut self) {
        let end = Instant::now() + self.backoff;
        while Instant::now() < end && !self.node.is_stopped() {
            std::thread::sleep(Duration::from_millis(TICK_MS as u64));
        }
        if !self.node.is("constant-backoff") {
            self.backoff = BACKOFF_MAX.min(self.backoff * 2);
        }
        if !self.node.is("same-socket") {
            self.queue.set_linger(0).expect("an option can be set");
            self.queue = connected(&self.node, &self.endpoint);
        }
        (self.heard, self.beat) = (Instant::now(), Instant::now() + INTERVAL);
        self.begin();
    }

    fn send(&self, message: &[Vec<u8>]) {
        // Without room the queue has read nothing for long.
        let _ = self.queue.send_multipart(message, zmq::DONTWAIT);
    }

    fn take(&mut self, message: &[Vec<u8>]) {
        let is_heartbeat = matches!(message, [command] if command == &[2]);
        if !is_heartbeat || !self.node.is("requests-are-life") {
            self.heard = Instant::now();
        }
        if !self.node.is("backoff-stays") {
            self.backoff = BACKOFF;
        }
        let end = message.iter().position(Vec::is_empty);
        let content = end.map_or(0, |end| end + 1);
        let is_short = content == message.len() && !self.node.is("needs-no-content");
        let is_malformed =
            is_short || message == [[1]] || end.is_some_and(|end| end > 100) || message.len() - content > 1000;
        if is_malformed {
            assert!(!self.node.is("dies-at-malformed"), "{message:?} is malformed");
        } else if !is_heartbeat {
            self.reply(message, end);
        }
    }

    fn reply(&mut self, request: &[Vec<u8>], end: Option<usize>) {
        let mut reply: Frames = request.to_vec();
        match end {
            Some(end @ 1..) if self.node.is("one-address-frame") => drop(reply.drain(1..end)),
            None if self.node.is("needs-an-address") => return,
            _ if self.node.is("three-frames-only") && request.len() - end.unwrap_or(0) > 2 => return,
            _ => {}
        }
        self.done += 1;
        let times = if self.node.is("replies-twice") && self.done.is_multiple_of(10) { 2 } else { 1 };
        for _ in 0..times {
            self.send(&reply);
        }
        if self.node.is("ready-after-three") && self.done == 3 {
            self.begin();
        }
    }
}
