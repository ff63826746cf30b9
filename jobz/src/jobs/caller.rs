//! Who has called one of the broker's services, and how it is answered: with a status of three digits first.

use serde::Serialize;
use wire::{
    Frames,
    job::{BODY_FRAMES_MAX, Body, Dialect, Reply, Request},
};

use super::call::Refusal;
use crate::{dispatcher::Outbox, requests::RoutingId};

pub(super) const OK: u16 = 200;
pub(super) const NOT_DONE: u16 = 300;
pub(super) const BAD: u16 = 400;
pub(super) const UNKNOWN: u16 = 404;
pub(super) const CONFLICT: u16 = 409;
pub(super) const CANCELLED: u16 = 410;
pub(super) const DEAD: u16 = 424;
pub(super) const FAILED: u16 = 500;
pub(super) const NO_SERVICE: u16 = 501;
pub(super) const NO_ROOM: u16 = 503;

/// The most bytes of a reason that is sent.
const REASON_BYTES_MAX: usize = 512;

/// A client that waits for an answer.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) routing_id: RoutingId,
    pub(super) dialect: Dialect,
    /// The service that it has called.
    service: String,
}

impl Caller {
    pub(super) fn of(from: &[u8], request: &Request<'_>) -> Self {
        Self { routing_id: RoutingId::from(from), dialect: request.dialect, service: request.service.to_owned() }
    }

    /// Whether it speaks Titanic, whose statuses have no text.
    fn is_titanic(&self) -> bool {
        self.service.starts_with("titanic.")
    }

    /// Answers with a status, and a frame after it.
    pub(super) fn answer(&self, status: u16, rest: Option<&[u8]>, out: &mut Outbox) {
        let mut frames: Frames = [status.to_string()].into_iter().collect();
        rest.into_iter().for_each(|rest| frames.push(rest));
        self.send(true, &frames, 0, out);
    }

    pub(super) fn answer_json(&self, value: &impl Serialize, out: &mut Outbox) {
        let json = serde_json::to_vec(value).unwrap_or_default();
        self.answer(OK, Some(&json), out);
    }

    pub(super) fn refuse(&self, refusal: &Refusal, out: &mut Outbox) {
        let Refusal { status, reason } = refusal;
        if !self.is_titanic() {
            self.answer(*status, Some(&reason.as_bytes()[..reason.floor_char_boundary(REASON_BYTES_MAX)]), out);
            return;
        }
        let status = match (self.service.as_str(), *status) {
            ("titanic.reply", UNKNOWN) => BAD,
            (_, NO_SERVICE) => NO_SERVICE,
            _ => FAILED,
        };
        self.answer(status, None, out);
    }

    /// Whether it gets partial replies.
    pub(super) fn gets_parts(&self) -> bool {
        self.dialect != Dialect::Mdp1
    }

    /// Sends frames of a job's reply that it does not have yet, as a partial reply.
    pub(super) fn send_part(&self, frames: &Frames, from: usize, out: &mut Outbox) {
        self.send(false, frames, from, out);
    }

    /// Sends the rest of a job's reply. If it is too long for one message, all but its end is sent before, as partial replies.
    pub(super) fn send_reply(&self, reply: &Frames, mut from: usize, out: &mut Outbox) {
        while self.gets_parts() && reply.len() - from >= BODY_FRAMES_MAX {
            let part: Frames = reply.iter().skip(from).take(BODY_FRAMES_MAX - 1).collect();
            self.send(false, &part, 0, out);
            from += part.len();
        }
        let mut last: Frames = [OK.to_string()].into_iter().collect();
        last.append_from(reply, from);
        self.send(true, &last, 0, out);
    }

    fn send(&self, is_final: bool, frames: &Frames, from: usize, out: &mut Outbox) {
        if let Ok(body) = Body::of(frames, from) {
            let reply = Reply { dialect: self.dialect, is_final, service: Some(&self.service), body };
            reply.encode(out.to(&self.routing_id));
        }
    }
}
