//! The thread `observations`.

use std::{
    collections::{HashSet, VecDeque},
    sync::mpsc::SyncSender,
    time::{Duration, Instant},
};

use sockets::{
    Connection, Context, Endpoint, Interest, MalformedMessages, Role, Socket, SocketError, State, actor::Inbox,
    observe::own_host, wait,
};
use wire::{
    Frames,
    report::{OBSERVATIONS, Report, Topic},
};

use super::{
    Strangers, Taps,
    holders::Holders,
    lives::{Lives, Seen},
    lock,
    quiet::Quiet,
};
use crate::{
    event::Event,
    feeds::{hub::HubFailure, outlet::Outlet},
    processes::holders_at,
};

/// The most reports taken before the thread does anything else.
const BATCH_MAX: usize = 200;

/// How often the system is asked about processes.
const LOOK: Duration = Duration::from_millis(250);

/// How long after it found no room the thread offers an event again.
const OFFER_AGAIN: Duration = Duration::from_millis(10);

/// The state of the thread.
pub(super) struct Owner {
    socket: Socket,
    connection: Connection,
    quiet: Quiet,
    hub_failure: HubFailure,
    strangers: Strangers,
    taps: Taps,
    /// The topics of messages that are subscribed to.
    tapped: HashSet<Topic>,
    lives: Lives,
    holders: Holders,
    next_look: Instant,
    malformed: MalformedMessages,
    outlet: Outlet,
    /// Events for which there was no room yet. No report is taken until there is.
    unsent: VecDeque<Event>,
    /// What was last reported of the bus.
    reported: Option<Option<String>>,
    /// Reused for all messages.
    frames: Frames,
}

impl Owner {
    pub(super) fn connect(
        context: &Context,
        endpoint: &Endpoint,
        hub_failure: HubFailure,
        strangers: Strangers,
        taps: Taps,
        events: SyncSender<Event>,
    ) -> Result<Self, SocketError> {
        let mut socket = context.socket(Role::Sub, OBSERVATIONS)?;
        socket.watch("observations.sub")?;
        for topic in [Topic::STATES, Topic::EVENTS] {
            socket.subscribe(topic.as_bytes())?;
        }
        socket.connect(endpoint)?;
        Ok(Self {
            socket,
            connection: Connection::new(OBSERVATIONS, endpoint.clone()),
            quiet: Quiet::default(),
            hub_failure,
            strangers,
            taps,
            tapped: HashSet::new(),
            lives: Lives::new(own_host().as_str().to_owned()),
            holders: Holders::default(),
            next_look: Instant::now(),
            malformed: MalformedMessages::default(),
            outlet: Outlet::new(events),
            unsent: VecDeque::new(),
            reported: None,
            frames: Frames::new(),
        })
    }

    pub(super) fn run(mut self, inbox: &Inbox<()>) -> Result<(), SocketError> {
        loop {
            let now = Instant::now();
            let (readable, offer_at) = match self.unsent.is_empty() {
                true => (self.socket.readable(), None),
                false => (Interest::never(), Some(now + OFFER_AGAIN)),
            };
            let deadlines = [Some(self.next_look), offer_at, self.connection.next_deadline()];
            let deadline = deadlines.into_iter().flatten().min();
            if wait(&inbox.stop, [readable, self.socket.events(), inbox.ring()], deadline)?.stopped {
                return Ok(());
            }
            // A ring says only that the taps have changed.
            while inbox.next().is_some() {}
            let now = Instant::now();
            self.offer_unsent();
            self.follow_hub(now)?;
            self.follow_taps(now)?;
            self.take_reports(now)?;
            if now >= self.next_look && self.unsent.is_empty() {
                self.look(now);
                self.quiet.handle_look();
                self.next_look = now + LOOK;
            }
        }
    }

    fn follow_hub(&mut self, now: Instant) -> Result<(), SocketError> {
        self.connection.follow(now, &mut self.socket, |_| {})?;
        self.connection.log(now);
        if self.connection.state() != State::Up {
            self.quiet.handle_down();
        }
        let endpoint = self.connection.endpoint();
        let fault = match self.connection.state() {
            State::Up if self.quiet.is_too_long() => {
                Some(format!("The hub at {endpoint} passes on no reports: it is suspended, or hangs."))
            }
            State::Up => None,
            State::Refused(refusal) => Some(format!("The hub at {endpoint} cannot be used: {refusal}.")),
            State::Down => Some(match &*lock(&self.hub_failure) {
                Some(reason) => format!("No hub at {endpoint}, and the desk cannot run one: {reason}."),
                None => format!("Connecting to the hub at {endpoint}."),
            }),
            // The first attempt is in progress.
            _ => return Ok(()),
        };
        if self.reported.as_ref() != Some(&fault) {
            self.send(Event::Bus(fault.clone()));
            self.reported = Some(fault);
        }
        Ok(())
    }

    /// Subscribes to the messages of the sockets that are looked at, and of no others.
    fn follow_taps(&mut self, now: Instant) -> Result<(), SocketError> {
        let wanted: HashSet<Topic> = self.taps.topics(now).into_iter().collect();
        for topic in self.tapped.difference(&wanted) {
            self.socket.unsubscribe(topic.to_string().as_bytes())?;
        }
        for topic in wanted.difference(&self.tapped) {
            self.socket.subscribe(topic.to_string().as_bytes())?;
        }
        self.tapped = wanted;
        Ok(())
    }

    fn take_reports(&mut self, now: Instant) -> Result<(), SocketError> {
        for _ in 0..BATCH_MAX {
            if !self.unsent.is_empty() || !self.socket.receive(&mut self.frames)? {
                break;
            }
            self.quiet.handle_report();
            let event = match Report::decode(&self.frames) {
                Ok(Report::Message(report)) => {
                    self.taps.handle_message(report);
                    continue;
                }
                Ok(report) => {
                    if let Report::State(state) = &report {
                        self.lives.handle_state(now, state);
                        self.taps.handle_state(now, state);
                    }
                    Event::Report(Box::new(report), self.frames.byte_len())
                }
                Err(error) => {
                    self.malformed.record(now, &mut self.socket, &error, &self.frames);
                    Event::MalformedReport
                }
            };
            self.send(event);
        }
        Ok(())
    }

    /// Asks the system what no report says.
    fn look(&mut self, now: Instant) {
        let strangers = lock(&self.strangers).clone();
        let mut events = self.lives.look(now, Seen::of);
        events.extend(self.holders.look(now, &strangers, holders_at));
        events.into_iter().for_each(|event| self.send(event));
    }

    fn send(&mut self, event: Event) {
        if self.unsent.is_empty() {
            self.unsent.extend(self.outlet.offer(event));
        } else {
            self.unsent.push_back(event);
        }
    }

    fn offer_unsent(&mut self) {
        while let Some(event) = self.unsent.pop_front() {
            if let Some(event) = self.outlet.offer(event) {
                return self.unsent.push_front(event);
            }
        }
    }
}
