//! The observation bus: the socket that reports arrive by, and the hub, if the scene has its own.

use std::{
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use observatory::{Flows, Observatory};
use observez::observer::Observer;
use sockets::{Context, Endpoint, Hub, HubConfig, Interest, KeepAlive, Security, SocketError, Stop, Stopper};
use tracing::error;
use wire::report::{ProcessState, Report, Topic};

use super::{StageError, StageHub};

/// The most reports taken before anything else.
const BATCH_MAX: usize = 1_000;

/// Prefixes of the topic of states. A new subscription has every process report at once; the one of two that is not held is
/// always new.
const ASKING: [&str; 2] = ["stat", "state"];

/// The least time between two questions: the hub passes on ten rounds of subscriptions a second.
pub(super) const ASK_EVERY: Duration = Duration::from_millis(250);

/// A hub or the addresses of one, and an observer.
pub(super) struct Bus {
    context: Context,
    endpoints: HubConfig,
    observer: Observer,
    flows: Flows,
    /// How often processes were asked for their states.
    asked: usize,
    _hub: Option<HubThread>,
}

/// The thread of the hub.
struct HubThread {
    stopper: Option<Stopper>,
    thread: Option<JoinHandle<()>>,
}

impl Bus {
    /// Starts to observe, after the hub if there is none.
    pub(super) fn open(hub: &StageHub) -> Result<Self, StageError> {
        let (context, endpoints, hub) = match hub {
            StageHub::Own => {
                let context = Context::new(Security::default(), KeepAlive::default())?;
                let (endpoints, hub) = HubThread::start(&context)?;
                (context, endpoints, Some(hub))
            }
            StageHub::Shared { context, endpoints, .. } => (context.clone(), endpoints.clone(), None),
        };
        let observer = Observer::connect(&context, endpoints.observations.reachable(), &[Topic::STATES], true)?;
        Ok(Self { context, endpoints, observer, flows: Flows::new(), asked: 0, _hub: hub })
    }

    pub(super) const fn context(&self) -> &Context {
        &self.context
    }

    /// Where processes report, and where observers connect.
    pub(super) const fn endpoints(&self) -> &HubConfig {
        &self.endpoints
    }

    pub(super) const fn observatory(&self) -> &Observatory {
        self.observer.observatory()
    }

    pub(super) const fn flows(&self) -> &Flows {
        &self.flows
    }

    pub(super) fn readable(&self) -> Interest<'_> {
        self.observer.readable()
    }

    pub(super) fn events(&self) -> Interest<'_> {
        self.observer.events()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.observer.next_deadline()
    }

    /// Has every process report its state now, not only when it is due.
    pub(super) fn ask(&mut self) -> Result<(), SocketError> {
        let topics = [ASKING[self.asked % 2], ASKING[(self.asked + 1) % 2]];
        if self.asked > 0 {
            self.observer.socket().unsubscribe(topics[1].as_bytes())?;
        }
        self.observer.socket().subscribe(topics[0].as_bytes())?;
        self.asked += 1;
        Ok(())
    }

    /// Follows the connection to the hub and the silence of processes.
    pub(super) fn follow(&mut self, now: Instant) -> Result<(), SocketError> {
        self.observer.follow(now).map(drop)
    }

    /// Takes the states that have arrived, up to a bound.
    pub(super) fn take_states(&mut self, now: Instant, mut take: impl FnMut(ProcessState)) -> Result<(), SocketError> {
        for _ in 0..BATCH_MAX {
            match self.observer.next_report(now)? {
                Some((Report::State(state), _)) => take(state),
                Some(_) => {}
                None => break,
            }
        }
        let observatory = self.observer.observatory();
        self.flows.follow(observatory.processes(), &observatory.lines());
        Ok(())
    }
}

impl HubThread {
    /// Binds a hub at ports that the system chooses.
    fn start(context: &Context) -> Result<(HubConfig, Self), StageError> {
        let any: Endpoint = "tcp://127.0.0.1:*".parse()?;
        let hub = Hub::bind(context, &HubConfig { reports: any.clone(), observations: any })?;
        let endpoints = hub.endpoints().clone();
        let (stopper, stop) = Stop::pair()?;
        let thread = thread::Builder::new().name("hub".to_owned()).spawn(move || {
            hub.run(&stop).unwrap_or_else(|error| error!(%error, "hub"));
        })?;
        Ok((endpoints, Self { stopper: Some(stopper), thread: Some(thread) }))
    }
}

impl Drop for HubThread {
    fn drop(&mut self) {
        drop(self.stopper.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            error!("the thread hub panicked");
        }
    }
}
