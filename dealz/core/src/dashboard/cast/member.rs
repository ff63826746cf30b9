//! What is known of one process besides its last state. Pure.

use std::collections::{BTreeMap, VecDeque};

use wire::report::{EventReport, ProcessState, SocketName};

use super::{link::Link, past, story::Story};
use crate::{event::Silence, view::Phase};

/// How long a socket that is no longer reported is remembered.
const REMEMBERED_MS: f64 = 10_000.0;

/// How many sockets of a process are remembered.
const SOCKETS_MAX: usize = 2 * wire::report::state::SOCKETS_MAX;

/// How many new lines of events a process may have in a second; the rest is counted.
const LINES_A_SECOND: u32 = 100;

/// How many events wait for the first report of their socket, and for how long.
const WAITING_MAX: usize = 64;
const WAITING_MS: f64 = 1_000.0;

/// Gaps that follow each other sooner than this have one line.
const GAPS_WITHIN_MS: f64 = 5_000.0;

/// A process.
#[derive(Debug)]
pub(super) struct Member {
    /// The beginning of its presence; of one that is silent, when it last reported.
    pub(super) since_ms: f64,
    pub(super) sockets: BTreeMap<SocketName, Known>,
    /// The beginning of the second in which lines are counted, and their number.
    lines: (f64, u32),
    /// Events of sockets that are not reported yet: their type is not known. Each with the time of its arrival.
    waiting: VecDeque<(f64, EventReport)>,
    /// The line of the last gap, when it was counted last, and how many events are missing.
    gap: Option<(u64, f64, u64)>,
}

/// What is known of one socket besides its last state.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) link: Link,
    pub(super) story: Story,
    /// The phase that was noted last.
    pub(super) phase: Option<Phase>,
    /// What is not heard on one of the desk's own sockets.
    pub(super) unheard: Option<Silence>,
    /// What was wrong with the last malformed message of one of the desk's own sockets.
    pub(super) last_fault: Option<String>,
    /// How many malformed messages one of the desk's own sockets has received.
    pub(super) malformed: u64,
    /// When it was no longer reported.
    closed_ms: Option<f64>,
}

impl Member {
    pub(super) const fn new(since_ms: f64) -> Self {
        Self { since_ms, sockets: BTreeMap::new(), lines: (since_ms, 0), waiting: VecDeque::new(), gap: None }
    }

    /// Takes the last state; none of its sockets are there if it is gone.
    pub(super) fn follow(&mut self, state: &ProcessState, is_gone: bool, now_ms: f64) {
        let started_ms = past(state.started_ms, now_ms);
        for socket in &state.sockets {
            if !self.sockets.contains_key(&socket.name) && self.sockets.len() >= SOCKETS_MAX {
                continue;
            }
            let known = self.sockets.entry(socket.name.clone()).or_insert_with(|| Known::new(started_ms));
            known.closed_ms = None;
            if is_gone {
                known.link.close();
            } else {
                known.link.follow(socket, state.time_ms, now_ms);
                known.story.follow(socket, known.link.peers());
            }
        }
        let is_reported = |name: &SocketName| state.sockets.iter().any(|socket| socket.name == *name);
        for (name, known) in &mut self.sockets {
            if known.closed_ms.is_none() && !is_reported(name) {
                known.closed_ms = Some(now_ms);
                known.link.close();
            }
        }
    }

    /// The socket with this name, which may not be reported yet.
    pub(super) fn socket(&mut self, name: &SocketName, now_ms: f64) -> Option<&mut Known> {
        let has_room = self.sockets.len() < SOCKETS_MAX || self.sockets.contains_key(name);
        let new = || Known { closed_ms: Some(now_ms), ..Known::new(now_ms) };
        has_room.then(|| self.sockets.entry(name.clone()).or_insert_with(new))
    }

    /// Forgets the sockets that have not been reported for a while, except those that are always shown.
    pub(super) fn forget(&mut self, now_ms: f64, is_always_shown: impl Fn(&SocketName) -> bool) {
        let is_over = |known: &Known| known.closed_ms.is_some_and(|closed_ms| now_ms - closed_ms > REMEMBERED_MS);
        self.sockets.retain(|name, known| !is_over(known) || is_always_shown(name));
    }

    /// Keeps an event until its socket is reported, or for a while; gives it back if there is no room.
    pub(super) fn wait(&mut self, event: EventReport, now_ms: f64) -> Option<EventReport> {
        if self.waiting.len() >= WAITING_MAX {
            return Some(event);
        }
        self.waiting.push_back((now_ms, event));
        None
    }

    /// The next event that has waited, if its socket is reported or it has waited for long enough.
    pub(super) fn next_waiting(&mut self, state: &ProcessState, now_ms: f64) -> Option<EventReport> {
        let (arrived_ms, event) = self.waiting.front()?;
        let is_reported = state.sockets.iter().any(|socket| socket.name == event.socket);
        let is_due = is_reported || (now_ms - arrived_ms).abs() >= WAITING_MS;
        if is_due { self.waiting.pop_front().map(|(_, event)| event) } else { None }
    }

    /// Whether it may have another line.
    pub(super) fn may_have_line(&mut self, now_ms: f64) -> bool {
        if (now_ms - self.lines.0).abs() >= 1_000.0 {
            self.lines = (now_ms, 0);
        }
        self.lines.1 += 1;
        self.lines.1 <= LINES_A_SECOND
    }

    /// The line in which further missing events are counted, and how many they are with these.
    pub(super) fn count_missing(&mut self, missing: u64, now_ms: f64) -> (Option<u64>, u64) {
        match &mut self.gap {
            Some((line, last_ms, count)) if (now_ms - *last_ms).abs() <= GAPS_WITHIN_MS => {
                (*last_ms, *count) = (now_ms, count.saturating_add(missing));
                (Some(*line), *count)
            }
            _ => (None, missing),
        }
    }

    /// Counts further missing events in the line `id`.
    pub(super) const fn begin_gap(&mut self, id: u64, missing: u64, now_ms: f64) {
        self.gap = Some((id, now_ms, missing));
    }

    /// Forgets all lines.
    pub(super) fn clear(&mut self) {
        self.gap = None;
        self.waiting.clear();
        self.sockets.values_mut().for_each(|known| {
            known.story.clear();
            (known.malformed, known.last_fault) = (0, None);
        });
    }
}

impl Known {
    fn new(since_ms: f64) -> Self {
        Self {
            link: Link::new(since_ms),
            story: Story::default(),
            phase: None,
            unheard: None,
            last_fault: None,
            malformed: 0,
            closed_ms: None,
        }
    }
}
