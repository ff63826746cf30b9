//! The processes of a scene: its cast, and a link for each endpoint that a member reaches through one.
//!
//! - `command`: how each is started
//!
//! The thread that owns the cast starts its children, because Linux ends a child with the thread that started it.

mod command;

use std::{
    collections::BTreeMap,
    io,
    process::Stdio,
    sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    time::{Duration, Instant},
};

use children::{Child, Event, Exit};
use sockets::{Interest, observe::own_host};
use thiserror::Error;
use wire::report::{Label, ProcessState};

use super::{
    StageConfig,
    snapshot::{ActorView, Life},
};
use crate::{
    bell::{Bell, Rope},
    endpoints::{Endpoints, EndpointsError, Transport},
    peers,
    script::{Member, Scene},
    values::Actor,
};

/// How many events of children may wait; a child with more of them waits.
const EVENTS_MAX: usize = 1_000;

/// The most bytes of a line.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// How long all processes together have to end before the rest is killed.
const GRACE: Duration = Duration::from_millis(800);

/// Why a process cannot be started or reached; the display is in words for the speaker.
#[derive(Debug, Error)]
pub(super) enum CastError {
    #[error("{name} cannot be started: {reason}")]
    Start { name: String, reason: io::Error },
    #[error(transparent)]
    Endpoints(#[from] EndpointsError),
    #[error("{0} runs already")]
    Runs(String),
    #[error("{0} does not run")]
    NotRunning(String),
    #[error("{0} does not read its input")]
    NotReading(String),
    #[error("{0} is no link")]
    NotALink(String),
}

/// What a child has done.
pub(super) enum Deed {
    /// It has written a line, to standard error if it is of the log.
    Line { text: String, is_log: bool },
    /// It has ended.
    Ended,
}

/// All processes.
pub(super) struct Cast {
    config: StageConfig,
    /// The name of this machine, as processes report it.
    host: Label,
    actors: Vec<Actor>,
    parts: Vec<Part>,
    /// How many children were started: the number of each is different from those before it at its place.
    starts: u64,
    bell: Bell,
    sender: SyncSender<Notice>,
    notices: Receiver<Notice>,
}

/// What is behind an actor.
struct Part {
    play: Playing,
    child: Option<(u64, Child)>,
}

/// What an actor plays.
enum Playing {
    /// A member of the cast, with the places of its links, by the names of their endpoints.
    Member { member: Member, links: BTreeMap<String, (usize, String)> },
    /// A link to this endpoint.
    Link { from: String, to: String },
}

/// An event of the child that was started as number `start` at `place`.
struct Notice {
    place: usize,
    start: u64,
    event: Event,
}

impl Cast {
    /// The cast of a scene; nothing is started, and what is in another language is built.
    pub(super) fn new(
        scene: &Scene,
        config: StageConfig,
        endpoints: &mut Endpoints,
    ) -> Result<Self, super::StageError> {
        let (sender, notices) = sync_channel(EVENTS_MAX);
        let bell = Bell::new()?;
        let host = own_host();
        let mut cast = Self { config, host, actors: Vec::new(), parts: Vec::new(), starts: 0, bell, sender, notices };
        for member in &scene.cast {
            let member = &peers::ready(member, &cast.config.root)?;
            for number in 1..=member.count {
                let name = if member.count == 1 { member.name.clone() } else { format!("{}-{number}", member.name) };
                cast.add(&name, member, endpoints)?;
            }
        }
        Ok(cast)
    }

    fn add(&mut self, name: &str, member: &Member, endpoints: &mut Endpoints) -> Result<(), EndpointsError> {
        let mut links = BTreeMap::new();
        for endpoint in &member.links {
            let link = format!("{name}.{endpoint}");
            let (from, to) = (endpoints.get(&link, Transport::Tcp)?, endpoints.get(endpoint, Transport::Tcp)?);
            links.insert(endpoint.clone(), (self.actors.len(), from.clone()));
            self.push(link, format!("{}.{endpoint}", member.name), Playing::Link { from, to });
        }
        self.push(name.to_owned(), member.name.clone(), Playing::Member { member: member.clone(), links });
        Ok(())
    }

    fn push(&mut self, name: String, member: String, play: Playing) {
        self.actors.push(Actor { name, member, ..Actor::default() });
        self.parts.push(Part { play, child: None });
    }

    /// The processes, as paths see them.
    pub(super) fn actors(&self) -> &[Actor] {
        &self.actors
    }

    /// The places of the processes with this name.
    pub(super) fn places(&self, name: &str) -> Vec<usize> {
        self.actors.iter().enumerate().filter(|(_, actor)| actor.is(name)).map(|(place, _)| place).collect()
    }

    /// The places of those that the scene starts, and no cue.
    pub(super) fn openers(&self) -> Vec<usize> {
        let opens = |part: &Part| matches!(&part.play, Playing::Member { member, .. } if !member.waits);
        self.parts.iter().enumerate().filter(|(_, part)| opens(part)).map(|(place, _)| place).collect()
    }

    /// Nothing has happened yet: none was started. All must have ended.
    pub(super) fn forget(&mut self) {
        for actor in &mut self.actors {
            *actor = Actor { name: actor.name.clone(), member: actor.member.clone(), ..Actor::default() };
        }
    }

