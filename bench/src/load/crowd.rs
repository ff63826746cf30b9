//! A crowd in the chat: many users, each with its own connection and a fixed keep-alive schedule, some of them
//! talking.
//!
//! One thread drives all connections with epoll. The schedule is open: a request is sent when it is due, whether
//! the server keeps up or not. A reply's latency is measured from the moment its request was sent; the lateness of this
//! generator is recorded separately.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use hdrhistogram::Histogram;
use rustix::{
    buffer::spare_capacity,
    event::{Timespec, epoll},
    fd::OwnedFd,
};

use crate::load::zmtp::Connection;

/// How long anything may take to connect.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// How long it may take until all users have joined.
const ENTER_LIMIT: Duration = Duration::from_secs(120);

/// The most events that one wait returns.
const EVENTS_MAX: usize = 256;

/// The crowd's schedule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// The number of users; each sends one keep-alive per period.
    pub(crate) users: usize,
    pub(crate) period: Duration,
    /// Texts a second in total; the users send them round-robin.
    pub(crate) texts_per_second: u32,
    /// The number of connections that receive the broadcasts.
    pub(crate) listeners: usize,
}

/// The measurements.
#[derive(Debug)]
pub(crate) struct Seen {
    /// From a request to its reply, in microseconds.
    pub(crate) latency_us: Histogram<u64>,
    /// How late requests were sent, in microseconds.
    pub(crate) late_us: Histogram<u64>,
    pub(crate) sent_texts: u64,
    pub(crate) broadcasts: u64,
    pub(crate) refusals: u64,
}

impl Seen {
    fn new() -> Result<Self> {
        let histogram = Histogram::new(3).context("a histogram of three digits")?;
        Ok(Self { latency_us: histogram.clone(), late_us: histogram, sent_texts: 0, broadcasts: 0, refusals: 0 })
    }
}

/// One user.
#[derive(Debug)]
struct User {
    name: String,
    connection: Connection,
    /// When the requests that wait for a reply were sent, oldest first.
    waiting: VecDeque<Instant>,
}

/// The users and listeners with their one poller.
#[derive(Debug)]
pub(crate) struct Crowd {
    plan: Plan,
    poller: OwnedFd,
    /// Epoll's keys: users have their index, listeners follow after the last user.
    users: Vec<User>,
    listeners: Vec<Connection>,
    /// When each user is due, soonest first.
    due: VecDeque<(Instant, usize)>,
    next_text: Instant,
    talker: usize,
    /// The roster version of the server's latest reply. The users share it, as they would after a quiet while: otherwise
    /// each would get the whole roster once per period as long as others join.
    version: u64,
    /// Requests without a reply yet, of all users.
    outstanding: usize,
    seen: Seen,
}

impl Crowd {
    /// Connects all users; none is present yet.
    pub(crate) fn connect(requests: &str, broadcasts: &str, plan: Plan) -> Result<Self> {
        let poller = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let open = |endpoint: &str, kind: &str, key: usize| -> Result<Connection> {
            let connection = Connection::open(endpoint, kind, Instant::now() + CONNECT_LIMIT)
                .with_context(|| format!("connection {key} to {endpoint}"))?;
            connection.set_nonblocking()?;
            epoll::add(&poller, connection.stream(), epoll::EventData::new_u64(key as u64), epoll::EventFlags::IN)?;
            Ok(connection)
        };
        let users = (0..plan.users).map(|index| {
            let connection = open(requests, "REQ", index)?;
            Ok(User { name: format!("user{index:05}"), connection, waiting: VecDeque::new() })
        });
        let users = users.collect::<Result<Vec<_>>>()?;
        let listeners = (0..plan.listeners).map(|index| {
            let mut connection = open(broadcasts, "SUB", plan.users + index)?;
            // The message that subscribes to everything.
            connection.send(&[b"\x01"])?;
            Ok(connection)
        });
        let listeners = listeners.collect::<Result<Vec<_>>>()?;
        let (due, next_text) = (VecDeque::with_capacity(plan.users), Instant::now());
        Ok(Self {
            plan,
            poller,
            users,
            listeners,
            due,
            next_text,
            talker: 0,
            version: 0,
            outstanding: 0,
            seen: Seen::new()?,
        })
    }

