//! The hub of the observation bus: it passes reports from any number of reporters to any number of observers.
//!
//! ```text
//! reporters: XPUB connects ──reports──▶ XSUB ┐ hub ┌ XPUB ──observations──▶ observers: SUB connects
//!                         ◀─subscriptions─── ┘     └ ◀──subscriptions──
//! ```
//!
//! A subscription travels from an observer to every reporter, so what no observer wants is neither made nor sent. The hub
//! reads no report: it knows of topics and sizes only.
//!
//! It is what `zmq_proxy` does, in a separate loop, on the thread that calls [`Hub::run`]. The proxy would not do:
//!
//! - **Subscriptions.** The proxy passes on what its `XPUB` returns. That includes the end of a subscription that its sender
//!   never made, so any observer could end the subscriptions of all others; and an observer that subscribes twice and exits
//!   leaves one behind for ever. Here each connection ends only what it holds (`demand`). A connection is known by its
//!   descriptor, so all events of the monitor that came before a subscription are read before it. An end without a
//!   connection is libzmq's, for a connection that is gone: the monitor has reported that one.
//! - **Floods.** No caller of the proxy can count what a peer sends. Here a reporter has a budget (`intake`), and an
//!   observer that sends too much is disconnected ([`crate::Listener`]).
//! - **Its end.** `zmq_proxy` ends with its context only. `zmq_proxy_steerable` behaves differently in libzmq 4.3.4 and
//!   4.3.5, and the former ends the process at an unknown command. This loop ends with the stop signal.

mod demand;
mod intake;

use std::time::{Duration, Instant};

use tracing::{info, warn};
use wire::{
    Channel, Frames,
    monitor::EventKind,
    report::{OBSERVATIONS, REPORTS},
};

use self::{
    demand::{Change, Demand},
    intake::Intake,
};
use crate::{
    BindError, Context, Endpoint, Listener, Role, Socket, SocketError, Stop, Subscription, listener::Heard, wait,
};

/// How long reports are passed on at a time, at most.
const TURN: Duration = Duration::from_millis(5);

/// How long the next dropped report is only counted.
const QUIET: Duration = Duration::from_secs(1);

/// Where a hub binds.
#[derive(Debug, Clone)]
pub struct HubConfig {
    /// Where reporters connect.
    pub reports: Endpoint,
    /// Where observers connect.
    pub observations: Endpoint,
}

/// A hub that is bound. Owns both sockets.
#[derive(Debug)]
pub struct Hub {
    reports: Socket,
    observations: Socket,
    /// Where both are bound, with the ports that the system chose.
    bound: HubConfig,
    reporters: Listener,
    observers: Listener,
    demand: Demand,
    intake: Intake,
    /// Until when dropped reports are only counted.
    quiet_until: Option<Instant>,
    frames: Frames,
}

impl Hub {
    /// Binds both sockets. They are never observed, even if `context` is: the hub would report its own reports.
    ///
    /// # Errors
    /// An address is in use, perhaps by another hub, or cannot be used; the security lacks an allow-list.
    pub fn bind(context: &Context, config: &HubConfig) -> Result<Self, BindError> {
        let context = context.unobserved();
        let open = |role, channel: Channel, name, endpoint| {
            let mut socket = context.socket(role, channel)?;
            socket.watch(name)?;
            let endpoint = socket.bind(endpoint)?;
            Ok::<_, BindError>((socket, endpoint))
        };
        let (reports, reports_at) = open(Role::XSub, REPORTS, "hub.reports", &config.reports)?;
        let (observations, observations_at) = open(Role::XPub, OBSERVATIONS, "hub.observations", &config.observations)?;
        info!(channel = REPORTS.name, endpoint = %reports_at, "listening");
        info!(channel = OBSERVATIONS.name, endpoint = %observations_at, "listening");
        Ok(Self {
            reports,
            observations,
            bound: HubConfig { reports: reports_at, observations: observations_at },
            reporters: Listener::of(REPORTS),
            observers: Listener::of(OBSERVATIONS),
            demand: Demand::default(),
            intake: Intake::default(),
            quiet_until: None,
            frames: Frames::new(),
        })
    }

