//! Members in other languages are built by a thread, one after another, while the stage runs.
//!
//! A member is built when its command line is that of a program, and no longer `peer haskell worker`.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Instant,
};

use sockets::bell::Rope;

use super::{Cast, CastError, Playing, Then};
use crate::{peers, stage::snapshot::Building};

/// What comes of a build: a command line, or why there is none.
type Built = (usize, Result<Vec<String>, String>);

/// The builds that wait, and the one at work. Dropped, it lets that one end by itself: the next stage needs it too.
pub(super) struct Builds {
    root: PathBuf,
    rope: Rope,
    /// The places of members, and their command lines.
    waiting: VecDeque<(usize, Vec<String>)>,
    current: Option<(usize, Building)>,
    sender: Sender<Built>,
    built: Receiver<Built>,
}

impl Builds {
    /// Rings the rope when one is over.
    pub(super) fn new(root: PathBuf, rope: Rope) -> Self {
        let (sender, built) = channel();
        Self { root, rope, waiting: VecDeque::new(), current: None, sender, built }
    }

    /// Has a member built, unless that is asked for already.
    fn ask(&mut self, member: usize, run: &[String]) {
        let is_current = self.current.as_ref().is_some_and(|(current, _)| *current == member);
        if !is_current && !self.waiting.iter().any(|(waiting, _)| *waiting == member) {
            self.waiting.push_back((member, run.to_vec()));
            self.begin();
        }
    }

    fn begin(&mut self) {
        if self.current.is_some() {
            return;
        }
        let Some((member, run)) = self.waiting.pop_front() else { return };
        self.current = Some((member, Building { what: peers::work(&run, &self.root), since: Instant::now() }));
        let (root, rope, sender) = (self.root.clone(), self.rope.clone(), self.sender.clone());
        let failed = sender.clone();
        let started = thread::Builder::new().name("build".to_owned()).spawn(move || {
            // A stage that has ended needs nothing.
            let _ = sender.send((member, peers::command(&run, &root)));
            rope.ring();
        });
        if let Err(error) = started {
            let _ = failed.send((member, Err(format!("cannot build: {error}"))));
            self.rope.ring();
        }
    }

    fn next(&mut self) -> Option<Built> {
        let built = self.built.try_recv().ok()?;
        self.current = None;
        self.begin();
        Some(built)
    }
}

impl Cast {
    /// Has every member built that has a process; returns whether all are.
    pub(in crate::stage) fn build_all(&mut self) -> bool {
        let unbuilt: Vec<_> = (0..self.members.len())
            .filter(|&member| peers::is_peer(&self.members[member].run) && self.has_process(member))
            .collect();
        unbuilt.iter().for_each(|&member| self.builds.ask(member, &self.members[member].run));
        unbuilt.is_empty()
    }

    /// What is built now.
    pub(in crate::stage) fn building(&self) -> Option<&Building> {
        self.builds.current.as_ref().map(|(_, building)| building)
    }

    /// The next build that is over: the places of the processes that wait for it, or why it has failed.
    pub(in crate::stage) fn next_built(&mut self) -> Option<Result<Vec<usize>, CastError>> {
        let (member, built) = self.builds.next()?;
        let places: Vec<_> = (0..self.parts.len())
            .filter(|&place| self.plays(place, member) && self.parts[place].child.is_none())
            .collect();
        match built {
            Ok(run) => {
                self.members[member].run.clone_from(&run);
                self.initial_members[member].run = run;
                Some(Ok(places.into_iter().filter(|&place| self.parts[place].then == Then::Start).collect()))
            }
            Err(reason) => {
                for place in places {
                    self.parts[place].then = Then::Stay;
                    self.actors[place].failure = Some(reason.clone());
                }
                Some(Err(CastError::Peer(reason)))
            }
        }
    }

    /// Whether a process has to wait for the build of its member, which then starts it.
    pub(super) fn waits_for_build(&mut self, place: usize) -> bool {
        let Playing::Member { member, .. } = self.parts[place].play else { return false };
        if !peers::is_peer(&self.members[member].run) {
            return false;
        }
        self.parts[place].then = Then::Start;
        self.actors[place].failure = None;
        self.builds.ask(member, &self.members[member].run);
        true
    }

    fn has_process(&self, member: usize) -> bool {
        (0..self.parts.len()).any(|place| self.plays(place, member))
    }

    fn plays(&self, place: usize, member: usize) -> bool {
        matches!(self.parts[place].play, Playing::Member { member: played, .. } if played == member)
    }
}
