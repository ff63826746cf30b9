//! The list of processes, as pages get it: what the stage shows, and what the system reports of them.

use std::collections::{BTreeMap, VecDeque};

use scenez::stage::{ActorView, Life, Snapshot, house::THIS_DESK};

use super::status::Status;
use crate::view::{ProcessState, ProcessView};

/// Those that are listed before they are started for the first time.
const SERVICES: [&str; 2] = ["tickz", "chatz"];

/// How many log lines of a process are kept.
const LINES_MAX: usize = 20;

/// How many of one of a scene: there are many of them, and some print all the time.
const SCENE_LINES_MAX: usize = 5;

/// The list, and what it knows of the past.
#[derive(Debug)]
pub(crate) struct List {
    /// Whether it is that of the desk's own processes: then one that was never started is left out.
    is_own: bool,
    /// By their names.
    kept: BTreeMap<String, Kept>,
    /// The number of the next line that a process prints.
    next_line: u64,
}

/// What is known of a process besides its present.
#[derive(Debug)]
struct Kept {
    state: ProcessState,
    since_ms: f64,
    log: VecDeque<String>,
}

impl List {
    /// The list of the desk's own processes.
    pub(super) const fn of_desk() -> Self {
        Self { is_own: true, kept: BTreeMap::new(), next_line: 0 }
    }

    /// The list of a scene's processes: all of them, and its links.
    pub(crate) const fn of_scene() -> Self {
        Self { is_own: false, kept: BTreeMap::new(), next_line: 0 }
    }

    /// The processes now, in the order of the cast.
    pub(crate) fn follow(&mut self, snapshot: &Snapshot, now_ms: f64) -> Vec<ProcessView> {
        self.keep_lines(snapshot, now_ms);
        let is_listed = |actor: &&ActorView| {
            let is_known = actor.life != Life::Waiting || actor.failure.is_some() || actor.elsewhere.is_some();
            let is_desk = actor.elsewhere.as_deref() == Some(THIS_DESK);
            !self.is_own || !actor.is_link && !is_desk && (is_known || SERVICES.contains(&&*actor.name))
        };
        let mut actors: Vec<&ActorView> = snapshot.actors.iter().filter(is_listed).collect();
        if self.is_own {
            // Processes of a member that were added later are the last ones of the snapshot.
            actors.sort_by_key(|actor| snapshot.scene.cast.iter().position(|member| member.name == actor.member));
        }
        self.kept.retain(|name, _| actors.iter().any(|actor| actor.name == *name));
        actors.into_iter().map(|actor| self.view(actor, now_ms)).collect()
    }

    /// Forgets what was, and every line so far.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }

    fn keep_lines(&mut self, snapshot: &Snapshot, now_ms: f64) {
        let (first, lines_max) = (self.next_line, if self.is_own { LINES_MAX } else { SCENE_LINES_MAX });
        for line in snapshot.lines.iter().filter(|line| line.number >= first) {
            self.next_line = line.number + 1;
            let Some(actor) = snapshot.actors.get(line.actor) else { continue };
            let log = &mut self.kept_of(&actor.name, now_ms).log;
            if log.len() == lines_max {
                log.pop_front();
            }
            log.push_back(line.text.to_string());
        }
    }

    fn kept_of(&mut self, name: &str, now_ms: f64) -> &mut Kept {
        let new = || Kept { state: ProcessState::Ended { how: String::new() }, since_ms: now_ms, log: VecDeque::new() };
        self.kept.entry(name.to_owned()).or_insert_with(new)
    }

    fn view(&mut self, actor: &ActorView, now_ms: f64) -> ProcessView {
        let status = actor.pid.filter(|_| actor.runs()).and_then(Status::of);
        let kept = self.kept_of(&actor.name, now_ms);
        let state = state(actor, status, kept);
        if state != kept.state {
            (kept.state, kept.since_ms) = (state, now_ms);
        }
        let is_own = actor.runs() && actor.elsewhere.is_none();
        ProcessView {
            id: actor.name.clone(),
            command: actor.command.clone(),
            state: kept.state.clone(),
            pid: actor.pid.filter(|_| is_own),
            since_ms: kept.since_ms,
            memory_bytes: status.filter(|_| is_own).and_then(|status| status.memory_bytes),
            log: kept.log.iter().cloned().collect(),
        }
    }
}

fn state(actor: &ActorView, status: Option<Status>, kept: &Kept) -> ProcessState {
    // Others may send signals too, so the system is asked; where it does not tell, the stage knows what it has done.
    let is_suspended = status.map_or(actor.life == Life::Suspended, |status| status.is_suspended);
    if let Some(holder) = &actor.elsewhere {
        return ProcessState::Elsewhere { holder: holder.clone(), suspended: is_suspended };
    }
    match (actor.life, &actor.failure, &kept.state) {
        _ if actor.runs() && actor.is_ending => ProcessState::Stopping,
        _ if actor.runs() && is_suspended => ProcessState::Suspended,
        (Life::Running | Life::Suspended, ..) => ProcessState::Running,
        (Life::Ended(code), ..) => ProcessState::Ended { how: how(actor, code, kept) },
        (Life::Waiting, Some(failure), _) => ProcessState::Ended { how: failure.clone() },
        (Life::Waiting, None, ProcessState::Elsewhere { holder, .. }) => {
            ProcessState::Ended { how: format!("{holder} has ended") }
        }
        (Life::Waiting, None, ended @ ProcessState::Ended { .. }) => ended.clone(),
        (Life::Waiting, None, _) => ProcessState::Ended { how: String::new() },
    }
}

/// How a process has ended, in words.
fn how(actor: &ActorView, code: i32, kept: &Kept) -> String {
    match kept.log.back() {
        _ if code == 0 && actor.is_ending => "stopped".to_owned(),
        // One that failed by itself has logged why.
        Some(line) if code > 0 => format!("{}: {line}", actor.life),
        _ => actor.life.to_string(),
    }
}
