//! The desk's own sockets: what the desk knows of them that no report says.

use wire::{
    Channel,
    chat::{BROADCASTS, REQUESTS},
    tick::TICKS,
    value::{CONTROL, ORDERS, RESULTS},
};

use crate::feeds::{chatz, tickz, valuz};

/// One of the desk's own sockets.
#[derive(Debug)]
pub(crate) struct Own {
    /// Its name in the desk's process.
    pub(crate) name: &'static str,
    /// The same in words.
    pub(crate) words: &'static str,
    /// libzmq's name of its type without `ZMQ_`.
    pub(crate) kind: &'static str,
    /// Its channel.
    pub(crate) channel: Channel,
    /// What a lost connection costs, as a sentence.
    pub(crate) cost: &'static str,
}

/// All of them, in display order.
pub(crate) static OWN: [Own; 6] = [
    Own {
        name: chatz::REQ,
        words: "chatz REQ",
        kind: "REQ",
        channel: REQUESTS,
        cost: "A pending request gets no reply; texts entered meanwhile wait here.",
    },
    Own {
        name: chatz::SUB,
        words: "chatz SUB",
        kind: "SUB",
        channel: BROADCASTS,
        cost: "Messages sent meanwhile are lost.",
    },
    Own {
        name: tickz::SUB,
        words: "tickz SUB",
        kind: "SUB",
        channel: TICKS,
        cost: "Ticks published meanwhile are lost.",
    },
    Own {
        name: valuz::PUSH,
        words: "valuz PUSH",
        kind: "PUSH",
        channel: ORDERS,
        cost: "Orders in its queue are lost and will be sent again.",
    },
    Own {
        name: valuz::PULL,
        words: "valuz PULL",
        kind: "PULL",
        channel: RESULTS,
        cost: "Results that it had not sent are lost; their orders will be sent again.",
    },
    Own {
        name: valuz::PUB,
        words: "valuz PUB",
        kind: "XPUB",
        channel: CONTROL,
        cost: "Commands published meanwhile do not reach that peer.",
    },
];

impl Own {
    /// Whether it connects to a service; otherwise it is bound.
    pub(crate) fn connects(&self) -> bool {
        matches!(self.kind, "REQ" | "SUB")
    }

    /// The one with this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        OWN.iter().find(|own| own.name == name)
    }
}
