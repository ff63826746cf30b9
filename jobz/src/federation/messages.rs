//! What each message of a peer changes.

use std::time::Instant;

use wire::job::{Body, BrokerId, PeerMessage, Token};

use super::{
    Federation, Peer, QUESTIONS_MAX, Step,
    question::{Place, Question, Source, Stage},
};

impl Federation {
    /// Takes a message of a peer.
    pub fn handle_message(&mut self, now: Instant, peer: Peer, message: PeerMessage<'_>) {
        let Some(neighbour) = self.peers.get_mut(&peer) else { return };
        neighbour.last_received = now;
        match (message, neighbour.id) {
            (PeerMessage::Hello(id), None) => self.introduce(peer, id),
            (PeerMessage::Hello(_), Some(_)) | (_, None) => self.give_up(peer),
            (PeerMessage::Beat, Some(_)) => {}
            (PeerMessage::Bye, Some(_)) => self.give_up(peer),
            (PeerMessage::Ask { token, hops, service }, Some(_)) => self.take_question(peer, token, hops, service),
            (PeerMessage::Yes(token), Some(_)) => self.take_yes(peer, token),
            (PeerMessage::No(token), Some(_)) => {
                if let Some(question) =
                    self.questions.get_mut(&token).filter(|question| question.stage == Stage::Asking)
                {
                    question.asked.remove(&peer);
                }
            }
            (PeerMessage::Drop(token), Some(_)) => {
                if self.questions.get(&token).is_some_and(|question| question.is_of(peer)) {
                    self.drop_question(token);
                }
            }
            (PeerMessage::Pass(token, body), Some(_)) => self.take_request(peer, token, body),
            (PeerMessage::Part(token, body), Some(_)) => {
                if self.is_passed_to(peer, token) {
                    self.reply(token, body, false);
                }
            }
            (PeerMessage::Done(token, body), Some(_)) => {
                if self.is_passed_to(peer, token) {
                    self.reply(token, body, true);
                    self.remove(token);
                }
            }
            (PeerMessage::Fail(token, reason), Some(_)) => {
                if self.questions.get(&token).is_some_and(|question| question.place_at() == Some(peer)) {
                    self.fail(token, reason);
                }
            }
        }
    }

    /// A peer has said who it is: it is asked what the others are asked, unless it is this broker itself.
    fn introduce(&mut self, peer: Peer, id: BrokerId) {
        if id == self.me {
            self.give_up(peer);
            return;
        }
        if let Some(neighbour) = self.peers.get_mut(&peer) {
            neighbour.id = Some(id);
        }
        let mut asking = Vec::new();
        for (token, question) in &mut self.questions {
            if question.stage == Stage::Asking && question.hops > 0 && !question.is_of(peer) {
                question.asked.insert(peer);
                asking.push((*token, question.hops, question.service.clone()));
            }
        }
        for (token, hops, service) in asking {
            self.send(peer, PeerMessage::Ask { token, hops, service: &service });
        }
    }

    fn take_question(&mut self, peer: Peer, token: Token, hops: u8, service: &str) {
        let Some(neighbour) = self.peers.get_mut(&peer) else { return };
        let is_known = token.broker == self.me || self.questions.contains_key(&token) || self.is_ended.contains(&token);
        if is_known || neighbour.questions >= QUESTIONS_MAX {
            self.send(peer, PeerMessage::No(token));
            return;
        }
        neighbour.questions += 1;
        let hops = hops - 1;
        let asked = self.ask_peers(token, service, hops, Some(peer));
        self.questions.insert(token, Question::new(Source::Peer(peer), service, hops, asked));
        self.steps.push_back(Step::Seek(token, service.to_owned()));
    }

    fn take_yes(&mut self, peer: Peer, token: Token) {
        let question = self.questions.get(&token).filter(|question| question.asked.contains(&peer));
        match question.map(|question| question.stage) {
            Some(Stage::Asking) => self.settle(token, Place::At(peer)),
            Some(Stage::Kept(_) | Stage::Passed(_)) => {}
            None => self.send(peer, PeerMessage::Drop(token)),
        }
    }

    fn take_request(&mut self, peer: Peer, token: Token, body: Body<'_>) {
        let question = self.questions.get_mut(&token).filter(|question| question.is_of(peer));
        let place = match question {
            Some(question) => match question.stage {
                Stage::Kept(place) => {
                    question.stage = Stage::Passed(place);
                    Some(place)
                }
                Stage::Asking | Stage::Passed(_) => None,
            },
            None => None,
        };
        match place {
            Some(Place::Here) => self.steps.push_back(Step::Run(token, body.iter().collect())),
            Some(Place::At(next)) => self.send(next, PeerMessage::Pass(token, body)),
            None => self.send(peer, PeerMessage::Fail(token, "no place is kept for it")),
        }
    }

    /// Passes a reply on, the way that the question came.
    fn reply(&mut self, token: Token, body: Body<'_>, is_final: bool) {
        let Some(question) = self.questions.get(&token) else { return };
        match (question.source, is_final) {
            (Source::Peer(from), true) => self.send(from, PeerMessage::Done(token, body)),
            (Source::Peer(from), false) => self.send(from, PeerMessage::Part(token, body)),
            (Source::Own(number, _), true) => self.steps.push_back(Step::Done(number, body.iter().collect())),
            (Source::Own(number, _), false) => self.steps.push_back(Step::Part(number, body.iter().collect())),
        }
    }

    fn is_passed_to(&self, peer: Peer, token: Token) -> bool {
        self.questions.get(&token).is_some_and(|question| question.stage == Stage::Passed(Place::At(peer)))
    }
}
