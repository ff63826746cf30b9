//! Brokers with workers of one service, and what is on its way between them.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::{Duration, Instant},
};

use wire::{
    Frames,
    job::{Body, BrokerId, HOPS_MAX, PeerMessage, Token},
};

use crate::{
    federation::{
        Federation, Peer, Step,
        question::{Place, Stage},
    },
    requests::Number,
};

pub(super) const HEARTBEAT: Duration = Duration::from_secs(1);

/// A broker with workers of one service.
pub(super) struct Node {
    pub(super) federation: Federation,
    free: usize,
    /// Peers' questions that wait for a worker, in order.
    pub(super) seeking: VecDeque<Token>,
    /// Workers that are kept or busy.
    taken: HashSet<Token>,
    running: Vec<Token>,
    /// Own requests that wait for an answer.
    pub(super) open: HashSet<Number>,
    pub(super) done: usize,
    pub(super) failed: usize,
}

/// Brokers and connections. Link `n` is peer `2n` at its first broker, and `2n + 1` at its second.
pub(super) struct World {
    pub(super) now: Instant,
    pub(super) nodes: Vec<Node>,
    links: Vec<(usize, usize)>,
    cut: HashSet<usize>,
    pub(super) queues: HashMap<Peer, VecDeque<Frames>>,
    pub(super) asks: usize,
    /// The number of requests.
    requests: Number,
    /// Which brokers have run each question's request.
    pub(super) runs: HashMap<Token, usize>,
}

impl World {
    pub(super) fn new(workers: &[usize], links: &[(usize, usize)]) -> Self {
        let nodes = (0..).zip(workers).map(|(index, workers)| Node {
            federation: Federation::new(BrokerId([index; 16]), HEARTBEAT, 3),
            free: *workers,
            seeking: VecDeque::new(),
            taken: HashSet::new(),
            running: Vec::new(),
            open: HashSet::new(),
            done: 0,
            failed: 0,
        });
        let mut world = Self {
            now: Instant::now(),
            nodes: nodes.collect(),
            links: links.to_vec(),
            cut: HashSet::new(),
            queues: HashMap::new(),
            asks: 0,
            requests: 0,
            runs: HashMap::new(),
        };
        for link in 0..links.len() {
            for side in 0..2 {
                let (now, peer) = (world.now, (2 * link + side) as Peer);
                let node = world.at(peer);
                world.nodes[node].federation.handle_connected(now, peer);
                world.carry_out(node);
            }
        }
        world
    }

    /// The broker that has this peer.
    fn at(&self, peer: Peer) -> usize {
        let (first, second) = self.links[peer as usize / 2];
        if peer.is_multiple_of(2) { first } else { second }
    }

    /// Does what a broker's federation has left to do.
    fn carry_out(&mut self, node: usize) {
        while let Some(step) = self.nodes[node].federation.take_step() {
            match step {
                Step::Send(peer, frames) => {
                    let message = PeerMessage::decode(&frames).expect("brokers send what they can read");
                    self.asks += usize::from(matches!(message, PeerMessage::Ask { .. }));
                    // What the other side of the link receives.
                    self.queues.entry(peer ^ 1).or_default().push_back(frames);
                }
                Step::Close(peer) => self.cut(peer as usize / 2),
                Step::Seek(token, _) => self.nodes[node].seeking.push_back(token),
                Step::Forget(token) => {
                    let node = &mut self.nodes[node];
                    node.seeking.retain(|other| *other != token);
                    node.running.retain(|other| *other != token);
                    node.free += usize::from(node.taken.remove(&token));
                }
                Step::Run(token, _) => {
                    assert!(self.nodes[node].taken.contains(&token), "a place was kept for {token:?}");
                    assert_eq!(self.runs.insert(token, node), None, "{token:?} runs once");
                    self.nodes[node].running.push(token);
                }
                Step::Offered(number) => {
                    let body: Frames = ["hi"].into_iter().collect();
                    self.nodes[node].federation.pass(number, Body::of(&body, 0).unwrap());
                    self.carry_out(node);
                }
                Step::Part(..) => {}
                Step::Done(number, _) => {
                    assert!(self.nodes[node].open.remove(&number), "request {number} is answered once");
                    self.nodes[node].done += 1;
                }
                Step::Failed(number, _) => {
                    assert!(self.nodes[node].open.remove(&number), "request {number} is answered once");
                    self.nodes[node].failed += 1;
                }
            }
        }
        self.keep_places(node);
    }

