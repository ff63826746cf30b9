//! The tapper: prints the messages of one socket, on the thread that calls [`Tapper::run`].
//!
//! It finds the process in the states that arrive, then subscribes to exactly that socket's messages: the process copies none
//! until then. It keeps receiving states, so that it notices when the process is gone; then it looks for another one.

use std::time::{Duration, Instant};

use observatory::{Presence, Process};
use sockets::{Context, Endpoint, Events, Output, SocketError, Stop};
use thiserror::Error;
use tracing::{info, warn};
use wire::report::{MessageReport, ProcessId, Report, Topic};

use crate::{
    json, message,
    observer::Observer,
    target::{self, Match, Target},
    watcher::WatchError,
};

/// How long states are collected before a target is judged: each process reports once a second at least.
const COLLECT: Duration = Duration::from_millis(1_200);

/// The most reports taken before the tapper handles anything else.
const BATCH_MAX: usize = 1000;

/// The configuration of a tapper.
#[derive(Debug, Clone)]
pub struct TapConfig {
    /// The hub's endpoint for observers.
    pub observations: Endpoint,
    /// Whose messages to print.
    pub target: Target,
    /// Print them as JSON.
    pub json: bool,
    /// Stop after this many messages.
    pub count: Option<u64>,
    /// Stop after this time.
    pub duration: Option<Duration>,
}

/// Why a tap failed.
#[derive(Debug, Error)]
pub enum TapError {
    /// Several processes match.
    #[error("several processes match: {}; use a process id", .0.join(", "))]
    Several(Vec<String>),
    /// The process has no such socket.
    #[error("{process} has no socket {socket}; it has: {sockets}")]
    NoSocket {
        /// The process.
        process: String,
        /// The socket that it lacks.
        socket: String,
        /// Those that it has.
        sockets: String,
    },
    /// The socket or standard output failed.
    #[error(transparent)]
    Watch(#[from] WatchError),
}

impl From<SocketError> for TapError {
    fn from(error: SocketError) -> Self {
        Self::Watch(error.into())
    }
}

impl From<std::io::Error> for TapError {
    fn from(error: std::io::Error) -> Self {
        Self::Watch(error.into())
    }
}

/// A tapper that has subscribed to states and is connecting.
#[derive(Debug)]
pub struct Tapper {
    observer: Observer,
    config: TapConfig,
    output: Output,
    printed: u64,
    deadline: Option<Instant>,
    /// The process whose socket is tapped.
    tapped: Option<ProcessId>,
    /// When to judge the states that have arrived.
    judge_at: Option<Instant>,
    /// That no process matches has been logged.
    is_waiting: bool,
    next_number: Option<u64>,
}

/// What a turn of the loop handles.
#[derive(Debug)]
enum Event {
    Stop,
    Connection,
    Reports,
    Deadline,
}

impl Tapper {
    /// Subscribes to states and starts to connect; the hub may come later.
    ///
    /// # Errors
    /// The address cannot be understood, or CURVE lacks the hub's key.
    pub fn connect(context: &Context, config: TapConfig, stop: &Stop) -> Result<Self, SocketError> {
        Ok(Self {
            observer: Observer::connect(context, config.observations.clone(), &[Topic::STATES], false)?,
            output: Output::new(stop),
            printed: 0,
            deadline: config.duration.and_then(|duration| Instant::now().checked_add(duration)),
            config,
            tapped: None,
            judge_at: None,
            is_waiting: false,
            next_number: None,
        })
    }

    /// Prints messages until the count or the time is reached or the stop signal is given.
    ///
    /// # Errors
    /// The target is ambiguous or has no such socket; the socket fails; standard output is closed.
    pub fn run(mut self, stop: &Stop) -> Result<(), TapError> {
        let mut events = Events::new();
        let count = self.config.count.unwrap_or(u64::MAX);
        while self.printed < count {
            match self.next_event(&mut events, stop)? {
                Event::Stop => break,
                Event::Reports => self.take_reports(count)?,
                Event::Connection | Event::Deadline => {}
            }
            self.output.flush()?;
            let now = Instant::now();
            self.observer.follow(now)?;
            self.observer.log(now);
            self.choose(now)?;
            if self.deadline.is_some_and(|deadline| now >= deadline) {
                break;
            }
        }
        Ok(())
    }

    fn next_event(&self, events: &mut Events<Event>, stop: &Stop) -> Result<Event, SocketError> {
        let deadlines = [self.deadline, self.judge_at, self.observer.next_deadline()];
        events.next(deadlines.into_iter().flatten().min(), Event::Deadline, || {
            [
                (Event::Stop, stop.interest()),
                (Event::Connection, self.observer.events()),
                (Event::Reports, self.observer.readable()),
            ]
        })
    }

    fn take_reports(&mut self, count: u64) -> Result<(), TapError> {
        let now = Instant::now();
        for _ in 0..BATCH_MAX {
            let Some((report, _)) = self.observer.next_report(now)? else { break };
            match report {
                Report::State(_) if self.tapped.is_none() => {
                    self.judge_at.get_or_insert(now + COLLECT);
                }
                Report::Message(message) if self.tapped == Some(message.process) => self.print(&message)?,
                _ => {}
            }
            if self.printed >= count {
                break;
            }
        }
        Ok(())
    }

    /// Chooses the process once enough states have arrived; and again, once the chosen one is gone.
    fn choose(&mut self, now: Instant) -> Result<(), TapError> {
        let is_there = |process: ProcessId| {
            self.observer.observatory().process(process).is_some_and(|process| process.presence() != Presence::Gone)
        };
        if let Some(process) = self.tapped.filter(|process| !is_there(*process)) {
            warn!("the process is gone: waiting for another one");
            let topic = self.config.target.topic(process).to_string();
            self.observer.socket().unsubscribe(topic.as_bytes())?;
            (self.tapped, self.next_number, self.is_waiting) = (None, None, true);
        }
        if self.tapped.is_some() || self.judge_at.is_none_or(|at| now < at) {
            return Ok(());
        }
        self.judge_at = None;
        match self.config.target.find(self.observer.observatory().processes()) {
            Match::Nothing => {
                if !std::mem::replace(&mut self.is_waiting, true) {
                    info!("no such process reports yet: waiting");
                }
                Ok(())
            }
            Match::Socket(process) => {
                let topic = self.config.target.topic(process).to_string();
                let name = self.observer.observatory().process(process).map(|one| target::name(one.state()));
                info!(process = name, socket = self.config.target.socket().as_str(), "tapped");
                self.tapped = Some(process);
                Ok(self.observer.socket().subscribe(topic.as_bytes())?)
            }
            Match::Several(names) => Err(TapError::Several(names)),
            Match::NoSocket { process, sockets } => Err(TapError::NoSocket {
                process,
                socket: self.config.target.socket().to_string(),
                sockets: sockets.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    fn print(&mut self, report: &MessageReport) -> Result<(), TapError> {
        self.printed += 1;
        let number = report.header.number;
        let missing = self.next_number.map_or(0, |next| number.saturating_sub(next));
        self.next_number = Some(number + 1);
        let process = self.observer.observatory().process(report.process).map(Process::state);
        let socket = process.and_then(|state| state.sockets.iter().find(|socket| socket.name == report.socket));
        let line = self.output.line()?;
        if self.config.json {
            return Ok(json::write_line(line, &message::json(report, socket))?);
        }
        Ok(message::write(line, report, missing, socket)?)
    }
}
