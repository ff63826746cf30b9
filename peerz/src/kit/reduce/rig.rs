//! A reduce between a source and workers of the kit.

use std::time::Duration;

use serde_json::Value;

use crate::kit::{
    Candidate, Finding, Frames, Peer, Place, Running, Verdict,
    bytes::{show, u64_of},
    candidate::{ANSWER_WITHIN, START_WITHIN},
    check::ensure,
    peer::{Link, PUSH, SUB},
    valuz::{CONTROL, EXIT, READY, REPEAT, RESULTS, START},
};

/// A reduce, and a worker of the kit.
pub(super) struct Rig {
    pub(super) reduce: Running,
    pub(super) worker: Peer,
    workers: u64,
    results: Place,
    control: Place,
}

/// A batch that has started.
pub(super) struct Batch {
    pub(super) rig: Rig,
    /// The socket of the source on control.
    pub(super) source: Peer,
    /// The base of START; none in the base protocol.
    pub(super) base: Option<u64>,
    /// The sockets of the workers on control, for EXIT: reduce stays until each worker has one.
    _listeners: Vec<Peer>,
}

impl Rig {
    /// Starts a reduce, and connects a worker to it, which has sent nothing yet.
    pub(super) fn start(candidate: &Candidate, workers: u64, count: u64) -> Result<Self, Finding> {
        let (results, control) = (Place::free()?, Place::free()?);
        let endpoints = [(RESULTS, results.endpoint()), (CONTROL, control.endpoint())];
        let endpoints = endpoints.each_ref().map(|(variable, endpoint)| (*variable, endpoint.as_str()));
        let arguments = ["--workers", &workers.to_string(), "--count", &count.to_string()];
        let reduce = candidate.start(&endpoints, &arguments)?;
        let worker = Peer::connect(PUSH, endpoints[0].1)?;
        await_link(&reduce, &worker)?;
        Ok(Self { reduce, worker, workers, results, control })
    }

    /// Starts a batch for one worker.
    pub(super) fn batch(candidate: &Candidate, count: u64) -> Result<Batch, Finding> {
        let rig = Self::start(candidate, 1, count)?;
        rig.worker.send(ready())?;
        rig.into_batch()
    }

    /// Connects a source; the workers are ready, and subscribe to EXIT.
    pub(super) fn into_batch(self) -> Result<Batch, Finding> {
        let listeners = self.workers;
        self.into_batch_with(listeners)
    }

    /// The same if so many of the workers subscribe to EXIT.
    pub(super) fn into_batch_with(self, listeners: u64) -> Result<Batch, Finding> {
        let listeners = (0..listeners).map(|_| self.subscriber(&[EXIT])).collect::<Result<_, _>>()?;
        let source = self.source()?;
        let base = self.await_start(&source)?;
        Ok(Batch { rig: self, source, base, _listeners: listeners })
    }

    /// One more worker, connected.
    pub(super) fn another_worker(&self) -> Result<Peer, Finding> {
        let worker = Peer::connect(PUSH, &self.results.endpoint())?;
        await_link(&self.reduce, &worker)?;
        Ok(worker)
    }

    /// A source that has all extensions: it subscribes to all commands.
    pub(super) fn source(&self) -> Result<Peer, Finding> {
        // START last: when that comes, reduce knows of all.
        self.subscriber(&[EXIT, REPEAT, START])
    }

    /// A peer that subscribes to these commands.
    pub(super) fn subscriber(&self, commands: &[u8]) -> Result<Peer, Finding> {
        let peer = Peer::connect(SUB, &self.control.endpoint())?;
        commands.iter().try_for_each(|command| peer.subscribe(&[*command]))?;
        await_link(&self.reduce, &peer)?;
        Ok(peer)
    }

    /// Waits for START, and returns its base.
    pub(super) fn await_start(&self, source: &Peer) -> Result<Option<u64>, Finding> {
        let start = self.reduce.expect_message(source, "START (00)", ANSWER_WITHIN)?;
        base_of(&start)
    }

