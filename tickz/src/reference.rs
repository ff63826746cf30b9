//! The price that a change is relative to. Pure.
//!
//! It is the first price seen, and starts again where prices do: when a replayed history starts again (a loop), or when
//! the publisher is restarted. A change across one of these would be the difference of two unrelated prices.

use wire::tick::Tick;

/// The price that later prices of one symbol are compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reference {
    /// The price.
    pub price: f64,
    /// Its tick's time, in seconds since the Unix epoch.
    pub timestamp: f64,
    /// Why it is this one.
    pub since: Since,
    /// The time of the last tick.
    last: f64,
}

/// Why prices start at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// It was the first that was received.
    FirstSeen,
    /// The history started again.
    Loop,
    /// The publisher was restarted.
    Restart,
}

impl Reference {
    /// Handles the next tick of a symbol, given what was known before it and whether it is the first of a restarted
    /// publisher; returns why prices start at this tick, if they do.
    #[inline]
    pub fn follow(known: &mut Option<Self>, tick: &Tick, is_restart: bool) -> Option<Since> {
        let since = match known {
            None => Some(Since::FirstSeen),
            Some(_) if is_restart => Some(Since::Restart),
            Some(reference) if reference.is_loop(tick.timestamp) => Some(Since::Loop),
            Some(reference) => {
                reference.last = tick.timestamp;
                None
            }
        };
        if let Some(since) = since {
            *known = Some(Self { price: tick.price, timestamp: tick.timestamp, since, last: tick.timestamp });
        }
        since
    }

    /// The change to another price, in percent; `None` if it is beyond all numbers.
    #[must_use]
    pub fn change_percent(&self, price: f64) -> Option<f64> {
        Some((price / self.price - 1.0) * 100.0).filter(|percent| percent.is_finite())
    }

    /// Time has stepped back to the start of the history or before. A smaller step back is one of the history's own.
    fn is_loop(&self, timestamp: f64) -> bool {
        timestamp < self.last && timestamp <= self.timestamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(ticks: &[(f64, f64, bool)]) -> (Vec<Option<Since>>, Reference) {
        let mut known = None;
        let symbol = "MSFT".parse().unwrap();
        let starts = ticks.iter().map(|&(timestamp, price, is_restart)| {
            Reference::follow(&mut known, &Tick { symbol, timestamp, price, sequence: None }, is_restart)
        });
        (starts.collect(), known.unwrap())
    }

    #[test]
    fn a_loop_is_a_step_back_in_time_to_the_start_or_before() {
        let (found, reference) = starts(&[
            (20.0, 5.0, false),
            (20.0, 6.0, false),
            (30.0, 7.0, false),
            (10.0, 1.0, false),
            (20.0, 2.0, false),
        ]);
        assert_eq!(found, [Some(Since::FirstSeen), None, None, Some(Since::Loop), None]);
        assert_eq!((reference.price, reference.timestamp, reference.since), (1.0, 10.0, Since::Loop));
        assert_eq!(reference.change_percent(2.0), Some(100.0));
        let (found, _) = starts(&[(10.0, 1.0, false), (30.0, 2.0, false), (20.0, 3.0, false), (10.0, 1.0, false)]);
        assert_eq!(found, [Some(Since::FirstSeen), None, None, Some(Since::Loop)]);
    }

    #[test]
    fn a_restart_starts_the_prices_again_whatever_the_time() {
        let (found, reference) = starts(&[(10.0, 1.0, false), (20.0, 4.0, true), (30.0, 5.0, false)]);
        assert_eq!(found, [Some(Since::FirstSeen), Some(Since::Restart), None]);
        assert_eq!((reference.price, reference.since), (4.0, Since::Restart));
    }

    #[test]
    fn a_change_beyond_all_numbers_is_none() {
        let (_, reference) = starts(&[(0.0, f64::MIN_POSITIVE, false)]);
        assert_eq!(reference.change_percent(f64::MAX), None);
    }
}
