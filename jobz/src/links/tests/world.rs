//! The brokers, their links, and all that is on its way.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    time::{Duration, Instant},
};

use wire::{
    Frames,
    job::{Body, BrokerId, Dialect, FromWorker, HOPS_MAX, PeerMessage, Reply, Request, ToWorker, Token},
};

use crate::{
    dispatcher::{Dispatcher, Outbox, Sender, Stats, ToUplink},
    federation::Federation,
    jobs::Clock,
    limits::{BrokerLimits, ServiceLimits},
    links::Links,
    majordomo::Majordomo,
};

const HEARTBEAT: Duration = Duration::from_secs(1);

/// A broker, and its links: it has connected to the other side of each.
struct Node {
    majordomo: Majordomo,
    out: Outbox,
    uplinks: Vec<usize>,
}

struct Worker {
    node: usize,
    credit: usize,
    /// The addresses of its requests, and which these are.
    open: VecDeque<(Vec<u8>, usize)>,
}

/// A way in which messages go, in order: on this link, to the broker that has connected or the other one.
type Way = (usize, bool);

pub(super) struct World {
    now: Instant,
    nodes: Vec<Node>,
    /// For each link who has connected, and to whom.
    links: Vec<(usize, usize)>,
    cut: HashSet<usize>,
    queues: BTreeMap<Way, VecDeque<Frames>>,
    workers: BTreeMap<String, Worker>,
    started: usize,
    /// The broker of each request; its number is its place, from 1, and its body.
    requests: Vec<usize>,
    /// How often a worker got each request.
    given: HashMap<usize, usize>,
    answers: HashMap<usize, usize>,
    /// The brokers that each try was passed to.
    passed: HashMap<Token, Vec<usize>>,
    /// How many CANCEL workers got.
    pub(super) cancels: usize,
}

impl World {
    pub(super) fn new(brokers: usize, links: &[(usize, usize)]) -> Self {
        let now = Instant::now();
        let day = Duration::from_secs(24 * 3_600);
        let service = ServiceLimits { age_max: day, busy_max: day, tries_max: 1_000, ..ServiceLimits::default() };
        let limits = BrokerLimits { heartbeat: HEARTBEAT, liveness: 3, service, ..BrokerLimits::default() };
        let node = |index: usize| {
            let mut out = Outbox::default();
            let federation = Federation::new(BrokerId([index as u8; 16]), HEARTBEAT, 3);
            let dispatcher = Dispatcher::new(limits.clone(), index as u64);
            let clock = Clock { start: now, start_us: 1 };
            let majordomo = Majordomo::new(dispatcher, Links::new(federation), clock, [], &mut out);
            let uplinks = (0..links.len()).filter(|link| links[*link].0 == index).collect();
            Node { majordomo, out, uplinks }
        };
        let mut world = Self {
            now,
            nodes: (0..brokers).map(node).collect(),
            links: links.to_vec(),
            cut: HashSet::new(),
            queues: BTreeMap::new(),
            workers: BTreeMap::new(),
            started: 0,
            requests: Vec::new(),
            given: HashMap::new(),
            answers: HashMap::new(),
            passed: HashMap::new(),
            cancels: 0,
        };
        for node in 0..brokers {
            for uplink in 0..world.nodes[node].uplinks.len() {
                world.with(node, |majordomo, out| majordomo.handle_up(now, uplink, out));
            }
        }
        world
    }

    /// How many requests there are.
    pub(super) fn asked(&self) -> usize {
        self.requests.len()
    }

    /// How often a worker got this request.
    pub(super) fn given(&self, request: usize) -> usize {
        self.given.get(&request).copied().unwrap_or_default()
    }

    /// How often this request was answered.
    pub(super) fn answers(&self, request: usize) -> usize {
        self.answers.get(&request).copied().unwrap_or_default()
    }

    pub(super) fn stats(&self, node: usize) -> Stats {
        self.nodes[node].majordomo.dispatcher().stats(None)
    }

    /// A client of this broker sends a request.
    pub(super) fn ask(&mut self, node: usize) {
        self.requests.push(node);
        let body: Frames = [self.requests.len().to_string()].into_iter().collect();
        let mut frames = Frames::new();
        Request { dialect: Dialect::Mdp2, service: "echo", body: Body::of(&body, 0).unwrap() }.encode(&mut frames);
        self.message(node, "client", &frames);
    }

