//! What a view of a stage shows: one picture of everything, and where the latest one is.

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    fault::Fault,
    play::{Check, Status, Verdict},
    script::{Act, Scene},
};

/// What takes longer than this is announced in a terminal.
const LONG: Duration = Duration::from_secs(1);

/// A stage at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Rises with each snapshot of a stage.
    pub version: u64,
    /// How many commands were obeyed: what they have done at once is in this snapshot.
    pub obeyed: u64,
    /// The scene.
    pub scene: Arc<Scene>,
    /// Which of its cues is at work.
    pub cue: usize,
    /// The cue up to which the scene plays by itself, after a step back.
    pub target: usize,
    /// Rises with each start of the scene: the lines and numbers of before are of other processes.
    pub start: u64,
    /// How far the cue is.
    pub progress: Progress,
    /// The expectations of the cue.
    pub checks: Vec<Check>,
    /// What the cue could not do, in words.
    pub problems: Vec<String>,
    /// What is built at the moment.
    pub building: Option<Building>,
    /// The processes of the cast and its links.
    pub actors: Vec<ActorView>,
    /// The faults that are on.
    pub faults: Vec<FaultView>,
    /// The view of the desk that a cue has chosen last.
    pub view: Option<Choice>,
    /// What a cue has pointed at last in the diagram.
    pub highlight: Option<Choice>,
    /// The last lines that processes have printed.
    pub lines: Vec<PrintedLine>,
}

/// How far a cue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The processes of before are ending.
    Clearing,
    /// Peers in other languages are built: the scene starts when they are, unless one cannot be built.
    Building,
    /// The cue acts.
    Acting,
    /// The cue has acted, and its expectations are looked at.
    Watching(Verdict),
}

/// A peer that is built, or a language that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Building {
    /// Such as `building the worker in Haskell`.
    pub what: String,
    /// Since when.
    pub since: Instant,
}

/// What a cue shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What.
    pub what: String,
    /// Rises with each choice of a stage: the same choice again is a new one.
    pub number: u64,
}

/// A process of the cast.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActorView {
    /// Its name, such as `worker-2`; a link's is `late.ticks`.
    pub name: String,
    /// The member that it is, or is one of: `worker`, `worker.orders`.
    pub member: String,
    /// Whether it is a link.
    pub is_link: bool,
    /// Its process id, once it was started.
    pub pid: Option<u32>,
    /// How it is.
    pub life: Life,
    /// What runs, or would be started, as in the scene.
    pub command: String,
    /// Whether it was asked to end, or killed by a command.
    pub is_ending: bool,
    /// Whether it is started again when it has ended.
    pub will_start: bool,
    /// Why it could not be started.
    pub failure: Option<String>,
    /// The process that plays it, in words, if that is none of the scene's.
    pub elsewhere: Option<String>,
}

impl ActorView {
    /// Whether a process runs, even if it is suspended.
    #[must_use]
    pub const fn runs(&self) -> bool {
        matches!(self.life, Life::Running | Life::Suspended)
    }
}

/// How a process is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Life {
    /// It was not started.
    #[default]
    Waiting,
    /// It runs.
    Running,
    /// It is suspended.
    Suspended,
    /// It has ended: its exit code, or the negative number of the signal.
    Ended(i32),
}

/// A fault that is on.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultView {
    /// The process or link.
    pub on: String,
    /// How it fails.
    pub fault: Fault,
    /// When it ends by itself.
    pub until: Instant,
}

/// A line that a process has printed. The text is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedLine {
    /// Its number, counted from the beginning of the stage.
    pub number: u64,
    /// The place of the process in [`Snapshot::actors`].
    pub actor: usize,
    /// Whether it is of the log (standard error).
    pub is_log: bool,
    /// The line.
    pub text: Arc<str>,
}

impl Snapshot {
    /// Whether this is the last cue.
    #[must_use]
    pub fn is_last_cue(&self) -> bool {
        self.cue + 1 >= self.scene.cues.len()
    }

    /// Whether the cue is met, and everything that it does could be done.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.progress == Progress::Watching(Verdict::Met) && self.problems.is_empty()
    }

    /// Whether the cue is met or has failed.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.is_met() || !self.failures().is_empty()
    }

    /// Why the cue has failed, in words, with the line of the file; empty if it has not.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let cue = &self.scene.cues[self.cue];
        let place = |line: u32| format!("{}.md:{line}: ", self.scene.name);
        let problems = self.problems.iter().map(|problem| place(cue.line.0) + problem);
        let failed = self.checks.iter().filter(|check| matches!(check.status(), Status::Failed | Status::Broken));
        problems.chain(failed.map(|check| place(check.line().0) + &check.sentence())).collect()
    }
}

impl Building {
    /// When a terminal writes it: what is over soon is not worth a line.
    pub(crate) fn is_long_at(&self) -> Instant {
        self.since + LONG
    }
}

impl fmt::Display for Life {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => formatter.write_str("not started"),
            Self::Running => formatter.write_str("runs"),
            Self::Suspended => formatter.write_str("suspended"),
            Self::Ended(code @ 0..) => write!(formatter, "exit code {code}"),
            Self::Ended(signal) => write!(formatter, "killed by signal {}", -signal),
        }
    }
}

/// Where the latest snapshot is. Older ones are gone: a view that is slow misses them, and nothing waits for it.
#[derive(Clone)]
pub(super) struct Board(Arc<Shown>);

struct Shown {
    latest: Mutex<Arc<Snapshot>>,
    has_changed: Condvar,
    watchers: Mutex<Vec<Box<dyn Fn() + Send>>>,
}

impl Board {
    pub(super) fn new(first: Snapshot) -> Self {
        Self(Arc::new(Shown {
            latest: Mutex::new(Arc::new(first)),
            has_changed: Condvar::new(),
            watchers: Mutex::default(),
        }))
    }

    pub(super) fn latest(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn wait(&self, bound: Duration, is_wanted: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let latest = self.0.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.has_changed.wait_timeout_while(latest, bound, |latest| !is_wanted(latest));
        let (latest, _) = waited.unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&latest)
    }

    pub(super) fn put(&self, snapshot: Snapshot) {
        *self.0.latest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
        self.notify();
    }

    /// Calls `watcher` after each change.
    pub(super) fn watch(&self, watcher: Box<dyn Fn() + Send>) {
        self.0.watchers.lock().unwrap_or_else(PoisonError::into_inner).push(watcher);
    }

    /// Has everyone look: at a new snapshot, or at the end of the stage.
    pub(super) fn notify(&self) {
        self.0.has_changed.notify_all();
        self.0.watchers.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|watcher| watcher());
    }
}

/// Something that a hand outside of the scene has the stage do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Play the next cue.
    Next,
    /// Start the scene again, and play up to the cue before this one.
    Back,
    /// Start the scene again.
    Reset,
    /// End all processes. Nothing starts by itself before a reset.
    Rest,
    /// Do this at once.
    Act(Act),
    /// Have so many processes of a member run: start those with the lowest numbers, or end those with the highest, which are then
    /// forgotten.
    Number {
        /// The member.
        member: String,
        /// How many.
        count: u32,
    },
    /// Have the processes of a member run this, until the scene starts again. Those that run something else are killed and started
    /// again.
    Run {
        /// The member.
        member: String,
        /// As in the cast.
        words: Vec<String>,
    },
}
