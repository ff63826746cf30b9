//! A broker of jobz, of both versions, with the extensions `credit` and `jobs`.
//!
//! - `jobs`: what it accepts and keeps
//! - `passing`: requests to workers, and their replies
//! - `time`: heartbeats, and what lasts too long

mod jobs;
mod passing;
mod time;

use std::{
    collections::{BTreeSet, VecDeque},
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;

use self::jobs::Job;
use crate::node::{Frames, Node, TICK_MS, Watched, endpoint, is_stranger};

/// The limits of a broker, and its store.
#[derive(Args)]
pub(crate) struct Limits {
    #[arg(long, value_parser = milliseconds, default_value = "60000ms")]
    age: Duration,
    #[arg(long, value_parser = milliseconds, default_value = "60000ms")]
    busy: Duration,
    #[arg(long, default_value_t = 10_000)]
    waiting: usize,
    #[arg(long, default_value_t = 3)]
    tries: u32,
    #[arg(long)]
    store: Option<PathBuf>,
}

struct Broker {
    node: Node,
    limits: Limits,
    channel: Watched,
    /// The workers; the one that has been idle for longest is the first of those that are.
    workers: Vec<Worker>,
    waiting: VecDeque<Request>,
    jobs: Vec<Job>,
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
    /// Whether it has used the extension `credit`.
    knows_cancel: bool,
    open: Vec<Open>,
    heard: Instant,
}

/// A request that a worker has.
struct Open {
    address: Vec<u8>,
    request: Request,
    since: Instant,
    /// Not if it was cancelled, or given to another worker: its end frees the place, and reaches no client.
    is_wanted: bool,
}

#[derive(Clone)]
struct Request {
    client: Vec<u8>,
    is_new: bool,
    service: Vec<u8>,
    body: Frames,
    /// The partial replies for a client of version 0.1, or of a job.
    joined: Frames,
    since: Instant,
    /// How many workers have had it, and how many may.
    tries: u32,
    tries_max: u32,
    /// The id of its job, which then has no client.
    job: Option<String>,
}

pub(crate) fn run(node: Node, limits: Limits) -> ! {
    let channel = node.watched(zmq::ROUTER, "jobs");
    node.bind(&channel.socket, &endpoint("JOBZ_JOBS"));
    let mut broker = Broker {
        node,
        limits,
        channel,
        workers: Vec::new(),
        waiting: VecDeque::new(),
        jobs: Vec::new(),
        names: BTreeSet::new(),
        given: 0,
        last_client: Vec::new(),
        beat: Instant::now() + time::HEARTBEAT,
    };
    broker.restore();
    while !broker.node.is_stopped() {
        let channel = &broker.channel;
        // A signal ends the wait early.
        let _ = zmq::poll(&mut [channel.socket.as_poll_item(zmq::POLLIN), channel.poll_monitor()], TICK_MS);
        while let Some(event) = broker.channel.next_event() {
            assert!(!is_stranger(event) || !broker.node.is("dies-at-a-stranger"), "a stranger");
        }
        while let Ok(message) = broker.channel.socket.recv_multipart(zmq::DONTWAIT) {
            if broker.take(&message[0], &message[1..]).is_none() {
                assert!(!broker.node.is("dies-at-malformed"), "{message:?} is malformed");
            }
            broker.dispatch();
        }
        broker.look_at_the_time();
        broker.dispatch();
    }
    let Broker { node, channel, .. } = broker;
    drop(channel);
    node.end(0)
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix("ms").and_then(|number| number.parse().ok());
    number.map(Duration::from_millis).ok_or_else(|| format!("{text} is no number of ms"))
}

fn is_service(name: &[u8]) -> bool {
    let is_text = |text: &str| (1..=255).contains(&text.len()) && !text.chars().any(char::is_control);
    str::from_utf8(name).is_ok_and(is_text)
}

/// Whether the broker itself answers a service.
fn is_own(service: &[u8]) -> bool {
    [&b"mmi."[..], b"job.", b"titanic."].iter().any(|prefix| service.starts_with(prefix))
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
        let (client, service, body) = (client.to_vec(), service.to_vec(), body.to_vec());
        let (joined, since, tries_max) = (Frames::new(), Instant::now(), self.limits.tries);
        let request = Request { client, is_new, service, body, joined, since, tries: 0, tries_max, job: None };
        if request.service.starts_with(b"mmi.") {
            self.answer_mmi(&request);
        } else if is_own(&request.service) {
            self.take_call(request);
        } else {
            self.last_client.clone_from(&request.client);
            let is_offered = self.workers.iter().any(|worker| worker.service == request.service);
            if is_offered || !self.node.is("drops-without-worker") {
                self.wait(request);
            }
        }
        Some(())
    }

    fn answer_mmi(&self, request: &Request) {
        let is_known = self.workers.iter().any(|worker| worker.service == request.body[0])
            || self.node.is("knows-every-name") && self.names.contains(&request.body[0]);
        let status = match (request.service.as_slice(), is_known) {
            (b"mmi.service", true) => "200",
            (b"mmi.service", false) => "404",
            _ if self.node.is("404-for-other-mmi") => "404",
            _ => "501",
        };
        if !self.node.is("never-answers") {
            self.reply(request, true, true, vec![status.as_bytes().to_vec()]);
        }
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
            (1 | 0x41, Some(frame)) if is_new => Some(u64::from_le_bytes(frame.as_slice().try_into().ok()?)),
            _ => None,
        };
        if credit > Some(1000) || credit == Some(0) && command == 1 || command == 0x41 && !is_new {
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
        let worker = &mut self.workers[place];
        worker.heard = Instant::now();
        match command {
            1 if !self.node.is("ready-twice-is-fine") => {
                self.send(from, is_new, 6, &[]);
                self.remove(place);
            }
            3 | 4 | 0x43 => self.take_end(place, command, address, body),
            5 if self.node.is("heartbeat-frees") => worker.credit = worker.open.len() as u64 + 1,
            6 => {
                if !self.node.is("leaving-is-a-try") {
                    worker.open.iter_mut().for_each(|open| open.request.tries -= 1);
                }
                self.remove(place);
            }
            0x41 => worker.credit = credit.unwrap_or(worker.credit),
            _ => {}
        }
        Some(())
    }

    fn register(&mut self, id: &[u8], is_new: bool, service: &[u8], credit: Option<u64>) {
        if is_own(service) && !self.node.is("reserved-names-are-fine") {
            return self.send(id, is_new, 6, &[]);
        }
        self.names.insert(service.to_vec());
        let (id, service, knows_cancel) = (id.to_vec(), service.to_vec(), credit.is_some());
        let credit =
            credit.map_or(1, |credit| if self.node.is("credit-plus-one") && credit > 1 { credit + 1 } else { credit });
        self.workers.push(Worker {
            id,
            is_new,
            service,
            credit,
            knows_cancel,
            open: Vec::new(),
            heard: Instant::now(),
        });
    }
}
