//! Whether the hub passes reports on. A hub that is suspended keeps its connections, so only its silence shows: the desk
//! itself reports once a second at least, and no report arrives. Pure.

/// How many looks without a report are too many: two seconds. A process counts as silent a second later.
const LOOKS_MAX: u32 = 8;

/// The looks at the system since the last report. They are counted, and not the time: a desk that was suspended itself does
/// not look.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// `None` until a report has arrived on the present connection.
    looks: Option<u32>,
}

impl Quiet {
    /// A report has arrived.
    pub(super) const fn handle_report(&mut self) {
        self.looks = Some(0);
    }

    /// No report has arrived since the last look, or since the last report.
    pub(super) const fn handle_look(&mut self) {
        if let Some(looks) = &mut self.looks {
            *looks = looks.saturating_add(1);
        }
    }

    /// There is no connection.
    pub(super) const fn handle_down(&mut self) {
        self.looks = None;
    }

    /// Whether reports should arrive, and do not.
    pub(super) fn is_too_long(&self) -> bool {
        self.looks.is_some_and(|looks| looks >= LOOKS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_is_silent_when_it_has_passed_on_reports_and_no_longer_does() {
        let mut quiet = Quiet::default();
        let looks = |quiet: &mut Quiet, count| (0..count).for_each(|_| quiet.handle_look());
        looks(&mut quiet, 100);
        assert!(!quiet.is_too_long(), "no process may report yet");
        quiet.handle_report();
        looks(&mut quiet, LOOKS_MAX - 1);
        assert!(!quiet.is_too_long());
        looks(&mut quiet, 1);
        assert!(quiet.is_too_long());
        quiet.handle_report();
        assert!(!quiet.is_too_long());
        looks(&mut quiet, LOOKS_MAX);
        quiet.handle_down();
        assert!(!quiet.is_too_long(), "another connection is another hub");
    }
}
