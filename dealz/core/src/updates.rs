//! The stream of updates of one page.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    dashboard::{Cursor, Dashboard},
    view::Update,
};

/// What one page has seen of the desk, and so what it has not. Pages do not disturb each other.
pub struct Updates {
    /// None if a recording is played: then nothing changes.
    dashboard: Option<Arc<Mutex<Dashboard>>>,
    cursor: Cursor,
    /// Whether the page gets the speaker's notes.
    has_notes: bool,
}

impl Updates {
    pub(crate) fn new(dashboard: Option<Arc<Mutex<Dashboard>>>, has_notes: bool) -> Self {
        let cursor = dashboard.as_deref().map_or_else(Cursor::default, |dashboard| locked(dashboard).cursor());
        Self { dashboard, cursor, has_notes }
    }

    /// What has changed since the previous call, without waiting for it: first a snapshot, and again one when everything
    /// begins again. If nothing has changed for a second, an update without content says that the desk lives. Nothing queues
    /// up: a page that rarely asks gets the newest state.
    #[expect(clippy::should_implement_trait, reason = "it has no end: none is for now, not for ever")]
    pub fn next(&mut self) -> Option<Update> {
        let mut update = locked(self.dashboard.as_deref()?).changes(&mut self.cursor)?;
        if !self.has_notes {
            let open = update.scenes.as_mut().and_then(|scenes| scenes.open.as_mut());
            open.into_iter().flat_map(|scene| &mut scene.cues).for_each(|cue| cue.notes.clear());
        }
        Some(update)
    }

    /// Begins again with a snapshot.
    pub(crate) fn rewind(&mut self) {
        self.cursor = self.cursor.rewound();
    }
}

fn locked(dashboard: &Mutex<Dashboard>) -> MutexGuard<'_, Dashboard> {
    dashboard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Updates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Updates({:?})", self.cursor)
    }
}