    /// Where workers send their results.
    pub(super) fn results(&self) -> String {
        self.results.endpoint()
    }
}

impl Batch {
    /// Sends the result of the order at this place of the batch.
    pub(super) fn value(&self, place: u64, value: f64) -> Verdict {
        self.rig.worker.send(self.result(place, value))
    }

    /// The result of the order at this place.
    pub(super) fn result(&self, place: u64, value: f64) -> Frames {
        result(Some(self.base.unwrap_or(0).wrapping_add(place)), value)
    }

    /// A result of the vectors: if it has the number of an order, it gets the number of the one at this place.
    pub(super) fn renumbered(&self, mut frames: Frames, place: u64) -> Frames {
        if let Some(number) = frames.get_mut(2).filter(|frame| frame.len() == 8) {
            *number = self.base.unwrap_or(0).wrapping_add(place).to_le_bytes().to_vec();
        }
        frames
    }

    /// Waits for EXIT and for the end with a total, which must be this one.
    pub(super) fn has_total(mut self, expected: f64) -> Verdict {
        self.await_exit()?;
        let seen = total(&mut self.rig.reduce)?;
        ensure(seen.to_bits() == expected.to_bits(), || format!("expected the total {expected:?}, seen {seen:?}"))
    }

    /// Waits for EXIT at the source; REPEAT and START before it are dropped.
    pub(super) fn await_exit(&self) -> Verdict {
        let is_exit = |frames: Frames| frames.first().is_some_and(|command| *command == [EXIT]);
        self.rig.reduce.expect("EXIT (01)", ANSWER_WITHIN, |left| is_exit(self.source.recv_within(left)?).then_some(()))
    }
}

/// READY of a worker without a name.
pub(super) fn ready() -> Frames {
    vec![vec![READY]]
}

/// A result with the number of its order, if it has one.
pub(super) fn result(number: Option<u64>, value: f64) -> Frames {
    let fields = [b"MSFT".to_vec(), value.to_le_bytes().to_vec()];
    fields.into_iter().chain(number.map(|number| number.to_le_bytes().to_vec())).collect()
}

/// The base of a START; none in the base protocol.
fn base_of(start: &[Vec<u8>]) -> Result<Option<u64>, Finding> {
    let fault = || Finding::Failed(format!("expected START (00), seen {}", show(start)));
    match start {
        [command] if *command == [START] => Ok(None),
        [command, base, ..] if *command == [START] => u64_of(base).map(Some).ok_or_else(fault),
        _ => Err(fault()),
    }
}

fn await_link(reduce: &Running, peer: &Peer) -> Verdict {
    let what = format!("a handshake of reduce at {}", peer.endpoint());
    reduce.expect(&what, START_WITHIN, |left| peer.link_within(Link::Up, left).then_some(()))
}

/// The total on the last line of a reduce that exits with 0: a number, or `value` of a JSON object.
fn total(reduce: &mut Running) -> Result<f64, Finding> {
    reduce.exit_with(0, ANSWER_WITHIN)?;
    let last = last_line(reduce);
    last.as_deref().and_then(number_of).ok_or_else(|| {
        let seen =
            last.map_or_else(|| "nothing".to_owned(), |line| format!("\"{}\"", wire::foreign(&line).at_most(200)));
        Finding::Failed(format!("expected the total on the last line of standard output, seen {seen}"))
    })
}

/// The last line that is not empty.
pub(super) fn last_line(reduce: &mut Running) -> Option<String> {
    let lines = std::iter::from_fn(|| reduce.line_within(Duration::ZERO));
    lines.filter(|line| !line.trim().is_empty()).last()
}

/// The number that a line is, alone or as `value` of a JSON object.
pub(super) fn number_of(line: &str) -> Option<f64> {
    let json = || serde_json::from_str::<Value>(line).ok()?.get("value")?.as_f64();
    line.trim().parse().ok().or_else(json)
}
