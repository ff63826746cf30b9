//! A publisher.

use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use zmq::SocketEvent;

use crate::{
    node::{Frames, Node, endpoint, is_stranger},
    raw::Bound,
};

const SYMBOLS: [&str; 3] = ["MSFT", "AAPL", "GOOG"];
const EVERY: Duration = Duration::from_millis(3);

pub(crate) fn run(node: Node) -> ! {
    if node.is("sends-all-to-all") || node.is("waits-for-its-watchers") {
        run_raw(node)
    }
    let ticks = node.watched(zmq::XPUB, "ticks");
    let wanted = endpoint("TICKZ_TICKS");
    let place = if node.is("binds-elsewhere") { "tcp://127.0.0.1:*" } else { &wanted };
    node.bind(&ticks.socket, place);
    let mut published = 0_u64;
    let mut numbers = HashMap::new();
    let mut due = Instant::now();
    let mut watchers = 0;
    let mut sends_bursts = false;
    while !node.is_stopped() {
        let _ = ticks.socket.poll(zmq::POLLIN, due.saturating_duration_since(Instant::now()).as_millis() as i64);
        while let Ok(message) = ticks.socket.recv_bytes(zmq::DONTWAIT) {
            if node.is("dies-at-other-messages") && !matches!(message.first(), Some(0 | 1)) {
                panic!("{message:?} is no subscription");
            }
            sends_bursts |= message.starts_with(b"\x01+");
        }
        while let Some(event) = ticks.next_event() {
            match event {
                SocketEvent::DISCONNECTED if node.is("ends-with-its-watcher") => std::process::exit(0),
                SocketEvent::HANDSHAKE_SUCCEEDED if node.is("serves-one-watcher") => {
                    watchers += 1;
                    assert!(watchers < 2, "it has a watcher already");
                }
                _ if is_stranger(event) && node.is("ends-at-a-stranger") => std::process::exit(1),
                _ => {}
            }
        }
        if Instant::now() < due {
            continue;
        }
        due += EVERY;
        let symbol = SYMBOLS[(published % 3) as usize];
        let of_symbol = numbers.entry(symbol).or_insert(if node.is("sequence-from-the-clock") { 1 << 40 } else { 0 });
        let number = if node.is("sequence-over-all") { published } else { *of_symbol };
        let tick = tick(&node, symbol, published, number);
        let burst = sends_bursts.then(|| burst(&node, &tick));
        *of_symbol += 1;
        published += 1;
        if node.is("frames-one-by-one") {
            tick.iter().for_each(|frame| ticks.socket.send(frame, 0).expect("an XPUB never waits"));
        } else {
            ticks.socket.send_multipart(tick, 0).expect("an XPUB never waits");
        }
        if let Some(burst) = burst {
            ticks.socket.send_multipart(burst, 0).expect("an XPUB never waits");
        }
    }
    drop(ticks);
    node.end(0)
}

/// The same below libzmq.
fn run_raw(node: Node) -> ! {
    let ticks = Bound::bind(&endpoint("TICKZ_TICKS"), "PUB");
    for published in 0.. {
        if node.is_stopped() {
            break;
        }
        std::thread::sleep(EVERY);
        ticks.send_to_all(&tick(&node, SYMBOLS[(published % 3) as usize], published, published / 3));
        if node.is("waits-for-its-watchers") {
            ticks.await_all();
        }
    }
    node.end(0)
}

/// A burst of one tick.
fn burst(node: &Node, tick: &Frames) -> Frames {
    let price = if node.is("burst-of-another-price") { 1.0_f64.to_le_bytes().to_vec() } else { tick[2].clone() };
    let ticks = if node.is("burst-without-prices") { tick[1].clone() } else { [tick[1].as_slice(), &price].concat() };
    let mut burst = vec![[b"+", tick[0].as_slice()].concat(), ticks];
    burst.extend(tick.get(3).cloned());
    burst
}

fn tick(node: &Node, symbol: &str, published: u64, number: u64) -> Frames {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs_f64();
    let price = if node.is("price-zero") && published % 4 == 3 { 0.0 } else { 41.78 + published as f64 / 100.0 };
    let bytes = |number: f64| {
        if node.is("big-endian") { number.to_be_bytes().to_vec() } else { number.to_le_bytes().to_vec() }
    };
    let symbol = if node.is("symbol-with-terminator") { format!("{symbol}\0") } else { symbol.to_owned() };
    let mut tick = vec![symbol.into_bytes(), bytes(now), bytes(price)];
    if !(node.is("sequence-now-and-then") && published % 7 == 6) {
        tick.push(number.to_le_bytes().to_vec());
    }
    if node.is("long-frame") {
        tick.push(vec![b'x'; 65]);
    }
    tick
}
