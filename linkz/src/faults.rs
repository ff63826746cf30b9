//! The faults that are on, until when, and their effect together.

use std::time::{Duration, Instant};

use crate::fault::{Fault, words};

/// The faults that are on: at most one of each name.
#[derive(Debug, Default)]
pub struct Faults {
    on: Vec<On>,
}

/// A fault that is on.
#[derive(Debug, Clone, Copy)]
struct On {
    fault: Fault,
    /// When it ends by itself.
    until: Option<Instant>,
}

/// What all faults that are on do to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effect {
    /// How much later each byte arrives.
    pub latency: Duration,
    /// By how much more or less.
    pub jitter: Duration,
    /// The most bytes a second.
    pub bandwidth: Option<u64>,
    /// The most bytes of a piece.
    pub slice: Option<u32>,
    /// Connections are refused and closed.
    pub is_down: bool,
    /// Bytes stop.
    pub is_silent: bool,
    /// Connections are reset.
    pub resets: bool,
}

impl Faults {
    /// Turns a fault on, until it is cleared or a time comes. One of the same name is replaced.
    pub fn set(&mut self, fault: Fault, until: Option<Instant>) {
        self.on.retain(|on| on.fault.name() != fault.name());
        self.on.push(On { fault, until });
    }

    /// Ends all faults.
    pub fn clear(&mut self) {
        self.on.clear();
    }

    /// Ends the faults whose time has come, and returns them.
    pub fn end_due(&mut self, now: Instant) -> Vec<Fault> {
        let is_due = |on: &mut On| on.until.is_some_and(|until| until <= now);
        self.on.extract_if(.., is_due).map(|on| on.fault).collect()
    }

    /// When the next fault ends by itself.
    #[must_use]
    pub fn next_end(&self) -> Option<Instant> {
        self.on.iter().filter_map(|on| on.until).min()
    }

    /// How many are on.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.on.len()
    }

    /// Those that are on.
    pub fn iter(&self) -> impl Iterator<Item = Fault> {
        self.on.iter().map(|on| on.fault)
    }

    /// What they do together.
    #[must_use]
    pub fn effect(&self) -> Effect {
        let mut effect = Effect::default();
        for on in &self.on {
            match on.fault {
                Fault::Latency { latency, jitter } => (effect.latency, effect.jitter) = (latency, jitter),
                Fault::Bandwidth(bytes) => effect.bandwidth = Some(bytes),
                Fault::Down => effect.is_down = true,
                Fault::Timeout => effect.is_silent = true,
                Fault::Reset => effect.resets = true,
                Fault::Slicer(bytes) => effect.slice = Some(bytes),
            }
        }
        effect
    }

    /// All that are on, in the order in which they were turned on, each as it is typed with the time that is left.
    #[must_use]
    pub fn status(&self, now: Instant) -> String {
        let one = |on: &On| match on.until {
            Some(until) => {
                // Never zero, as it could not be typed.
                let left = until.saturating_duration_since(now).as_millis().max(1);
                let left = Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX));
                format!("{} for {}", on.fault, words(left))
            }
            None => on.fault.to_string(),
        };
        if self.on.is_empty() { "none".to_owned() } else { self.on.iter().map(one).collect::<Vec<_>>().join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn several_are_on_at_once_and_one_of_the_same_name_is_replaced() {
        let (mut faults, now) = (Faults::default(), Instant::now());
        assert_eq!(faults.status(now), "none");
        faults.set(Fault::latency(2 * SECOND, SECOND).unwrap(), None);
        faults.set(Fault::Slicer(3), Some(now + 10 * SECOND));
        faults.set(Fault::latency(SECOND, Duration::ZERO).unwrap(), None);
        assert_eq!(faults.status(now + SECOND), "slicer 3 for 9s, latency 1s");
        assert_eq!(faults.effect(), Effect { latency: SECOND, slice: Some(3), ..Effect::default() });
        faults.clear();
        assert_eq!((faults.count(), faults.effect()), (0, Effect::default()));
    }

    #[test]
    fn a_fault_ends_by_itself_when_its_time_has_come() {
        let (mut faults, now) = (Faults::default(), Instant::now());
        faults.set(Fault::Down, Some(now + 2 * SECOND));
        faults.set(Fault::Timeout, Some(now + SECOND));
        faults.set(Fault::Reset, None);
        assert_eq!(faults.next_end(), Some(now + SECOND));
        assert_eq!(faults.end_due(now), []);
        assert_eq!(faults.end_due(now + SECOND), [Fault::Timeout]);
        assert_eq!(faults.end_due(now + 2 * SECOND), [Fault::Down]);
        assert_eq!((faults.next_end(), faults.status(now)), (None, "reset".to_owned()));
    }
}
