//! The probes of a process's sockets: what an observer can see of each of them.
//!
//! [`crate::Context::reporting`] gives the context's sockets probes: from [`crate::Socket::watch`] on, a socket counts its
//! messages, copies them while its tap is open, and notes its addresses. Any thread may read a probe.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use wire::{Direction, Frames};

use crate::{Endpoint, Role, tap::Tap};

/// The probes of the sockets of a context, by the sockets' names; clones share them. A new socket with the name of a closed
/// one continues its probe.
#[derive(Debug, Clone, Default)]
pub(crate) struct Probes {
    by_name: Arc<Mutex<BTreeMap<String, Arc<Probe>>>>,
}

/// The probe of one socket.
#[derive(Debug, Default)]
pub(crate) struct Probe {
    /// Messages sent.
    pub(crate) sent: Meter,
    /// Messages received.
    pub(crate) received: Meter,
    pub(crate) tap: Tap,
    /// How many messages had been received when there were no more, plus one; 0 before that.
    drained_at: AtomicU64,
    malformed: AtomicU64,
    facts: Mutex<Option<Facts>>,
    is_open: AtomicBool,
}

/// The kind of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One of libzmq's.
    Zmq(Role),
    /// A link, which passes on the bytes of TCP connections and knows no messages.
    Link,
}

impl Kind {
    /// The name of its type, as in reports.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Zmq(role) => role.name(),
            Self::Link => "LINK",
        }
    }
}

/// What a socket is, and where; a closed one is nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) kind: Kind,
    /// The name of its channel.
    pub(crate) channel: Option<&'static str>,
    /// The high-water marks: messages for each peer, 0 without limit.
    pub(crate) send_queue: u32,
    pub(crate) receive_queue: u32,
    /// Where it is bound.
    pub(crate) bound: Vec<Endpoint>,
    /// Where it connects to.
    pub(crate) connected: Vec<Endpoint>,
}

/// Counts messages on the thread that owns their socket; other threads read.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    messages: AtomicU64,
    frames: AtomicU64,
    bytes: AtomicU64,
}

impl Probes {
    /// No probes yet. A socket copies messages while an observer wants them.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Opens a probe for a socket, and returns it with its name: `name`, or, if an open socket has it, the first free one
    /// of `name-2`, `name-3`, ….
    pub(crate) fn open(&self, name: &str, facts: Facts) -> (String, Arc<Probe>) {
        let mut by_name = lock(&self.by_name);
        let is_free = |name: &str| by_name.get(name).is_none_or(|probe| !probe.is_open());
        let others = (2_u64..).map(|number| format!("{name}-{number}"));
        let name = std::iter::once(name.to_owned()).chain(others).find(|name| is_free(name)).unwrap_or_default();
        let probe = Arc::clone(by_name.entry(name.clone()).or_default());
        *lock(&probe.facts) = Some(facts);
        probe.is_open.store(true, Relaxed);
        (name, probe)
    }

    /// The kind of the socket with this name, if there is one.
    pub(crate) fn kind(&self, name: &str) -> Option<Kind> {
        let probe = lock(&self.by_name).get(name).cloned();
        probe.and_then(|probe| probe.facts()).map(|facts| facts.kind)
    }

    /// Every socket that is open, in the order of their names.
    pub(crate) fn all(&self) -> Vec<(String, Arc<Probe>)> {
        let mut all = self.all_and_closed();
        all.retain(|(_, probe)| probe.is_open());
        all
    }

    /// Every socket that is open or has been, in the order of their names.
    pub(crate) fn all_and_closed(&self) -> Vec<(String, Arc<Probe>)> {
        lock(&self.by_name).iter().map(|(name, probe)| (name.clone(), Arc::clone(probe))).collect()
    }
}

impl Probe {
    /// Counts a message that was sent, and copies it if an observer wants it.
    #[inline]
    pub(crate) fn count_sent(&self, frames: &Frames) {
        self.sent.count(frames);
        if self.tap.is_open() {
            self.tap.record(Direction::Sent, frames);
        }
    }

    /// Counts a message that was received, and copies it if an observer wants it.
    #[inline]
    pub(crate) fn count_received(&self, frames: &Frames) {
        self.received.count(frames);
        if self.tap.is_open() {
            self.tap.record(Direction::Received, frames);
        }
    }

