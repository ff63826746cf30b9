//! Which processes of this machine have ended or are suspended, as the system knows. It notices at once; of their reports
//! only the absence could be noticed. Pure but for [`Seen::of`].

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use wire::report::{ProcessId, ProcessState};

use crate::event::Event;

/// How many processes are looked at.
const PROCESSES_MAX: usize = 256;

/// How long after its last state a process is looked at, unless it is suspended: it reports once a second at least.
const HEARD_WITHIN: Duration = Duration::from_secs(10);

/// The processes of this machine.
#[derive(Debug)]
pub(super) struct Lives {
    /// The name of this machine, as its processes report it.
    host: String,
    by_process: HashMap<ProcessId, Life>,
}

/// One process.
#[derive(Debug)]
struct Life {
    pid: u32,
    heard_at: Instant,
    /// When it started, once the system has said so: its id may belong to another one later.
    start: Option<u64>,
    is_suspended: bool,
    /// It was gone at the last look. What it reported before may still be under way.
    is_missing: bool,
}

/// What the system knows of a process that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    start: u64,
    is_suspended: bool,
}

impl Seen {
    /// The process with this id; `None` if it has ended, perhaps without its parent having noticed.
    #[cfg(target_os = "linux")]
    pub(super) fn of(pid: u32) -> Option<Self> {
        let stat = procfs::process::Process::new(i32::try_from(pid).ok()?).and_then(|process| process.stat()).ok()?;
        let is_suspended = matches!(stat.state, 'T' | 't');
        (!matches!(stat.state, 'Z' | 'X')).then_some(Self { start: stat.starttime, is_suspended })
    }

    /// Other systems are not asked.
    #[cfg(not(target_os = "linux"))]
    pub(super) const fn of(_pid: u32) -> Option<Self> {
        None
    }
}

impl Lives {
    /// Of the machine with this name.
    pub(super) fn new(host: String) -> Self {
        Self { host, by_process: HashMap::new() }
    }

    /// Takes a state. A process that says itself that it ends needs no look.
    pub(super) fn handle_state(&mut self, now: Instant, state: &ProcessState) {
        if state.ended {
            self.by_process.remove(&state.process);
            return;
        }
        if let Some(life) = self.by_process.get_mut(&state.process) {
            life.heard_at = now;
        } else if state.host.as_str() == self.host && self.by_process.len() < PROCESSES_MAX {
            let life = Life { pid: state.pid, heard_at: now, start: None, is_suspended: false, is_missing: false };
            self.by_process.insert(state.process, life);
        }
    }

    /// Asks the system about each process, and returns what has changed.
    pub(super) fn look(&mut self, now: Instant, seen: impl Fn(u32) -> Option<Seen>) -> Vec<Event> {
        let mut events = Vec::new();
        self.by_process.retain(|&process, life| match (life.start, seen(life.pid)) {
            (None, None) => false,
            (Some(start), Some(seen)) if seen.start == start => {
                if life.is_suspended != seen.is_suspended {
                    life.is_suspended = seen.is_suspended;
                    events.push(Event::Suspended(process, seen.is_suspended));
                }
                life.is_suspended || now.saturating_duration_since(life.heard_at) < HEARD_WITHIN
            }
            (None, Some(seen)) => {
                life.start = Some(seen.start);
                true
            }
            (Some(_), _) if !life.is_missing => {
                life.is_missing = true;
                true
            }
            (Some(_), _) => {
                events.push(Event::Ended(process));
                false
            }
        });
        events
    }
}

#[cfg(test)]
mod tests {
    use wire::report::Label;

    use super::*;

    fn state(process: u64, pid: u32, host: &str) -> ProcessState {
        ProcessState {
            process: ProcessId(process),
            program: Label::cut("a"),
            role: Label::cut("b"),
            language: Label::cut("c"),
            pid,
            host: Label::cut(host),
            started_ms: 0.0,
            time_ms: 0.0,
            number: 0,
            events: 0,
            values: Vec::new(),
            sockets: Vec::new(),
            more_sockets: 0,
            ended: false,
        }
    }

    const ALIVE: Option<Seen> = Some(Seen { start: 5, is_suspended: false });
    const SUSPENDED: Option<Seen> = Some(Seen { start: 5, is_suspended: true });
    const ANOTHER: Option<Seen> = Some(Seen { start: 6, is_suspended: false });

    /// What comes of looking as often as there are answers of the system.
    fn looks(answers: &[Option<Seen>]) -> Vec<String> {
        let (mut lives, now) = (Lives::new("here".to_owned()), Instant::now());
        lives.handle_state(now, &state(1, 7, "here"));
        answers.iter().map(|answer| format!("{:?}", lives.look(now, |_| *answer))).collect()
    }

    #[test]
    fn a_process_that_was_seen_and_is_gone_has_ended() {
        let ended = format!("{:?}", [Event::Ended(ProcessId(1))]);
        assert_eq!(looks(&[ALIVE, ALIVE, None, None, None]), ["[]", "[]", "[]", ended.as_str(), "[]"]);
        assert_eq!(looks(&[ALIVE, ANOTHER, ANOTHER])[2], ended);
        // Its id may be one of another container.
        assert_eq!(looks(&[None, None]), ["[]", "[]"]);
    }

    #[test]
    fn a_process_is_suspended_and_resumed() {
        let suspended = |is| format!("{:?}", [Event::Suspended(ProcessId(1), is)]);
        let events = looks(&[ALIVE, SUSPENDED, SUSPENDED, ALIVE]);
        assert_eq!(events, ["[]", suspended(true).as_str(), "[]", suspended(false).as_str()]);
    }

    #[test]
    fn only_processes_of_this_machine_that_report_are_looked_at() {
        let (mut lives, now) = (Lives::new("here".to_owned()), Instant::now());
        lives.handle_state(now, &state(1, 7, "elsewhere"));
        (0..1_000).for_each(|process| lives.handle_state(now, &state(process, 7, "here")));
        assert_eq!(lives.by_process.len(), PROCESSES_MAX);
        lives.look(now, |_| ALIVE);
        lives.handle_state(now, &ProcessState { ended: true, ..state(1, 7, "here") });
        assert_eq!(lives.by_process.len(), PROCESSES_MAX - 1);
        lives.look(now + HEARD_WITHIN, |_| ALIVE);
        assert!(lives.by_process.is_empty());
    }
}
