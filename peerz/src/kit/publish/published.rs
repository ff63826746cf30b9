//! A publisher that runs, and its watchers.

use crate::kit::{
    Candidate, Finding, Frames, Peer, Place, Running, Verdict,
    bytes::show,
    candidate::{QUIET, START_WITHIN},
    peer::SUB,
    tick::TICKS,
};

/// How many ticks are looked at. At two ticks a second they take six seconds.
const TICKS_SEEN: usize = 12;

/// A publisher that runs, at an endpoint that it was given.
pub(super) struct Published {
    pub(super) publisher: Running,
    place: Place,
}

impl Published {
    pub(super) fn start(candidate: &Candidate) -> Result<Self, Finding> {
        let place = Place::free()?;
        let publisher = candidate.start(&[(TICKS, &place.endpoint())], &[])?;
        Ok(Self { publisher, place })
    }

    /// A publisher that runs, and a watcher of all symbols that has received a tick.
    pub(super) fn watched(candidate: &Candidate) -> Result<(Self, Peer), Finding> {
        let published = Self::start(candidate)?;
        let watcher = published.watcher(b"")?;
        published.tick(&watcher, "a tick")?;
        Ok((published, watcher))
    }

    /// Kills it, and starts it again at the same endpoint.
    pub(super) fn restart(&mut self, candidate: &Candidate, watcher: &Peer) -> Verdict {
        self.publisher.kill();
        // Its last ticks are not those of the next one.
        while watcher.recv_within(QUIET).is_some() {}
        self.publisher = candidate.start(&[(TICKS, &self.endpoint())], &[])?;
        Ok(())
    }

    pub(super) fn endpoint(&self) -> String {
        self.place.endpoint()
    }

    /// A watcher of one topic.
    pub(super) fn watcher(&self, topic: &[u8]) -> Result<Peer, Finding> {
        let watcher = Peer::connect(SUB, &self.endpoint())?;
        watcher.subscribe(topic)?;
        Ok(watcher)
    }

    /// The next tick that arrives at a watcher; `what` is expected, in words.
    pub(super) fn tick(&self, watcher: &Peer, what: &str) -> Result<Frames, Finding> {
        self.publisher.expect_message(watcher, what, START_WITHIN)
    }

    /// Some ticks that arrive at a watcher.
    pub(super) fn ticks(&self, watcher: &Peer, what: &str) -> Result<Vec<Frames>, Finding> {
        (0..TICKS_SEEN).map(|_| self.tick(watcher, what)).collect()
    }

    /// Expects that `fault` finds none in some ticks of all symbols; it returns what was expected.
    pub(super) fn every_tick(candidate: &Candidate, fault: impl Fn(&Frames) -> Option<String>) -> Verdict {
        let published = Self::start(candidate)?;
        let watcher = published.watcher(b"")?;
        for tick in published.ticks(&watcher, "a tick")? {
            if let Some(expected) = fault(&tick) {
                return Err(Finding::failed(format!("expected {expected}; seen {}", show(&tick))));
            }
        }
        Ok(())
    }
}
