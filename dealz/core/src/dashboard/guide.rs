//! What commands have the pages show: a view, once, and for some seconds a highlight. Pure.
//!
//! The choice of a view is an event and no state: a page that joins later begins with the view of its reader's choice.

use std::time::{Duration, Instant};

use super::Section;
use crate::view::{HighlightView, ViewName};

/// How long something is highlighted.
const HIGHLIGHT_TIME: Duration = Duration::from_secs(5);

/// What pages are to show.
#[derive(Debug)]
pub(super) struct Guide {
    /// The view that was chosen last.
    view: ViewName,
    /// How many times one was chosen.
    choices: u64,
    highlight: Section<HighlightView>,
    highlight_ends: Option<Instant>,
}

/// What a page has seen of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GuideCursor {
    choices: u64,
    highlight: u64,
}

impl Guide {
    pub(super) fn new() -> Self {
        Self {
            view: ViewName::Desk,
            choices: 0,
            highlight: Section::new(HighlightView::default()),
            highlight_ends: None,
        }
    }

    /// The cursor of a page that has seen no state, and that no choice made so far concerns.
    pub(super) const fn cursor(&self) -> GuideCursor {
        GuideCursor { choices: self.choices, highlight: 0 }
    }

    pub(super) const fn choose(&mut self, view: ViewName) {
        self.view = view;
        self.choices += 1;
    }

    /// Highlights something in place of what was highlighted before.
    pub(super) fn highlight(&mut self, what: HighlightView, now: Instant) {
        self.highlight.show(what);
        self.highlight_ends = Some(now + HIGHLIGHT_TIME);
    }

    /// Ends a highlight whose time is over; returns whether one has ended.
    pub(super) fn handle_time(&mut self, now: Instant) -> bool {
        let has_ended = self.highlight_ends.take_if(|ends| *ends <= now).is_some();
        if has_ended {
            self.highlight.show(HighlightView::default());
        }
        has_ended
    }

    /// The view that was chosen since the cursor was advanced last, and the highlight if it is another one.
    pub(super) fn changes(&self, cursor: &mut GuideCursor) -> (Option<ViewName>, Option<HighlightView>) {
        let seen = std::mem::replace(&mut cursor.choices, self.choices);
        let view = (seen != self.choices).then_some(self.view);
        (view, self.highlight.unseen(&mut cursor.highlight))
    }
}

impl GuideCursor {
    /// The cursor of the same page after everything has begun again: a choice that it has not seen still concerns it.
    pub(super) const fn rewound(self) -> Self {
        Self { highlight: 0, ..self }
    }
}
