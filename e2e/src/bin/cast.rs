//! A program that the suite does not know, for its observers: sockets of any type, as the arguments say, which send, reply,
//! pass on, and count.
//!
//! `cast ROLE [--rate N] "NAME TYPE bind|connect ENDPOINT [COUNT]"... [/ ...]`
//!
//! - `COUNT` messages are sent as soon as a peer is there, `N` a second or at once; a `DEALER` gets each back from a `ROUTER`
//! - an `XSUB` and an `XPUB` pass on what the other one receives
//! - the sockets after a `/` are on another thread
//!
//! It prints where it is bound, and after SIGTERM, when all sockets are closed, what each has sent and received.

#![expect(clippy::expect_used, reason = "a test that cannot continue fails")]

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    thread,
    time::{Duration, Instant},
};

use e2e::cast::Counts;
use sockets::{Context, Interest, KeepAlive, Reporting, Role, Security, Socket, SocketError, Stop, wait};
use wire::{Channel, Frames, Limits, SocketType};

/// A channel that no protocol of the suite has; its type and port are not used.
const MESSAGES: Channel = Channel {
    name: "messages",
    program: "cast",
    variable: "CAST_MESSAGES",
    port: 9999,
    host: "127.0.0.1",
    binds: SocketType::Pull,
    connects: SocketType::Push,
    limits: Limits { queue: 2_000, frame_bytes: 1_024, kernel_bytes: None, slow: None },
};

/// The most sockets of a thread.
const SOCKETS_MAX: usize = 8;

/// The most messages that are sent or received before the others have their turn.
const BATCH_MAX: usize = 100;

/// How long messages at a rate wait for others: many processes would wake too often for a machine.
const BURST: Duration = Duration::from_millis(50);

/// When to try again to send what could not be sent.
const AGAIN: Duration = Duration::from_millis(10);

fn main() -> Result<(), SocketError> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let role = arguments.remove(0);
    let mut interval = Duration::ZERO;
    if arguments[0] == "--rate" {
        interval = Duration::from_secs_f64(1.0 / arguments[1].parse::<f64>().expect("a rate is a number"));
        arguments.drain(..2);
    }
    let stop = Stop::on_signals()?;
    let (context, _) = Context::new(Security::default(), KeepAlive::default())?.reporting(&Reporting {
        hub: std::env::var("SUITE_OBSERVE").ok().and_then(|hub| hub.parse().ok()).expect("SUITE_OBSERVE is a hub"),
        is_own_hub: false,
        program: "cast".to_owned(),
        role,
        with_bytes: true,
    })?;
    let mut threads = Vec::new();
    for group in arguments.split(|argument| argument == "/") {
        let members = group.iter().map(|text| Member::open(&context, text, interval)).collect::<Result<_, _>>()?;
        let stop = stop.clone();
        threads.push(thread::spawn(move || run(members, &stop)));
    }
    let mut counts = BTreeMap::new();
    for thread in threads {
        counts.append(&mut thread.join().expect("no thread panics")?);
    }
    drop(context);
    print(&serde_json::to_string(&counts).expect("counts are JSON"));
    Ok(())
}

fn print(line: &str) {
    writeln!(io::stdout(), "{line}").expect("the test reads");
}

/// A socket, and what it has to do.
struct Member {
    name: String,
    role: Role,
    socket: Socket,
    counts: Counts,
    /// How many messages it has still to send.
    left: u64,
    /// What it sends would reach a peer; all except publishers see to that themselves.
    has_peer: bool,
    interval: Duration,
    next: Instant,
}

