//! How many texts are under way, shared by the thread that reads lines and the one that shows events.
//!
//! A fast input waits here for its turn. Only while the server is gone do texts pass, so that the client keeps them
//! or, when too many wait, refuses them with a sentence.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    event::{Event, LinkState},
    member::TEXTS_MAX,
};

#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Texts given to the client whose end is not known yet.
    under_way: usize,
    /// Whether the server answered once and does not now.
    down: bool,
    /// Whether the client has ended: nothing is under way any more.
    ended: bool,
}

impl Gate {
    /// Counts one more text as under way, after waiting for room unless the server is gone.
    pub(crate) fn enter(&self) {
        let full = |state: &mut State| state.under_way >= TEXTS_MAX && !state.down && !state.ended;
        let mut state = self.changed.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        state.under_way += 1;
    }

    /// Counts the end of one text.
    pub(crate) fn leave(&self) {
        let mut state = self.lock();
        state.under_way = state.under_way.saturating_sub(1);
        self.changed.notify_all();
    }

    /// Takes an event of the client.
    pub(crate) fn handle(&self, event: &Event) {
        match event {
            Event::Said(_) | Event::Refused { text: Some(_), .. } => self.leave(),
            Event::Link(link) => {
                self.lock().down = *link == LinkState::Down;
                self.changed.notify_all();
            }
            _ => {}
        }
    }

    /// The client has ended.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Waits until no text is under way.
    pub(crate) fn wait_until_clear(&self) {
        drop(self.changed.wait_while(self.lock(), State::is_busy));
    }

    /// The same, but no longer than `patience`.
    pub(crate) fn wait_until_clear_within(&self, patience: Duration) {
        drop(self.changed.wait_timeout_while(self.lock(), patience, State::is_busy));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_busy(&mut self) -> bool {
        self.under_way > 0 && !self.ended
    }
}
