//! Many clients of a broker, each with its own connection, and many workers of one service.
//!
//! One thread drives all connections with epoll. The schedule is open: a request is sent when it is due, and its latency
//! counts from then. The clients send one after another; a worker replies at once.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hdrhistogram::Histogram;
use rustix::{
    buffer::spare_capacity,
    event::{Timespec, epoll},
    fd::OwnedFd,
};
use wire::{
    Frames,
    job::{Body, Dialect, FromWorker, Reply, Request, ToWorker},
};

use crate::load::zmtp::Connection;

/// How long anything may take to connect, and how long the last replies.
const LIMIT: Duration = Duration::from_secs(30);

/// The most events that one wait returns.
const EVENTS_MAX: usize = 256;

/// How often each worker sends a heartbeat.
const HEARTBEAT: Duration = Duration::from_millis(2_500);

const SERVICE: &str = "echo";

/// The load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) clients: usize,
    pub(crate) workers: usize,
    /// Requests a second in total.
    pub(crate) per_second: u32,
}

/// The measurements.
#[derive(Debug)]
pub(crate) struct Seen {
    /// From when a request was due to its reply, in microseconds.
    pub(crate) latency_us: Histogram<u64>,
    /// How late requests were sent, in microseconds.
    pub(crate) late_us: Histogram<u64>,
}

impl Seen {
    fn new() -> Result<Self> {
        let histogram = Histogram::new(3).context("a histogram of three digits")?;
        Ok(Self { latency_us: histogram.clone(), late_us: histogram })
    }
}

/// One client.
#[derive(Debug)]
struct Client {
    connection: Connection,
    /// The numbers of its requests without reply, and when they were due.
    waiting: Vec<(u64, Instant)>,
}

/// The clients and workers with their one poller.
#[derive(Debug)]
pub(crate) struct Clients {
    plan: Plan,
    poller: OwnedFd,
    /// Epoll's keys: clients have their index, workers follow after the last client.
    clients: Vec<Client>,
    workers: Vec<Connection>,
    /// The number of the last request.
    number: u64,
    /// Requests without a reply yet, of all clients.
    outstanding: usize,
    next_beat: Instant,
    beating: usize,
    seen: Seen,
    /// The current message; reused.
    message: Frames,
}

impl Clients {
    /// Connects all of them; the workers register.
    pub(crate) fn connect(endpoint: &str, plan: Plan) -> Result<Self> {
        let poller = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let open = |key: usize| -> Result<Connection> {
            let connection = Connection::open(endpoint, "DEALER", Instant::now() + LIMIT)
                .with_context(|| format!("connection {key} to {endpoint}"))?;
            connection.set_nonblocking()?;
            epoll::add(&poller, connection.stream(), epoll::EventData::new_u64(key as u64), epoll::EventFlags::IN)?;
            Ok(connection)
        };
        let clients = (0..plan.clients).map(|index| Ok(Client { connection: open(index)?, waiting: Vec::new() }));
        let clients = clients.collect::<Result<Vec<_>>>()?;
        // Last, because from now on they have to send heartbeats.
        let workers = (0..plan.workers).map(|index| {
            let mut worker = open(plan.clients + index)?;
            send_from_worker(&mut worker, &FromWorker::Ready { service: SERVICE, credit: None })?;
            Ok(worker)
        });
        let workers = workers.collect::<Result<Vec<_>>>()?;
        Ok(Self {
            plan,
            poller,
            clients,
            workers,
            number: 0,
            outstanding: 0,
            next_beat: Instant::now(),
            beating: 0,
            seen: Seen::new()?,
            message: Frames::new(),
        })
    }

    /// Sends requests for this long, waits for the last replies, and returns the measurements.
    ///
    /// # Errors
    /// A reply is missing, or is not that of its request.
    pub(crate) fn run(&mut self, duration: Duration) -> Result<Seen> {
        let gap = Duration::from_secs(1) / self.plan.per_second;
        let mut due = Instant::now();
        let end = due + duration;
        while due < end {
            let now = Instant::now();
            while due <= now && due < end {
                self.request(due)?;
                self.seen.late_us.saturating_record(micros(due.elapsed()));
                due += gap;
            }
            self.beat(now)?;
            self.wait(due.min(self.next_beat))?;
        }
        let deadline = Instant::now() + LIMIT;
        while self.outstanding > 0 {
            let now = Instant::now();
            ensure!(now < deadline, "{} replies are missing", self.outstanding);
            self.beat(now)?;
            self.wait(deadline.min(self.next_beat))?;
        }
        Ok(std::mem::replace(&mut self.seen, Seen::new()?))
    }

