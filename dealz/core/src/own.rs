//! The desk's own sockets: what the desk knows of them that no report says.

use scenez::known::desk;
use wire::report::DeclaredSocket;

/// One of the desk's own sockets.
#[derive(Debug)]
pub(crate) struct Own {
    /// As the desk reports it.
    pub(crate) socket: DeclaredSocket,
    /// Its name in words.
    pub(crate) words: &'static str,
    /// What a lost connection costs, as a sentence.
    pub(crate) cost: &'static str,
}

/// All of them, in display order.
pub(crate) static OWN: [Own; 6] = [
    Own {
        socket: desk::CHATZ_REQ,
        words: "chatz REQ",
        cost: "A pending request gets no reply; texts entered meanwhile wait here.",
    },
    Own { socket: desk::CHATZ_SUB, words: "chatz SUB", cost: "Messages sent meanwhile are lost." },
    Own { socket: desk::TICKZ_SUB, words: "tickz SUB", cost: "Ticks published meanwhile are lost." },
    Own { socket: desk::VALUZ_PUSH, words: "valuz PUSH", cost: "Orders in its queue are lost and will be sent again." },
    Own {
        socket: desk::VALUZ_PULL,
        words: "valuz PULL",
        cost: "Results that it had not sent are lost; their orders will be sent again.",
    },
    Own { socket: desk::VALUZ_PUB, words: "valuz PUB", cost: "Commands published meanwhile do not reach that peer." },
];

impl Own {
    /// Whether it connects to a service; otherwise it is bound.
    pub(crate) fn connects(&self) -> bool {
        self.socket.binds == Some(false)
    }

    /// The one with this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        OWN.iter().find(|own| own.socket.name == name)
    }
}