    /// The same of a message whose first frame is apart.
    #[inline]
    pub(crate) fn count_received_from(&self, sender: &[u8], frames: &Frames) {
        self.received.count_message(frames.len() + 1, frames.byte_len() + sender.len());
        if self.tap.is_open() {
            let whole: Frames = std::iter::once(sender).chain(frames.iter()).collect();
            self.tap.record(Direction::Received, &whole);
        }
    }

    /// There was no message left.
    pub(crate) fn note_drained(&self) {
        self.drained_at.store(self.received.messages() + 1, Relaxed);
    }

    /// Whether there was no message left after the last one that was received.
    pub(crate) fn is_drained(&self) -> bool {
        self.drained_at.load(Relaxed) == self.received.messages() + 1
    }

    /// Counts a malformed message.
    pub(crate) fn count_malformed(&self) {
        self.malformed.fetch_add(1, Relaxed);
    }

    pub(crate) fn malformed(&self) -> u64 {
        self.malformed.load(Relaxed)
    }

    /// What the socket is, or was until it was closed.
    pub(crate) fn facts(&self) -> Option<Facts> {
        lock(&self.facts).clone()
    }

    pub(crate) fn bound(&self, endpoint: &Endpoint) {
        self.change(|facts| facts.bound.push(endpoint.clone()));
    }

    pub(crate) fn unbound(&self, endpoint: &Endpoint) {
        self.change(|facts| facts.bound.retain(|bound| bound != endpoint));
    }

    pub(crate) fn connected(&self, endpoint: &Endpoint) {
        self.change(|facts| facts.connected.push(endpoint.clone()));
    }

    pub(crate) fn closed(&self) {
        self.change(|facts| {
            facts.bound.clear();
            facts.connected.clear();
        });
        self.is_open.store(false, Relaxed);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open.load(Relaxed)
    }

    fn change(&self, change: impl FnOnce(&mut Facts)) {
        lock(&self.facts).as_mut().map(change);
    }
}

impl Meter {
    #[inline]
    fn count(&self, message: &Frames) {
        self.count_message(message.len(), message.byte_len());
    }

    /// One thread counts, so a load and a store are enough, which cost no locked instruction.
    #[inline]
    fn count_message(&self, frames: usize, bytes: usize) {
        self.messages.store(self.messages.load(Relaxed) + 1, Relaxed);
        self.frames.store(self.frames.load(Relaxed) + frames as u64, Relaxed);
        self.count_bytes(bytes);
    }

    /// Counts bytes of which it is not known where messages begin; on one thread, as all that is counted.
    #[inline]
    pub(crate) fn count_bytes(&self, bytes: usize) {
        self.bytes.store(self.bytes.load(Relaxed) + bytes as u64, Relaxed);
    }

    pub(crate) fn messages(&self) -> u64 {
        self.messages.load(Relaxed)
    }

    /// Their frames.
    pub(crate) fn frames(&self) -> u64 {
        self.frames.load(Relaxed)
    }

    /// The bytes of all their frames.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            kind: Kind::Zmq(Role::Pull),
            channel: None,
            send_queue: 1,
            receive_queue: 1,
            bound: Vec::new(),
            connected: Vec::new(),
        }
    }

    fn names(probes: &Probes) -> Vec<String> {
        probes.all().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn an_open_socket_has_a_separate_name_and_a_closed_one_is_continued() {
        let probes = Probes::new();
        let opened: Vec<_> = (0..3).map(|_| probes.open("a", facts())).collect();
        assert_eq!(names(&probes), ["a", "a-2", "a-3"]);
        opened[1].1.count_sent(&["x"].into_iter().collect());
        opened[1].1.closed();
        assert_eq!(names(&probes), ["a", "a-3"]);
        assert_eq!(probes.open("a", facts()).0, "a-2");
        assert_eq!(opened[1].1.sent.messages(), 1);
    }

    #[test]
    fn a_closed_tap_costs_nothing_but_the_counts() {
        let probes = Probes::new();
        let (_, probe) = probes.open("a", facts());
        probe.count_received(&["abc", "de"].into_iter().collect());
        assert_eq!((probe.received.messages(), probe.received.bytes()), (1, 5));
        assert!(probe.tap.messages_from(0).is_empty());
    }
}
