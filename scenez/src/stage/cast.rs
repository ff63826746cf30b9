//! The processes of a scene: its cast, and a link for each endpoint that a member reaches through one.
//!
//! - `command`: how each is started
//! - `builds`: members in other languages are built first
//! - `numbers`: how many processes of a member run, and what
//! - `guests`: those that play a member and that the cast has not started: the desk, and services of other terminals
//!
//! The thread that owns the cast starts its children, because Linux ends a child with the thread that started it.

mod builds;
mod command;
mod guests;
mod numbers;

use std::{
    collections::BTreeMap,
    io,
    process::Stdio,
    sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    time::{Duration, Instant},
};

use children::{Child, Event, Exit};
use sockets::{
    Interest,
    bell::{Bell, Rope},
    observe::own_host,
};
use thiserror::Error;
use wire::report::{Label, ProcessState};

use self::builds::Builds;
use super::{
    StageConfig,
    snapshot::{ActorView, Life},
};
use crate::{
    endpoints::{Endpoints, EndpointsError, Transport},
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
    #[error("there is no member {0}")]
    NoMember(String),
    #[error("{0}")]
    Peer(String),
    #[error("{0} was started outside of the scene: {1}")]
    Elsewhere(String, String),
}

/// What a child has done.
pub(super) enum Deed {
    /// It has written a line, to standard error if it is of the log.
    Line { text: String, is_log: bool },
    /// It has ended, and is to be started again or not.
    Ended { starts: bool },
}

/// All processes.
pub(super) struct Cast {
    config: StageConfig,
    /// The name of this machine, as processes report it.
    host: Label,
    /// What members run now, and what they run when the scene starts.
    members: Vec<Member>,
    initial_members: Vec<Member>,
    actors: Vec<Actor>,
    parts: Vec<Part>,
    /// How many there are when the scene starts; others were added since.
    initial: usize,
    /// How many children were started: the number of each is different from those before it at its place.
    starts: u64,
    bell: Bell,
    builds: Builds,
    sender: SyncSender<Notice>,
    notices: Receiver<Notice>,
}

/// What is behind an actor.
struct Part {
    play: Playing,
    child: Option<(u64, Child)>,
    /// The words that the child was started with.
    ran: Vec<String>,
    then: Then,
}

/// What happens when a process has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Then {
    /// Nothing.
    #[default]
    Stay,
    /// It is started again.
    Start,
    /// It is forgotten, as if it had never been started.
    Leave,
}

/// What an actor plays.
enum Playing {
    /// A member of the cast, by its place, with the places of its links, by the names of their endpoints.
    Member { member: usize, links: BTreeMap<String, (usize, String)> },
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
    /// The cast of a scene; nothing is started or built.
    pub(super) fn new(
        scene: &Scene,
        config: StageConfig,
        endpoints: &mut Endpoints,
    ) -> Result<Self, super::StageError> {
        let (sender, notices) = sync_channel(EVENTS_MAX);
        let bell = Bell::new()?;
        let mut cast = Self {
            builds: Builds::new(config.root.clone(), bell.rope()),
            config,
            host: own_host(),
            members: scene.cast.clone(),
            initial_members: scene.cast.clone(),
            actors: Vec::new(),
            parts: Vec::new(),
            initial: 0,
            starts: 0,
            bell,
            sender,
            notices,
        };
        for (index, member) in scene.cast.iter().enumerate() {
            let number = cast.config.house.as_ref().and_then(|house| house.numbers.get(&member.name));
            for number in 1..=number.copied().unwrap_or(member.count) {
                cast.add(index, number, endpoints)?;
            }
        }
        cast.initial = cast.actors.len();
        Ok(cast)
    }

    /// Adds the process of a member with this number; returns its place.
    fn add(&mut self, index: usize, number: u32, endpoints: &mut Endpoints) -> Result<usize, EndpointsError> {
        let member = self.members[index].clone();
        let name = member.process(number);
        let mut links = BTreeMap::new();
        for endpoint in &member.links {
            let link = format!("{name}.{endpoint}");
            let (from, to) = (endpoints.get(&link, Transport::Tcp)?, endpoints.get(endpoint, Transport::Tcp)?);
            links.insert(endpoint.clone(), (self.actors.len(), from.clone()));
            self.push(link, format!("{}.{endpoint}", member.name), Playing::Link { from, to });
        }
        self.push(name, member.name, Playing::Member { member: index, links });
        Ok(self.actors.len() - 1)
    }

    fn push(&mut self, name: String, member: String, play: Playing) {
        self.actors.push(Actor { name, member, ..Actor::default() });
        self.parts.push(Part { play, child: None, ran: Vec::new(), then: Then::Stay });
    }

