//! The dispatcher among clients and workers that are lists of messages.
//!
//! - `replies`: requests and their replies
//! - `lives`: workers that are slow, silent, or break the rules
//! - `heartbeats`: the same in random sequences, with a model
//! - `failures`: workers that fail requests, or take leave
//! - `policy`: limits of single services, the choice of a worker, permits and draining
//! - `management`: what the broker answers itself
//! - `histories`: random histories

mod failures;
mod heartbeats;
mod histories;
mod lives;
mod management;
mod policy;
mod replies;

use std::time::{Duration, Instant};

use wire::{
    Frames,
    job::{Body, Dialect, FromWorker, Reply, Request, ToWorker},
};

use super::{Dispatcher, Outbox, Sender};
use crate::limits::{BrokerLimits, ServiceLimits};

const HEARTBEAT: Duration = Duration::from_secs(1);

/// A broker, its time, and what it has sent.
struct Bench {
    dispatcher: Dispatcher,
    now: Instant,
    out: Outbox,
}

/// A message that was sent: its receiver, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sent {
    Request { worker: String, address: Vec<u8>, body: String },
    Cancel { worker: String, address: Vec<u8> },
    Heartbeat(String),
    Disconnect(String),
    End(String),
    Reply { client: String, is_final: bool, body: String },
}

impl Bench {
    fn new() -> Self {
        let service = ServiceLimits {
            waiting_max: 4,
            age_max: Duration::from_secs(30),
            busy_max: Duration::from_secs(10),
            tries_max: 2,
        };
        let limits = BrokerLimits { heartbeat: HEARTBEAT, liveness: 3, service, ..BrokerLimits::default() };
        Self::with(limits)
    }

    fn with(limits: BrokerLimits) -> Self {
        Self { dispatcher: Dispatcher::new(limits, 7), now: Instant::now(), out: Outbox::default() }
    }

    fn message(&mut self, from: &str, fill: impl FnOnce(&mut Frames)) -> Vec<Sent> {
        let mut frames = Frames::new();
        fill(&mut frames);
        self.dispatcher.handle_message(self.now, sender(from), &frames, &mut self.out).unwrap();
        self.sent()
    }

    fn ask(&mut self, client: &str, service: &str, text: &str) -> Vec<Sent> {
        self.ask_in(Dialect::Mdp2, client, service, text)
    }

    fn ask_in(&mut self, dialect: Dialect, client: &str, service: &str, text: &str) -> Vec<Sent> {
        let body: Frames = [text].into_iter().collect();
        let request = Request { dialect, service, body: Body::of(&body, 0).unwrap() };
        self.dispatcher.take_request(self.now, sender(client), &request, &mut self.out);
        self.sent()
    }

    fn ready(&mut self, worker: &str, service: &str) -> Vec<Sent> {
        self.say(worker, FromWorker::Ready { service, credit: None })
    }

    fn say(&mut self, worker: &str, message: FromWorker<'_>) -> Vec<Sent> {
        self.message(worker, |frames| message.encode(Dialect::Mdp2, frames))
    }

    fn reply(&mut self, worker: &str, address: &[u8], is_final: bool, text: &str) -> Vec<Sent> {
        let body: Frames = [text].into_iter().collect();
        self.say(worker, FromWorker::Reply { is_final, address, body: Body::of(&body, 0).unwrap() })
    }

    /// Lets time pass.
    fn after(&mut self, time: Duration) -> Vec<Sent> {
        let end = self.now + time;
        while let Some(deadline) = self.dispatcher.next_deadline().filter(|deadline| *deadline <= end) {
            self.now = deadline;
            self.dispatcher.handle_timeout(deadline, &mut self.out);
        }
        self.now = end;
        self.sent()
    }

    fn sent(&mut self) -> Vec<Sent> {
        let sent = self.out.messages().iter().map(read).collect();
        self.out.clear();
        sent
    }
}

/// In these tests a peer's user has the name of its routing id.
fn sender(name: &str) -> Sender<'_> {
    Sender { routing_id: name.as_bytes(), user: Some(name) }
}

fn read(message: &Frames) -> Sent {
    let to = String::from_utf8_lossy(message.get(0).unwrap()).into_owned();
    let mut rest = Frames::new();
    rest.append_from(message, 1);
    let text = |body: Body<'_>| body.iter().map(|frame| String::from_utf8_lossy(frame)).collect::<Vec<_>>().join("|");
    if let Ok(Reply { is_final, body, .. }) = Reply::decode(&rest) {
        return Sent::Reply { client: to, is_final, body: text(body) };
    }
    match ToWorker::decode(&rest).unwrap().1 {
        ToWorker::Request { address, body } => Sent::Request { worker: to, address: address.into(), body: text(body) },
        ToWorker::Heartbeat => Sent::Heartbeat(to),
        ToWorker::Disconnect => Sent::Disconnect(to),
        ToWorker::End => Sent::End(to),
        ToWorker::Cancel { address } => Sent::Cancel { worker: to, address: address.into() },
    }
}

/// The address of the one request that was sent to this worker.
fn request_to(worker: &str, sent: &[Sent]) -> Vec<u8> {
    match sent {
        [Sent::Request { worker: found, address, .. }] if found == worker => address.clone(),
        other => panic!("{other:?}"),
    }
}

fn final_reply(client: &str, body: &str) -> Vec<Sent> {
    vec![Sent::Reply { client: client.to_owned(), is_final: true, body: body.to_owned() }]
}
