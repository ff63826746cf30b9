//! The processes of the open scene, as a list: how each is, and what it has printed.

use std::time::{Duration, Instant};

use scenez::stage::{Life, Snapshot};

use crate::{clock::Now, processes::List, view::ProcessView};

/// How often what changes all the time is listed: memory and printed lines.
const BEAT: Duration = Duration::from_secs(1);

/// The list, and what it was made of.
#[derive(Debug)]
pub(super) struct Troupe {
    list: List,
    start: u64,
    /// What is listed at once.
    lives: Vec<(Option<u32>, Life, bool)>,
    reported: Vec<ProcessView>,
    next: Instant,
}

impl Troupe {
    /// That of a scene that opens.
    pub(super) fn new() -> Self {
        Self { list: List::of_scene(), start: 0, lives: Vec::new(), reported: Vec::new(), next: Instant::now() }
    }

    /// In what time to call [`Troupe::follow`] though the stage shows nothing new.
    pub(super) fn next_look(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// The list, if it is another one than before.
    pub(super) fn follow(&mut self, snapshot: &Snapshot, now: Now) -> Option<Vec<ProcessView>> {
        let lives: Vec<_> = snapshot.actors.iter().map(|actor| (actor.pid, actor.life, actor.is_ending)).collect();
        if lives == self.lives && now.at < self.next {
            return None;
        }
        if snapshot.start != self.start {
            self.start = snapshot.start;
            self.list.clear();
        }
        (self.lives, self.next) = (lives, now.at + BEAT);
        let list = self.list.follow(snapshot, now.ms);
        if list == self.reported {
            return None;
        }
        self.reported.clone_from(&list);
        Some(list)
    }
}
