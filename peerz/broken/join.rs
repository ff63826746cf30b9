//! A chat client.

use std::{
    collections::VecDeque,
    sync::mpsc::{Receiver, TryRecvError, channel},
    time::{Duration, Instant},
};

use zmq::SocketEvent;

use crate::node::{Frames, Node, TICK_MS, endpoint, is_stranger};

/// The time from a reply to the next keep-alive.
const KEEP_ALIVE: Duration = Duration::from_secs(1);

/// The time that a reply may take.
const REPLY_WITHIN: Duration = Duration::from_secs(2);

struct Client<'a> {
    node: &'a Node,
    name: &'a str,
    requests: zmq::Socket,
    texts: VecDeque<String>,
    /// When the open request is given up, and what it says.
    open: Option<(Instant, Option<String>)>,
    due: Instant,
    version: u64,
    /// Whether it has received nothing on its connection to broadcasts.
    is_unserved: bool,
}

pub(crate) fn run(node: Node, name: &str) -> ! {
    let lines = lines();
    let broadcasts = node.watched(zmq::SUB, "broadcasts");
    let requests = node.socket(zmq::DEALER);
    if node.is("never-reconnects") {
        requests.set_reconnect_ivl(-1).expect("an option can be set");
    }
    if node.is("one-routing-id") {
        requests.set_identity(b"client").expect("an option can be set");
    }
    let topic = if node.is("subscribes-to-its-name") { name.as_bytes() } else { b"" };
    broadcasts.socket.set_subscribe(topic).expect("a SUB subscribes");
    broadcasts.socket.connect(&endpoint("CHATZ_BROADCASTS")).expect("the endpoint is valid");
    requests.connect(&endpoint("CHATZ_REQUESTS")).expect("the endpoint is valid");
    if node.is("waits-for-its-server") {
        while broadcasts.next_event() != Some(SocketEvent::HANDSHAKE_SUCCEEDED) {
            let _ = zmq::poll(&mut [broadcasts.poll_monitor()], TICK_MS);
        }
    }
    let now = Instant::now();
    let texts: VecDeque<String> = node.is("says-hello").then(|| "hello".to_owned()).into_iter().collect();
    let mut client =
        Client { node: &node, name, requests, texts, open: None, due: now, version: 0, is_unserved: false };
    let mut is_over = false;
    while !node.is_stopped() && !is_over {
        let mut items = [client.requests.as_poll_item(zmq::POLLIN), broadcasts.socket.as_poll_item(zmq::POLLIN)];
        // A signal ends the wait early.
        let _ = zmq::poll(&mut items, TICK_MS);
        while let Some(event) = broadcasts.next_event() {
            client.follow(event);
        }
        let has_ended = client.take_lines(&lines);
        while let Ok(reply) = client.requests.recv_multipart(zmq::DONTWAIT) {
            client.take_reply(&reply);
        }
        while let Ok(broadcast) = broadcasts.socket.recv_multipart(zmq::DONTWAIT) {
            client.is_unserved = false;
            show(&node, &broadcast);
        }
        client.ask(Instant::now());
        let all_said = client.texts.is_empty() && client.open.is_none();
        is_over = has_ended && (all_said || node.is("ends-with-its-input"));
    }
    client.send(None, true);
    if node.is("asks-after-leaving") {
        client.send(None, false);
    }
    let Client { requests, .. } = client;
    drop((requests, broadcasts));
    node.end(0)
}

/// The lines of standard input; disconnected at its end.
fn lines() -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            // Without a receiver the client has ended.
            let _ = sender.send(line);
        }
    });
    lines
}

