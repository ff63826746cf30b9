//! A watcher.

mod bursts;

use std::collections::HashMap;

use zmq::SocketEvent;

use self::bursts::Bursts;
use crate::node::{Node, TICK_MS, Watched, endpoint, is_stranger};

pub(crate) fn run(node: Node, symbols: &[String]) -> ! {
    let ticks = node.watched(zmq::SUB, "ticks");
    if node.is("never-reconnects") {
        ticks.socket.set_reconnect_ivl(-1).expect("an option can be set");
    }
    let bursts = Bursts::ask(&node, &ticks, symbols);
    if node.is("subscribes-to-others") {
        ticks.socket.set_subscribe(b"YHOO").expect("a SUB subscribes");
    }
    ticks.socket.connect(&endpoint("TICKZ_TICKS")).expect("the endpoint is valid");
    let mut watcher = Watcher { node, symbols, bursts, times: HashMap::new(), is_unserved: false };
    if watcher.node.is("waits-for-its-publisher") {
        while ticks.next_event() != Some(SocketEvent::HANDSHAKE_SUCCEEDED) {
            let _ = zmq::poll(&mut [ticks.poll_monitor()], TICK_MS);
        }
    }
    while !watcher.node.is_stopped() {
        // A signal ends the wait early.
        let _ = ticks.socket.poll(zmq::POLLIN, TICK_MS);
        watcher.take(&ticks);
        while let Some(event) = ticks.next_event() {
            watcher.follow(&ticks, event);
        }
        watcher.bursts.look(&watcher.node, &ticks, symbols);
    }
    let node = watcher.node;
    drop(ticks);
    node.end(0)
}

struct Watcher<'a> {
    node: Node,
    symbols: &'a [String],
    bursts: Bursts,
    /// The time of the last tick of each symbol.
    times: HashMap<Vec<u8>, f64>,
    /// Whether it has received no tick on its connection.
    is_unserved: bool,
}

impl Watcher<'_> {
    fn follow(&mut self, ticks: &Watched, event: SocketEvent) {
        self.is_unserved |= event == SocketEvent::HANDSHAKE_SUCCEEDED;
        if event == SocketEvent::DISCONNECTED && !self.node.is("asks-once") {
            self.bursts.ask_again(ticks, self.symbols);
        }
        let is_over = match event {
            SocketEvent::DISCONNECTED => {
                self.node.is("ends-with-its-publisher") || self.is_unserved && self.node.is("needs-a-tick")
            }
            SocketEvent::CLOSED => self.node.is("needs-its-publisher"),
            event => is_stranger(event) && self.node.is("ends-at-a-stranger"),
        };
        if is_over {
            std::process::exit(0);
        }
    }

    fn take(&mut self, ticks: &Watched) {
        let mut lines = Vec::new();
        while let Ok(tick) = ticks.socket.recv_multipart(zmq::DONTWAIT) {
            self.is_unserved = false;
            if self.node.is("dies-at-a-short-price") && tick.get(2).is_some_and(|price| price.len() < 8) {
                panic!("the price is {:?}", tick[2]);
            }
            if tick[0].starts_with(b"+") {
                lines.extend(self.burst_lines(ticks, &tick));
            } else {
                lines.extend(self.line(&tick));
            }
        }
        for (position, line) in lines.iter().enumerate() {
            let is_of_same = |other: &String| other.split(' ').next() == line.split(' ').next();
            if self.node.is("newest-alone") && lines[position + 1..].iter().any(is_of_same) {
                continue;
            }
            #[expect(clippy::print_stdout, reason = "its output")]
            {
                println!("{line}");
            }
        }
    }

    /// The lines of a burst.
    fn burst_lines(&mut self, socket: &Watched, burst: &[Vec<u8>]) -> Vec<String> {
        let Self { node, symbols, bursts, .. } = self;
        let Some(name) = symbols.iter().find(|name| name.as_bytes() == &burst[0][1..]) else { return Vec::new() };
        let Some(ticks) = bursts::decode(node, burst) else { return Vec::new() };
        let known = bursts.known(node, socket, symbols, name, &ticks);
        let most = if node.is("first-of-a-burst") { 1 } else { usize::MAX };
        ticks.iter().skip(known).take(most).map(|(_, price)| format!("{name} {price:?}")).collect()
    }

    /// The line of a tick; `None` if the tick is malformed or of another symbol, or a burst has it.
    fn line(&mut self, tick: &[Vec<u8>]) -> Option<String> {
        let node = &self.node;
        let [symbol, time, price, more @ ..] = tick else { return None };
        let name = self.symbols.iter().find(|name| {
            name.as_bytes() == symbol || node.is("takes-the-prefix") && symbol.starts_with(name.as_bytes())
        })?;
        let time = f64::from_le_bytes(time.as_slice().try_into().ok()?);
        let price: [u8; 8] = price.as_slice().try_into().ok()?;
        let price = if node.is("big-endian") { f64::from_be_bytes(price) } else { f64::from_le_bytes(price) };
        let is_number = time.is_finite() && price.is_finite() && price > 0.0;
        let is_symbol = symbol.len() < 16 || !node.is("short-symbols-only");
        let is_sequence = more.first().is_none_or(|sequence| sequence.len() == 8) || node.is("any-sequence");
        let frames_max = if node.is("three-frames") {
            3
        } else if node.is("four-frames") {
            4
        } else {
            usize::MAX
        };
        if !is_symbol
            || !is_sequence
            || !(is_number || node.is("any-number") || node.is("big-endian"))
            || tick.len() > frames_max
        {
            return None;
        }
        if !self.bursts.takes(name, (time, price)) {
            return None;
        }
        let before = self.times.insert(symbol.clone(), time);
        if node.is("time-never-back") && before.is_some_and(|before| time < before) {
            return None;
        }
        Some(if node.is("two-decimals") {
            format!("{name} {price:.2}")
        } else if node.is("single-precision") {
            format!("{name} {:?}", price as f32)
        } else {
            format!("{name} {price:?}")
        })
    }
}
