//! The acts of a scene in order, with what runs at each point.

use std::collections::{BTreeMap, BTreeSet};

use super::cast::{Cast, Named};
use crate::{
    fault::Fault,
    problem::Problems,
    script::{Act, Line, Member, ProcessAct},
    stage::house::DESK,
    suggest::suggestion,
    vocabulary::{SERVICE_VIEWS, VIEWS},
};

/// What is known of a process at a point of the scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// No cue has started it yet.
    Waits,
    /// It runs, unless it has ended by itself.
    Runs,
    /// A cue has suspended it.
    Suspended,
    /// A cue has stopped or killed it.
    Ended,
}

/// A scene up to some act.
pub(super) struct Play<'a> {
    cast: &'a Cast<'a>,
    states: BTreeMap<String, State>,
    /// What has had a fault.
    faulty: BTreeSet<String>,
}

impl<'a> Play<'a> {
    /// The scene before its first cue.
    pub(super) fn new(cast: &'a Cast<'a>) -> Self {
        let mut states = BTreeMap::new();
        for player in cast.players() {
            let state = if player.member.waits { State::Waits } else { State::Runs };
            let named = cast.named(&player.member.name).into_iter().flat_map(|named| named.processes);
            states.extend(named.map(|process| (process, state)));
        }
        Self { cast, states, faulty: BTreeSet::new() }
    }

    /// The processes that a name means, if a cue or the scene has started all of them.
    ///
    /// # Errors
    /// There is none of this name, or it waits.
    pub(super) fn started(&self, name: &str) -> Result<Named<'a>, String> {
        let named = self.cast.named(name)?;
        match named.processes.iter().find(|process| self.states.get(*process) == Some(&State::Waits)) {
            Some(process) => Err(format!("`{process}` waits: no cue has started it yet")),
            None => Ok(named),
        }
    }

    /// The members that wait for ever.
    pub(super) fn never_started(&self) -> impl Iterator<Item = &'a Member> {
        let waits = |member: &Member| {
            let named = self.cast.named(&member.name).into_iter().flat_map(|named| named.processes);
            named.into_iter().all(|process| self.states.get(&process) == Some(&State::Waits))
        };
        self.cast.players().map(|player| player.member).filter(move |member| waits(member))
    }

    /// Does an act, or says why it cannot be done.
    pub(super) fn act(&mut self, act: &Act, line: Line, problems: &mut Problems) {
        let done = match act {
            Act::Process(act, name) => self.process(*act, name),
            Act::Type { process, .. } => self.is_running(process),
            Act::Fault { on, fault, .. } => self.fault(on, *fault),
            Act::Clear(None) => Ok(()),
            Act::Clear(Some(name)) if self.faulty.contains(name) => Ok(()),
            Act::Clear(Some(name)) => Err(format!(
                "`{name}` has no fault to clear{}",
                suggestion(name, self.faulty.iter().map(String::as_str))
            )),
            Act::View(view) => self.view(view),
            Act::Highlight(name) => self.highlight(name),
        };
        if let Err(reason) = done {
            problems.add(line, reason);
        }
    }

    fn process(&mut self, act: ProcessAct, name: &str) -> Result<(), String> {
        let after = match act {
            ProcessAct::Start | ProcessAct::Restart | ProcessAct::Resume => State::Runs,
            ProcessAct::Stop | ProcessAct::Kill => State::Ended,
            ProcessAct::Suspend => State::Suspended,
        };
        let processes = if act == ProcessAct::Start { self.cast.named(name)? } else { self.started(name)? }.processes;
        let mut first = Ok(());
        for process in processes {
            let before = self.states.insert(process.clone(), after).unwrap_or(State::Waits);
            first = first.and_then(|()| possible(act, before, &process));
        }
        first
    }

    fn is_running(&self, name: &str) -> Result<(), String> {
        let processes = self.started(name)?.processes;
        match processes.iter().find(|process| self.states.get(*process) == Some(&State::Ended)) {
            Some(process) => Err(format!("`{process}` has been ended by a cue before")),
            None => Ok(()),
        }
    }

    fn fault(&mut self, on: &str, fault: Fault) -> Result<(), String> {
        let link = on.split_once('.');
        match (link, fault) {
            (None, Fault::Slow(_)) => self.is_running(on)?,
            (Some((process, link)), Fault::Slow(_)) => {
                self.link(process, link)?;
                return Err(format!("`slow` is a fault of a process: on = \"{process}\""));
            }
            (Some((process, link)), _) => self.link(process, link)?,
            (None, _) => {
                let member = self.cast.named(on)?.player.member;
                let name = fault.name();
                return Err(match member.links.first() {
                    Some(link) => format!("`{name}` is a fault of a link: on = \"{on}.{link}\""),
                    None => format!("`{name}` is a fault of a link, and `{on}` has none: links = [\"…\"] in the cast"),
                });
            }
        }
        self.faulty.insert(on.to_owned());
        Ok(())
    }

    fn link(&self, process: &str, link: &str) -> Result<(), String> {
        let member = self.cast.named(process)?.player.member;
        if member.links.iter().any(|name| name == link) {
            return Ok(());
        }
        let known = suggestion(link, member.links.iter().map(String::as_str));
        let reason = format!("`{process}` has no link `{link}`");
        Err(if known.is_empty() { format!("{reason}: links = [\"{link}\"] in the cast") } else { reason + &known })
    }

    /// A desk that takes part shows its services too.
    fn view(&self, view: &str) -> Result<(), String> {
        let has_desk = self.cast.players().any(|player| player.member.runs(DESK));
        let views = || VIEWS.into_iter().chain(SERVICE_VIEWS.into_iter().filter(|_| has_desk));
        if views().any(|known| known == view) {
            return Ok(());
        }
        Err(format!("no view `{view}` for scenes{}", suggestion(view, views())))
    }

    fn highlight(&self, name: &str) -> Result<(), String> {
        match name.split_once('.') {
            None => self.cast.named(name).map(|_| ()),
            Some((process, socket)) => self.cast.named(process)?.player.check_socket(socket),
        }
    }
}

/// Whether an act can be done to a process in this state.
fn possible(act: ProcessAct, state: State, process: &str) -> Result<(), String> {
    match (act, state) {
        (ProcessAct::Start, State::Runs | State::Suspended) => {
            Err(format!("`{process}` runs already: stop it before, or use `restart`"))
        }
        (ProcessAct::Start, _) | (_, State::Runs) if act != ProcessAct::Resume => Ok(()),
        (ProcessAct::Resume, State::Runs) => Err(format!("`{process}` is not suspended")),
        (ProcessAct::Suspend, State::Suspended) => Err(format!("`{process}` is suspended already")),
        (_, State::Ended) => Err(format!("`{process}` has been ended by a cue before: use `start`")),
        _ => Ok(()),
    }
}
