//! The requests that the broker has taken and not answered yet.

mod routing_id;
mod shunned;
mod taken;

use std::{fmt, time::Instant};

use rustc_hash::FxHashMap;
use wire::{
    Frames,
    job::{Body, Dialect, Token},
};

pub use self::{
    routing_id::RoutingId,
    shunned::Shunned,
    taken::{State, Taken},
};

/// A request's number. Its upper half is the time of the broker's start, in microseconds since 1970, so that no two runs give the
/// same; its lower half is 1 for the first request of a run.
pub type Number = u128;

/// The bytes of an address: the request's number, and which try it is.
const ADDRESS_BYTES: usize = 20;

/// How many requests' memory is used again at most.
const SPARE_MAX: usize = 100;

/// The most bytes of a request, or of a message, whose memory is used again.
pub(crate) const SPARE_BYTES_MAX: usize = 4096;

/// What a frame costs besides its bytes.
const FRAME_BYTES: usize = size_of::<usize>();

/// The memory that a body takes.
pub(crate) fn cost(body: Body<'_>) -> usize {
    body.byte_len() + body.len() * FRAME_BYTES
}

/// The same of frames that are kept.
fn cost_of(frames: &Frames) -> usize {
    frames.byte_len() + frames.len() * FRAME_BYTES
}

/// What a worker gets in place of its client's address, and returns with its replies: which request it is, and which try.
/// A worker that is late with an earlier try is recognised by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The request.
    pub number: Number,
    /// The try, 1 for the first.
    pub attempt: u32,
}

impl Address {
    /// Its frame: both numbers, big-endian, so that addresses sort as they were given.
    #[must_use]
    pub fn encode(&self) -> [u8; ADDRESS_BYTES] {
        let mut bytes = [0; ADDRESS_BYTES];
        bytes[..16].copy_from_slice(&self.number.to_be_bytes());
        bytes[16..].copy_from_slice(&self.attempt.to_be_bytes());
        bytes
    }

    /// The address in a frame, if the broker can have given it.
    #[must_use]
    pub fn decode(frame: &[u8]) -> Option<Self> {
        let (number, attempt) = frame.split_first_chunk()?;
        Some(Self { number: u128::from_be_bytes(*number), attempt: u32::from_be_bytes(attempt.try_into().ok()?) })
    }
}

/// A request's number as text: 32 hexadecimal digits, as the UUID of [9/TSP](https://rfc.zeromq.org/spec/9/).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub Number);

impl Id {
    /// The id in a frame; `None` if it is no id.
    #[must_use]
    pub fn decode(frame: &[u8]) -> Option<Self> {
        let is_digits = frame.len() == 32 && frame.iter().all(u8::is_ascii_hexdigit);
        let digits = str::from_utf8(frame).ok().filter(|_| is_digits)?;
        Number::from_str_radix(digits, 16).ok().map(Self)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// Where a request comes from, and so where its replies go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A client waits for the replies.
    Client {
        /// Who it is.
        routing_id: RoutingId,
        /// How it speaks.
        dialect: Dialect,
    },
    /// It is a job: it was accepted, and what comes of it is for [`crate::jobs`].
    Job,
    /// Another broker asks for a place, and sends the request for it.
    Peer(Token),
}

/// All requests that are not answered yet.
#[derive(Debug)]
pub struct Requests {
    /// The hash is quick and has no secret: the broker itself chooses all numbers.
    by_number: FxHashMap<Number, Box<Taken>>,
    last: Number,
    bytes: usize,
    /// The memory of requests that are over, to be used again.
    #[expect(clippy::vec_box, reason = "each goes back into the map where it is")]
    spare: Vec<Box<Taken>>,
}

impl Requests {
    /// No requests, of a broker that has started at this time, in microseconds since 1970.
    #[must_use]
    pub fn new(start: u64) -> Self {
        Self { by_number: FxHashMap::default(), last: Number::from(start) << 64, bytes: 0, spare: Vec::new() }
    }

    /// The number of requests.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_number.len()
    }

    /// Whether every request is answered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    /// The bytes of all of them.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a request with a copy of this body, and returns its number.
    pub fn copy(&mut self, origin: Origin, service: usize, body: Body<'_>) -> Number {
        let mut taken = match self.spare.pop() {
            Some(mut spare) => {
                spare.renew(origin, service);
                spare
            }
            None => Box::new(Taken::new(origin, service, Frames::new(), State::Held)),
        };
        body.push_to(&mut taken.body);
        self.add_in_place(taken)
    }

    /// Takes a request, and returns its number.
    pub fn add(&mut self, taken: Taken) -> Number {
        self.add_in_place(Box::new(taken))
    }

