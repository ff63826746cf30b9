//! A worker of jobz, of version 0.2, that takes two requests at once and replies with their bodies.

use std::time::{Duration, Instant};

use crate::node::{Frames, Node, TICK_MS, endpoint};

const HEARTBEAT: Duration = Duration::from_millis(2_500);
const LIVENESS: u32 = 3;
const CREDIT: u64 = 2;

/// How long a careless worker waits for what it then mishandles.
const PAUSE_MS: i64 = 50;

struct Worker {
    node: Node,
    broker: zmq::Socket,
    heard: Instant,
    beat: Instant,
    done: u32,
}

pub(crate) fn run(node: Node) -> ! {
    let broker = connected(&node);
    let mut worker = Worker { node, broker, heard: Instant::now(), beat: Instant::now() + HEARTBEAT, done: 0 };
    worker.begin();
    while !worker.node.is_stopped() {
        // A signal ends the wait early.
        let _ = worker.broker.poll(zmq::POLLIN, TICK_MS);
        while let Ok(message) = worker.broker.recv_multipart(zmq::DONTWAIT) {
            worker.heard = Instant::now();
            worker.take(&message);
        }
        let waits_for_ever = worker.node.is("waits-for-ever") || worker.node.is("never-reconnects");
        if worker.heard.elapsed() > LIVENESS * HEARTBEAT && !waits_for_ever {
            worker.begin_again();
        }
        if Instant::now() >= worker.beat && !worker.node.is("no-heartbeats") {
            worker.send(5, &[]);
        }
    }
    let Worker { node, broker, .. } = worker;
    drop(broker);
    node.end(0)
}

fn connected(node: &Node) -> zmq::Socket {
    let broker = node.socket(zmq::DEALER);
    if node.is("never-reconnects") {
        broker.set_reconnect_ivl(-1).expect("an option can be set");
    }
    broker.connect(&endpoint("JOBZ_JOBS")).expect("the endpoint is valid");
    broker
}

impl Worker {
    fn begin(&mut self) {
        if !self.node.is("never-ready") {
            self.send(1, &[b"echo".to_vec(), CREDIT.to_le_bytes().to_vec()]);
        }
    }

    fn begin_again(&mut self) {
        if !self.node.is("same-socket") {
            self.broker.set_linger(0).expect("an option can be set");
            self.broker = connected(&self.node);
        }
        self.heard = Instant::now();
        self.begin();
    }

    fn send(&mut self, command: u8, rest: &[Vec<u8>]) {
        self.beat = Instant::now() + HEARTBEAT;
        let message: Frames = [&[b"MDPW02".to_vec(), vec![command]], rest].concat();
        // Without room the broker has read nothing for long.
        let _ = self.broker.send_multipart(message, zmq::DONTWAIT);
    }

    fn take(&mut self, message: &[Vec<u8>]) {
        match message {
            [header, command, address, empty, body @ ..]
                if header == b"MDPW02"
                    && command == &[2]
                    && empty.is_empty()
                    && (1..=1000).contains(&(body.len() + usize::from(self.node.is("needs-no-body"))))
                    && (body.len() == 1 || !self.node.is("one-frame-only")) =>
            {
                self.reply(address, body);
            }
            [header, command, ..] if header == b"MDPW02" && command == &[6] && !self.node.is("ignores-disconnect") => {
                self.begin_again();
            }
            [header, command, ..] if header == b"MDPW02" && command == &[5] => {}
            [header, command, _, empty, ..] if header == b"MDPW02" && command == &[0x42] && empty.is_empty() => {}
            _ => assert!(!self.node.is("dies-at-malformed"), "{message:?} is malformed"),
        }
    }

    fn reply(&mut self, address: &[u8], body: &[Vec<u8>]) {
        if self.node.is("drops-the-second") || self.node.is("no-end-after-cancel") {
            let _ = self.broker.poll(zmq::POLLIN, PAUSE_MS);
            let next = self.broker.recv_multipart(zmq::DONTWAIT);
            if self.node.is("no-end-after-cancel") && next.is_ok_and(|next| next.get(1) == Some(&vec![0x42])) {
                return;
            }
        }
        let address = if self.node.is("address-as-text") {
            String::from_utf8_lossy(address).into_owned().into_bytes()
        } else {
            address.to_vec()
        };
        self.done += 1;
        let times = if self.node.is("replies-twice") && self.done.is_multiple_of(10) { 2 } else { 1 };
        for _ in 0..times {
            self.send(4, &[&[address.clone(), Vec::new()], body].concat());
        }
        if self.node.is("ready-after-three") && self.done == 3 {
            self.begin();
        }
    }
}
