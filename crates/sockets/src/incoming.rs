//! How much a peer sends without completing a message that is received.
//!
//! libzmq limits the length of a frame and how many whole messages wait to be received. But it keeps the frames of a message
//! until the last one has come, however many they are, and it keeps all that a peer sends to a `PUSH`, which never receives.
//! The kernel counts the bytes of a connection. A peer that has sent many is given the chance to complete a message: if none
//! is received from it by the time that all whole messages are, its bytes are those of a message without end.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use crate::Descriptor;

/// How often peers are looked at: libzmq takes some 10,000,000 small frames a second, and each costs 64 bytes of memory.
pub(crate) const LOOK: Duration = Duration::from_millis(100);

/// How many bytes a peer may send without a whole message, in addition to its largest frame: a handshake with long names, or
/// the other frames of a message, which are small on any channel.
const BYTES: u64 = 64 * 1024;

/// How many more it may send a second: heartbeats.
const BYTES_A_SECOND: u64 = 128;

/// How many messages libzmq hands over, more than one of each peer, before each peer that has one has had its turn: it
/// learns of new messages after every hundred.
const TURNS: usize = 200;

/// How many bytes of a peer whose bytes the system does not count are assumed for each one that waits when it is looked at.
const UNSEEN: u64 = 16;

/// The bytes that a peer has sent.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// How many it had sent when it was last certain that few belong to an incomplete message, and when that was.
    certain: (u64, Instant),
    phase: Phase,
    /// How many it is assumed to have sent, if the system does not count them.
    assumed: u64,
    /// How many it may send without a whole message.
    bytes_max: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It has sent little.
    Quiet,
    /// A whole message is awaited from it.
    Awaited,
    /// The same, and it has sent much meanwhile.
    Overdue,
}

/// What follows from a look at a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing.
    Fine,
    /// It has sent much: a whole message must come from it.
    Await,
    /// It sends too much.
    Flood,
}

impl Incoming {
    /// A peer that sends small messages.
    pub(crate) const fn new(now: Instant) -> Self {
        Self::with_frames(now, 0)
    }

    /// A peer that may send frames of this length: on a slow network one takes longer than a few looks.
    pub(crate) const fn with_frames(now: Instant, frame_bytes: u32) -> Self {
        Self { certain: (0, now), phase: Phase::Quiet, assumed: 0, bytes_max: BYTES + frame_bytes as u64 }
    }

    /// Looks at the peer of a `PUSH`, from which no message is received.
    pub(crate) fn look_at_unread(&mut self, now: Instant, descriptor: Descriptor) -> Look {
        let bytes = descriptor.bytes_taken().unwrap_or_else(|| {
            self.assumed += UNSEEN * descriptor.bytes_waiting();
            self.assumed
        });
        self.judge_unread(now, bytes)
    }

    /// Looks at a peer from which messages are received. `all_received`: every whole message that libzmq had at the last
    /// look. A peer whose bytes the system does not count is fine.
    pub(crate) fn look_at_read(
        &mut self,
        now: Instant,
        descriptor: Descriptor,
        awaited: &Awaited,
        all_received: bool,
    ) -> Look {
        descriptor.bytes_taken().map_or(Look::Fine, |bytes| {
            self.judge_read(now, bytes, !awaited.connections.contains(&descriptor), all_received)
        })
    }

    fn judge_unread(&self, now: Instant, bytes: u64) -> Look {
        if self.is_much(now, bytes) { Look::Flood } else { Look::Fine }
    }

    fn judge_read(&mut self, now: Instant, bytes: u64, has_come: bool, all_received: bool) -> Look {
        let is_much = self.is_much(now, bytes);
        match self.phase {
            Phase::Quiet if is_much => {
                // These may all have been of messages that were received.
                (self.certain, self.phase) = ((bytes, now), Phase::Awaited);
                return Look::Await;
            }
            Phase::Awaited | Phase::Overdue if has_come => {
                (self.certain, self.phase) = ((bytes, now), Phase::Quiet);
            }
            Phase::Overdue if all_received => return Look::Flood,
            // What is complete of these is received only by the next look.
            Phase::Awaited if is_much => self.phase = Phase::Overdue,
            _ => {}
        }
        Look::Fine
    }

    fn is_much(&self, now: Instant, bytes: u64) -> bool {
        let (certain, since) = self.certain;
        let heartbeats = BYTES_A_SECOND * now.saturating_duration_since(since).as_secs();
        bytes.saturating_sub(certain) > self.bytes_max + heartbeats
    }
}

/// The connections of a socket from which whole messages are awaited, kept by the socket as it receives.
#[derive(Debug, Default)]
pub(crate) struct Awaited {
    connections: HashSet<Descriptor>,
    /// Since the last look, while any is awaited.
    received: usize,
    /// Whether the socket has had no message left since the last look.
    is_drained: bool,
}

