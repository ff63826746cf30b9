//! The values in the tables: frames ([`mme`]), of which the first is always the client's key.
//!
//! | table | frames |
//! |---|---|
//! | open | key, deadline, tries, attempts, parent, service, body |
//! | done | key, time of its end, reply; no reply if it was cancelled |
//! | dead | key, time of its end, reason, tries, service, body |

use siphasher::sip128::{Hasher128 as _, SipHasher};
use std::hash::Hasher as _;
use wire::{Frames, mme};

use super::{DeadLetter, Found, Record};
use crate::requests::Number;

/// An open request.
pub(super) fn of_record(record: &Record) -> Vec<u8> {
    let Record { service, key, deadline, tries, attempts, parent, body } = record;
    let (deadline, tries) = (deadline.to_le_bytes(), tries.to_le_bytes());
    let (attempts, parent) = (attempts.to_le_bytes(), parent.to_le_bytes());
    bytes(&[key, &deadline, &tries, &attempts, &parent, service.as_bytes()], body, 0)
}

/// The open request in a value.
pub(super) fn record(value: &[u8]) -> Option<Record> {
    let frames = mme::decode(value)?;
    Some(Record {
        key: frames.get(0)?.to_vec(),
        deadline: u64::from_le_bytes(frames.get(1)?.try_into().ok()?),
        tries: u32::from_le_bytes(frames.get(2)?.try_into().ok()?),
        attempts: u32::from_le_bytes(frames.get(3)?.try_into().ok()?),
        parent: Number::from_le_bytes(frames.get(4)?.try_into().ok()?),
        service: text(&frames, 5)?,
        body: rest(&frames, 6),
    })
}

/// A reply.
pub(super) fn of_reply(key: &[u8], at: u64, reply: &Frames) -> Vec<u8> {
    bytes(&[key, &at.to_le_bytes()], reply, 0)
}

/// A cancelled request.
pub(super) fn of_cancelled(key: &[u8], at: u64) -> Vec<u8> {
    bytes(&[key, &at.to_le_bytes()], &Frames::new(), 0)
}

/// How a request that is not dead has ended.
pub(super) fn done(value: &[u8]) -> Option<Found> {
    let frames = mme::decode(value)?;
    match frames.len() {
        0 | 1 => None,
        2 => Some(Found::Cancelled),
        _ => Some(Found::Reply(rest(&frames, 2))),
    }
}

/// A dead letter of an open request.
pub(super) fn of_dead(record: &Record, at: u64, reason: &str) -> Vec<u8> {
    let Record { service, key, tries, body, .. } = record;
    bytes(&[key, &at.to_le_bytes(), reason.as_bytes(), &tries.to_le_bytes(), service.as_bytes()], body, 0)
}

/// The dead letter in a value.
pub(super) fn dead_letter(number: Number, value: &[u8]) -> Option<DeadLetter> {
    let frames = mme::decode(value)?;
    Some(DeadLetter {
        number,
        at: u64::from_le_bytes(frames.get(1)?.try_into().ok()?),
        reason: text(&frames, 2)?,
        service: text(&frames, 4)?,
    })
}

/// The request in a dead letter, without its deadline and parent; none of its tries is used up.
pub(super) fn dead_record(value: &[u8]) -> Option<Record> {
    let frames = mme::decode(value)?;
    Some(Record {
        key: frames.get(0)?.to_vec(),
        deadline: 0,
        tries: u32::from_le_bytes(frames.get(3)?.try_into().ok()?),
        attempts: 0,
        parent: 0,
        service: text(&frames, 4)?,
        body: rest(&frames, 5),
    })
}

/// The key of any entry, and when it has ended if it is not open.
pub(super) fn key_and_end(value: &[u8]) -> Option<(Vec<u8>, u64)> {
    let frames = mme::decode(value)?;
    Some((frames.get(0)?.to_vec(), u64::from_le_bytes(frames.get(1)?.try_into().ok()?)))
}

/// Distinguishes requests with the same key, by service and body.
pub(super) fn fingerprint(record: &Record) -> u128 {
    let mut hasher = SipHasher::new();
    hasher.write(&bytes(&[record.service.as_bytes()], &record.body, 0));
    hasher.finish128().as_u128()
}

fn bytes(first: &[&[u8]], rest: &Frames, index: usize) -> Vec<u8> {
    let mut frames: Frames = first.iter().collect();
    frames.append_from(rest, index);
    let mut bytes = Vec::new();
    // No frame of a channel is as long as 4 GiB.
    let _ = mme::encode(&frames, &mut bytes);
    bytes
}

fn rest(frames: &Frames, index: usize) -> Frames {
    let mut rest = Frames::new();
    rest.append_from(frames, index);
    rest
}

fn text(frames: &Frames, index: usize) -> Option<String> {
    Some(str::from_utf8(frames.get(index)?).ok()?.to_owned())
}
