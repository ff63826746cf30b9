//! The peers of a listener, looked at from time to time.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::{
    Descriptor, Role, Socket,
    incoming::{Incoming, LOOK, Look},
};

/// The least time between two looks for each connection, so that looking at 10,000 of them costs few percent of a core.
const LOOK_EACH: Duration = Duration::from_micros(50);

/// The accepted connections and what came from them.
#[derive(Debug, Default)]
pub(super) struct Peers {
    connections: HashMap<Descriptor, Incoming>,
    /// When to look again; `None` before the first connection.
    look_at: Option<Instant>,
}

impl Peers {
    /// `frame_bytes` is the largest frame that the peer may send.
    pub(super) fn insert(&mut self, now: Instant, descriptor: Descriptor, frame_bytes: u32) {
        self.connections.insert(descriptor, Incoming::with_frames(now, frame_bytes));
        self.look_at.get_or_insert(now + LOOK);
    }

    pub(super) fn remove(&mut self, descriptor: Descriptor) {
        self.connections.remove(&descriptor);
    }

    pub(super) const fn next_look(&self) -> Option<Instant> {
        self.look_at
    }

    /// Looks at all peers if it is time, and returns those that send too much.
    pub(super) fn look(&mut self, now: Instant, socket: &mut Socket) -> Vec<Descriptor> {
        if self.look_at.is_none_or(|at| now < at) {
            return Vec::new();
        }
        if socket.role() == Role::Push {
            socket.free_remains();
        }
        // A publisher receives in the order in which messages came.
        let take_turns = (socket.role() != Role::XPub).then_some(self.connections.len());
        let all_received = socket.awaited().all_received(take_turns);
        let mut flooders = Vec::new();
        for (descriptor, incoming) in &mut self.connections {
            let look = if socket.role() == Role::Push {
                incoming.look_at_unread(now, *descriptor)
            } else {
                incoming.look_at_read(now, *descriptor, socket.awaited(), all_received)
            };
            match look {
                Look::Fine => {}
                Look::Await => socket.awaited().insert(*descriptor),
                Look::Flood => flooders.push(*descriptor),
            }
        }
        socket.awaited().begin();
        for descriptor in &flooders {
            self.remove(*descriptor);
        }
        let pause = LOOK.max(LOOK_EACH * u32::try_from(self.connections.len()).unwrap_or(u32::MAX));
        self.look_at = Some(now + pause);
        flooders
    }
}