    /// Starts a process, after its links.
    pub(super) fn start(&mut self, place: usize, endpoints: &mut Endpoints) -> Result<(), CastError> {
        let name = self.actors[place].name.clone();
        if self.actors[place].runs() {
            return Err(CastError::Runs(name));
        }
        let (mut command, links) = self.command(place, endpoints)?;
        for link in links {
            if !self.actors[link].runs() {
                self.start(link, endpoints)?;
            }
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.starts += 1;
        let (start, sender, rope) = (self.starts, self.sender.clone(), self.bell.rope());
        let child = Child::start(&mut command, LINE_BYTES_MAX, move |event| {
            pass_on(&sender, &rope, Notice { place, start, event })
        })
        .map_err(|reason| CastError::Start { name, reason })?;
        let actor = &mut self.actors[place];
        (actor.pid, actor.exit, actor.is_suspended, actor.last) = (Some(child.pid()), None, false, None);
        self.parts[place].child = Some((start, child));
        Ok(())
    }

    /// Types a line into a process.
    pub(super) fn say(&mut self, place: usize, line: &str) -> Result<(), CastError> {
        let name = &self.actors[place].name;
        let Some((_, child)) = self.parts[place].child.as_mut().filter(|_| self.actors[place].runs()) else {
            return Err(CastError::NotRunning(name.clone()));
        };
        child.say(line).map_err(|_| CastError::NotReading(name.clone()))
    }

    /// Gives a link a command.
    pub(super) fn have_fail(&mut self, place: usize, command: &str) -> Result<(), CastError> {
        match self.parts[place].play {
            Playing::Link { .. } => self.say(place, command),
            Playing::Member { .. } => Err(CastError::NotALink(self.actors[place].name.clone())),
        }
    }

    /// The child at a place, if it runs.
    pub(super) fn child(&self, place: usize) -> Result<&Child, CastError> {
        let child = self.parts[place].child.as_ref().filter(|_| self.actors[place].runs());
        child.map(|(_, child)| child).ok_or_else(|| CastError::NotRunning(self.actors[place].name.clone()))
    }

    /// Suspends or resumes a process.
    pub(super) fn suspend(&mut self, place: usize, is_suspended: bool) -> Result<(), CastError> {
        let child = self.child(place)?;
        if is_suspended {
            child.suspend();
        } else {
            child.resume();
        }
        self.actors[place].is_suspended = is_suspended;
        Ok(())
    }

    /// Has all end.
    pub(super) fn stop(&self) {
        for (_, child) in self.parts.iter().filter_map(|part| part.child.as_ref()) {
            child.stop(GRACE);
        }
    }

    /// Whether none runs.
    pub(super) fn is_empty(&self) -> bool {
        !self.actors.iter().any(Actor::runs)
    }

    /// Ready when a child has done something.
    pub(super) fn interest(&self) -> Interest<'_> {
        self.bell.interest()
    }

    /// The next thing that a child has done, and its place.
    pub(super) fn next_deed(&mut self) -> Option<(usize, Deed)> {
        loop {
            let Notice { place, start, event } = match self.notices.try_recv() {
                Ok(notice) => notice,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return None,
            };
            // A child that another one has replaced had ended before.
            if self.parts[place].child.as_ref().is_none_or(|(current, _)| *current != start) {
                continue;
            }
            match event {
                Event::Printed(text) => return Some((place, Deed::Line { text, is_log: false })),
                Event::Logged(text) => return Some((place, Deed::Line { text, is_log: true })),
                Event::Exited(exit) => {
                    let actor = &mut self.actors[place];
                    (actor.exit, actor.is_suspended) = (Some(code(exit)), false);
                    self.parts[place].child = None;
                    return Some((place, Deed::Ended));
                }
            }
        }
    }

    /// Silences the bell; call it before [`Cast::next_deed`].
    pub(super) fn silence(&self) {
        self.bell.silence();
    }

    /// Rings the bell, for deeds that are left.
    pub(super) fn ring(&self) {
        self.bell.rope().ring();
    }

    /// Takes what a process has reported, if it is of the cast. One of another machine may have the same process id.
    pub(super) fn handle_state(&mut self, now: Instant, state: ProcessState) {
        if state.host != self.host {
            return;
        }
        if let Some(actor) = self.actors.iter_mut().find(|actor| actor.pid == Some(state.pid)) {
            actor.last = Some((now, state));
        }
    }

    /// The processes, as views show them.
    pub(super) fn views(&self) -> Vec<ActorView> {
        let view = |(actor, part): (&Actor, &Part)| ActorView {
            name: actor.name.clone(),
            member: actor.member.clone(),
            is_link: matches!(part.play, Playing::Link { .. }),
            pid: actor.pid,
            life: match (actor.pid, actor.exit) {
                (None, _) => Life::Waiting,
                (Some(_), Some(code)) => Life::Ended(code),
                (Some(_), None) if actor.is_suspended => Life::Suspended,
                (Some(_), None) => Life::Running,
            },
        };
        self.actors.iter().zip(&self.parts).map(view).collect()
    }
}

/// On a thread of the child: it waits while the stage has no room.
fn pass_on(sender: &SyncSender<Notice>, rope: &Rope, notice: Notice) {
    // A stage that has ended needs nothing.
    let _ = sender.send(notice);
    rope.ring();
}

/// The exit code, or the negative number of the signal.
const fn code(exit: Exit) -> i32 {
    match exit {
        Exit::Code(code) => code,
        Exit::Signal(signal) => -signal,
        Exit::Unknown => i32::MIN,
    }
}