    /// A worker registers.
    pub(super) fn ready(&mut self, node: usize, credit: u64) {
        self.started += 1;
        let name = format!("worker {}", self.started);
        self.workers.insert(name.clone(), Worker { node, credit: credit as usize, open: VecDeque::new() });
        self.say(&name, FromWorker::Ready { service: "echo", credit: Some(credit) });
    }

    /// One of the workers that have a request ends its oldest one; `false` if none has any.
    pub(super) fn end(&mut self, choice: usize) -> bool {
        let Some((name, address, request)) = self.take_open(choice) else { return false };
        let body: Frames = [request.to_string()].into_iter().collect();
        for is_final in [false, true] {
            let body = Body::of(&body, 0).unwrap();
            self.say(&name, FromWorker::Reply { is_final, address: &address, body });
        }
        true
    }

    /// The same, but it is not done.
    pub(super) fn fail(&mut self, choice: usize) -> bool {
        let Some((name, address, _)) = self.take_open(choice) else { return false };
        self.say(&name, FromWorker::Fail { address: &address, reason: "no paper" });
        true
    }

    /// A worker is gone.
    pub(super) fn gone(&mut self, choice: usize) {
        let Some(name) = self.workers.keys().nth(choice % self.workers.len().max(1)).cloned() else { return };
        let Some(worker) = self.workers.remove(&name) else { return };
        let now = self.now;
        self.with(worker.node, |majordomo, out| majordomo.handle_gone(now, name.as_bytes(), out));
    }

    /// A link breaks, and both sides notice it.
    pub(super) fn cut(&mut self, link: usize) {
        if !self.cut.insert(link) {
            return;
        }
        self.queues.remove(&(link, true));
        self.queues.remove(&(link, false));
        let (now, (first, second)) = (self.now, self.links[link]);
        let uplink = self.nodes[first].uplinks.iter().position(|other| *other == link).unwrap();
        self.with(first, |majordomo, out| majordomo.handle_down(now, uplink, out));
        self.with(second, |majordomo, out| majordomo.handle_gone(now, name_of(link).as_bytes(), out));
    }

    /// Delivers the next message of one of the ways that have any; `false` if there is none.
    pub(super) fn deliver(&mut self, choice: usize) -> bool {
        let ways: Vec<Way> = self.queues.iter().filter(|(_, queue)| !queue.is_empty()).map(|(way, _)| *way).collect();
        let Some(&(link, is_to_first)) = ways.get(choice % ways.len().max(1)) else { return false };
        let frames = self.queues.get_mut(&(link, is_to_first)).and_then(VecDeque::pop_front).unwrap();
        let (now, (first, second)) = (self.now, self.links[link]);
        if is_to_first {
            let uplink = self.nodes[first].uplinks.iter().position(|other| *other == link).unwrap();
            self.with(first, |majordomo, out| majordomo.handle_uplink(now, uplink, &frames, out).unwrap());
        } else {
            self.message(second, &name_of(link), &frames);
        }
        true
    }

    /// The time of a heartbeat passes.
    pub(super) fn beat(&mut self) {
        self.now += HEARTBEAT;
        let now = self.now;
        for name in self.workers.keys().cloned().collect::<Vec<_>>() {
            self.say(&name, FromWorker::Heartbeat);
        }
        for node in 0..self.nodes.len() {
            self.with(node, |majordomo, out| majordomo.handle_timeout(now, out));
        }
    }

    /// Delivers and ends until nothing is left to do.
    pub(super) fn settle(&mut self) {
        while self.deliver(0) || self.end(0) {}
    }

    /// Whether there is a worker at the broker of this request, or at one that can be reached from there.
    pub(super) fn reaches_worker(&self, request: usize) -> bool {
        let mut reached = HashSet::from([self.requests[request - 1]]);
        let both = || self.links.iter().flat_map(|(first, second)| [(*first, *second), (*second, *first)]);
        while let Some((_, next)) = both().find(|(from, to)| reached.contains(from) && !reached.contains(to)) {
            reached.insert(next);
        }
        self.workers.values().any(|worker| reached.contains(&worker.node))
    }

    /// No broker has given or promised more than its workers can take.
    pub(super) fn check_places(&self) {
        for node in 0..self.nodes.len() {
            let of_node = self.workers.values().filter(|worker| worker.node == node);
            let places: usize = of_node.map(|worker| worker.credit).sum();
            assert!(self.stats(node).open <= places, "broker {node}: {} of {places} places", self.stats(node).open);
        }
    }

