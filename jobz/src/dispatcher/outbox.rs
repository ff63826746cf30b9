//! What the broker has to send, to its peers and to its other parts.

use std::collections::VecDeque;

use wire::{Frames, job::Token};

use crate::{
    requests::{Number, SPARE_BYTES_MAX},
    vault::Ask,
};

/// What comes of a job's request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A partial reply.
    Part(Number, Frames),
    /// So many of its tries are used up, with the one that is next: it waits until this is kept.
    Try(Number, u32),
    /// It has lost its worker, and waits again: its partial replies are void.
    Again(Number),
    /// It is done: all frames of its reply, those of partial replies too.
    Done(Number, Frames),
    /// It cannot be done, for this reason.
    Dead(Number, String),
}

/// What the brokers that this one knows have to learn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerEvent {
    /// A request for which they were asked needs them no more, or not its reply.
    Recalled(Number),
    /// A worker's place is kept for their question.
    Kept(Token),
    /// A partial reply to their request.
    Part(Token, Frames),
    /// The final reply to their request.
    Done(Token, Frames),
    /// Their request is not done, for this reason.
    NotDone(Token, String),
}

/// Messages to send, each with the routing id of its receiver before it. Their memory is used again.
#[derive(Debug, Default)]
pub struct Outbox {
    messages: Vec<Frames>,
    len: usize,
    events: VecDeque<Event>,
    peer_events: VecDeque<PeerEvent>,
    to_uplinks: VecDeque<ToUplink>,
    asks: VecDeque<(u64, Ask)>,
}

/// What has to be done with the connection to another broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToUplink {
    /// Send this.
    Send(usize, Frames),
    /// Close it, and connect again.
    Close(usize),
}

impl Outbox {
    /// An empty message to this receiver, to be filled.
    pub fn to(&mut self, routing_id: &[u8]) -> &mut Frames {
        if self.len == self.messages.len() {
            self.messages.push(Frames::new());
        }
        let message = &mut self.messages[self.len];
        self.len += 1;
        message.clear();
        message.push(routing_id);
        message
    }

    /// The messages in the order in which they were added.
    #[must_use]
    pub fn messages(&self) -> &[Frames] {
        &self.messages[..self.len]
    }

    /// Removes all messages, and gives back the memory of large ones: a worker with much credit may have got many at once.
    pub fn clear(&mut self) {
        let sent = &mut self.messages[..self.len];
        for large in sent.iter_mut().filter(|message| message.byte_len() > SPARE_BYTES_MAX) {
            *large = Frames::new();
        }
        self.len = 0;
    }

    /// Adds what the jobs' part has to learn.
    pub fn report(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Takes the oldest of them.
    pub fn take_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Adds what other brokers have to learn.
    pub fn report_to_peers(&mut self, event: PeerEvent) {
        self.peer_events.push_back(event);
    }

    /// Takes the oldest of them.
    pub fn take_peer_event(&mut self) -> Option<PeerEvent> {
        self.peer_events.pop_front()
    }

    /// Adds a message to the broker at this uplink.
    pub fn to_uplink(&mut self, uplink: usize, message: Frames) {
        self.to_uplinks.push_back(ToUplink::Send(uplink, message));
    }

    /// Has an uplink closed, and connected again.
    pub fn close_uplink(&mut self, uplink: usize) {
        self.to_uplinks.push_back(ToUplink::Close(uplink));
    }

    /// Takes what has to be done first.
    pub fn take_to_uplink(&mut self) -> Option<ToUplink> {
        self.to_uplinks.pop_front()
    }

    /// Adds what is asked of the vault, with the token of its answer.
    pub fn ask(&mut self, token: u64, ask: Ask) {
        self.asks.push_back((token, ask));
    }

    /// Takes what was asked first.
    pub fn take_ask(&mut self) -> Option<(u64, Ask)> {
        self.asks.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_large_messages_is_given_back_and_that_of_small_ones_kept() {
        let mut out = Outbox::default();
        out.to(b"small").push(b"text");
        out.to(b"large").push(&[0; SPARE_BYTES_MAX]);
        out.clear();
        assert!(out.messages().is_empty());
        assert_eq!(out.messages[0], ["small", "text"].iter().collect());
        assert_eq!(out.messages[1], Frames::new());
    }
}
