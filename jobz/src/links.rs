//! The connections to other brokers, between the [`Federation`] and the [`Dispatcher`]. Pure.
//!
//! A broker connects to others (its *uplinks*), and others connect to it. Both ways are the same for the federation.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};

use wire::job::{Body, PeerMessage, Token};

use crate::{
    dispatcher::{Dispatcher, Outbox, PeerEvent},
    federation::{Federation, Peer, Step},
    requests::{Number, RoutingId},
};

/// The connections to other brokers.
#[derive(Debug)]
pub struct Links {
    federation: Federation,
    /// Where each peer is.
    routes: BTreeMap<Peer, Route>,
    /// Those that have connected to this broker.
    connected: HashMap<RoutingId, Peer>,
    /// The peers of uplinks that are up.
    uplinks: BTreeMap<usize, Peer>,
    last: Peer,
    /// The requests that peers' questions are here.
    questions: HashMap<Token, Number>,
}

/// How a peer is reached.
#[derive(Debug, Clone)]
enum Route {
    /// It has connected to the broker's `ROUTER`.
    Connected(RoutingId),
    /// The broker has connected to it.
    Uplink(usize),
}

impl Links {
    /// No connections yet.
    #[must_use]
    pub fn new(federation: Federation) -> Self {
        Self {
            federation,
            routes: BTreeMap::new(),
            connected: HashMap::new(),
            uplinks: BTreeMap::new(),
            last: 0,
            questions: HashMap::new(),
        }
    }

    /// The number of other brokers that are connected.
    #[must_use]
    pub fn peers(&self) -> usize {
        self.federation.peers()
    }

    /// Whether no request is passed on, or about to be.
    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        self.questions.is_empty() && self.federation.is_idle()
    }

    /// When something is due next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.federation.next_deadline()
    }

    /// Takes a message that came to the broker's `ROUTER`; returns whether it is the first one of its peer.
    pub fn handle_message(&mut self, now: Instant, from: &[u8], message: PeerMessage<'_>) -> bool {
        if let Some(&peer) = self.connected.get(from) {
            self.federation.handle_message(now, peer, message);
            return false;
        }
        if !matches!(message, PeerMessage::Hello(_)) {
            return false;
        }
        let routing_id = RoutingId::from(from);
        let peer = self.add(now, Route::Connected(routing_id.clone()));
        self.connected.insert(routing_id, peer);
        self.federation.handle_message(now, peer, message);
        true
    }

    /// A connection to the broker's `ROUTER` is gone.
    pub fn handle_gone(&mut self, from: &[u8]) {
        if let Some(peer) = self.connected.remove(from) {
            self.routes.remove(&peer);
            self.federation.handle_gone(peer);
        }
    }

    /// An uplink is connected.
    pub fn handle_up(&mut self, now: Instant, uplink: usize) {
        self.handle_down(uplink);
        let peer = self.add(now, Route::Uplink(uplink));
        self.uplinks.insert(uplink, peer);
    }

    /// An uplink has lost its connection.
    pub fn handle_down(&mut self, uplink: usize) {
        if let Some(peer) = self.uplinks.remove(&uplink) {
            self.routes.remove(&peer);
            self.federation.handle_gone(peer);
        }
    }

    /// Takes a message of an uplink.
    pub fn handle_uplink(&mut self, now: Instant, uplink: usize, message: PeerMessage<'_>) {
        if let Some(&peer) = self.uplinks.get(&uplink) {
            self.federation.handle_message(now, peer, message);
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.federation.handle_timeout(now);
    }

    /// Takes leave of all peers.
    pub fn end(&mut self, now: Instant, dispatcher: &mut Dispatcher, out: &mut Outbox) {
        self.federation.end();
        self.settle(now, dispatcher, out);
    }

    /// Has the dispatcher and the federation tell each other what is new, until nothing is.
    pub fn settle(&mut self, now: Instant, dispatcher: &mut Dispatcher, out: &mut Outbox) {
        loop {
            let mut has_changed = false;
            while let Some(event) = out.take_peer_event() {
                has_changed = true;
                self.tell(event);
            }
            while self.federation.can_ask()
                && let Some((number, service)) = dispatcher.take_unserved()
            {
                has_changed = true;
                self.federation.ask(now, number, &service);
            }
            while let Some(step) = self.federation.take_step() {
                has_changed = true;
                self.carry_out(now, step, dispatcher, out);
            }
            if !has_changed {
                return;
            }
        }
    }

    fn add(&mut self, now: Instant, route: Route) -> Peer {
        self.last += 1;
        self.routes.insert(self.last, route);
        self.federation.handle_connected(now, self.last);
        self.last
    }

    fn tell(&mut self, event: PeerEvent) {
        match event {
            PeerEvent::Recalled(number) => self.federation.withdraw(number),
            PeerEvent::Kept(token) => self.federation.keep(token),
            PeerEvent::Part(token, frames) => {
                if let Ok(body) = Body::of(&frames, 0) {
                    self.federation.part(token, body);
                }
            }
            PeerEvent::Done(token, frames) => {
                self.questions.remove(&token);
                if let Ok(body) = Body::of(&frames, 0) {
                    self.federation.done(token, body);
                }
            }
            PeerEvent::NotDone(token, reason) => {
                self.questions.remove(&token);
                self.federation.failed(token, &reason);
            }
        }
    }

    fn carry_out(&mut self, now: Instant, step: Step, dispatcher: &mut Dispatcher, out: &mut Outbox) {
        match step {
            Step::Send(peer, frames) => match self.routes.get(&peer) {
                Some(Route::Connected(routing_id)) => out.to(routing_id).append(&frames),
                Some(Route::Uplink(uplink)) => out.to_uplink(*uplink, frames),
                None => {}
            },
            Step::Close(peer) => match self.routes.remove(&peer) {
                Some(Route::Connected(routing_id)) => {
                    self.connected.remove(&routing_id);
                }
                Some(Route::Uplink(uplink)) => {
                    self.uplinks.remove(&uplink);
                    out.close_uplink(uplink);
                }
                None => {}
            },
            Step::Seek(token, service) => {
                if let Some(number) = dispatcher.seek(now, token, &service, out) {
                    self.questions.insert(token, number);
                }
            }
            Step::Forget(token) => {
                if let Some(number) = self.questions.remove(&token) {
                    dispatcher.withdraw(now, number, out);
                }
            }
            Step::Run(token, body) => {
                if let Some(&number) = self.questions.get(&token) {
                    dispatcher.run(now, number, body, out);
                }
            }
            Step::Offered(number) => match dispatcher.send_away(now, number, out) {
                Some(request) => {
                    if let Ok(body) = Body::of(request, 0) {
                        self.federation.pass(number, body);
                    }
                }
                None => self.federation.withdraw(number),
            },
            Step::Part(number, frames) => {
                if let Ok(body) = Body::of(&frames, 0) {
                    dispatcher.take_from_away(now, number, false, body, out);
                }
            }
            Step::Done(number, frames) => {
                if let Ok(body) = Body::of(&frames, 0) {
                    dispatcher.take_from_away(now, number, true, body, out);
                }
            }
            Step::Failed(number, reason) => dispatcher.take_back_from_away(now, number, &reason, out),
        }
    }
}