impl Client<'_> {
    fn follow(&mut self, event: SocketEvent) {
        self.is_unserved |= event == SocketEvent::HANDSHAKE_SUCCEEDED;
        let is_over = match event {
            SocketEvent::DISCONNECTED => self.is_unserved && self.node.is("needs-a-broadcast"),
            SocketEvent::CLOSED => self.node.is("needs-its-server"),
            event => is_stranger(event) && self.node.is("ends-at-a-stranger"),
        };
        if is_over {
            std::process::exit(1);
        }
    }

    /// Takes the lines that have been read; returns whether the input has ended.
    fn take_lines(&mut self, lines: &Receiver<String>) -> bool {
        loop {
            match lines.try_recv() {
                Ok(line) => {
                    let line = if self.node.is("trims-lines") { line.trim().to_owned() } else { line };
                    let is_text = (1..=4_096).contains(&line.len()) && !line.contains('\u{1f}');
                    if is_text || self.node.is("says-anything") {
                        self.texts.push_back(line);
                    }
                }
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => return true,
            }
        }
    }

    fn ask(&mut self, now: Instant) {
        if self.open.as_ref().is_some_and(|(deadline, _)| *deadline <= now) && !self.node.is("waits-for-ever") {
            let said = self.open.take().and_then(|(_, said)| said);
            if self.node.is("says-again") {
                said.into_iter().for_each(|text| self.texts.push_front(text));
            }
        }
        if self.open.is_none() && !self.node.is("never-asks") && (!self.texts.is_empty() || self.due <= now) {
            let text = self.texts.pop_front();
            self.send(text.as_deref(), false);
            self.open = Some((now + REPLY_WITHIN, text));
        }
    }

    fn send(&self, text: Option<&str>, leaves: bool) {
        let mut request: Frames = if self.node.is("no-delimiter") { vec![] } else { vec![vec![]] };
        let said = text.map(|text| format!("\u{1f}{text}")).unwrap_or_default();
        request.push(format!("{}{said}", self.name).into_bytes());
        let version = if self.node.is("holds-no-version") { 0 } else { self.version };
        request.push(version.to_le_bytes().to_vec());
        if leaves {
            request.push(vec![4]);
        }
        // Without a connection it is lost, as a reply may be.
        let _ = self.requests.send_multipart(request, zmq::DONTWAIT);
    }

    fn take_reply(&mut self, reply: &[Vec<u8>]) {
        self.open = None;
        let pause = if self.node.is("asks-without-a-pause") { Duration::from_millis(5) } else { KEEP_ALIVE };
        let next = if self.node.is("asks-once") { Duration::from_secs(3_600) } else { pause };
        self.due = Instant::now() + next;
        let body = reply.strip_prefix(&[vec![]]).unwrap_or(reply);
        let Some(first) = body.first() else { return };
        if first.first() == Some(&0x15) && self.node.is("ends-when-refused") {
            std::process::exit(1);
        }
        if let Ok(version @ [.., 0]) = <[u8; 8]>::try_from(first.as_slice()) {
            self.version = u64::from_le_bytes(version);
        } else if self.node.is("dies-at-a-malformed-reply") {
            for user in body {
                assert!(String::from_utf8(user.clone()).is_ok(), "{user:?} is not UTF-8");
            }
        }
    }
}

/// Prints a broadcast, if it is valid.
fn show(node: &Node, broadcast: &[Vec<u8>]) {
    let frame = &broadcast[0];
    if node.is("dies-at-a-malformed-broadcast") {
        assert!(frame.contains(&0x1f), "{frame:?} has no separator");
    }
    let Some(at) = frame.iter().position(|&byte| byte == 0x1f) else { return };
    let (user, text) = (String::from_utf8_lossy(&frame[..at]), String::from_utf8_lossy(&frame[at + 1..]));
    let is_letter = |character: char| character.is_alphanumeric() || character == '_';
    let longest = if node.is("short-names-only") { 31 } else { 32 };
    let is_valid = str::from_utf8(frame).is_ok()
        && (1..=longest).contains(&user.chars().count())
        && user.chars().all(is_letter)
        && (1..=4_096).contains(&text.len())
        && !text.contains('\u{1f}');
    if !is_valid && !node.is("shows-anything") {
        return;
    }
    let text = if node.is("shows-escapes") {
        text.into_owned()
    } else {
        text.chars()
            .flat_map(|letter| if letter.is_control() { letter.escape_default().collect() } else { vec![letter] })
            .collect()
    };
    #[expect(clippy::print_stdout, reason = "its output")]
    {
        println!("{user}: {text}");
    }
}
