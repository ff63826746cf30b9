//! A publisher of the kit, and the watcher that has subscribed to it.

use std::{net::TcpStream, time::Duration};

use crate::kit::{
    Candidate, Finding, Frames, Peer, Running, Verdict,
    bytes::text,
    candidate::{ANSWER_WITHIN, START_WITHIN},
    check::ensure,
    peer::XPUB,
    raw::Silent,
    tick::{Printed, TICKS, burst, tick},
};

/// The symbol of the ticks that show that everything sent before them was taken.
pub(super) const FENCE: &str = "FENCE";

/// A publisher, and a watcher that has subscribed to it.
pub(super) struct Watched {
    pub(super) publisher: Peer,
    pub(super) watcher: Running,
    symbols: Vec<String>,
    /// What the watcher has subscribed to.
    pub(super) topics: Frames,
    fences: u32,
    /// Whether it takes bursts by now.
    pub(super) takes_bursts: bool,
}

impl Watched {
    /// A new watcher of these symbols and of [`FENCE`], which has subscribed.
    pub(super) fn start(candidate: &Candidate, symbols: &[&str]) -> Result<Self, Finding> {
        let publisher = Peer::bind(XPUB)?;
        let watcher = start(candidate, publisher.endpoint(), symbols)?;
        Self::of(publisher, watcher, symbols)
    }

    /// A watcher whose first connection is met by `meet` and ends. For as long as `absent` nothing listens; then a publisher is
    /// bound at the same endpoint.
    pub(super) fn start_after(
        candidate: &Candidate,
        symbols: &[&str],
        absent: Duration,
        meet: impl FnOnce(TcpStream) -> Verdict,
    ) -> Result<Self, Finding> {
        let silent = Silent::bind()?;
        let endpoint = silent.endpoint().to_owned();
        let mut watcher = start(candidate, &endpoint, symbols)?;
        meet(watcher.expect("a connection", START_WITHIN, |left| silent.accept_within(left))?)?;
        drop(silent);
        if let Ok(code) = watcher.exit_within(absent) {
            let log = watcher.last_log();
            return Err(Finding::failed(format!("without its publisher it ended with exit code {code}{log}")));
        }
        Self::of(Peer::bind_at(XPUB, &endpoint)?, watcher, symbols)
    }

    fn of(publisher: Peer, watcher: Running, symbols: &[&str]) -> Result<Self, Finding> {
        let symbols = symbols.iter().chain(&[FENCE]).map(|&symbol| symbol.to_owned()).collect();
        let mut watched = Self { publisher, watcher, symbols, topics: Frames::new(), fences: 0, takes_bursts: false };
        watched.await_subscriptions()?;
        Ok(watched)
    }

    /// Closes the publisher, and binds another one at the same endpoint, to which the watcher subscribes.
    pub(super) fn restart_publisher(self) -> Result<Self, Finding> {
        let publisher = self.publisher.rebind()?;
        let mut watched = Self { publisher, topics: Frames::new(), takes_bursts: false, ..self };
        watched.await_subscriptions()?;
        Ok(watched)
    }

    fn await_subscriptions(&mut self) -> Verdict {
        let Self { publisher, watcher, symbols, topics, .. } = self;
        let is_covered = |topics: &Frames, symbol: &String| {
            topics.iter().any(|topic| topic.is_empty() || topic == symbol.as_bytes())
        };
        while let Some(missing) = symbols.iter().find(|&symbol| !is_covered(topics, symbol)) {
            let seen: Vec<_> = topics.iter().map(|topic| text(topic)).collect();
            let what = format!("a subscription to {missing} or to all (seen: {})", seen.join(", "));
            let frames = watcher.expect_message(publisher, &what, START_WITHIN)?;
            topics.extend(topic(&frames));
        }
        Ok(())
    }

    /// Sends a message, valid or not.
    pub(super) fn send(&self, frames: &Frames) -> Verdict {
        self.publisher.send(frames)
    }

    /// Sends a valid tick, in a burst if it takes those, and returns the ticks that are printed before it.
    pub(super) fn printed(&mut self, after: &str) -> Result<Vec<Printed>, Finding> {
        self.fences += 1;
        let price = f64::from(self.fences) + 0.5;
        self.send(&if self.takes_bursts { burst(FENCE, &[price]) } else { tick(FENCE, price) })?;
        let mut printed = Vec::new();
        loop {
            let what = format!("after {after}: the line `{FENCE} {price}` (printed: {})", lines(&printed));
            let line = self.watcher.expect(&what, ANSWER_WITHIN, |left| self.watcher.line_within(left))?;
            match Printed::parse(&line) {
                Some(fence) if fence.symbol == FENCE => return Ok(printed),
                Some(tick) => printed.push(tick),
                None => {}
            }
        }
    }

    /// Expects that ticks of exactly these symbols are printed, at whatever price.
    pub(super) fn expect(&mut self, after: &str, expected: &[&str]) -> Verdict {
        let printed = self.printed(after)?;
        ensure(printed.iter().map(|tick| tick.symbol.as_str()).eq(expected.iter().copied()), || {
            let expected =
                if expected.is_empty() { "no line".to_owned() } else { format!("lines of {}", expected.join(", ")) };
            format!("after {after}: expected {expected}; printed: {}", lines(&printed))
        })
    }

    /// Expects that exactly this tick is printed.
    pub(super) fn expect_price(&mut self, after: &str, symbol: &str, price: f64) -> Verdict {
        let printed = self.printed(after)?;
        ensure(printed.len() == 1 && printed[0].is(symbol, price), || {
            format!("after {after}: expected `{symbol} {price:?}`; printed: {}", lines(&printed))
        })
    }
}

/// A new watcher of these symbols and of [`FENCE`].
fn start(candidate: &Candidate, endpoint: &str, symbols: &[&str]) -> Result<Running, Finding> {
    let arguments: Vec<&str> = symbols.iter().copied().chain([FENCE]).collect();
    candidate.start(&[(TICKS, endpoint)], &arguments)
}

/// The topic of a subscription; `None` if it is the end of one, or another message.
pub(super) fn topic(frames: &Frames) -> Option<Vec<u8>> {
    frames[0].strip_prefix(&[1]).map(<[u8]>::to_vec)
}

fn lines(printed: &[Printed]) -> String {
    let lines: Vec<_> =
        printed.iter().map(|printed| format!("`{}`", wire::foreign(&printed.line).at_most(80))).collect();
    if lines.is_empty() { "nothing".to_owned() } else { lines.join(", ") }
}
