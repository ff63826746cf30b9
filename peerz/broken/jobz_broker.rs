//! A broker of jobz, of both versions, with the extension `credit`.

use std::{
    collections::{BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use crate::node::{Frames, Node, TICK_MS, Watched, endpoint, is_stranger};

const HEARTBEAT: Duration = Duration::from_millis(2_500);
const LIVENESS: u32 = 3;

struct Broker {
    node: Node,
    jobs: Watched,
    /// The workers; the one that has been idle for longest is the first of those that are.
    workers: Vec<Worker>,
    waiting: VecDeque<Request>,
    /// All services that were ever named.
    names: BTreeSet<Vec<u8>>,
    given: u32,
    last_client: Vec<u8>,
    beat: Instant,
}

struct Worker {
    id: Vec<u8>,
    is_new: bool,
    service: Vec<u8>,
    credit: u64,
    open: Vec<(Vec<u8>, Request)>,
    heard: Instant,
}

#[derive(Clone)]
struct Request {
    client: Vec<u8>,
    is_new: bool,
    service: Vec<u8>,
    body: Frames,
    /// The partial replies for a client of version 0.1.
    joined: Frames,
}

pub(crate) fn run(node: Node) -> ! {
    let jobs = node.watched(zmq::ROUTER, "jobs");
    node.bind(&jobs.socket, &endpoint("JOBZ_JOBS"));
    let mut broker = Broker {
        node,
        jobs,
        workers: Vec::new(),
        waiting: VecDeque::new(),
        names: BTreeSet::new(),
        given: 0,
        last_client: Vec::new(),
        beat: Instant::now() + HEARTBEAT,
    };
    while !broker.node.is_stopped() {
        // A signal ends the wait early.
        let _ = zmq::poll(&mut [broker.jobs.socket.as_poll_item(zmq::POLLIN), broker.jobs.poll_monitor()], TICK_MS);
        while let Some(event) = broker.jobs.next_event() {
            assert!(!is_stranger(event) || !broker.node.is("dies-at-a-stranger"), "a stranger");
        }
        while let Ok(message) = broker.jobs.socket.recv_multipart(zmq::DONTWAIT) {
            if broker.take(&message[0], &message[1..]).is_none() {
                assert!(!broker.node.is("dies-at-malformed"), "{message:?} is malformed");
            }
            broker.dispatch();
        }
        broker.look_at_the_time();
    }
    let Broker { node, jobs, .. } = broker;
    drop(jobs);
    node.end(0)
}

fn is_service(name: &[u8]) -> bool {
    let is_text = |text: &str| (1..=255).contains(&text.len()) && !text.chars().any(char::is_control);
    str::from_utf8(name).is_ok_and(is_text)
}

impl Broker {
    /// Takes a message; `None` if it is malformed.
    fn take(&mut self, from: &[u8], message: &[Vec<u8>]) -> Option<()> {
        match message {
            [empty, header, service, body @ ..] if empty.is_empty() && header == b"MDPC01" => {
                self.take_request(from, false, service, body)
            }
            [header, command, service, body @ ..] if header == b"MDPC02" && command == &[1] => {
                self.take_request(from, true, service, body)
            }
            [empty, header, command, rest @ ..] if empty.is_empty() && header == b"MDPW01" => {
                let command = match command.as_slice() {
                    [1] => 1,
                    [command @ 3..=5] => command + 1,
                    _ => return None,
                };
                self.take_command(from, false, command, rest)
            }
            [header, command, rest @ ..] if header == b"MDPW02" && command.len() == 1 => {
                self.take_command(from, true, command[0], rest)
            }
            _ => None,
        }
    }

    fn take_request(&mut self, client: &[u8], is_new: bool, service: &[u8], body: &[Vec<u8>]) -> Option<()> {
        if !is_service(service) || !(1..=1000).contains(&body.len()) {
            return None;
        }
        let (client, service) = (client.to_vec(), service.to_vec());
        let request = Request { client, is_new, service, body: body.to_vec(), joined: Frames::new() };
        if request.service.starts_with(b"mmi.") {
            let is_known = self.workers.iter().any(|worker| worker.service == body[0])
                || self.node.is("knows-every-name") && self.names.contains(&body[0]);
            let status = match (request.service.as_slice(), is_known) {
                (b"mmi.service", true) => "200",
                (b"mmi.service", false) => "404",
                _ if self.node.is("404-for-other-mmi") => "404",
                _ => "501",
            };
            if !self.node.is("never-answers") {
                self.reply(&request, true, true, vec![status.as_bytes().to_vec()]);
            }
            return Some(());
        }
        self.last_client.clone_from(&request.client);
        let is_offered = self.workers.iter().any(|worker| worker.service == request.service);
        if is_offered || !self.node.is("drops-without-worker") {
            self.waiting.push_back(request);
        }
        Some(())
    }

    fn take_command(&mut self, from: &[u8], is_new: bool, command: u8, rest: &[Vec<u8>]) -> Option<()> {
        let place = self.workers.iter().position(|worker| worker.id == from);
        let (body, address) = match (command, rest) {
            (3 | 4 | 0x43, [address, empty, body @ ..]) if empty.is_empty() && (1..=1000).contains(&body.len()) => {
                (body, address.as_slice())
            }
            (1, [service, ..]) if is_service(service) => (&rest[1..], service.as_slice()),
            (0x41, [_, ..]) => (rest, &[][..]),
            (5 | 6, _) => (&[][..], &[][..]),
            _ => return None,
        };
        if command == 0x43 && (!is_new || !(1..=512).contains(&body[0].len()) || str::from_utf8(&body[0]).is_err()) {
            return None;
        }
        let credit = match (command, body.first()) {
            (1 | 0x41, Some(frame)) if is_new => u64::from_le_bytes(frame.as_slice().try_into().ok()?),
            _ => 1,
        };
        if credit > 1000 || credit == 0 && command == 1 || command == 0x41 && !is_new {
            return None;
        }
        let Some(place) = place else {
            match command {
                1 => self.register(from, is_new, address, credit),
                6 => {}
                _ if self.node.is("ignores-unknown") => {}
                _ => self.send(from, is_new, 6, &[]),
            }
            return Some(());
        };
        self.workers[place].heard = Instant::now();
        match command {
            1 if !self.node.is("ready-twice-is-fine") => {
                self.send(from, is_new, 6, &[]);
                self.remove(place);
            }
            3 | 4 | 0x43 => self.take_end(place, command, address, body),
            5 if self.node.is("heartbeat-frees") => {
                let credit = self.workers[place].open.len() as u64 + 1;
                self.workers[place].credit = credit;
            }
            6 => self.remove(place),
            0x41 => self.workers[place].credit = credit,
            _ => {}
        }
        Some(())
    }

    fn register(&mut self, id: &[u8], is_new: bool, service: &[u8], credit: u64) {
        if service.starts_with(b"mmi.") && !self.node.is("reserved-names-are-fine") {
            return self.send(id, is_new, 6, &[]);
        }
        self.names.insert(service.to_vec());
        let (id, service) = (id.to_vec(), service.to_vec());
        let credit = if self.node.is("credit-plus-one") && credit > 1 { credit + 1 } else { credit };
        self.workers.push(Worker { id, is_new, service, credit, open: Vec::new(), heard: Instant::now() });
    }

    /// A worker is gone: others do what it has open.
    fn remove(&mut self, place: usize) {
        let worker = self.workers.remove(place);
        if !self.node.is("forgets-requests-of-leavers") {
            worker.open.into_iter().rev().for_each(|(_, request)| self.waiting.push_front(request));
        }
    }

    /// PARTIAL, FINAL or FAIL.
    fn take_end(&mut self, place: usize, command: u8, address: &[u8], body: &[Vec<u8>]) {
        let worker = &mut self.workers[place];
        let found = worker.open.iter().position(|(open, _)| open == address);
        let any = self.node.is("any-address") && !worker.open.is_empty();
        let Some(found) = found.or_else(|| any.then_some(0)) else { return };
        if command == 3 {
            let request = &mut worker.open[found].1;
            if !request.is_new || self.node.is("joins-for-all") {
                if !self.node.is("drops-partial-replies-for-01") {
                    request.joined.extend_from_slice(body);
                }
                return;
            }
            let request = request.clone();
            return self.reply(&request, true, false, body.to_vec());
        }
        let (_, request) = worker.open.remove(found);
        let worker_is_new = worker.is_new;
        // It is idle from now on.
        let worker = self.workers.remove(place);
        self.workers.push(worker);
        if command == 0x43 && !self.node.is("reason-as-reply") {
            return self.waiting.push_front(request);
        }
        let body = [request.joined.as_slice(), body].concat();
        self.reply(&request, worker_is_new, true, body);
    }

    fn reply(&self, request: &Request, worker_is_new: bool, is_final: bool, mut body: Frames) {
        let is_own = request.service.starts_with(b"mmi.");
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
        let _ = self.jobs.socket.send_multipart([head, body].concat(), zmq::DONTWAIT);
    }

    /// Sends a command to a worker, by its number in version 0.2.
    fn send(&self, worker: &[u8], is_new: bool, command: u8, rest: &[Vec<u8>]) {
        let head: Frames = if is_new {
            [worker, &b"MDPW02"[..], &[command]].map(<[u8]>::to_vec).into()
        } else {
            let command = if command > 2 { command - 1 } else { command };
            [worker, &b""[..], b"MDPW01", &[command]].map(<[u8]>::to_vec).into()
        };
        // A peer that has left needs none.
        let _ = self.jobs.socket.send_multipart([head, rest.to_vec()].concat(), zmq::DONTWAIT);
    }

    /// Gives requests that wait to workers that have room, one client after another.
    fn dispatch(&mut self) {
        while let Some((place, next)) = self.next() {
            let Some(request) = self.waiting.remove(next) else { return };
            if !self.node.is("first-come-first-served") {
                // The client's other requests wait until all other clients have had one.
                let (others, same): (VecDeque<_>, VecDeque<_>) =
                    self.waiting.drain(..).partition(|other| other.client != request.client);
                self.waiting = others.into_iter().chain(same).collect();
            }
            self.given += 1;
            let address = self.given.to_be_bytes().to_vec();
            let worker = &mut self.workers[place];
            worker.open.push((address.clone(), request.clone()));
            let (id, is_new) = (worker.id.clone(), worker.is_new);
            self.send(&id, is_new, 2, &[&[address, Vec::new()], request.body.as_slice()].concat());
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
            let next = self.waiting.iter().position(|request| request.service == worker.service);
            next.filter(|_| has_room).map(|next| (place, next))
        })
    }

    fn look_at_the_time(&mut self) {
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
        if Instant::now() >= self.beat {
            self.beat = Instant::now() + HEARTBEAT;
            for worker in &self.workers {
                if worker.open.is_empty() || !self.node.is("idle-heartbeats-only") {
                    self.send(&worker.id, worker.is_new, 5, &[]);
                }
            }
        }
    }
}
