//! The stream of updates of one page.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    clock::now_ms,
    dashboard::{Cursor, Dashboard},
    view::Update,
};

/// What one page has seen of the desk, and so what it has not. Pages do not disturb each other.
pub struct Updates {
    /// None where a recording is played: then nothing changes.
    dashboard: Option<Arc<Mutex<Dashboard>>>,
    cursor: Cursor,
}

impl Updates {
    pub(crate) fn new(dashboard: Option<Arc<Mutex<Dashboard>>>) -> Self {
        Self { dashboard, cursor: Cursor::default() }
    }

    /// What has changed since the last call, never waiting for it: first of all a snapshot, and later on again one when
    /// everything began anew. There is no queue behind it: who calls seldom gets the newest state.
    #[expect(clippy::should_implement_trait, reason = "it has no end: none is for now, not for ever")]
    pub fn next(&mut self) -> Option<Update> {
        let dashboard = self.dashboard.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        dashboard.changes(&mut self.cursor, now_ms())
    }

    /// Begins again with a snapshot.
    pub(crate) fn rewind(&mut self) {
        self.cursor = Cursor::default();
    }
}

impl fmt::Debug for Updates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Updates({:?})", self.cursor)
    }
}
