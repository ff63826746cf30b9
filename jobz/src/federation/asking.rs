//! A question from its beginning to its end, of this broker or of a peer.

use std::{collections::BTreeSet, mem, time::Instant};

use wire::job::{Body, HOPS_MAX, PeerMessage, Token};

use super::{
    ENDED_MAX, Federation, Neighbour, PATIENCE, Peer, Step,
    question::{Place, Question, Source, Stage},
};
use crate::requests::Number;

impl Federation {
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

    /// There is a place for a question: the others that look for one can stop.
    pub(super) fn settle(&mut self, token: Token, place: Place) {
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
            Source::Own(number, _) => self.steps.push_back(Step::Offered(number)),
            Source::Peer(from) => {
                if place != Place::Here {
                    self.steps.push_back(Step::Forget(token));
                }
                self.send(from, PeerMessage::Yes(token));
            }
        }
    }

    /// The place of a question is lost.
    pub(super) fn fail(&mut self, token: Token, reason: &str) {
        let Some(question) = self.remove(token) else { return };
        match question.source {
            Source::Peer(from) => self.send(from, PeerMessage::Fail(token, reason)),
            Source::Own(number, _) => self.steps.push_back(Step::Failed(number, reason.to_owned())),
        }
    }

    /// A question is not one any more.
    pub(super) fn drop_question(&mut self, token: Token) {
        let Some(question) = self.remove(token) else { return };
        for &peer in &question.asked {
            self.send(peer, PeerMessage::Drop(token));
        }
        if matches!(question.source, Source::Peer(_)) && question.place_at().is_none() {
            self.steps.push_back(Step::Forget(token));
        }
    }

    pub(super) fn remove(&mut self, token: Token) -> Option<Question> {
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
    pub(super) fn ask_peers(&mut self, token: Token, service: &str, hops: u8, from: Option<Peer>) -> BTreeSet<Peer> {
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

    pub(super) fn ask_again(&mut self, now: Instant) {
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

    /// Who asked for the request that a worker of this broker has.
    fn runs_here(&self, token: Token) -> Option<Peer> {
        let question = self.questions.get(&token).filter(|question| question.stage == Stage::Passed(Place::Here))?;
        match question.source {
            Source::Peer(peer) => Some(peer),
            Source::Own(..) => None,
        }
    }
}
