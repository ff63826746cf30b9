//! The socket that reports arrive by, its connection to the hub, and what has been learned from the reports.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use observatory::{Change, Observatory, Presence, Process, fold::SILENT_AFTER};
use sockets::{Connection, Context, Endpoint, Interest, MalformedMessages, Role, Socket, SocketError, State};
use tracing::warn;
use wire::{
    DecodeError, Frames,
    report::{OBSERVATIONS, Report},
};

/// How many observers this process has had.
static OBSERVERS: AtomicU64 = AtomicU64::new(0);

/// An observer that has subscribed and is connecting.
#[derive(Debug)]
pub struct Observer {
    socket: Socket,
    connection: Connection,
    observatory: Observatory,
    malformed: MalformedMessages,
    /// Malformed reports that are only counted, because a log line would tear a table.
    is_quiet: bool,
    fault: Option<DecodeError>,
    /// Whether it was logged that no report arrives.
    is_quiet_logged: bool,
    frames: Frames,
}

impl Observer {
    /// Subscribes and starts to connect; the hub may come later. `is_quiet` keeps malformed reports out of the log.
    ///
    /// # Errors
    /// The address cannot be understood, or CURVE lacks the hub's key.
    pub fn connect(
        context: &Context,
        endpoint: Endpoint,
        topics: &[&str],
        is_quiet: bool,
    ) -> Result<Self, SocketError> {
        let mut socket = context.socket(Role::Sub, OBSERVATIONS)?;
        // A desk has an observer for each scene that is at work, in one context, where names differ.
        let name = match OBSERVERS.fetch_add(1, Ordering::Relaxed) {
            0 => "observez.sub".to_owned(),
            number => format!("observez.sub.{number}"),
        };
        socket.watch(&name)?;
        for topic in topics {
            socket.subscribe(topic.as_bytes())?;
        }
        socket.connect(&endpoint)?;
        let mut observatory = Observatory::new();
        observatory.handle_bus(Instant::now(), false);
        Ok(Self {
            socket,
            connection: Connection::new(OBSERVATIONS, endpoint),
            observatory,
            malformed: MalformedMessages::default(),
            is_quiet,
            fault: None,
            is_quiet_logged: false,
            frames: Frames::new(),
        })
    }

    /// What is known of all processes.
    #[must_use]
    pub const fn observatory(&self) -> &Observatory {
        &self.observatory
    }

    /// The socket, to subscribe to more.
    pub const fn socket(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Ready when a report has arrived.
    #[must_use]
    pub fn readable(&self) -> Interest<'_> {
        self.socket.readable()
    }

    /// Ready when the connection has changed.
    #[must_use]
    pub fn events(&self) -> Interest<'_> {
        self.socket.events()
    }

    /// When to call [`Observer::follow`] though nothing has happened.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.connection.next_deadline().into_iter().chain(self.observatory.next_deadline()).min()
    }

    /// The next report, if there is one: its value, and what it changes. A malformed one is counted and passed over.
    ///
    /// # Errors
    /// The context is gone.
    pub fn next_report(&mut self, now: Instant) -> Result<Option<(Report, Vec<Change>)>, SocketError> {
        while self.socket.receive(&mut self.frames)? {
            match Report::decode(&self.frames) {
                Ok(report) => {
                    let changes = self.fold(now, &report);
                    return Ok(Some((report, changes)));
                }
                Err(error) => self.record_malformed(now, error),
            }
        }
        Ok(None)
    }

    /// Follows the connection to the hub and the silence of processes; returns what has changed.
    ///
    /// # Errors
    /// The context is gone.
    pub fn follow(&mut self, now: Instant) -> Result<Vec<Change>, SocketError> {
        self.connection.follow(now, &mut self.socket, |_| {})?;
        self.observatory.handle_bus(now, self.connection.state() == State::Up);
        Ok(self.observatory.handle_timeout(now))
    }

    /// Logs the state of the connection if it has changed, and once that no report arrives any more.
    pub fn log(&mut self, now: Instant) {
        self.connection.log(now);
        let quiet = self.quiet(now);
        if quiet.is_some() && !self.is_quiet_logged {
            warn!("{}", self.status(now));
        }
        self.is_quiet_logged = quiet.is_some();
    }

    /// The state of the connection as a sentence, with the malformed reports that were not logged.
    #[must_use]
    pub fn status(&self, now: Instant) -> String {
        let endpoint = self.connection.endpoint();
        let sentence = match self.connection.state() {
            State::Connecting => format!("connecting to {endpoint}"),
            State::Up => match self.quiet(now) {
                None => format!("connected to {endpoint}"),
                Some(quiet) => format!(
                    "no report from {endpoint} for {} s: the hub is suspended, or all processes are",
                    quiet.as_secs()
                ),
            },
            State::Refused(refusal) => format!("{endpoint} refused: {refusal}"),
            _ => format!("no hub at {endpoint}: waiting (`observez hub` starts one)"),
        };
        match self.fault {
            None => sentence,
            Some(fault) => format!("{sentence}; {} malformed, the last: {fault}", self.observatory.malformed()),
        }
    }

    /// For how long nothing has arrived though there are processes: they would hardly all fall silent at the same time, and a
    /// hub that is suspended keeps its connections.
    fn quiet(&self, now: Instant) -> Option<Duration> {
        let processes = self.observatory.processes().iter();
        let there = processes.filter(|process| process.presence() != Presence::Gone);
        let quiet = now.saturating_duration_since(there.map(Process::heard_at).max()?);
        (self.connection.state() == State::Up && quiet >= SILENT_AFTER).then_some(quiet)
    }

    fn fold(&mut self, now: Instant, report: &Report) -> Vec<Change> {
        match report {
            Report::State(state) => self.observatory.handle_state(now, state.clone(), self.frames.byte_len()),
            Report::Event(event) => self.observatory.handle_event(event).into_iter().collect(),
            Report::Message(_) => Vec::new(),
        }
    }

    fn record_malformed(&mut self, now: Instant, error: DecodeError) {
        self.observatory.handle_malformed();
        if self.is_quiet {
            self.fault = Some(error);
        } else {
            self.malformed.record(now, &mut self.socket, &error, &self.frames);
        }
    }
}
