//! Histories of brokers in graphs of any shape, with messages that arrive in any order that connections allow.

use std::collections::{HashMap, HashSet, VecDeque};

use proptest::{collection::vec, prelude::*};

use super::*;

const HEARTBEAT: Duration = Duration::from_secs(1);

/// A broker with workers of one service.
struct Node {
    federation: Federation,
    free: usize,
    /// Peers' questions that wait for a worker, in order.
    seeking: VecDeque<Token>,
    /// Workers that are kept or busy.
    taken: HashSet<Token>,
    running: Vec<Token>,
    /// Own requests that wait for an answer.
    open: HashSet<Number>,
    done: usize,
    failed: usize,
}

/// Brokers and connections. Link `n` is peer `2n` at its first broker, and `2n + 1` at its second.
struct World {
    now: Instant,
    nodes: Vec<Node>,
    links: Vec<(usize, usize)>,
    cut: HashSet<usize>,
    queues: HashMap<Peer, VecDeque<Frames>>,
    asks: usize,
    /// The number of requests.
    requests: Number,
    /// Which brokers have run each question's request.
    runs: HashMap<Token, usize>,
}

impl World {
    fn new(workers: &[usize], links: &[(usize, usize)]) -> Self {
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
        let steps: Vec<Step> = self.nodes[node].federation.take_steps().collect();
        for step in steps {
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

    fn cut(&mut self, link: usize) {
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
    fn deliver(&mut self, choice: usize) -> bool {
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
    fn beat(&mut self) {
        self.now += HEARTBEAT;
        for node in 0..self.nodes.len() {
            self.nodes[node].federation.handle_timeout(self.now);
            self.carry_out(node);
        }
    }

    fn ask(&mut self, node: usize) {
        self.requests += 1;
        self.nodes[node].federation.ask(self.now, self.requests, "service");
        self.nodes[node].open.insert(self.requests);
        self.carry_out(node);
    }

    fn withdraw(&mut self, node: usize) {
        let Some(number) = self.nodes[node].open.iter().min().copied() else { return };
        self.nodes[node].open.remove(&number);
        self.nodes[node].federation.withdraw(number);
        self.carry_out(node);
    }

    /// The oldest request that runs at a broker ends.
    fn end(&mut self, node: usize, is_done: bool) -> bool {
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
    fn settle(&mut self) {
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

    fn check_ways(&self) {
        for (index, node) in self.nodes.iter().enumerate() {
            for number in &node.open {
                let way = self.way(index, node.federation.own[number]);
                let brokers: HashSet<usize> = way.iter().copied().collect();
                assert_eq!(brokers.len(), way.len(), "{way:?} goes round in no circle");
            }
        }
    }

    fn check_nothing_is_left(&self, workers: &[usize]) {
        for (node, workers) in self.nodes.iter().zip(workers) {
            assert!(node.federation.questions.is_empty(), "{:?}", node.federation.questions);
            assert!(node.federation.own.is_empty());
            assert!(node.federation.peers.values().all(|neighbour| neighbour.questions == 0));
            assert!(node.seeking.is_empty() && node.taken.is_empty() && node.running.is_empty());
            assert_eq!(node.free, *workers);
        }
    }
}

/// Two brokers, one without workers.
fn pair() -> World {
    let mut world = World::new(&[0, 1], &[(0, 1)]);
    world.settle();
    world
}

#[test]
fn a_broker_without_workers_passes_its_request_to_one_that_has_some() {
    let mut world = pair();
    world.ask(0);
    world.settle();
    assert_eq!((world.nodes[0].done, world.nodes[0].failed), (1, 0));
    world.check_nothing_is_left(&[0, 1]);
}

#[test]
fn no_more_is_passed_than_there_are_places() {
    let mut world = pair();
    for _ in 0..5 {
        world.ask(0);
    }
    while world.deliver(0) {}
    assert_eq!((world.runs.len(), world.nodes[1].seeking.len()), (1, 4));
    world.settle();
    assert_eq!(world.nodes[0].done, 5);
}

#[test]
fn a_request_that_is_not_wanted_any_more_frees_its_place_at_any_moment() {
    for delivered in 0..5 {
        let mut world = pair();
        world.ask(0);
        for _ in 0..delivered {
            world.deliver(0);
        }
        world.withdraw(0);
        world.settle();
        world.check_nothing_is_left(&[0, 1]);
    }
}

#[test]
fn a_peer_that_is_gone_has_failed_what_it_had_and_dropped_what_it_asked() {
    for delivered in 0..5 {
        let mut world = World::new(&[0, 0, 1], &[(0, 1), (1, 2)]);
        world.settle();
        world.ask(0);
        for _ in 0..delivered {
            world.deliver(0);
        }
        world.cut(1);
        while world.deliver(0) {}
        world.withdraw(0);
        world.settle();
        world.check_nothing_is_left(&[0, 0, 1]);
    }
}

#[test]
fn a_silent_peer_is_given_up_and_one_that_beats_is_not() {
    let mut world = pair();
    for _ in 0..10 {
        world.beat();
        world.settle();
    }
    assert_eq!(world.nodes[0].federation.peers(), 1);
    world.queues.clear();
    world.now += 3 * HEARTBEAT;
    let now = world.now;
    world.nodes[0].federation.handle_timeout(now);
    assert!(world.nodes[0].federation.take_steps().any(|step| step == Step::Close(0)));
    assert_eq!(world.nodes[0].federation.peers(), 0);
}

#[test]
fn a_second_connection_to_the_same_broker_does_no_harm_and_one_to_itself_is_closed() {
    let mut world = World::new(&[0, 1], &[(0, 1), (0, 1), (1, 1)]);
    world.settle();
    assert_eq!(world.nodes.iter().map(|node| node.federation.peers()).collect::<Vec<_>>(), [2, 2]);
    world.ask(0);
    world.settle();
    assert_eq!(world.nodes[0].done, 1);
}

#[test]
fn a_peer_has_a_limit_of_questions_and_what_is_beyond_it_is_asked_again() {
    let mut world = World::new(&[0, 0, 1], &[(0, 1), (1, 2)]);
    world.settle();
    for _ in 0..QUESTIONS_MAX {
        world.ask(0);
    }
    assert!(!world.nodes[0].federation.can_ask());
    world.ask(1);
    for _ in 0..PATIENCE {
        world.settle();
        world.beat();
    }
    world.settle();
    assert_eq!((world.nodes[0].done, world.nodes[1].done), (QUESTIONS_MAX, 1));
    world.check_nothing_is_left(&[0, 0, 1]);
}

#[test]
fn what_a_peer_has_no_right_to_say_changes_nothing() {
    let mut world = pair();
    world.ask(0);
    let token = *world.nodes[0].federation.own.values().next().unwrap();
    let stranger = Token { broker: BrokerId([9; 16]), number: 1 };
    let body: Frames = ["no"].into_iter().collect();
    let body = Body::of(&body, 0).unwrap();
    for of in [token, stranger] {
        for message in [
            PeerMessage::No(of),
            PeerMessage::Drop(of),
            PeerMessage::Pass(of, body),
            PeerMessage::Part(of, body),
            PeerMessage::Done(of, body),
            PeerMessage::Fail(of, "no"),
        ] {
            let now = world.now;
            world.nodes[0].federation.handle_message(now, 0, message);
        }
    }
    assert!(world.nodes[0].federation.questions.contains_key(&token));
    let steps: Vec<Step> = world.nodes[0].federation.take_steps().collect();
    assert!(steps.iter().all(|step| matches!(step, Step::Send(..))), "{steps:?}");
}

fn graph() -> impl Strategy<Value = (Vec<usize>, Vec<(usize, usize)>)> {
    (2_usize..8).prop_flat_map(|nodes| {
        let ends = (0..nodes, 0..nodes).prop_filter("no link to itself", |(first, second)| first != second);
        (vec(0_usize..3, nodes), vec(ends, 1..14))
    })
}

proptest! {
    /// In any graph, whatever is cut, dropped or fails: no circle, no request twice, no place lost, and an answer to each.
    #[test]
    fn nothing_is_lost_in_any_graph(
        (workers, links) in graph(),
        acts in vec((0_u8..11, 0_usize..64), 0..300),
    ) {
        let mut world = World::new(&workers, &links);
        for (act, choice) in acts {
            let node = choice % workers.len();
            match act {
                0 | 1 => world.ask(node),
                2 => world.withdraw(node),
                3 => {
                    world.end(node, choice % 3 > 0);
                }
                4 if choice < 8 => world.cut(choice % links.len()),
                5 if choice < 16 => world.beat(),
                _ => {
                    world.deliver(choice);
                }
            }
            world.check_ways();
        }
        world.settle();
        for node in 0..workers.len() {
            while !world.nodes[node].open.is_empty() {
                world.withdraw(node);
            }
        }
        world.settle();
        world.check_nothing_is_left(&workers);
    }

    /// Without faults a request is done if any broker that can be reached has a worker, and each link carries each question at most twice.
    #[test]
    fn a_worker_that_can_be_reached_is_found(
        (workers, links) in graph(),
        choices in vec(0_usize..64, 0..200),
        start in 0_usize..8,
    ) {
        let start = start % workers.len();
        let mut world = World::new(&workers, &links);
        world.settle();
        let asks = world.asks;
        world.ask(start);
        for choice in choices {
            world.deliver(choice);
        }
        world.settle();
        let mut reached = HashSet::from([start]);
        while let Some(next) = links.iter().flat_map(|(first, second)| [(*first, *second), (*second, *first)])
            .find(|(from, to)| reached.contains(from) && !reached.contains(to))
        {
            reached.insert(next.1);
        }
        // A broker's own workers are for its own queue, not for its questions.
        let has_worker = reached.iter().any(|node| *node != start && workers[*node] > 0);
        prop_assert_eq!(world.nodes[start].done, usize::from(has_worker));
        prop_assert!(world.asks - asks <= 2 * links.len());
    }
}