    pub(super) fn check_nothing_is_left(&self) {
        for (index, node) in self.nodes.iter().enumerate() {
            let stats = self.stats(index);
            assert_eq!((stats.waiting, stats.open, node.majordomo.dispatcher().open_requests()), (0, 0, 0));
            assert!(node.majordomo.links().is_idle(), "broker {index} has questions");
        }
    }

    fn take_open(&mut self, choice: usize) -> Option<(String, Vec<u8>, usize)> {
        let busy: Vec<&String> =
            self.workers.iter().filter(|(_, worker)| !worker.open.is_empty()).map(|(name, _)| name).collect();
        let name = (*busy.get(choice % busy.len().max(1))?).clone();
        let (address, request) = self.workers.get_mut(&name)?.open.pop_front()?;
        Some((name, address, request))
    }

    fn say(&mut self, worker: &str, message: FromWorker<'_>) {
        let Some(node) = self.workers.get(worker).map(|worker| worker.node) else { return };
        let mut frames = Frames::new();
        message.encode(Dialect::Mdp2, &mut frames);
        self.message(node, worker, &frames);
    }

    fn message(&mut self, node: usize, from: &str, frames: &Frames) {
        let (now, from) = (self.now, Sender { routing_id: from.as_bytes(), user: None });
        self.with(node, |majordomo, out| {
            majordomo.handle_message(now, from, frames, out).unwrap();
        });
    }

    /// Has a broker do something, and takes what it sends.
    fn with(&mut self, node: usize, act: impl FnOnce(&mut Majordomo, &mut Outbox)) {
        let Node { majordomo, out, .. } = &mut self.nodes[node];
        act(majordomo, out);
        let messages = out.messages().to_vec();
        out.clear();
        let to_uplinks: Vec<ToUplink> = std::iter::from_fn(|| out.take_to_uplink()).collect();
        for message in messages {
            let to = String::from_utf8_lossy(message.get(0).unwrap()).into_owned();
            let mut frames = Frames::new();
            frames.append_from(&message, 1);
            match to.strip_prefix("link ") {
                Some(link) => self.send((link.parse().unwrap(), true), frames),
                None if to == "client" => self.take_answer(node, &frames),
                None => self.take_work(&to, &frames),
            }
        }
        for to_uplink in to_uplinks {
            match to_uplink {
                ToUplink::Send(uplink, frames) => self.send((self.nodes[node].uplinks[uplink], false), frames),
                ToUplink::Close(uplink) => self.cut(self.nodes[node].uplinks[uplink]),
            }
        }
    }

    /// A message is on its way to another broker.
    fn send(&mut self, way: Way, frames: Frames) {
        let (link, is_to_first) = way;
        if self.cut.contains(&link) {
            return;
        }
        let (first, second) = self.links[link];
        if let PeerMessage::Pass(token, _) = PeerMessage::decode(&frames).expect("brokers send what they can read") {
            let to = if is_to_first { first } else { second };
            let passed = self.passed.entry(token).or_default();
            assert!(
                !passed.contains(&to) && token.broker != BrokerId([to as u8; 16]),
                "{passed:?} and {to} are a circle"
            );
            passed.push(to);
            assert!(passed.len() <= usize::from(HOPS_MAX), "{passed:?} is longer than the limit");
        }
        self.queues.entry(way).or_default().push_back(frames);
    }

    fn take_answer(&mut self, node: usize, frames: &Frames) {
        let reply = Reply::decode(frames).unwrap();
        if reply.is_final {
            let text = String::from_utf8_lossy(reply.body.iter().next().unwrap()).into_owned();
            let request: usize = text.parse().unwrap();
            assert_eq!(self.requests[request - 1], node, "the reply is for a client of another broker");
            *self.answers.entry(request).or_default() += 1;
            assert_eq!(self.answers[&request], 1, "request {request} is answered once");
        }
    }

    fn take_work(&mut self, name: &str, frames: &Frames) {
        let Some(worker) = self.workers.get_mut(name) else { return };
        match ToWorker::decode(frames).unwrap().1 {
            ToWorker::Request { address, body } => {
                let request = String::from_utf8_lossy(body.iter().next().unwrap()).parse().unwrap();
                worker.open.push_back((address.to_vec(), request));
                assert!(worker.open.len() <= worker.credit, "{name} has more than it can take");
                *self.given.entry(request).or_default() += 1;
            }
            ToWorker::Cancel { .. } => self.cancels += 1,
            ToWorker::Heartbeat => {}
            other => panic!("{name} did nothing wrong and got {other:?}"),
        }
    }
}

/// The name of a link's connection at the broker that was connected to.
fn name_of(link: usize) -> String {
    format!("link {link}")
}
