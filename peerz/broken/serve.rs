//! A chat server.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::{
    node::{Frames, Node, TICK_MS, endpoint},
    raw::Bound,
};

const EXPIRY: Duration = Duration::from_secs(5);

struct Server {
    node: Node,
    requests: zmq::Socket,
    broadcasts: zmq::Socket,
    /// What has the endpoint of broadcasts instead.
    raw_broadcasts: Option<Bound>,
    /// The deadline of each present user.
    present: BTreeMap<String, Instant>,
    /// The present users in the order in which they came.
    order: Vec<String>,
    version: u64,
    first_peer: Option<Vec<u8>>,
}

/// A valid request.
struct Request {
    user: String,
    text: Option<String>,
    version: Option<u64>,
    leaves: bool,
}

pub(crate) fn run(node: Node) -> ! {
    let (requests, broadcasts) = (node.socket(zmq::ROUTER), node.socket(zmq::XPUB));
    requests.set_router_handover(!node.is("no-handover")).expect("an option can be set");
    if node.is("waits-for-its-clients") {
        requests.set_router_mandatory(true).expect("an option can be set");
        requests.set_sndhwm(1).expect("an option can be set");
        requests.set_sndbuf(4_096).expect("an option can be set");
    }
    node.bind(&requests, &endpoint("CHATZ_REQUESTS"));
    let place = endpoint("CHATZ_BROADCASTS");
    let raw_broadcasts = node.is("waits-for-its-subscribers").then(|| Bound::bind(&place, "PUB"));
    if raw_broadcasts.is_none() {
        node.bind(&broadcasts, &place);
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_micros() as u64;
    let version = if node.is("version-from-1") { 1 } else { since };
    let mut server = Server {
        node,
        requests,
        broadcasts,
        raw_broadcasts,
        present: BTreeMap::new(),
        order: Vec::new(),
        version,
        first_peer: None,
    };
    while !server.node.is_stopped() {
        let mut items = [server.requests.as_poll_item(zmq::POLLIN), server.broadcasts.as_poll_item(zmq::POLLIN)];
        // A signal ends the wait early.
        let _ = zmq::poll(&mut items, TICK_MS);
        while let Ok(message) = server.broadcasts.recv_bytes(zmq::DONTWAIT) {
            if server.node.is("dies-at-other-messages") && !matches!(message.first(), Some(0 | 1)) {
                panic!("{message:?} is no subscription");
            }
        }
        while let Ok(message) = server.requests.recv_multipart(zmq::DONTWAIT) {
            server.answer(&message);
        }
        server.expire();
    }
    let Server { node, requests, broadcasts, .. } = server;
    drop((requests, broadcasts));
    node.end(0)
}

impl Server {
    fn answer(&mut self, message: &[Vec<u8>]) {
        let (mut envelope, body) = match message.iter().skip(1).position(Vec::is_empty) {
            Some(position) => (message[..position + 2].to_vec(), &message[position + 2..]),
            None if self.node.is("dies-without-delimiter") => panic!("{message:?} has no delimiter"),
            None => (message[..1].to_vec(), &[][..]),
        };
        let is_empty = body.is_empty() && message.last().is_some_and(Vec::is_empty);
        assert!(!is_empty || !self.node.is("dies-at-an-empty-request"), "{message:?} has no request");
        let is_malformed = self.request(body).is_none();
        let reply = self.reply(body);
        if self.node.is("never-answers") || is_malformed && self.node.is("no-reply-to-malformed") {
            return;
        }
        if self.node.is("answers-the-first-peer") {
            envelope[0] = self.first_peer.get_or_insert_with(|| envelope[0].clone()).clone();
        }
        if self.node.is("no-delimiter") {
            envelope.truncate(envelope.len().max(2) - 1);
        }
        if self.node.is("hops-dropped") && envelope.len() > 2 {
            envelope.drain(1..envelope.len() - 1);
        }
        envelope.extend(reply);
        let times = if is_malformed && self.node.is("two-replies-to-malformed") { 2 } else { 1 };
        for _ in 0..times {
            // A peer that has left needs none.
            let flags = if self.node.is("waits-for-its-clients") { 0 } else { zmq::DONTWAIT };
            let _ = self.requests.send_multipart(&envelope, flags);
        }
    }

    /// Does what a request says, and returns the frames of its reply.
    fn reply(&mut self, body: &[Vec<u8>]) -> Frames {
        let Some(Request { user, text, version, leaves }) = self.request(body) else {
            self.mishandle(body);
            return vec![b"\x15it is malformed".to_vec()];
        };
        let was_present = self.present.contains_key(&user);
        if leaves {
            self.remove(&user);
        } else {
            if !was_present {
                self.order.push(user.clone());
                self.change();
            }
            self.present.insert(user.clone(), Instant::now() + EXPIRY);
        }
        if let Some(text) = text {
            let text = if self.node.is("trims-texts") { text.trim().to_owned() } else { text };
            self.broadcast(format!("{user}\u{1f}{text}").as_bytes());
        }
        let names: Frames = if self.node.is("users-unsorted") {
            self.order.iter().map(|user| user.clone().into_bytes()).collect()
        } else {
            self.present.keys().map(|user| user.clone().into_bytes()).collect()
        };
        let current = self.version.to_le_bytes().to_vec();
        match version {
            None if self.node.is("version-unasked") => [vec![current], names].concat(),
            None => names,
            Some(_) if leaves && !self.node.is("leave-with-names") => vec![current],
            Some(version) if version == self.version => vec![current],
            Some(_) => [vec![current], names].concat(),
        }
    }

    /// What a careless server does with a malformed request.
    fn mishandle(&mut self, body: &[Vec<u8>]) {
        let Some(first) = body.first() else { return };
        if self.node.is("dies-at-bad-text") {
            assert!(String::from_utf8(first.clone()).is_ok(), "{first:?} is not UTF-8");
        }
        if self.node.is("broadcasts-malformed") && first.contains(&0x1f) {
            self.broadcast(first);
        }
        if self.node.is("malformed-are-present") {
            let user =
                String::from_utf8_lossy(first.split(|&byte| byte == 0x1f).next().unwrap_or_default()).into_owned();
            if user.chars().all(char::is_alphanumeric) && (1..=32).contains(&user.chars().count()) {
                self.present.insert(user, Instant::now() + EXPIRY);
            }
        }
    }

    fn broadcast(&self, frame: &[u8]) {
        if let Some(broadcasts) = &self.raw_broadcasts {
            broadcasts.send_to_all(&vec![frame.to_vec()]);
            broadcasts.await_all();
            return;
        }
        let times = if self.node.is("broadcasts-twice") { 2 } else { 1 };
        (0..times).for_each(|_| self.broadcasts.send(frame, 0).expect("an XPUB never waits"));
    }

    fn expire(&mut self) {
        let now = Instant::now();
        let expired: Vec<String> =
            self.present.iter().filter(|(_, deadline)| **deadline <= now).map(|(user, _)| user.clone()).collect();
        if !self.node.is("never-expires") {
            expired.iter().for_each(|user| self.remove(user));
        }
    }

    fn remove(&mut self, user: &str) {
        if self.present.remove(user).is_some() {
            self.order.retain(|other| other != user);
            self.change();
        }
    }

    fn change(&mut self) {
        if !self.node.is("version-stands") {
            self.version += 1;
        }
    }

    fn request(&self, body: &[Vec<u8>]) -> Option<Request> {
        let first = body.first()?;
        let separator = first.iter().position(|&byte| byte == 0x1f);
        let user = str::from_utf8(&first[..separator.unwrap_or(first.len())]).ok()?;
        let is_letter = |character: char| character.is_alphanumeric() || character == '_';
        let longest = if self.node.is("short-names-only") { 31 } else { 32 };
        let is_name = (1..=longest).contains(&user.chars().count()) && user.chars().all(is_letter);
        if !is_name && !self.node.is("any-name") {
            return None;
        }
        let text = match separator {
            None => None,
            Some(at) => Some(str::from_utf8(&first[at + 1..]).ok()?),
        };
        let is_text = text.is_none_or(|text| (1..=4_096).contains(&text.len()) && !text.contains('\u{1f}'));
        let version = match body.get(1) {
            None => None,
            Some(frame) => Some(u64::from_le_bytes(frame.as_slice().try_into().ok()?)),
        };
        let user = if self.node.is("folds-case") { user.to_lowercase() } else { user.to_owned() };
        let leaves = body.get(2).is_some_and(|frame| frame == &[4]);
        is_text.then(|| Request { user, text: text.map(str::to_owned), version, leaves })
    }
}
