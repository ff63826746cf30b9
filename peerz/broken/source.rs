//! A source.

use std::collections::VecDeque;

use zmq::SocketEvent;

use crate::{
    node::{Frames, Node, TICK_MS, Watched, endpoint, is_stranger},
    raw::Bound,
};

const START: u8 = 0;
const EXIT: u8 = 1;
const REPEAT: u8 = 3;

struct Source {
    node: Node,
    orders: Watched,
    control: Watched,
    count: u64,
    /// The number of the first order, once the batch has started.
    base: Option<u64>,
    /// The places of the orders that are sent next, and those that are sent for the first time after them.
    again: VecDeque<u64>,
    next: u64,
    was_connected: bool,
    /// Whether the last order that was tried found room.
    was_sent: bool,
    /// What has the endpoint of orders instead.
    raw_orders: Option<Bound>,
}

pub(crate) fn run(node: Node, count: u64) -> ! {
    let (orders, control) = (node.watched(zmq::PUSH, "orders"), node.watched(zmq::SUB, "control"));
    for topic in [START, REPEAT, EXIT] {
        if topic != START || !node.is("never-subscribes") {
            control.socket.set_subscribe(&[topic]).expect("a SUB subscribes");
        }
    }
    control.socket.connect(&endpoint("VALUZ_CONTROL")).expect("the endpoint is valid");
    let place = endpoint("VALUZ_ORDERS");
    let raw_orders = node.is("sends-to-the-first-worker").then(|| Bound::bind(&place, "PUSH"));
    if raw_orders.is_none() {
        node.bind(&orders.socket, &place);
    }
    let base = node.is("sends-at-once").then_some(0);
    let count = if node.is("one-too-many") { count + 1 } else { count };
    let mut source = Source {
        node,
        orders,
        control,
        count,
        base,
        again: VecDeque::new(),
        next: 0,
        was_connected: false,
        was_sent: false,
        raw_orders,
    };
    while !source.node.is_stopped() && !source.is_over() {
        source.work();
    }
    let Source { node, orders, control, .. } = source;
    drop((orders, control));
    node.end(0)
}

impl Source {
    /// Waits a moment for something to do, and does it.
    fn work(&mut self) {
        let has_orders = self.base.is_some() && (self.next < self.count || !self.again.is_empty());
        let wanted = if has_orders { zmq::POLLOUT } else { zmq::PollEvents::empty() };
        let mut items = [
            self.control.socket.as_poll_item(zmq::POLLIN),
            self.control.poll_monitor(),
            self.orders.poll_monitor(),
            self.orders.socket.as_poll_item(wanted),
        ];
        // A signal ends the wait early.
        let _ = zmq::poll(&mut items, TICK_MS);
        self.follow_connections();
        for _ in 0..1_000 {
            if !self.send_next() {
                break;
            }
        }
    }

    fn follow_connections(&mut self) {
        while let Some(event) = self.control.next_event() {
            if event == SocketEvent::CONNECT_RETRIED && !self.was_connected && self.node.is("needs-its-reduce") {
                std::process::exit(1);
            }
            self.was_connected |= event == SocketEvent::CONNECTED;
        }
        while let Some(event) = self.orders.next_event() {
            let is_over = event == SocketEvent::DISCONNECTED && self.node.is("leaves-with-a-worker")
                || is_stranger(event) && self.node.is("ends-at-a-stranger");
            if is_over {
                std::process::exit(1);
            }
        }
    }

    /// Sends the next order; returns whether there was one, and room for it.
    fn send_next(&mut self) -> bool {
        let Some(base) = self.base else { return false };
        let place = match self.again.front() {
            Some(place) => *place,
            None if self.next < self.count => self.next,
            None => return false,
        };
        let order = self.order(base, place);
        let is_sent = if let Some(orders) = &self.raw_orders {
            orders.send_to_first(&order)
        } else if self.node.is("blocks-in-send") {
            while self.orders.socket.send_multipart(&order, 0).is_err() {}
            true
        } else {
            self.orders.socket.send_multipart(&order, zmq::DONTWAIT).is_ok()
        };
        // The first order that finds no room at a slow worker is lost.
        let is_lost = !is_sent && self.was_sent && self.node.is("drops-one-if-slow");
        self.was_sent = is_sent || self.was_sent && !is_lost;
        if !is_sent && !is_lost && !self.node.is("drops-if-full") {
            return false;
        }
        if self.again.pop_front().is_none() {
            self.next += 1;
        }
        true
    }

    fn order(&self, base: u64, place: u64) -> Frames {
        let price = if self.node.is("price-of-zero") { 0.0 } else { 41.78 + place as f64 };
        let price = price.to_le_bytes();
        let price = if self.node.is("price-of-four-bytes") { price[4..].to_vec() } else { price.to_vec() };
        let base = if self.node.is("base-of-four-bytes") { base & 0xffff_ffff } else { base };
        let number = base.wrapping_add(place) + u64::from(self.node.is("numbers-from-one"));
        let shares = i32::try_from(place % 1_000 + 1).expect("it is small");
        vec![
            b"MSFT".to_vec(),
            vec![(place % 2) as u8],
            shares.to_le_bytes().to_vec(),
            price,
            number.to_le_bytes().to_vec(),
        ]
    }

    /// Handles the next command; returns whether it ends the source.
    fn is_over(&mut self) -> bool {
        if self.node.is("exits-when-sent") && self.base.is_some() && self.next == self.count {
            return true;
        }
        let Ok(command) = self.control.socket.recv_multipart(zmq::DONTWAIT) else { return false };
        match (&command[0][..], command.get(1)) {
            ([START], None) => self.start(0),
            ([START], Some(_)) if self.node.is("start-of-few-frames") && command.len() > 2 => {}
            ([START], Some(base)) => match base.as_slice().try_into() {
                Ok(base) => self.start(u64::from_le_bytes(base)),
                Err(_) if self.node.is("any-start") => self.start(0),
                Err(_) => {}
            },
            ([REPEAT], Some(numbers)) if !numbers.is_empty() && numbers.len() % 8 == 0 => self.repeat(numbers),
            ([EXIT], _) => return !self.node.is("ignores-exit"),
            _ => {}
        }
        false
    }

    fn start(&mut self, base: u64) {
        let is_new = match self.base {
            None => true,
            Some(_) if self.node.is("keeps-its-base") => false,
            Some(last) => last != base || self.node.is("starts-each-time"),
        };
        if is_new {
            self.base = Some(base);
            self.next = 0;
            self.again.clear();
        }
    }

    fn repeat(&mut self, numbers: &[u8]) {
        let Some(base) = self.base else { return };
        if self.node.is("repeats-all") {
            self.again.extend(0..self.count);
        }
        for number in numbers.chunks(8).filter_map(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes) {
            let place = number.wrapping_sub(base);
            let is_own = place < self.next || self.node.is("repeats-any-number");
            if is_own && !self.node.is("never-repeats") && !self.node.is("repeats-all") {
                self.again.push_back(place);
            }
        }
    }
}
