//! Reports to the dashboard: at a bounded rate, and only what has changed.

use std::time::Instant;

use wire::DecodeError;

use super::{PUB, PULL, binding::Failure};
use crate::{
    event::{Event, ValuzReport},
    feeds::outlet::{Faults, Outlet},
};

/// What was reported last, and what is still to be.
pub(super) struct Reporter {
    outlet: Outlet,
    results: Faults,
    control: Faults,
    reported: Option<ValuzReport>,
    reported_failure: Option<String>,
    /// Whether something may have changed since the last report.
    changed: bool,
}

impl Reporter {
    pub(super) const fn new(outlet: Outlet) -> Self {
        Self {
            outlet,
            results: Faults::of(PULL),
            control: Faults::of(PUB),
            reported: None,
            reported_failure: None,
            changed: true,
        }
    }

    /// Something may have changed.
    pub(super) const fn handle_change(&mut self) {
        self.changed = true;
    }

    /// A malformed result.
    pub(super) const fn note_result(&mut self, error: DecodeError) {
        self.results.note(error);
    }

    /// A malformed subscription.
    pub(super) const fn note_subscription(&mut self, error: DecodeError) {
        self.control.note(error);
    }

    /// Counts from zero, and reports everything again.
    pub(super) fn reset(&mut self) {
        self.results.reset();
        self.control.reset();
        self.reported = None;
    }

    /// Whether a report is due.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        self.changed && self.outlet.is_due(now)
    }

    /// When a report is due, if that is not yet.
    pub(super) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        self.outlet.next_beat(now).filter(|_| self.changed)
    }

    /// Reports what has changed; what finds no room is reported with the next one. `is_running`: time alone changes it.
    pub(super) fn report(&mut self, report: ValuzReport, failure: Option<&Failure>, is_running: bool) {
        for faults in [&mut self.results, &mut self.control] {
            faults.offer(&self.outlet);
        }
        let reason = failure.map(|failure| &failure.reason);
        if self.reported_failure.as_ref() != reason {
            let event = failure.map(|failure| Event::BindFailed(failure.socket, failure.reason.clone()));
            if event.and_then(|event| self.outlet.offer(event)).is_none() {
                self.reported_failure = reason.cloned();
            }
        }
        let mut is_reported = self.reported.as_ref() == Some(&report);
        if !is_reported && self.outlet.offer(Event::Valuz(report.clone())).is_none() {
            self.reported = Some(report);
            is_reported = true;
        }
        let has_faults = self.results.is_unreported() || self.control.is_unreported();
        self.changed = is_running || !is_reported || has_faults || self.reported_failure.as_ref() != reason;
    }
}