    /// Where it is bound, with the ports that the system chose.
    #[must_use]
    pub const fn endpoints(&self) -> &HubConfig {
        &self.bound
    }

    /// Passes on reports and subscriptions until the stop signal.
    ///
    /// # Errors
    /// A socket fails: its context is gone.
    pub fn run(mut self, stop: &Stop) -> Result<(), SocketError> {
        loop {
            let deadlines = [
                self.demand.next_deadline(Instant::now()),
                self.observers.next_deadline(),
                self.reporters.next_deadline(),
            ];
            let interests = [
                self.observations.events(),
                self.observations.readable(),
                self.reports.events(),
                self.reports.readable(),
            ];
            if wait(stop, interests, deadlines.into_iter().flatten().min())?.stopped {
                return Ok(());
            }
            let now = Instant::now();
            self.follow_observers(now)?;
            self.pass_demand(now)?;
            self.follow_reporters(now)?;
            self.pass_reports(now)?;
        }
    }

    fn follow_observers(&mut self, now: Instant) -> Result<(), SocketError> {
        let demand = &mut self.demand;
        self.observers.follow_subscribers(now, &mut self.observations, |heard| match heard {
            Heard::Gone(connection) => demand.end_all(Some(connection)),
            Heard::Subscription(connection, Subscription::Begin(topic)) if is_of_the_bus(topic) => {
                demand.begin(connection, topic);
            }
            Heard::Subscription(connection @ Some(_), Subscription::End(topic)) => demand.end(connection, topic),
            Heard::Subscription(..) => {}
        })
    }

    /// Sends the reporters what has changed. libzmq's `XSUB` counts subscriptions, and only the last end of one travels.
    fn pass_demand(&mut self, now: Instant) -> Result<(), SocketError> {
        for (topic, change) in self.demand.next_round(now) {
            let kinds: &[u8] = match change {
                Change::Begin => &[1],
                Change::Repeat => &[1, 0],
                Change::End => &[0],
            };
            for kind in kinds {
                self.frames.clear();
                self.frames.push_parts(&[&[*kind], &topic]);
                // An `XSUB` never waits: its queue holds more than there can be topics.
                let _ = self.reports.send(&self.frames)?;
            }
        }
        Ok(())
    }

    fn follow_reporters(&mut self, now: Instant) -> Result<(), SocketError> {
        let intake = &mut self.intake;
        self.reporters.follow(now, &mut self.reports, |event| match event.kind {
            EventKind::Accepted => intake.begin(event.value.into()),
            EventKind::Disconnected | EventKind::Closed => intake.end(event.value.into()),
            _ => {}
        })
    }

    fn pass_reports(&mut self, now: Instant) -> Result<(), SocketError> {
        let until = now + TURN;
        while Instant::now() < until && self.reports.receive(&mut self.frames)? {
            let connection = self.reports.peer_connection();
            if self.intake.admits(now, connection, self.frames.len(), self.frames.byte_len()) {
                // An `XPUB` never waits: it drops what an observer's queue does not hold.
                let _ = self.observations.send(&self.frames)?;
            } else {
                self.report_dropped(now);
            }
        }
        Ok(())
    }

    fn report_dropped(&mut self, now: Instant) {
        if self.quiet_until.is_none_or(|until| until <= now) {
            self.quiet_until = Some(now + QUIET);
            let peer = self.reports.peer_address();
            warn!(peer, dropped = self.intake.dropped(), "a reporter sends too much, or what is no report: dropped");
        }
    }
}

/// Whether a report can have a topic that begins so: no reporter needs to know of other topics.
fn is_of_the_bus(topic: &[u8]) -> bool {
    let kinds = ["state/", "event/", "message/"].map(str::as_bytes);
    kinds.iter().any(|kind| kind.starts_with(topic) || topic.starts_with(kind))
}