    /// The member that an actor plays; none if it is a link.
    fn member(&self, place: usize) -> Option<&Member> {
        match self.parts[place].play {
            Playing::Member { member, .. } => Some(&self.members[member]),
            Playing::Link { .. } => None,
        }
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
        (0..self.parts.len()).filter(|&place| self.member(place).is_some_and(|member| !member.waits)).collect()
    }

    /// Nothing has happened yet: none was started, none was added. All must have ended.
    pub(super) fn forget(&mut self) {
        self.members.clone_from(&self.initial_members);
        self.actors.truncate(self.initial);
        self.parts.truncate(self.initial);
        (0..self.initial).for_each(|place| self.forget_one(place));
    }

    fn forget_one(&mut self, place: usize) {
        let actor = &mut self.actors[place];
        *actor = Actor { name: actor.name.clone(), member: actor.member.clone(), ..Actor::default() };
        self.parts[place].then = Then::Stay;
    }

    /// Starts a process, after its links; one that has to be built starts after that.
    pub(super) fn start(&mut self, place: usize, endpoints: &mut Endpoints) -> Result<(), CastError> {
        let name = self.actors[place].name.clone();
        if self.parts[place].child.is_some() {
            return Err(CastError::Runs(name));
        }
        self.look_for_guest(place, endpoints)?;
        if self.actors[place].elsewhere.is_some() {
            return Ok(());
        }
        if self.waits_for_build(place) {
            return Ok(());
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
        .map_err(|reason| {
            let program = command.get_program().display();
            self.actors[place].failure = Some(format!("cannot start {program}: {reason}"));
            CastError::Start { name, reason }
        })?;
        self.forget_one(place);
        self.actors[place].pid = Some(child.pid());
        let ran = self.member(place).map_or_else(Vec::new, |member| member.run.clone());
        let part = &mut self.parts[place];
        (part.child, part.ran) = (Some((start, child)), ran);
        Ok(())
    }

    /// Types a line into a process.
    pub(super) fn say(&mut self, place: usize, line: &str) -> Result<(), CastError> {
        self.child(place)?;
        let said = self.parts[place].child.as_mut().map(|(_, child)| child.say(line));
        said.and_then(Result::ok).ok_or_else(|| CastError::NotReading(self.actors[place].name.clone()))
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
        let Actor { name, elsewhere, .. } = &self.actors[place];
        match (&self.parts[place].child, elsewhere) {
            (Some((_, child)), _) => Ok(child),
            (None, Some(holder)) => Err(CastError::Elsewhere(name.clone(), holder.clone())),
            (None, None) => Err(CastError::NotRunning(name.clone())),
        }
    }

    /// Asks a process to end, and kills it if it has not after `grace`.
    pub(super) fn stop(&mut self, place: usize, grace: Duration) -> Result<(), CastError> {
        self.child(place)?.stop(grace);
        self.will_end(place, Then::Stay);
        Ok(())
    }

    /// Kills a process.
    pub(super) fn kill(&mut self, place: usize) -> Result<(), CastError> {
        self.child(place)?.kill();
        self.will_end(place, Then::Stay);
        Ok(())
    }

    /// Asks a process to end, and has it started again when it has.
    pub(super) fn restart(&mut self, place: usize, grace: Duration) -> Result<(), CastError> {
        self.stop(place, grace)?;
        self.parts[place].then = Then::Start;
        Ok(())
    }

    fn will_end(&mut self, place: usize, then: Then) {
        (self.actors[place].is_ending, self.parts[place].then) = (true, then);
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
    pub(super) fn stop_all(&mut self) {
        for place in 0..self.parts.len() {
            // One that does not run need not end.
            let _ = self.stop(place, GRACE);
        }
    }

    /// Whether no child is left.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.child.is_none())
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
            let part = self.parts.get(place);
            if part.and_then(|part| part.child.as_ref()).is_none_or(|(current, _)| *current != start) {
                continue;
            }
            match event {
                Event::Printed(text) => return Some((place, Deed::Line { text, is_log: false })),
                Event::Logged(text) => return Some((place, Deed::Line { text, is_log: true })),
                Event::Exited(exit) => {
                    let actor = &mut self.actors[place];
                    (actor.exit, actor.is_suspended) = (Some(code(exit)), false);
                    self.parts[place].child = None;
                    let then = std::mem::take(&mut self.parts[place].then);
                    if then == Then::Leave {
                        self.forget_one(place);
                    }
                    return Some((place, Deed::Ended { starts: then == Then::Start }));
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
            command: self.words(part),
            is_ending: actor.is_ending,
            will_start: part.then == Then::Start,
            failure: actor.failure.clone(),
            elsewhere: actor.elsewhere.clone(),
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