    fn request(&mut self, due: Instant) -> Result<()> {
        self.number += 1;
        let index = usize::try_from(self.number)? % self.clients.len();
        let client = &mut self.clients[index];
        let body: Frames = [self.number.to_le_bytes()].into_iter().collect();
        self.message.clear();
        let request = Request { dialect: Dialect::Mdp2, service: SERVICE, body: Body::of(&body, 0)? };
        request.encode(&mut self.message);
        client.waiting.push((self.number, due));
        self.outstanding += 1;
        send(&mut client.connection, &self.message).context("send a request")
    }

    /// Sends the heartbeats that are due, of one worker after another.
    fn beat(&mut self, now: Instant) -> Result<()> {
        while self.next_beat <= now {
            self.beating = (self.beating + 1) % self.workers.len();
            send_from_worker(&mut self.workers[self.beating], &FromWorker::Heartbeat)?;
            self.next_beat += HEARTBEAT / u32::try_from(self.workers.len())?;
        }
        Ok(())
    }

    /// Receives until `deadline`, or only the first events.
    fn wait(&mut self, deadline: Instant) -> Result<()> {
        let patience = Timespec::try_from(deadline.saturating_duration_since(Instant::now()))?;
        let mut events = Vec::with_capacity(EVENTS_MAX);
        epoll::wait(&self.poller, spare_capacity(&mut events), Some(&patience))?;
        for event in events {
            let key = usize::try_from(event.data.u64())?;
            match key.checked_sub(self.clients.len()) {
                None => self.take_replies(key)?,
                Some(worker) => self.work(worker)?,
            }
        }
        Ok(())
    }

    fn take_replies(&mut self, index: usize) -> Result<()> {
        let client = &mut self.clients[index];
        client.connection.fill().context("a client's connection")?;
        while client.connection.next_frames(&mut self.message)? {
            let reply = Reply::decode(&self.message)?;
            ensure!(reply.is_final && reply.service == Some(SERVICE), "a reply is not the final one of its service");
            let number = !number_in(reply.body)?;
            let at = client.waiting.iter().position(|(waiting, _)| *waiting == number);
            let (_, due) = client.waiting.swap_remove(at.context("a reply is of no open request of its client")?);
            self.outstanding -= 1;
            self.seen.latency_us.saturating_record(micros(due.elapsed()));
        }
        Ok(())
    }

    /// Replies with the number of the request, inverted.
    fn work(&mut self, index: usize) -> Result<()> {
        let worker = &mut self.workers[index];
        worker.fill().context("a worker's connection")?;
        while worker.next_frames(&mut self.message)? {
            match ToWorker::decode(&self.message)?.1 {
                ToWorker::Request { address, body } => {
                    let body: Frames = [(!number_in(body)?).to_le_bytes()].into_iter().collect();
                    let body = Body::of(&body, 0)?;
                    send_from_worker(worker, &FromWorker::Reply { is_final: true, address, body })?;
                }
                ToWorker::Heartbeat => {}
                other => bail!("a worker received {other:?}"),
            }
        }
        Ok(())
    }
}

fn send_from_worker(worker: &mut Connection, message: &FromWorker<'_>) -> Result<()> {
    let mut frames = Frames::new();
    message.encode(Dialect::Mdp2, &mut frames);
    send(worker, &frames).context("send as a worker")
}

fn send(connection: &mut Connection, frames: &Frames) -> Result<()> {
    let frames: Vec<_> = frames.iter().collect();
    Ok(connection.send(&frames)?)
}

fn number_in(body: Body<'_>) -> Result<u64> {
    let frame = body.iter().next().context("no body")?;
    Ok(u64::from_le_bytes(frame.try_into().context("a body is no number")?))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use testkit::{Program, sibling};

    use super::*;

    #[test]
    fn every_request_of_every_client_gets_its_reply() {
        let broker = Program::start(sibling("jobz"), ["broker", "--jobs", "tcp://127.0.0.1:*", "--observe", "off"]);
        let plan = Plan { clients: 20, workers: 3, per_second: 1_000 };
        let mut clients = Clients::connect(&broker.endpoint("jobs"), plan).unwrap();
        let seen = clients.run(Duration::from_millis(200)).unwrap();
        assert_eq!((seen.latency_us.len(), clients.outstanding), (200, 0));
    }
}
