//! What is made to fail, and until when. A link fails by itself once it has the command; a process that is slow is
//! suspended for a part of each slice of time, which slows any program in any language.

use std::time::{Duration, Instant};

use super::{
    cast::{Cast, CastError},
    snapshot::FaultView,
};
use crate::fault::Fault;

/// A slow process is suspended once in this time.
const SLICE: Duration = Duration::from_millis(20);

/// The faults that are on, at most one of a kind for each process or link.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<On>);

#[derive(Debug)]
struct On {
    place: usize,
    fault: Fault,
    until: Instant,
    /// When a slow process is suspended or resumed next, when it was resumed last, and whether it is suspended now.
    next: Instant,
    changed_at: Instant,
    is_off: bool,
}

impl Faults {
    /// Makes a process or a link fail; a fault of the same kind ends.
    pub(super) fn set(
        &mut self,
        now: Instant,
        place: usize,
        fault: Fault,
        lasts: Duration,
        cast: &mut Cast,
    ) -> Result<(), CastError> {
        if matches!(fault, Fault::Slow(_)) {
            cast.child(place)?;
        } else {
            cast.have_fail(place, &format!("{fault} for {}ms", lasts.as_millis()))?;
        }
        self.0.retain(|on| on.place != place || on.fault.name() != fault.name());
        let until = now.checked_add(lasts).unwrap_or(now);
        self.0.push(On { place, fault, until, next: now, changed_at: now, is_off: false });
        Ok(())
    }

    /// Ends the faults of a process or link, and its suspension.
    pub(super) fn clear(&mut self, place: usize, cast: &mut Cast) {
        if cast.views()[place].is_link && self.0.iter().any(|on| on.place == place) {
            // One that does not run has no faults.
            let _ = cast.say(place, "clear");
        }
        self.0.retain(|on| on.place != place);
        // Nothing that does not run is suspended.
        let _ = cast.suspend(place, false);
    }

    /// Ends all faults and suspensions.
    pub(super) fn clear_all(&mut self, cast: &mut Cast) {
        (0..cast.actors().len()).for_each(|place| self.clear(place, cast));
    }

    /// Forgets the faults of a process that has ended.
    pub(super) fn forget(&mut self, place: usize) {
        self.0.retain(|on| on.place != place);
    }

    /// Suspends and resumes slow processes, and ends the faults whose time is over; returns whether one has ended.
    pub(super) fn turn(&mut self, now: Instant, cast: &Cast) -> bool {
        let count = self.0.len();
        self.0.retain_mut(|on| on.turn(now, cast));
        self.0.len() != count
    }

    /// When to call [`Faults::turn`].
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.0.iter().map(|on| if matches!(on.fault, Fault::Slow(_)) { on.next.min(on.until) } else { on.until }).min()
    }

    pub(super) fn views(&self, cast: &Cast) -> Vec<FaultView> {
        let view = |on: &On| FaultView { on: cast.actors()[on.place].name.clone(), fault: on.fault, until: on.until };
        self.0.iter().map(view).collect()
    }
}

impl On {
    /// Does what is due; returns whether the fault continues.
    fn turn(&mut self, now: Instant, cast: &Cast) -> bool {
        let is_over = now >= self.until;
        let Fault::Slow(percent) = self.fault else { return !is_over };
        if (now >= self.next || is_over)
            && let Ok(child) = cast.child(self.place)
            && !cast.actors()[self.place].is_suspended
        {
            let percent = u32::from(percent.min(100));
            if self.is_off || is_over {
                child.resume();
                (self.is_off, self.changed_at, self.next) = (false, now, now + SLICE * (100 - percent) / 100);
            } else {
                child.suspend();
                // As it should be after the time that it had, which may have been more than was due.
                let had = now.saturating_duration_since(self.changed_at);
                let until = (had * percent).checked_div(100 - percent).map_or(self.until, |off| now + off);
                (self.is_off, self.next) = (true, until);
            }
        }
        !is_over
    }
}