impl Awaited {
    pub(crate) fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    pub(crate) fn insert(&mut self, descriptor: Descriptor) {
        self.connections.insert(descriptor);
    }

    /// A whole message came, of this connection if it is known. libzmq knows it of peers that speak ZMTP 3; an older peer may
    /// be any of the awaited ones, and while it sends, none of them is taken for one that floods.
    pub(crate) fn handle_message(&mut self, descriptor: Option<Descriptor>) {
        self.received += 1;
        match descriptor {
            Some(descriptor) => self.remove(descriptor),
            None => self.connections.clear(),
        }
    }

    /// The connection is gone.
    pub(crate) fn remove(&mut self, descriptor: Descriptor) {
        self.connections.remove(&descriptor);
    }

    /// There is no message left.
    pub(crate) const fn handle_drained(&mut self) {
        self.is_drained = true;
    }

    /// Whether every whole message that libzmq had at the last look was received: none was left, or each of `peers` has had
    /// its turn, if they take turns.
    pub(crate) fn all_received(&self, peers: Option<usize>) -> bool {
        self.is_drained || peers.is_some_and(|peers| self.received > peers + TURNS)
    }

    /// All peers have been looked at.
    pub(crate) const fn begin(&mut self) {
        (self.received, self.is_drained) = (0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MUCH: u64 = BYTES + 10_000;

    /// Looks every second at a peer that has sent so many bytes, and from which a message came, or not, since the last look.
    fn looks(incoming: &mut Incoming, start: Instant, sent: &[(u64, bool)], all_received: bool) -> Vec<Look> {
        let looks = (0_u64..).zip(sent);
        looks
            .map(|(second, (bytes, has_come))| {
                let now = start + Duration::from_secs(second);
                incoming.judge_read(now, *bytes, *has_come, all_received)
            })
            .collect()
    }

    #[test]
    fn a_message_without_end_is_a_flood_once_all_others_are_received() {
        let start = Instant::now();
        let growing = [(0, false), (MUCH, false), (3 * MUCH, false), (4 * MUCH, false)];
        let expected = [Look::Fine, Look::Await, Look::Fine, Look::Flood];
        assert_eq!(looks(&mut Incoming::new(start), start, &growing, true), expected);
        let expected = [Look::Fine, Look::Await, Look::Fine, Look::Fine];
        assert_eq!(looks(&mut Incoming::new(start), start, &growing, false), expected);
    }

    #[test]
    fn all_is_received_when_nothing_is_left_or_each_peer_has_had_its_turn() {
        let (mut awaited, descriptor, other) = (Awaited::default(), Descriptor(7), Descriptor(8));
        awaited.insert(descriptor);
        awaited.handle_drained();
        assert!(awaited.all_received(None));
        awaited.begin();
        assert!(!awaited.all_received(Some(10)));
        (0..TURNS + 11).for_each(|_| awaited.handle_message(Some(other)));
        assert_eq!([None, Some(10), Some(11)].map(|peers| awaited.all_received(peers)), [false, true, false]);
        assert!(!awaited.is_empty());
        awaited.handle_message(Some(descriptor));
        assert!(awaited.is_empty());
    }

    #[test]
    fn a_message_of_an_unknown_connection_may_be_of_any_that_is_awaited() {
        let mut awaited = Awaited::default();
        [7, 8].into_iter().for_each(|descriptor| awaited.insert(Descriptor(descriptor)));
        awaited.handle_message(None);
        assert!(awaited.is_empty());
    }

    #[test]
    fn a_peer_whose_messages_come_may_send_any_number_of_bytes() {
        let (mut incoming, start) = (Incoming::new(Instant::now()), Instant::now());
        let sent: Vec<_> = (0..1000).map(|second| (second * 50_000_000, true)).collect();
        assert!(!looks(&mut incoming, start, &sent, true).contains(&Look::Flood));
    }

    #[test]
    fn a_peer_that_stops_after_many_messages_is_none_that_floods() {
        let start = Instant::now();
        let sent = [(0, false), (50_000_000, false), (50_000_000, false), (50_000_000, false)];
        let expected = [Look::Fine, Look::Await, Look::Fine, Look::Fine];
        assert_eq!(looks(&mut Incoming::new(start), start, &sent, true), expected);
    }

    #[test]
    fn heartbeats_are_allowed_for_ever() {
        let (mut incoming, start) = (Incoming::new(Instant::now()), Instant::now());
        for second in 0..10_000 {
            let (now, bytes) = (start + Duration::from_secs(second), 300 + 100 * second);
            assert_eq!(incoming.judge_unread(now, bytes), Look::Fine);
            assert_eq!(incoming.judge_read(now, bytes, false, true), Look::Fine);
        }
        assert_eq!(incoming.judge_unread(start, MUCH), Look::Flood);
    }
}
