//! A worker.

use std::{
    collections::VecDeque,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use zmq::SocketEvent;

use crate::node::{Frames, Node, TICK_MS, Watched, endpoint};

const READY: u8 = 2;
const REPORT: u8 = 4;
const EXIT: u8 = 1;
const PACK: u8 = 5;
const PACKS: u8 = 6;
const REPORT_EVERY: Duration = Duration::from_millis(100);
const ASKS_FOR: Duration = Duration::from_millis(100);
const NEVER: Duration = Duration::from_secs(1_000);

/// The most results of a pack, and how many a worker waits for that fills them.
const PACKED_MAX: usize = 256;
const FILLED: usize = 8;

/// How long a worker may take that is slow to be ready.
const READY_AFTER: Duration = Duration::from_secs(1);

struct Worker {
    node: Node,
    orders: Watched,
    results: Watched,
    control: Watched,
    takes_packs: bool,
    /// What is to be sent, READY and results.
    outgoing: VecDeque<Frames>,
    started: Instant,
    is_ready: bool,
    was_connected: bool,
    /// When READY is due that waits.
    ready_due: Option<Instant>,
    last_tail: Option<Frames>,
    done: u64,
    reported: u64,
    next_report: Instant,
}

pub(crate) fn run(node: Node) -> ! {
    let [orders, results, control] = [(zmq::PULL, "orders"), (zmq::PUSH, "results"), (zmq::SUB, "control")]
        .map(|(kind, name)| node.watched(kind, name));
    if node.is("never-reconnects-to-orders") {
        orders.socket.set_reconnect_ivl(-1).expect("an option can be set");
    }
    if node.is("never-reconnects-to-results") {
        results.socket.set_reconnect_ivl(-1).expect("an option can be set");
    }
    if node.is("never-reconnects-to-control") {
        control.socket.set_reconnect_ivl(-1).expect("an option can be set");
    }
    let topic: &[u8] = if node.is("dies-at-unknown-command") { b"" } else { &[EXIT] };
    control.socket.set_subscribe(topic).expect("a SUB subscribes");
    control.socket.set_subscribe(&[PACKS]).expect("a SUB subscribes");
    control.socket.connect(&endpoint("VALUZ_CONTROL")).expect("the endpoint is valid");
    results.socket.connect(&endpoint("VALUZ_RESULTS")).expect("the endpoint is valid");
    let source = endpoint("VALUZ_ORDERS");
    node.lock(&source);
    orders.socket.connect(&source).expect("the endpoint is valid");
    let mut worker = Worker {
        node,
        orders,
        results,
        control,
        takes_packs: false,
        outgoing: VecDeque::new(),
        started: Instant::now(),
        is_ready: false,
        was_connected: false,
        ready_due: None,
        last_tail: None,
        done: 0,
        reported: 0,
        next_report: Instant::now(),
    };
    while !worker.node.is_stopped() && !worker.is_over() {
        worker.work();
    }
    if !worker.node.is("no-last-report") {
        worker.report();
    }
    let Worker { node, orders, results, control, .. } = worker;
    drop((orders, results, control));
    node.end(0)
}

impl Worker {
    /// Waits a moment for something to do, and does it.
    fn work(&mut self) {
        let mut items = vec![
            self.control.socket.as_poll_item(zmq::POLLIN),
            self.control.poll_monitor(),
            self.orders.poll_monitor(),
            self.results.poll_monitor(),
            if self.outgoing.is_empty() || self.takes_packs && self.node.is("fills-packs") {
                self.orders.socket.as_poll_item(zmq::POLLIN)
            } else {
                self.results.socket.as_poll_item(zmq::POLLOUT)
            },
        ];
        // A signal ends the wait early.
        let _ = zmq::poll(&mut items, TICK_MS);
        self.follow_connections();
        self.send();
        for _ in 0..100 {
            let is_filling = self.takes_packs && self.node.is("fills-packs");
            if !self.outgoing.is_empty() && !is_filling {
                break;
            }
            self.take_orders();
            self.send();
        }
        let is_due = self.node.is("reports-each-time") || Instant::now() >= self.next_report;
        if self.done != self.reported && is_due {
            self.next_report = Instant::now() + if self.node.is("no-last-report") { NEVER } else { REPORT_EVERY };
            self.report();
        }
    }

    fn follow_connections(&mut self) {
        let ready_at =
            if self.node.is("ready-at-connect") { SocketEvent::CONNECTED } else { SocketEvent::HANDSHAKE_SUCCEEDED };
        let is_without_monitor = self.node.is("asks-for-a-greeting") || self.node.is("ready-after-a-second");
        if is_without_monitor && !self.is_ready && self.seems_ready() {
            self.is_ready = true;
            self.say_ready();
        }
        while let Some(event) = self.orders.next_event() {
            if event == SocketEvent::CONNECT_RETRIED && !self.was_connected && self.node.is("needs-its-source") {
                std::process::exit(1);
            }
            if event == SocketEvent::DISCONNECTED && self.ready_due.is_some() {
                std::process::exit(1);
            }
            self.was_connected |= event == SocketEvent::CONNECTED;
            if event == ready_at && !is_without_monitor && (!self.is_ready || self.node.is("ready-at-each-handshake")) {
                self.is_ready = true;
                if self.node.is("ends-before-it-is-ready") {
                    self.ready_due = Some(Instant::now() + READY_AFTER);
                } else {
                    self.say_ready();
                }
            }
        }
        if self.ready_due.is_some_and(|due| due <= Instant::now()) {
            self.ready_due = None;
            self.say_ready();
        }
        while let Some(event) = self.control.next_event() {
            self.takes_packs &= event != SocketEvent::DISCONNECTED || self.node.is("packs-for-ever");
        }
        while let Some(event) = self.results.next_event() {
            if event == SocketEvent::DISCONNECTED && self.is_ready && !self.node.is("ready-never-again") {
                self.say_ready();
            }
        }
    }

    /// What a worker without a monitor takes for the handshake: a moment, or the greeting on a separate connection.
    fn seems_ready(&self) -> bool {
        if self.node.is("ready-after-a-second") {
            return self.started.elapsed() >= Duration::from_secs(1);
        }
        // ZMTP 3.0 under NULL.
        let greeting = [&b"\xff\0\0\0\0\0\0\0\0\x7f\x03\0NULL"[..], &[0; 48]].concat();
        let asked = || {
            let mut source = TcpStream::connect(endpoint("VALUZ_ORDERS").trim_start_matches("tcp://"))?;
            source.set_read_timeout(Some(ASKS_FOR))?;
            source.write_all(&greeting)?;
            source.read_exact(&mut [0; 64])
        };
        asked().is_ok()
    }

    fn say_ready(&mut self) {
        if !self.node.is("no-ready") {
            self.outgoing.push_front(vec![vec![READY], self.name()]);
        }
    }

    fn name(&self) -> Vec<u8> {
        let end = if self.node.is("name-with-a-line-feed") { "\n" } else { "" };
        format!("broken:here:{}{end}", std::process::id()).into_bytes()
    }

    fn report(&mut self) {
        let report = [vec![REPORT], self.name(), self.done.to_le_bytes().to_vec()];
        if self.results.socket.send_multipart(report, zmq::DONTWAIT).is_ok() {
            self.reported = self.done;
        }
    }

    fn send(&mut self) {
        while let Some((frames, count)) = self.next_message() {
            let is_sent = if self.node.is("blocks-in-send") {
                while self.results.socket.send_multipart(&frames, 0).is_err() {}
                true
            } else {
                self.results.socket.send_multipart(&frames, zmq::DONTWAIT).is_ok()
            };
            if !is_sent && !self.node.is("drops-if-full") {
                return;
            }
            let results = self.outgoing.drain(..count).filter(|frames| frames[0].len() > 1).count();
            self.done += results as u64;
        }
    }

    /// What to send next, and for how many in the queue it stands: as many results as a pack may have, or one message.
    fn next_message(&self) -> Option<(Frames, usize)> {
        let can_pack = |frames: &&Frames| {
            frames[0].len() > 1
                && frames.get(2).is_some_and(|number| number.len() == 8)
                && (frames.len() == 3 || self.node.is("packs-any-tail"))
        };
        let takes_packs = self.takes_packs || self.node.is("packs-unasked") && self.done >= PACKED_MAX as u64;
        let packed: Vec<&Frames> = self.outgoing.iter().take(PACKED_MAX).take_while(can_pack).collect();
        if !takes_packs || packed.is_empty() {
            return Some((self.outgoing.front()?.clone(), 1));
        }
        if packed.len() < FILLED && self.node.is("fills-packs") {
            return None;
        }
        let record = |frames: &&Frames| {
            let mut symbol = frames[0].clone();
            symbol.resize(16, 0);
            [&symbol[..], &frames[1], &frames[2]].concat()
        };
        Some((vec![vec![PACK], packed.iter().flat_map(record).collect()], packed.len()))
    }

    fn take_orders(&mut self) {
        let at_once = if self.node.is("newest-first") { 10 } else { 1 };
        for _ in 0..at_once {
            let Ok(order) = self.orders.socket.recv_multipart(zmq::DONTWAIT) else { return };
            if self.node.is("dies-at-a-short-price") && order.get(3).is_some_and(|price| price.len() < 8) {
                panic!("the price is {:?}", order[3]);
            }
            let Some(result) = self.value(&order) else { continue };
            if self.node.is("newest-first") {
                self.outgoing.push_front(result);
                continue;
            }
            if self.node.is("answers-some-twice") && self.done % 100 == 99 {
                self.outgoing.push_back(result.clone());
            }
            self.outgoing.push_back(result);
        }
    }

    /// The result of an order; `None` if the order is malformed.
    fn value(&mut self, order: &[Vec<u8>]) -> Option<Frames> {
        let node = &self.node;
        let [symbol, action, shares, price, tail @ ..] = order else { return None };
        let is_symbol = symbol.first().is_some_and(u8::is_ascii_uppercase)
            && (2..=16).contains(&symbol.len())
            && symbol.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let is_sell = match action[..] {
            [0] => false,
            [1] => true,
            [_] if node.is("any-action") => true,
            _ => return None,
        };
        let shares: [u8; 4] = shares.as_slice().try_into().ok()?;
        let shares = if node.is("shares-big-endian") { i32::from_be_bytes(shares) } else { i32::from_le_bytes(shares) };
        let price = f64::from_le_bytes(price.as_slice().try_into().ok()?);
        let is_tail = tail.len() <= 8 && tail.iter().map(Vec::len).sum::<usize>() <= 1_024;
        let is_valid = (is_symbol || node.is("any-symbol"))
            && (shares > 0 || node.is("any-shares") || node.is("shares-big-endian"))
            && (price.is_finite() && price > 0.0 || node.is("any-price"))
            && (is_tail || node.is("any-tail"));
        if !is_valid || node.is("tail-as-a-key") && self.last_tail.as_deref() == Some(tail) {
            return None;
        }
        self.last_tail = Some(tail.to_vec());
        let product = f64::from(shares) * price;
        let product = if node.is("single-precision") { f64::from(product as f32) } else { product };
        let value = if is_sell { -product } else { product };
        if !value.is_finite() && !node.is("infinite-value") && !node.is("any-price") {
            return None;
        }
        let value = if node.is("value-big-endian") { value.to_be_bytes() } else { value.to_le_bytes() };
        let symbol = if node.is("symbol-in-lower-case") { symbol.to_ascii_lowercase() } else { symbol.clone() };
        let mut result = vec![symbol, value.to_vec()];
        let copied = match tail.len() {
            _ if node.is("tail-dropped") => 0,
            length if node.is("tail-cut") => length.min(1),
            length => length,
        };
        result.extend_from_slice(&tail[..copied]);
        if node.is("tail-changed") && copied > 0 {
            result[2].push(0);
        }
        Some(result)
    }

    /// Whether a command ends it.
    fn is_over(&mut self) -> bool {
        let Ok(command) = self.control.socket.recv_multipart(zmq::DONTWAIT) else { return false };
        let node = &self.node;
        match command[0][..] {
            [EXIT] if node.is("ignores-exit") => false,
            [EXIT] if node.is("exit-of-one-frame") => command.len() == 1,
            [EXIT] => true,
            [EXIT, ..] => node.is("exit-by-its-first-byte"),
            [0 | 3] => false,
            [PACKS] => {
                self.takes_packs = true;
                false
            }
            _ if node.is("dies-at-unknown-command") => panic!("the command is {command:?}"),
            _ => false,
        }
    }
}