    fn keep_places(&mut self, node: usize) {
        while self.nodes[node].free > 0
            && let Some(token) = self.nodes[node].seeking.pop_front()
        {
            self.nodes[node].free -= 1;
            self.nodes[node].taken.insert(token);
            self.nodes[node].federation.keep(token);
            self.carry_out(node);
        }
    }

    pub(super) fn cut(&mut self, link: usize) {
        if !self.cut.insert(link) {
            return;
        }
        for peer in [2 * link as Peer, 2 * link as Peer + 1] {
            self.queues.remove(&peer);
            let node = self.at(peer);
            self.nodes[node].federation.handle_gone(peer);
            self.carry_out(node);
        }
    }

    /// Delivers the next message of one of the queues that have any; `false` if there is none.
    pub(super) fn deliver(&mut self, choice: usize) -> bool {
        let mut peers: Vec<Peer> =
            self.queues.iter().filter(|(_, queue)| !queue.is_empty()).map(|(peer, _)| *peer).collect();
        peers.sort_unstable();
        let Some(&peer) = peers.get(choice % peers.len().max(1)) else { return false };
        let frames = self.queues.get_mut(&peer).and_then(VecDeque::pop_front).unwrap();
        if self.cut.contains(&(peer as usize / 2)) {
            return true;
        }
        let (node, now) = (self.at(peer), self.now);
        self.nodes[node].federation.handle_message(now, peer, PeerMessage::decode(&frames).unwrap());
        self.carry_out(node);
        true
    }

    /// The time of one heartbeat passes.
    pub(super) fn beat(&mut self) {
        self.now += HEARTBEAT;
        for node in 0..self.nodes.len() {
            self.nodes[node].federation.handle_timeout(self.now);
            self.carry_out(node);
        }
    }

    pub(super) fn ask(&mut self, node: usize) {
        self.requests += 1;
        self.nodes[node].federation.ask(self.now, self.requests, "service");
        self.nodes[node].open.insert(self.requests);
        self.carry_out(node);
    }

    pub(super) fn withdraw(&mut self, node: usize) {
        let Some(number) = self.nodes[node].open.iter().min().copied() else { return };
        self.nodes[node].open.remove(&number);
        self.nodes[node].federation.withdraw(number);
        self.carry_out(node);
    }

    /// The oldest request that runs at a broker ends.
    pub(super) fn end(&mut self, node: usize, is_done: bool) -> bool {
        if self.nodes[node].running.is_empty() {
            return false;
        }
        let token = self.nodes[node].running.remove(0);
        self.nodes[node].taken.remove(&token);
        self.nodes[node].free += 1;
        let federation = &mut self.nodes[node].federation;
        if is_done {
            let body: Frames = ["HI"].into_iter().collect();
            federation.part(token, Body::of(&body, 0).unwrap());
            federation.done(token, Body::of(&body, 0).unwrap());
        } else {
            federation.failed(token, "a reason");
        }
        self.carry_out(node);
        true
    }

    /// Delivers and ends until nothing is left to do.
    pub(super) fn settle(&mut self) {
        loop {
            let mut has_moved = false;
            while self.deliver(0) {
                has_moved = true;
            }
            for node in 0..self.nodes.len() {
                has_moved |= self.end(node, true);
            }
            if !has_moved {
                return;
            }
        }
    }

    /// The brokers that a request is passed through, from the one that asks.
    fn way(&self, start: usize, token: Token) -> Vec<usize> {
        let mut way = vec![start];
        while let Some(question) = self.nodes[way[way.len() - 1]].federation.questions.get(&token)
            && let Stage::Passed(Place::At(peer)) = question.stage
        {
            way.push(self.at(peer ^ 1));
            assert!(way.len() <= 1 + usize::from(HOPS_MAX), "{way:?} is not longer than the limit");
        }
        way
    }

    pub(super) fn check_ways(&self) {
        for (index, node) in self.nodes.iter().enumerate() {
            for number in &node.open {
                let way = self.way(index, node.federation.own[number]);
                let brokers: HashSet<usize> = way.iter().copied().collect();
                assert_eq!(brokers.len(), way.len(), "{way:?} goes round in no circle");
            }
        }
    }

    pub(super) fn check_nothing_is_left(&self, workers: &[usize]) {
        for (node, workers) in self.nodes.iter().zip(workers) {
            assert!(node.federation.questions.is_empty(), "{:?}", node.federation.questions);
            assert!(node.federation.own.is_empty());
            assert!(node.federation.peers.values().all(|neighbour| neighbour.questions == 0));
            assert!(node.seeking.is_empty() && node.taken.is_empty() && node.running.is_empty());
            assert_eq!(node.free, *workers);
        }
    }
}
