//! Jobs among clients and workers that are lists of messages, and a vault that is a map.
//!
//! - `model`: the vault
//! - `calls`: what clients ask
//! - `waits`: clients that wait, and workers that lend their places
//! - `ends`: how jobs end
//! - `restarts`: what a broker that was killed knows
//! - `histories`: random histories

mod calls;
mod ends;
mod histories;
mod model;
mod restarts;
mod waits;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use wire::{
    Frames,
    job::{Body, BrokerId, Dialect, FromWorker, Reply, Request, ToWorker},
};

use self::model::Model;
use super::Clock;
use crate::{
    dispatcher::{Dispatcher, Outbox, Sender},
    federation::Federation,
    limits::{BrokerLimits, ServiceLimits},
    links::Links,
    majordomo::Majordomo,
    requests::{Id, Number},
    vault::Ask,
};

/// A broker that knows no others.
fn no_links() -> Links {
    Links::new(Federation::new(BrokerId([0; 16]), Duration::from_secs(1), 3))
}

/// A message that was sent: its receiver, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sent {
    Request { worker: String, address: Vec<u8>, body: String },
    Cancel { worker: String, address: Vec<u8> },
    Disconnect(String),
    Reply { client: String, is_final: bool, body: String },
}

struct Bench {
    majordomo: Majordomo,
    model: Model,
    asks: VecDeque<(u64, Ask)>,
    now: Instant,
    out: Outbox,
    starts: u64,
}

fn limits() -> BrokerLimits {
    let service = ServiceLimits {
        waiting_max: 1_000,
        age_max: Duration::from_secs(30),
        busy_max: Duration::from_secs(10),
        tries_max: 2,
    };
    BrokerLimits { heartbeat: Duration::from_secs(1_000_000), service, ..BrokerLimits::default() }
}

impl Bench {
    fn new() -> Self {
        let (now, mut out) = (Instant::now(), Outbox::default());
        let clock = Clock { start: now, start_us: 1 };
        let majordomo = Majordomo::new(Dispatcher::new(limits(), 1), no_links(), clock, [], &mut out);
        Self { majordomo, model: Model::default(), asks: VecDeque::new(), now, out, starts: 1 }
    }

    /// The broker is killed and started: it has what the vault has.
    fn restart(&mut self) {
        self.starts += 1_000_000;
        self.asks.clear();
        self.out = Outbox::default();
        let clock = Clock { start: self.now, start_us: self.starts };
        let dispatcher = Dispatcher::new(limits(), self.starts);
        self.majordomo = Majordomo::new(dispatcher, no_links(), clock, self.model.open(), &mut self.out);
    }

    fn message(&mut self, from: &str, fill: impl FnOnce(&mut Frames)) -> Vec<Sent> {
        let mut frames = Frames::new();
        fill(&mut frames);
        let from = Sender { routing_id: from.as_bytes(), user: None };
        self.majordomo.handle_message(self.now, from, &frames, &mut self.out).unwrap();
        self.sent()
    }

    /// Calls a service without letting the vault answer.
    fn call(&mut self, dialect: Dialect, client: &str, service: &str, parts: &[&str]) -> Vec<Sent> {
        let body: Frames = parts.iter().collect();
        self.message(client, |frames| {
            Request { dialect, service, body: Body::of(&body, 0).unwrap() }.encode(frames);
        })
    }

    /// Calls a service; the vault answers.
    fn ask(&mut self, client: &str, service: &str, parts: &[&str]) -> Vec<Sent> {
        let mut sent = self.call(Dialect::Mdp2, client, service, parts);
        sent.extend(self.vault());
        sent
    }

    /// The text of the one reply to this.
    fn answer(&mut self, service: &str, parts: &[&str]) -> String {
        let sent = self.ask("asking", service, parts);
        let reply = sent.iter().find_map(|sent| match sent {
            Sent::Reply { client, is_final: true, body } if client == "asking" => Some(body.clone()),
            _ => None,
        });
        reply.unwrap_or_else(|| panic!("{sent:?}"))
    }

    /// A job's id.
    fn submit(&mut self, options: &str, service: &str, body: &str) -> String {
        let answer = self.answer("job.submit", &[options, service, body]);
        answer.strip_prefix("200|").unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    fn ready(&mut self, worker: &str, service: &str, credit: u64) -> Vec<Sent> {
        self.say(worker, FromWorker::Ready { service, credit: Some(credit) })
    }

    fn say(&mut self, worker: &str, message: FromWorker<'_>) -> Vec<Sent> {
        let mut sent = self.message(worker, |frames| message.encode(Dialect::Mdp2, frames));
        sent.extend(self.vault());
        sent
    }

    fn reply(&mut self, worker: &str, address: &[u8], is_final: bool, text: &str) -> Vec<Sent> {
        let body: Frames = [text].into_iter().collect();
        self.say(worker, FromWorker::Reply { is_final, address, body: Body::of(&body, 0).unwrap() })
    }

    fn gone(&mut self, peer: &str) -> Vec<Sent> {
        self.majordomo.handle_gone(self.now, peer.as_bytes(), &mut self.out);
        self.sent()
    }

    /// The vault answers all that it was asked.
    fn vault(&mut self) -> Vec<Sent> {
        let mut sent = Vec::new();
        while let Some((token, ask)) = self.asks.pop_front() {
            let answer = self.model.answer(ask);
            self.majordomo.handle_answer(self.now, token, answer, &mut self.out);
            sent.extend(self.sent());
        }
        sent
    }

    fn after(&mut self, time: Duration) -> Vec<Sent> {
        let end = self.now + time;
        while let Some(deadline) = self.majordomo.next_deadline().filter(|deadline| *deadline <= end) {
            self.now = deadline;
            self.majordomo.handle_timeout(deadline, &mut self.out);
        }
        self.now = end;
        let mut sent = self.sent();
        sent.extend(self.vault());
        sent
    }

    fn sent(&mut self) -> Vec<Sent> {
        self.asks.extend(std::iter::from_fn(|| self.out.take_ask()));
        let sent = self.out.messages().iter().filter_map(read).collect();
        self.out.clear();
        sent
    }
}

fn read(message: &Frames) -> Option<Sent> {
    let to = String::from_utf8_lossy(message.get(0).unwrap()).into_owned();
    let mut rest = Frames::new();
    rest.append_from(message, 1);
    let text = |body: Body<'_>| body.iter().map(|frame| String::from_utf8_lossy(frame)).collect::<Vec<_>>().join("|");
    if let Ok(Reply { is_final, body, .. }) = Reply::decode(&rest) {
        return Some(Sent::Reply { client: to, is_final, body: text(body) });
    }
    Some(match ToWorker::decode(&rest).unwrap().1 {
        ToWorker::Request { address, body } => Sent::Request { worker: to, address: address.into(), body: text(body) },
        ToWorker::Disconnect => Sent::Disconnect(to),
        ToWorker::Cancel { address } => Sent::Cancel { worker: to, address: address.into() },
        _ => return None,
    })
}

/// The requests among what was sent: their addresses and bodies.
fn requests(sent: &[Sent]) -> Vec<(Vec<u8>, String)> {
    let request = |sent: &Sent| match sent {
        Sent::Request { address, body, .. } => Some((address.clone(), body.clone())),
        _ => None,
    };
    sent.iter().filter_map(request).collect()
}

fn id_of(address: &[u8]) -> String {
    Id(Number::from_be_bytes(address[..16].try_into().unwrap())).to_string()
}

fn to(client: &str, is_final: bool, body: &str) -> Sent {
    Sent::Reply { client: client.to_owned(), is_final, body: body.to_owned() }
}
