//! Brokers that pass requests to each other (`protocol-docs/jobz.md`, *Federation*): a pure state machine without sockets and clock.
//!
//! A *question* is one try to have a request done elsewhere. It has one [`Token`] at all brokers that it reaches, each of which takes it
//! once, so that questions go round in no circle. The first place that anyone keeps for it gets the request; everybody else drops
//! it. A question that finds no place in some time is asked again, with a new token, because peers come and go.
//!
//! What has to be said to peers, and to this broker's own queue, is left as [`Step`]s.

mod asking;
mod messages;
mod question;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use wire::{
    Frames,
    job::{BrokerId, PeerMessage, Token},
};

use self::question::Question;
use crate::requests::Number;

/// A connection to another broker. Its owner gives each one another number.
pub type Peer = u64;

/// The most peers at once.
const PEERS_MAX: usize = 100;

/// The most questions of one peer, and of this broker, at once.
pub const QUESTIONS_MAX: usize = 1_000;

/// How many heartbeats a question of this broker waits for a place before it is asked again.
const PATIENCE: u32 = 4;

/// How many ended questions of others are remembered, so that a message on a longer way does not begin them again.
const ENDED_MAX: usize = 10_000;

/// What the owner has to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this to a peer.
    Send(Peer, Frames),
    /// Close the connection to a peer: it is silent, or does what the protocol forbids.
    Close(Peer),
    /// A peer's question: keep a place for it as soon as a worker of this service is free and nothing else waits for it, and then call
    /// [`Federation::keep`].
    Seek(Token, String),
    /// A peer's question is not one any more: it waits for no place, its place is free, and its request is not wanted.
    Forget(Token),
    /// The request for the place that was kept.
    Run(Token, Frames),
    /// There is a place for this own request: call [`Federation::pass`], or [`Federation::withdraw`].
    Offered(Number),
    /// A partial reply to an own request.
    Part(Number, Frames),
    /// The final reply to an own request.
    Done(Number, Frames),
    /// An own request was passed on and not done, for this reason.
    Failed(Number, String),
}

/// All that this broker knows of others.
#[derive(Debug)]
pub struct Federation {
    me: BrokerId,
    /// The number of the last own question.
    last: u64,
    heartbeat: Duration,
    liveness: u32,
    peers: BTreeMap<Peer, Neighbour>,
    questions: BTreeMap<Token, Question>,
    /// The questions about own requests.
    own: BTreeMap<Number, Token>,
    /// The last questions of others that have ended, the oldest first.
    ended: VecDeque<Token>,
    is_ended: BTreeSet<Token>,
    /// When the next heartbeat is due.
    beat: Option<Instant>,
    steps: VecDeque<Step>,
}

/// A connected broker.
#[derive(Debug)]
struct Neighbour {
    /// Who it is, after its HELLO.
    id: Option<BrokerId>,
    /// How many of its questions are open here.
    questions: usize,
    last_received: Instant,
}

impl Federation {
    /// A broker without peers. They have to send at this interval, and may miss `liveness` of their heartbeats.
    #[must_use]
    pub fn new(me: BrokerId, heartbeat: Duration, liveness: u32) -> Self {
        Self {
            me,
            last: 0,
            heartbeat,
            liveness,
            peers: BTreeMap::new(),
            questions: BTreeMap::new(),
            own: BTreeMap::new(),
            ended: VecDeque::new(),
            is_ended: BTreeSet::new(),
            beat: None,
            steps: VecDeque::new(),
        }
    }

    /// Takes what has to be done next.
    pub fn take_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// When [`Federation::handle_timeout`] is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.beat
    }

    /// Whether this connection is one to a broker.
    #[must_use]
    pub fn knows(&self, peer: Peer) -> bool {
        self.peers.contains_key(&peer)
    }

    /// The number of connected brokers that have said who they are.
    #[must_use]
    pub fn peers(&self) -> usize {
        self.peers.values().filter(|neighbour| neighbour.id.is_some()).count()
    }

    /// Whether there is no question.
    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        self.questions.is_empty() && self.own.is_empty()
    }

    /// Whether an own question could be answered: there is a peer, and room for one more.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.own.len() < QUESTIONS_MAX && self.peers() > 0
    }

    /// There is a connection to another broker.
    pub fn handle_connected(&mut self, now: Instant, peer: Peer) {
        if self.peers.len() < PEERS_MAX {
            self.peers.insert(peer, Neighbour { id: None, questions: 0, last_received: now });
            self.beat.get_or_insert(now + self.heartbeat);
            self.send(peer, PeerMessage::Hello(self.me));
        } else {
            self.steps.push_back(Step::Close(peer));
        }
    }

    /// A connection is gone, with all that its peer asked and was passed.
    pub fn handle_gone(&mut self, peer: Peer) {
        if self.peers.remove(&peer).is_none() {
            return;
        }
        let tokens: Vec<Token> = self.questions.keys().copied().collect();
        for token in tokens {
            let Some(question) = self.questions.get_mut(&token) else { continue };
            question.asked.remove(&peer);
            if question.is_of(peer) {
                self.drop_question(token);
            } else if question.place_at() == Some(peer) {
                self.fail(token, "the broker that had it is gone");
            }
        }
    }

    /// Does what is due: heartbeats, silent peers, and questions that have found no place for long.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.beat.is_none_or(|beat| beat > now) {
            return;
        }
        let patience = self.heartbeat * self.liveness;
        let is_silent = |neighbour: &Neighbour| neighbour.last_received + patience <= now;
        let silent: Vec<Peer> =
            self.peers.iter().filter(|(_, neighbour)| is_silent(neighbour)).map(|(peer, _)| *peer).collect();
        for peer in silent {
            self.give_up(peer);
        }
        let peers: Vec<Peer> = self.peers.keys().copied().collect();
        for peer in peers {
            self.send(peer, PeerMessage::Beat);
        }
        self.ask_again(now);
        self.beat = (!self.peers.is_empty()).then(|| now + self.heartbeat);
    }

    /// Takes leave of all peers.
    pub fn end(&mut self) {
        let peers: Vec<Peer> = self.peers.keys().copied().collect();
        peers.into_iter().for_each(|peer| self.send(peer, PeerMessage::Bye));
    }

    fn give_up(&mut self, peer: Peer) {
        self.handle_gone(peer);
        self.steps.push_back(Step::Close(peer));
    }

    fn send(&mut self, peer: Peer, message: PeerMessage<'_>) {
        let mut frames = Frames::new();
        message.encode(&mut frames);
        self.steps.push_back(Step::Send(peer, frames));
    }
}
