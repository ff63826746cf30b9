//! How many texts are under way, shared by the thread that reads lines and the one that shows events.
//!
//! A fast input waits here. Only while the server is down do texts pass, so that the client keeps them or, when too
//! many wait, refuses them with a sentence.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    event::{Event, ServerState},
    member::TEXTS_MAX,
};

pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
    /// Whether texts pass before the server first replies.
    open_at_first: bool,
}

struct State {
    /// Texts given to the client whose fate is not known yet.
    under_way: usize,
    /// Whether texts pass without waiting.
    open: bool,
    /// Whether the client has ended: nothing is under way any more.
    ended: bool,
}

impl Gate {
    /// For a file or a program: it waits for the server, and loses nothing.
    pub(crate) fn for_program() -> Self {
        Self::new(false)
    }

    /// For a person: the next line can always be typed.
    pub(crate) fn for_person() -> Self {
        Self::new(true)
    }

    fn new(open_at_first: bool) -> Self {
        let state = State { under_way: 0, open: open_at_first, ended: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), open_at_first }
    }

    /// Counts one more text as under way, after waiting until there is room for it.
    pub(crate) fn enter(&self) {
        let full = |state: &mut State| state.under_way >= TEXTS_MAX && !state.open && !state.ended;
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
            Event::Said(_) | Event::Refused { text: Some(_), .. } | Event::Failed { .. } => self.leave(),
            Event::Server(state) => {
                self.lock().open = match state {
                    ServerState::Connecting => self.open_at_first,
                    ServerState::Up => false,
                    ServerState::Down => true,
                };
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

    /// Waits until no text is under way, but no longer than `patience`.
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
