//! A feed's end of the channel to the dashboard: when a report is due, and what has not been reported yet.

use std::{
    sync::mpsc::{SyncSender, TrySendError},
    time::{Duration, Instant},
};

use wire::DecodeError;

use crate::{
    clock::instant_ms,
    event::{Event, Silence},
};

/// The least time between two reports: thirty a second.
const BEAT: Duration = Duration::from_millis(33);

/// Reports at a bounded rate, and never waits.
#[derive(Debug)]
pub(crate) struct Outlet {
    events: SyncSender<Event>,
    next: Option<Instant>,
}

/// Nothing is heard on a connection: since when, and what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unheard {
    pub(crate) since: Instant,
    /// A phrase without a duration, such as `no tick`.
    pub(crate) reason: String,
}

impl Outlet {
    pub(crate) const fn new(events: SyncSender<Event>) -> Self {
        Self { events, next: None }
    }

    /// When a report is due, if it is not yet.
    pub(crate) fn next_beat(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|&next| now < next)
    }

    /// Whether a report is due. Then the next one is due a beat later.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.next_beat(now).is_none();
        if due {
            self.next = Some(now + BEAT);
        }
        due
    }

    /// Offers an event to the dashboard, and returns it if there is no room. A dashboard that is gone takes all.
    pub(crate) fn offer(&self, event: Event) -> Option<Event> {
        match self.events.try_send(event) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => None,
            Err(TrySendError::Full(event)) => Some(event),
        }
    }

    /// Reports that nothing is heard on a socket, or something again, unless that was `reported` last.
    pub(crate) fn offer_silence(&self, socket: &'static str, unheard: Option<Unheard>, reported: &mut Option<Unheard>) {
        let event = || Event::Silent(socket, unheard.clone().map(Silence::from));
        if *reported != unheard && self.offer(event()).is_none() {
            *reported = unheard;
        }
    }
}

impl From<Unheard> for Silence {
    fn from(Unheard { since, reason }: Unheard) -> Self {
        Self { since_ms: instant_ms(since), reason }
    }
}

/// The malformed messages of one socket, of which only the number and the last fault are reported.
#[derive(Debug)]
pub(crate) struct Faults {
    socket: &'static str,
    count: u64,
    reported: u64,
    last: Option<DecodeError>,
}

impl Faults {
    pub(crate) const fn of(socket: &'static str) -> Self {
        Self { socket, count: 0, reported: 0, last: None }
    }

    /// Counts another one.
    pub(crate) const fn note(&mut self, error: DecodeError) {
        self.count += 1;
        self.last = Some(error);
    }

    /// Counts from zero again.
    pub(crate) const fn reset(&mut self) {
        *self = Self::of(self.socket);
    }

    /// Whether there is something to report.
    pub(crate) const fn is_unreported(&self) -> bool {
        self.count != self.reported
    }

    /// Reports the number and the last fault, if they are unreported.
    pub(crate) fn offer(&mut self, outlet: &Outlet) {
        if self.is_unreported()
            && let Some(error) = self.last
            && outlet.offer(Event::Malformed(self.socket, self.count, error.to_string())).is_none()
        {
            self.reported = self.count;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use wire::Fault;

    use super::*;
    use crate::feeds::tickz::SUB;

    #[test]
    fn it_reports_at_most_once_a_beat() {
        let (mut outlet, start) = (Outlet::new(sync_channel(1).0), Instant::now());
        let due = (0..1000).filter(|&millis| outlet.is_due(start + Duration::from_millis(millis))).count();
        assert_eq!(due, 31);
        let late = start + Duration::from_secs(5);
        assert_eq!(outlet.next_beat(late), None);
        assert!(outlet.is_due(late) && outlet.next_beat(late) == Some(late + BEAT));
    }

    #[test]
    fn faults_that_find_no_room_are_reported_with_those_that_follow() {
        let (sender, events) = sync_channel(1);
        let (outlet, mut faults) = (Outlet::new(sender), Faults::of(SUB));
        faults.offer(&outlet);
        for _ in 0..2 {
            faults.note(Fault::Missing.of("price"));
            faults.offer(&outlet);
        }
        let reported = |events: &std::sync::mpsc::Receiver<Event>| match events.try_recv() {
            Ok(Event::Malformed(SUB, count, reason)) => (count, reason),
            other => panic!("{other:?}"),
        };
        assert_eq!(reported(&events), (1, "price: missing".to_owned()));
        faults.note(Fault::NotFinite.of("timestamp"));
        faults.offer(&outlet);
        faults.offer(&outlet);
        assert_eq!(reported(&events).0, 3);
        assert!(events.try_recv().is_err());
    }

    #[test]
    fn a_silence_is_reported_once_and_keeps_its_beginning() {
        let (sender, events) = sync_channel(4);
        let (outlet, mut reported) = (Outlet::new(sender), None);
        let unheard = || Some(Unheard { since: Instant::now(), reason: "no tick".to_owned() });
        let first = unheard();
        for unheard in [first.clone(), first.clone(), None, None, first] {
            outlet.offer_silence(SUB, unheard, &mut reported);
        }
        let silences: Vec<bool> = events
            .try_iter()
            .map(|event| matches!(event, Event::Silent(SUB, Some(Silence { since_ms, .. })) if since_ms > 0.0))
            .collect();
        assert_eq!(silences, [true, false, true]);
    }
}