    fn add_in_place(&mut self, taken: Box<Taken>) -> Number {
        self.last += 1;
        self.insert(self.last, taken);
        self.last
    }

    /// Takes a request that has a number from an earlier run.
    pub fn restore(&mut self, number: Number, taken: Taken) {
        self.insert(number, Box::new(taken));
    }

    fn insert(&mut self, number: Number, taken: Box<Taken>) {
        self.bytes += cost_of(&taken.body);
        if let Some(before) = self.by_number.insert(number, taken) {
            self.bytes -= cost_of(&before.body) + cost_of(&before.joined);
        }
    }

    /// A request.
    #[must_use]
    pub fn get(&self, number: Number) -> Option<&Taken> {
        self.by_number.get(&number).map(Box::as_ref)
    }

    /// A request, to change it.
    pub fn get_mut(&mut self, number: Number) -> Option<&mut Taken> {
        self.by_number.get_mut(&number).map(Box::as_mut)
    }

    /// Whether there is this request, and its state ends by itself at this time.
    #[must_use]
    pub fn is_due_at(&self, number: Number, time: Instant) -> bool {
        self.get(number).is_some_and(|taken| taken.state.deadline() == Some(time))
    }

    /// Gives a question of another broker the request that it was asked for; `false` if the broker has no room for it.
    pub fn fill(&mut self, number: Number, body: Frames, bytes_max: usize) -> bool {
        let Some(taken) = self.by_number.get_mut(&number) else { return false };
        let bytes = cost_of(&body);
        if self.bytes + bytes > bytes_max {
            return false;
        }
        self.bytes = self.bytes + bytes - cost_of(&taken.body);
        taken.body = body;
        true
    }

    /// Keeps a partial reply until the final one; `false` if the broker has no room for it.
    pub fn join(&mut self, number: Number, body: Body<'_>, bytes_max: usize) -> bool {
        let Some(taken) = self.by_number.get_mut(&number) else { return false };
        let bytes = cost(body);
        if self.bytes + bytes > bytes_max {
            return false;
        }
        body.push_to(&mut taken.joined);
        self.bytes += bytes;
        true
    }

    /// Forgets the partial replies of a worker that has the request no more.
    pub fn forget_joined(&mut self, number: Number) {
        if let Some(taken) = self.by_number.get_mut(&number) {
            self.bytes -= cost_of(&taken.joined);
            taken.joined.clear();
        }
    }

    /// Removes a request.
    pub fn remove(&mut self, number: Number) -> Option<Box<Taken>> {
        let taken = self.by_number.remove(&number)?;
        self.bytes -= cost_of(&taken.body) + cost_of(&taken.joined);
        Some(taken)
    }

    /// Keeps the memory of a request that is over, for [`Requests::copy`].
    pub fn reuse(&mut self, taken: Box<Taken>) {
        if cost_of(&taken.body) + cost_of(&taken.joined) <= SPARE_BYTES_MAX && self.spare.len() < SPARE_MAX {
            self.spare.push(taken);
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::job::BrokerId;

    use super::*;

    #[test]
    fn a_request_has_nothing_of_the_one_in_whose_memory_it_is() {
        let mut requests = Requests::new(0);
        for (service, frames) in [&["a", "bb"][..], &["ccc"], &["d", "", "e"]].into_iter().enumerate() {
            let asked: Frames = frames.iter().collect();
            let number = requests.copy(Origin::Job, service, Body::of(&asked, 0).unwrap());
            let taken = requests.get_mut(number).unwrap();
            assert_eq!(format!("{taken:?}"), format!("{:?}", Taken::new(Origin::Job, service, asked, State::Held)));
            change_all(taken);
            assert!(requests.join(number, Body::of(&["part"].iter().collect(), 0).unwrap(), 100));
            let taken = requests.remove(number).unwrap();
            assert_eq!(requests.bytes(), 0);
            requests.reuse(taken);
        }
        assert_eq!(requests.spare.len(), 1);
    }

    fn change_all(taken: &mut Taken) {
        let (now, frames) = (Instant::now(), taken.body.clone());
        Shunned::add(&mut taken.shunned, RoutingId::from(&b"w"[..]), now);
        *taken = Taken {
            tries_max: Some(7),
            depth: 1,
            attempts: 2,
            given_back: 3,
            noted: 4,
            shunned: taken.shunned.take(),
            is_asked: true,
            ..Taken::new(Origin::Peer(Token { broker: BrokerId([0; 16]), number: 0 }), 9, frames, State::Away(now))
        };
    }
}