impl Member {
    fn open(context: &Context, text: &str, interval: Duration) -> Result<Self, SocketError> {
        let words: Vec<&str> = text.split(' ').collect();
        let role = role(words[1]);
        let mut socket = context.socket(role, MESSAGES)?;
        socket.watch(words[0])?;
        if matches!(role, Role::Push | Role::Dealer) {
            socket.only_to_connected()?;
        }
        let mut counts = Counts::default();
        if role == Role::Sub {
            socket.subscribe(b"")?;
            // Its subscription is a message to its peer.
            counts.sent.add(1);
        }
        let endpoint = words[3].parse().expect("an endpoint");
        if words[2] == "bind" {
            let bound = socket.bind(&endpoint).expect("the endpoint is free");
            print(&format!("{} {bound}", words[0]));
        } else {
            socket.connect(&endpoint)?;
        }
        let left = words.get(4).map_or(0, |count| count.parse().expect("a count is a number"));
        let has_peer = role != Role::XPub;
        Ok(Self { name: words[0].to_owned(), role, socket, counts, left, has_peer, interval, next: Instant::now() })
    }

    /// Whether it may send a message.
    const fn is_ready(&self) -> bool {
        self.left > 0 && self.has_peer
    }

    /// When to send those that are due then.
    fn deadline(&self) -> Option<Instant> {
        self.is_ready().then(|| if self.interval.is_zero() { self.next } else { self.next + BURST })
    }

    fn send(&mut self, frames: &Frames) -> Result<bool, SocketError> {
        let is_sent = self.socket.send(frames)?;
        if is_sent {
            self.counts.sent.add(frames.byte_len());
        }
        Ok(is_sent)
    }

    /// Sends what is due.
    fn send_due(&mut self) -> Result<(), SocketError> {
        let now = Instant::now();
        for _ in 0..BATCH_MAX {
            if !self.is_ready() || self.next > now {
                break;
            }
            let number = self.left.to_string();
            if !self.send(&[self.name.as_str(), &number].into_iter().collect())? {
                self.next = now + AGAIN;
                break;
            }
            self.left -= 1;
            self.next += self.interval;
        }
        Ok(())
    }
}

fn role(name: &str) -> Role {
    match name {
        "PAIR" => Role::Pair,
        "PUSH" => Role::Push,
        "PULL" => Role::Pull,
        "XPUB" => Role::XPub,
        "XSUB" => Role::XSub,
        "SUB" => Role::Sub,
        "DEALER" => Role::Dealer,
        "ROUTER" => Role::Router,
        _ => panic!("no socket type: {name}"),
    }
}

/// The loop of one thread: until the stop signal.
fn run(mut members: Vec<Member>, stop: &Stop) -> Result<BTreeMap<String, Counts>, SocketError> {
    assert!(members.len() <= SOCKETS_MAX, "too many sockets on a thread");
    let mut frames = Frames::new();
    loop {
        let interests: [Interest<'_>; 2 * SOCKETS_MAX] = std::array::from_fn(|index| {
            let member = members.get(index / 2).map(|member| &member.socket);
            member
                .map_or_else(Interest::never, |socket| if index % 2 == 0 { socket.readable() } else { socket.events() })
        });
        if wait(stop, interests, members.iter().filter_map(Member::deadline).min())?.stopped {
            return Ok(members.into_iter().map(|member| (member.name, member.counts)).collect());
        }
        for index in 0..members.len() {
            while members[index].socket.next_event()?.is_some() {}
            for _ in 0..BATCH_MAX {
                if members[index].role == Role::Push || !members[index].socket.receive(&mut frames)? {
                    break;
                }
                members[index].counts.received.add(frames.byte_len());
                handle(&mut members, index, &frames)?;
            }
            members[index].send_due()?;
        }
    }
}

/// Answers or passes on a message that a socket has received.
fn handle(members: &mut [Member], index: usize, frames: &Frames) -> Result<(), SocketError> {
    let relay = |role| members.iter().position(|member| member.role == role);
    let target = match members[index].role {
        Role::Router => Some(index),
        Role::XSub => relay(Role::XPub),
        Role::XPub => relay(Role::XSub),
        _ => None,
    };
    members[index].has_peer = true;
    if let Some(target) = target {
        let is_sent = members[target].send(frames)?;
        assert!(is_sent, "{} never waits", members[target].name);
    }
    Ok(())
}
