//! A request that the broker has taken, where it is, and how often it was tried.

use std::{
    mem,
    time::{Duration, Instant},
};

use wire::Frames;

use super::{Origin, Shunned};
use crate::limits::ServiceLimits;

/// How many workers that took leave may have had a request without a try being counted.
const GIVEN_BACK_MAX: u32 = 10;

/// A request that is not answered yet.
#[derive(Debug)]
pub struct Taken {
    /// Where it comes from.
    pub origin: Origin,
    /// The place of its service.
    pub service: usize,
    /// What it asks.
    pub body: Frames,
    /// How many workers may get it, if that is not the limit of its service.
    pub tries_max: Option<u32>,
    /// How many requests above it wait for it, each for the next: those deepest down are given to workers first.
    pub depth: u8,
    /// How many workers have got it.
    pub attempts: u32,
    /// How many of these count no try.
    pub given_back: u32,
    /// How many tries it may use up before the store has to know of another one.
    pub noted: u32,
    /// The workers that have failed it.
    pub shunned: Option<Box<Shunned>>,
    /// The partial replies of the worker that has it, for those who get one reply to a request.
    pub joined: Frames,
    /// Whether other brokers are asked for a place.
    pub is_asked: bool,
    /// What it is waiting for.
    pub state: State,
}

impl Taken {
    /// A request that no worker has had.
    #[must_use]
    pub fn new(origin: Origin, service: usize, body: Frames, state: State) -> Self {
        Self {
            origin,
            service,
            body,
            tries_max: None,
            depth: 0,
            attempts: 0,
            given_back: 0,
            noted: 1,
            shunned: None,
            joined: Frames::new(),
            is_asked: false,
            state,
        }
    }

    /// Makes a new request of one that is over, with no frame in its body yet.
    pub fn renew(&mut self, origin: Origin, service: usize) {
        let mut body = mem::take(&mut self.body);
        body.clear();
        *self = Self::new(origin, service, body, State::Held);
    }

    /// How many of its tries are used up.
    #[must_use]
    pub const fn tries(&self) -> u32 {
        self.attempts - self.given_back
    }

    /// Whether it has had as many tries as it may have.
    #[must_use]
    pub fn is_used_up(&self, limits: &ServiceLimits) -> bool {
        self.tries() >= self.tries_max.unwrap_or(limits.tries_max)
    }

    /// Whether the store has to know of its next try before a worker gets it: so a job that ends its worker and the broker with it does
    /// not do so for ever. The first try in the run in which it was accepted costs no time.
    #[must_use]
    pub fn must_be_noted(&self) -> bool {
        self.origin == Origin::Job && self.tries() >= self.noted
    }

    /// Its last try is not one of them. A request for which this is done often may be why workers take leave.
    pub const fn give_back_try(&mut self) {
        if self.given_back < GIVEN_BACK_MAX && self.given_back < self.attempts {
            self.given_back += 1;
        }
    }

    /// When it expires, if it begins to wait now: a job never does.
    #[must_use]
    pub fn expires(&self, now: Instant, age_max: Duration) -> Option<Instant> {
        match self.origin {
            Origin::Client { .. } => Some(now + age_max),
            Origin::Job | Origin::Peer(_) => None,
        }
    }
}

/// What a request is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is not accepted yet.
    Held,
    /// It waits for a worker, until then if it is a client's.
    Waiting(Option<Instant>),
    /// The place of a worker is kept for the request of another broker, until then.
    Kept {
        /// The place of the worker.
        worker: usize,
        /// When it is free again.
        deadline: Instant,
    },
    /// A worker does it, until then.
    Open {
        /// The place of the worker.
        worker: usize,
        /// When another worker gets it.
        deadline: Instant,
    },
    /// Another broker has it, until then.
    Away(Instant),
}

impl State {
    /// When it ends by itself.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        match *self {
            Self::Held => None,
            Self::Waiting(deadline) => deadline,
            Self::Kept { deadline, .. } | Self::Open { deadline, .. } | Self::Away(deadline) => Some(deadline),
        }
    }
}
