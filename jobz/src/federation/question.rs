//! A question for a place, as one broker knows it.

use std::{collections::BTreeSet, time::Instant};

use super::Peer;
use crate::requests::Number;

/// A question.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) source: Source,
    pub(super) service: String,
    /// The hops of the questions to others; 0: no other broker is asked.
    pub(super) hops: u8,
    /// The peers that look for a place, or keep one.
    pub(super) asked: BTreeSet<Peer>,
    pub(super) stage: Stage,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// This broker, for a request of one of its clients, at this time.
    Own(Number, Instant),
    /// A peer.
    Peer(Peer),
}

/// How far a question is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// No place is kept for it.
    Asking,
    /// A place is kept there. A peer's question is answered with YES.
    Kept(Place),
    /// The request is there.
    Passed(Place),
}

/// Where a request is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// By a worker of this broker.
    Here,
    /// By this peer or further on.
    At(Peer),
}

impl Question {
    pub(super) fn new(source: Source, service: &str, hops: u8, asked: BTreeSet<Peer>) -> Self {
        Self { source, service: service.to_owned(), hops, asked, stage: Stage::Asking }
    }

    pub(super) fn is_of(&self, peer: Peer) -> bool {
        self.source == Source::Peer(peer)
    }

    /// The peer that keeps a place for it, or has its request.
    pub(super) const fn place_at(&self) -> Option<Peer> {
        match self.stage {
            Stage::Kept(Place::At(peer)) | Stage::Passed(Place::At(peer)) => Some(peer),
            _ => None,
        }
    }
}
