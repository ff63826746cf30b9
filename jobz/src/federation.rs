//! Brokers that pass requests to each other (`protocol-docs/jobz.md`, *Federation*): a pure state machine without sockets and clock.
//!
//! A *question* is one try to have a request done elsewhere. It has one [`Token`] at all brokers that it reaches, each of which takes it
//! once, so that questions go round in no circle. The first place that anyone keeps for it gets the request; everybody else drops
//! it. A question that finds no place in some time is asked again, with a new token, because peers come and go.
//!
//! What has to be said to peers, and to this broker's own queue, is left as [`Step`]s.

mod messages;
mod question;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    mem,
    time::{Duration, Instant},
};

use wire::{
    Frames,
    job::{Body, BrokerId, HOPS_MAX, PeerMessage, Token},
};

use self::question::{Place, Question, Source, Stage};
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
    steps: Vec<Step>,
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
            steps: Vec::new(),
        }
    }

    /// What has to be done, in this order.
    pub fn take_steps(&mut self) -> impl Iterator<Item = Step> + use<'_> {
        self.steps.drain(..)
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
            self.steps.push(Step::Close(peer));
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

    /// This broker looks for a place for a request of one of its clients.
    pub fn ask(&mut self, now: Instant, number: Number, service: &str) {
        self.last += 1;
        let token = Token { broker: self.me, number: self.last };
        let asked = self.ask_peers(token, service, HOPS_MAX, None);
        self.questions.insert(token, Question::new(Source::Own(number, now), service, HOPS_MAX, asked));
        self.own.insert(number, token);
    }

    /// An own request does not need another broker: it is done here, or not wanted.
    pub fn withdraw(&mut self, number: Number) {
        if let Some(&token) = self.own.get(&number) {
            self.drop_question(token);
        }
    }

    /// The own request for which a place was offered.
    pub fn pass(&mut self, number: Number, body: Body<'_>) {
        let Some(&token) = self.own.get(&number) else { return };
        let Some(Question { stage, .. }) = self.questions.get_mut(&token) else { return };
        if let Stage::Kept(Place::At(peer)) = *stage {
            *stage = Stage::Passed(Place::At(peer));
            self.send(peer, PeerMessage::Pass(token, body));
        }
    }

    /// A worker of this broker is kept for a peer's question.
    pub fn keep(&mut self, token: Token) {
        self.settle(token, Place::Here);
    }

    /// A worker of this broker has sent a partial reply to the request of a peer.
    pub fn part(&mut self, token: Token, body: Body<'_>) {
        if let Some(from) = self.runs_here(token) {
            self.send(from, PeerMessage::Part(token, body));
        }
    }

    /// A worker of this broker has done the request of a peer.
    pub fn done(&mut self, token: Token, body: Body<'_>) {
        if let Some(from) = self.runs_here(token) {
            self.send(from, PeerMessage::Done(token, body));
            self.remove(token);
        }
    }

    /// The worker that was kept for a peer, or had its request, could not do it.
    pub fn failed(&mut self, token: Token, reason: &str) {
        let here = [Stage::Kept(Place::Here), Stage::Passed(Place::Here)];
        if self.questions.get(&token).is_some_and(|question| here.contains(&question.stage)) {
            self.fail(token, reason);
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

    /// There is a place for a question: the others that look for one can stop.
    fn settle(&mut self, token: Token, place: Place) {
        let question = self.questions.get_mut(&token).filter(|question| question.stage == Stage::Asking);
        let Some(question) = question else { return };
        question.stage = Stage::Kept(place);
        let source = question.source;
        let mut others = mem::take(&mut question.asked);
        if let Place::At(peer) = place {
            others.remove(&peer);
            question.asked.insert(peer);
        }
        for other in others {
            self.send(other, PeerMessage::Drop(token));
        }
        match source {
            Source::Own(number, _) => self.steps.push(Step::Offered(number)),
            Source::Peer(from) => {
                if place != Place::Here {
                    self.steps.push(Step::Forget(token));
                }
                self.send(from, PeerMessage::Yes(token));
            }
        }
    }

    /// The place of a question is lost.
    fn fail(&mut self, token: Token, reason: &str) {
        let Some(question) = self.remove(token) else { return };
        match question.source {
            Source::Peer(from) => self.send(from, PeerMessage::Fail(token, reason)),
            Source::Own(number, _) => self.steps.push(Step::Failed(number, reason.to_owned())),
        }
    }

    /// A question is not one any more.
    fn drop_question(&mut self, token: Token) {
        let Some(question) = self.remove(token) else { return };
        for &peer in &question.asked {
            self.send(peer, PeerMessage::Drop(token));
        }
        if matches!(question.source, Source::Peer(_)) && question.place_at().is_none() {
            self.steps.push(Step::Forget(token));
        }
    }

    fn remove(&mut self, token: Token) -> Option<Question> {
        let question = self.questions.remove(&token)?;
        match question.source {
            Source::Own(number, _) => {
                self.own.remove(&number);
            }
            Source::Peer(from) => {
                if let Some(neighbour) = self.peers.get_mut(&from) {
                    neighbour.questions -= 1;
                }
                self.remember_ended(token);
            }
        }
        Some(question)
    }

    /// Asks everybody but the one that asked.
    fn ask_peers(&mut self, token: Token, service: &str, hops: u8, from: Option<Peer>) -> BTreeSet<Peer> {
        if hops == 0 {
            return BTreeSet::new();
        }
        let is_asked = |(peer, neighbour): &(&Peer, &Neighbour)| neighbour.id.is_some() && Some(**peer) != from;
        let asked: BTreeSet<Peer> = self.peers.iter().filter(is_asked).map(|(peer, _)| *peer).collect();
        for &peer in &asked {
            self.send(peer, PeerMessage::Ask { token, hops, service });
        }
        asked
    }

    fn remember_ended(&mut self, token: Token) {
        if self.ended.len() == ENDED_MAX
            && let Some(oldest) = self.ended.pop_front()
        {
            self.is_ended.remove(&oldest);
        }
        self.ended.push_back(token);
        self.is_ended.insert(token);
    }

    fn ask_again(&mut self, now: Instant) {
        let patience = self.heartbeat * PATIENCE;
        let mut tired = Vec::new();
        for token in self.own.values() {
            if let Some(Question { source: Source::Own(number, since), stage: Stage::Asking, service, .. }) =
                self.questions.get(token)
                && *since + patience <= now
            {
                tired.push((*number, service.clone()));
            }
        }
        for (number, service) in tired {
            self.withdraw(number);
            self.ask(now, number, &service);
        }
    }

    fn give_up(&mut self, peer: Peer) {
        self.handle_gone(peer);
        self.steps.push(Step::Close(peer));
    }

    /// Who asked for the request that a worker of this broker has.
    fn runs_here(&self, token: Token) -> Option<Peer> {
        let question = self.questions.get(&token).filter(|question| question.stage == Stage::Passed(Place::Here))?;
        match question.source {
            Source::Peer(peer) => Some(peer),
            Source::Own(..) => None,
        }
    }

    fn send(&mut self, peer: Peer, message: PeerMessage<'_>) {
        let mut frames = Frames::new();
        message.encode(&mut frames);
        self.steps.push(Step::Send(peer, frames));
    }
}
