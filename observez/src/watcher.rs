//! The watcher: shows every process that reports, on the thread that calls [`Watcher::run`].

use std::{
    io,
    time::{Duration, Instant},
};

use observatory::{Presence, Process};
use sockets::{Context, Endpoint, Events, SocketError, Stop};
use thiserror::Error;
use wire::report::Topic;

use crate::{json::Totals, observer::Observer, table::Layout, view::View};

/// The most reports taken before the watcher handles anything else.
const BATCH_MAX: usize = 1000;

/// The configuration of a watcher.
#[derive(Debug, Clone)]
pub struct WatchConfig {
    /// The hub's endpoint for observers.
    pub observations: Endpoint,
    /// How to show reports.
    pub show: Show,
    /// Which processes to show, and how much of them.
    pub layout: Layout,
    /// Stop after this many reports.
    pub count: Option<u64>,
    /// Stop after this time.
    pub duration: Option<Duration>,
}

/// How to show reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// A live table.
    Table,
    /// A line for each change and each event, and a sentence at the end.
    Lines,
    /// An object for each report and each change, and another at the end.
    Json,
}

/// Why an observer failed.
#[derive(Debug, Error)]
pub enum WatchError {
    /// The socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// Standard output is closed.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

/// A watcher that has subscribed and is connecting.
#[derive(Debug)]
pub struct Watcher {
    observer: Observer,
    view: View,
    received: u64,
    count: u64,
    deadline: Option<Instant>,
}

/// What a turn of the loop handles.
#[derive(Debug)]
enum Event {
    Stop,
    Connection,
    Reports,
    Deadline,
}

impl Watcher {
    /// Subscribes and starts to connect; the hub may come later. A table needs no events, so it does not ask for them.
    ///
    /// # Errors
    /// The address cannot be understood, or CURVE lacks the hub's key.
    pub fn connect(context: &Context, config: WatchConfig, stop: &Stop) -> Result<Self, SocketError> {
        let is_table = config.show == Show::Table;
        let topics: &[&str] = if is_table { &[Topic::STATES] } else { &[Topic::STATES, Topic::EVENTS] };
        Ok(Self {
            observer: Observer::connect(context, config.observations, topics, is_table)?,
            view: View::new(config.show, config.layout, stop),
            received: 0,
            count: config.count.unwrap_or(u64::MAX),
            deadline: config.duration.and_then(|duration| Instant::now().checked_add(duration)),
        })
    }

    /// Watches until the count or the time is reached or the stop signal is given, then shows the totals.
    ///
    /// # Errors
    /// The socket fails; standard output is closed.
    pub fn run(mut self, stop: &Stop) -> Result<(), WatchError> {
        let mut events = Events::new();
        self.show_state(Instant::now());
        while self.received < self.count {
            match self.next_event(&mut events, stop)? {
                Event::Stop => break,
                Event::Reports => self.take_reports()?,
                Event::Connection | Event::Deadline => {}
            }
            let now = Instant::now();
            let changes = self.observer.follow(now)?;
            self.view.changes(&changes, self.observer.observatory())?;
            self.view.flush()?;
            if self.deadline.is_some_and(|deadline| now >= deadline) {
                break;
            }
            self.show_state(now);
        }
        let observatory = self.observer.observatory();
        let is_there = |process: &&Process| process.presence() != Presence::Gone;
        let reporting = observatory.processes().iter().filter(is_there).count();
        let totals = Totals {
            reports: self.received,
            malformed: observatory.malformed(),
            processes: reporting + observatory.others(),
        };
        let status = (!stop.is_stopped()).then(|| self.observer.status(Instant::now()));
        Ok(self.view.finish(&totals, observatory, status)?)
    }

    fn next_event(&self, events: &mut Events<Event>, stop: &Stop) -> Result<Event, SocketError> {
        let deadlines = [self.deadline, self.view.next_deadline(), self.observer.next_deadline()];
        events.next(deadlines.into_iter().flatten().min(), Event::Deadline, || {
            [
                (Event::Stop, stop.interest()),
                (Event::Connection, self.observer.events()),
                (Event::Reports, self.observer.readable()),
            ]
        })
    }

    /// Takes and shows the reports that have arrived, up to a bound or to the last one wanted.
    fn take_reports(&mut self) -> Result<(), WatchError> {
        let now = Instant::now();
        for _ in 0..BATCH_MAX {
            let Some((report, changes)) = self.observer.next_report(now)? else { break };
            self.received += 1;
            self.view.report(&report, &changes, self.observer.observatory())?;
            if self.received >= self.count {
                break;
            }
        }
        Ok(())
    }

    /// Shows the state of the connection in the table, or logs it.
    fn show_state(&mut self, now: Instant) {
        if !self.view.is_table() {
            self.observer.log(now);
        } else if self.view.next_deadline().is_some_and(|deadline| now >= deadline) {
            self.view.redraw(now, self.observer.observatory(), self.observer.status(now));
        }
    }
}