    /// Lets all users join, one after another, then spaces their keep-alives evenly.
    ///
    /// A roster that changes while requests are in flight is sent whole to each of them, 10,000 names at a time, and
    /// meanwhile more requests arrive: if all joined at once, it would never settle. So no request is in flight when a
    /// user joins, and the user claims to hold the version that its own join creates.
    pub(crate) fn enter(&mut self) -> Result<()> {
        let deadline = Instant::now() + ENTER_LIMIT;
        for index in 0..self.users.len() {
            self.request(index, None, self.version + 1)?;
            self.due.push_back((Instant::now() + self.plan.period, index));
            self.await_replies(deadline)?;
            self.send_due(Instant::now())?;
            self.await_replies(deadline)?;
        }
        ensure!(self.seen.refusals == 0, "{} requests were refused while the crowd joined", self.seen.refusals);
        let (now, gap) = (Instant::now(), self.plan.period / self.plan.users as u32);
        for (place, (due, _)) in self.due.iter_mut().enumerate() {
            *due = now + gap * place as u32;
        }
        Ok(())
    }

    /// Keeps all users alive and some talking for this long, and returns the measurements.
    pub(crate) fn run(&mut self, duration: Duration) -> Result<Seen> {
        self.seen = Seen::new()?;
        let text_gap = Duration::from_secs(1) / self.plan.texts_per_second;
        self.next_text = Instant::now();
        let end = self.next_text + duration;
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(std::mem::replace(&mut self.seen, Seen::new()?));
            }
            while self.next_text <= now {
                self.talker = (self.talker + 1) % self.users.len();
                self.request(self.talker, Some("the quick brown fox jumps over the lazy dog"), self.version)?;
                self.seen.sent_texts += 1;
                self.next_text += text_gap;
            }
            self.send_due(now)?;
            let next_alive = self.due.front().map_or(end, |&(due, _)| due);
            self.wait(next_alive.min(self.next_text).min(end))?;
        }
    }

    /// Requests the whole roster; returns its number of names and how long it took.
    pub(crate) fn count_present(&mut self) -> Result<(usize, Duration)> {
        self.await_replies(Instant::now() + CONNECT_LIMIT)?;
        let user = self.users.first_mut().context("no user")?;
        user.connection.stream().set_nonblocking(false)?;
        let begin = Instant::now();
        user.connection.send(&[b"", user.name.as_bytes(), &0_u64.to_le_bytes()])?;
        let names = user.connection.receive()?.frames.saturating_sub(1);
        Ok((names, begin.elapsed()))
    }

    fn send_due(&mut self, now: Instant) -> Result<()> {
        while let Some(&(due, index)) = self.due.front().filter(|&&(due, _)| due <= now) {
            self.due.pop_front();
            self.due.push_back((due + self.plan.period, index));
            self.request(index, None, self.version)?;
            self.seen.late_us.saturating_record(micros(now - due));
        }
        Ok(())
    }

    fn request(&mut self, index: usize, text: Option<&str>, version: u64) -> Result<()> {
        let user = &mut self.users[index];
        let text = text.map(|text| format!("{}\u{1f}{text}", user.name));
        let body = text.as_ref().unwrap_or(&user.name);
        user.waiting.push_back(Instant::now());
        self.outstanding += 1;
        user.connection.send(&[b"", body.as_bytes(), &version.to_le_bytes()]).context("send a request")
    }

    /// Waits until every request has its reply.
    fn await_replies(&mut self, deadline: Instant) -> Result<()> {
        while self.outstanding > 0 {
            ensure!(Instant::now() < deadline, "{} replies are missing", self.outstanding);
            self.wait(deadline)?;
        }
        Ok(())
    }

    /// Receives until `deadline`, or only the first events.
    fn wait(&mut self, deadline: Instant) -> Result<()> {
        let patience = Timespec::try_from(deadline.saturating_duration_since(Instant::now()))?;
        let mut events = Vec::with_capacity(EVENTS_MAX);
        epoll::wait(&self.poller, spare_capacity(&mut events), Some(&patience))?;
        for event in events {
            let key = event.data.u64() as usize;
            match key.checked_sub(self.users.len()) {
                None => self.take_replies(key)?,
                Some(listener) => {
                    let connection = &mut self.listeners[listener];
                    connection.fill().context("a listener's connection")?;
                    while connection.next_message()?.is_some() {
                        self.seen.broadcasts += 1;
                    }
                }
            }
        }
        Ok(())
    }

    fn take_replies(&mut self, index: usize) -> Result<()> {
        let user = &mut self.users[index];
        user.connection.fill().with_context(|| format!("the connection of {}", user.name))?;
        while let Some(reply) = user.connection.next_message()? {
            let sent = user.waiting.pop_front().context("a reply to no request")?;
            self.outstanding -= 1;
            self.seen.latency_us.saturating_record(micros(sent.elapsed()));
            match reply.first.try_into() {
                Ok(version) => self.version = u64::from_le_bytes(version),
                Err(_) => self.seen.refusals += 1,
            }
        }
        Ok(())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
