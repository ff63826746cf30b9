//! When a state is due, and how many events and messages may be reported: pure.

use std::time::{Duration, Instant};

/// The least time between two states.
const LEAST: Duration = Duration::from_millis(100);

/// The time between two states of which only the counts differ.
const COUNTING: Duration = Duration::from_millis(500);

/// The time between two states that are the same: they are the sign of life.
const ALIVE: Duration = Duration::from_secs(1);

/// The most events that are reported in a second.
const EVENTS_MAX: u32 = 1_000;

/// How often copied messages are reported.
const MESSAGES: Duration = Duration::from_millis(100);

/// The most messages of a socket that are copied in that time.
pub(super) const MESSAGES_MAX: u32 = 20;

/// When the last state was made, and what has changed since.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The last state, or the last look at whether the counts have changed.
    looked: Option<Instant>,
    stated: Option<Instant>,
    /// Sockets or connections have changed since.
    is_changed: bool,
    /// An observer has just subscribed.
    is_asked: bool,
    /// The second that events are counted in.
    second: Option<(Instant, u32)>,
    /// The last report of messages.
    drained: Option<Instant>,
}

impl Pace {
    /// Sockets or connections have changed.
    pub(super) const fn change(&mut self) {
        self.is_changed = true;
    }

    /// An observer has subscribed.
    pub(super) const fn ask(&mut self) {
        self.is_asked = true;
    }

    /// When to look whether a state is due.
    pub(super) fn next_state(&self, now: Instant) -> Instant {
        if self.is_asked {
            return now;
        }
        let since = |last: Option<Instant>, interval: Duration| last.map_or(now, |last| last + interval);
        if self.is_changed { since(self.stated, LEAST) } else { since(self.looked, COUNTING) }
    }

    /// Whether a state is due; `counts_differ` compares with those of the last one.
    pub(super) fn is_state_due(&mut self, now: Instant, counts_differ: impl FnOnce() -> bool) -> bool {
        if self.next_state(now) > now {
            return false;
        }
        self.looked = Some(now);
        let is_due = self.is_asked
            || self.is_changed
            || self.stated.is_none_or(|stated| now.saturating_duration_since(stated) >= ALIVE)
            || counts_differ();
        if is_due {
            (self.stated, self.is_changed, self.is_asked) = (Some(now), false, false);
        }
        is_due
    }

    /// Whether one more event may be reported in this second.
    pub(super) fn may_report_event(&mut self, now: Instant) -> bool {
        let (begin, count) =
            self.second.filter(|(begin, _)| now.saturating_duration_since(*begin) < ALIVE).unwrap_or((now, 0));
        self.second = Some((begin, count.saturating_add(1)));
        count < EVENTS_MAX
    }

    /// When messages that were copied are due.
    pub(super) fn next_messages(&self, now: Instant) -> Instant {
        self.drained.map_or(now, |drained| drained + MESSAGES)
    }

    /// Whether messages that were copied are due.
    pub(super) fn are_messages_due(&mut self, now: Instant) -> bool {
        let is_due = self.next_messages(now) <= now;
        if is_due {
            self.drained = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times, in milliseconds, at which states are made in two seconds.
    fn states(events: impl Fn(u64, &mut Pace), counts_differ: bool) -> Vec<u64> {
        let (begin, mut pace) = (Instant::now(), Pace::default());
        (0..2_000)
            .filter(|&time_ms| {
                events(time_ms, &mut pace);
                pace.is_state_due(begin + Duration::from_millis(time_ms), || counts_differ)
            })
            .collect()
    }

    #[test]
    fn a_state_comes_every_second_and_twice_as_often_while_counts_change() {
        assert_eq!(states(|_, _| {}, false), [0, 1_000]);
        assert_eq!(states(|_, _| {}, true), [0, 500, 1_000, 1_500]);
    }

    #[test]
    fn a_change_comes_at_once_but_at_most_ten_times_a_second() {
        let once = states(
            |time_ms, pace| {
                if time_ms == 700 {
                    pace.change()
                }
            },
            false,
        );
        assert_eq!(once, [0, 700, 1_700]);
        assert_eq!(states(|_, pace| pace.change(), false).len(), 20);
    }

    #[test]
    fn a_new_observer_gets_a_state_at_once() {
        assert_eq!(
            states(
                |time_ms, pace| if matches!(time_ms, 10 | 11) {
                    pace.ask()
                },
                false
            ),
            [0, 10, 11, 1_011]
        );
    }

    #[test]
    fn events_and_messages_are_bounded() {
        let (begin, mut pace) = (Instant::now(), Pace::default());
        let at = |time_ms| begin + Duration::from_millis(time_ms);
        assert_eq!((0..5_000).filter(|_| pace.may_report_event(at(0))).count(), 1_000);
        assert!(!pace.may_report_event(at(999)) && pace.may_report_event(at(1_000)));
        assert!(pace.are_messages_due(at(0)) && !pace.are_messages_due(at(99)) && pace.are_messages_due(at(100)));
    }
}
