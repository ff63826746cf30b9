//! What runs behind a desk that shows sockets, and the thread `dashboard`.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use sockets::{Context, Monitors, Probes};
use tracing::error;
use wire::{Symbol, User};

use super::StartError;
use crate::{
    clock::now_ms,
    config::{DeskConfig, DeskEndpoints},
    dashboard::Dashboard,
    event::{Counts, Event},
    feeds::{
        chatz::Chatz,
        monitors,
        tickz::Tickz,
        valuz::{Valuz, ValuzEndpoints},
    },
    processes::{Processes, Programs},
    recording::{self, Recorder},
    updates::Updates,
    view::SocketId,
};

/// The most events that may wait for the dashboard. A sender that finds it full sends its latest state later, or, like the
/// monitors, drops.
const EVENTS_MAX: usize = 1_024;

/// The least time between two states of the view.
const BEAT: Duration = Duration::from_millis(33);

/// How often messages are counted, and the most time between two states of the view.
const COUNT: Duration = Duration::from_millis(250);

/// Everything that runs. Dropping it ends everything, in the order of the fields.
pub(crate) struct Live {
    // First: the end of everything is not worth keeping.
    _recorder: Option<Recorder>,
    pub(super) tickz: Tickz,
    pub(super) chatz: Chatz,
    pub(super) valuz: Valuz,
    pub(super) processes: Arc<Processes>,
    pub(super) probes: Probes,
    pub(super) events: SyncSender<Event>,
    /// The symbols to follow and the name in the chat, at the start and after a reset.
    pub(super) symbols: Vec<Symbol>,
    pub(super) name: User,
    /// Held during a reset.
    pub(super) resetting: Mutex<()>,
    // These end after the feeds, in this order.
    _stop_processes: StopProcesses,
    board: DashboardHandle,
    /// The last one waits for what is still to leave.
    _context: Context,
}

impl Live {
    /// Starts all threads.
    ///
    /// # Errors
    /// As [`super::Desk::start`].
    pub(crate) fn start(config: DeskConfig) -> Result<Self, StartError> {
        let DeskConfig { context, endpoints, name, symbols, programs, stage, variables, record } = config;
        // First of all: without it nothing is started.
        let file = record.map(|path| recording::create(&path).map_err(|reason| StartError::Record { path, reason }));
        let file = file.transpose()?;
        let (events, inbox) = sync_channel(EVENTS_MAX);
        let probes = Probes::tapped();
        let monitors = monitors::spawn(&context, events.clone())?;
        let observed = context.observed(monitors.clone(), probes.clone());
        let board = DashboardHandle::spawn(&endpoints, &name, (probes.clone(), monitors), (events.clone(), inbox))?;

        let binds = ValuzEndpoints {
            orders: endpoints.orders.clone(),
            results: endpoints.results.clone(),
            control: endpoints.control.clone(),
        };
        let valuz = Valuz::spawn(&observed, binds, events.clone())?;
        // Where the system chose the ports, workers have to know them.
        let mut reached = endpoints.clone();
        if let Some(bound) = valuz.endpoints() {
            (reached.orders, reached.results, reached.control) = (bound.orders, bound.results, bound.control);
        }
        let programs = Programs { folder: programs, stage, variables, endpoints: reached };
        let processes = Arc::new(Processes::spawn(programs, events.clone()).map_err(StartError::Thread)?);
        let tickz = Tickz::spawn(&observed, &endpoints.ticks, &symbols, events.clone())?;
        let chatz = Chatz::spawn(&observed, &endpoints.requests, &endpoints.broadcasts, &name, events.clone())?;
        let recorder = file.map(|file| {
            let updates = Updates::new(Some(Arc::clone(&board.dashboard)));
            Recorder::spawn(file, updates, probes.clone()).map_err(StartError::Thread)
        });
        let recorder = recorder.transpose()?;
        Ok(Self {
            _recorder: recorder,
            tickz,
            chatz,
            valuz,
            _stop_processes: StopProcesses(Arc::clone(&processes)),
            processes,
            probes,
            events,
            symbols,
            name,
            resetting: Mutex::new(()),
            board,
            _context: context,
        })
    }

    pub(crate) fn dashboard(&self) -> Arc<Mutex<Dashboard>> {
        Arc::clone(&self.board.dashboard)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // They end while the feeds do.
        self.processes.begin_to_stop();
    }
}

/// Waits for the end of all processes.
struct StopProcesses(Arc<Processes>);

impl Drop for StopProcesses {
    fn drop(&mut self) {
        self.0.join();
    }
}

/// The dashboard, and the handle of the thread that changes it.
struct DashboardHandle {
    dashboard: Arc<Mutex<Dashboard>>,
    events: SyncSender<Event>,
    thread: Option<JoinHandle<()>>,
}

impl DashboardHandle {
    fn spawn(
        endpoints: &DeskEndpoints,
        name: &User,
        (probes, monitors): (Probes, Monitors),
        (events, inbox): (SyncSender<Event>, Receiver<Event>),
    ) -> Result<Self, StartError> {
        let texts = SocketId::ALL.map(|id| endpoints.of(id).as_str());
        let dashboard = Arc::new(Mutex::new(Dashboard::new(texts, name.as_str(), host(), now_ms())));
        let owner = DashboardThread { dashboard: Arc::clone(&dashboard), inbox, probes, monitors };
        let thread = thread::Builder::new().name("dashboard".to_owned()).spawn(move || owner.run());
        Ok(Self { dashboard, events, thread: Some(thread.map_err(StartError::Thread)?) })
    }
}

impl Drop for DashboardHandle {
    fn drop(&mut self) {
        // The thread always makes room, unless it has ended already.
        let _ = self.events.send(Event::End);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            error!("the thread dashboard panicked");
        }
    }
}

/// The name of this machine, as workers give it.
fn host() -> String {
    let name = valuz::worker::own_name().ok();
    name.as_ref().and_then(wire::WorkerName::parts).map_or_else(String::new, |parts| parts.host.to_owned())
}

/// The state of the thread `dashboard`.
struct DashboardThread {
    dashboard: Arc<Mutex<Dashboard>>,
    inbox: Receiver<Event>,
    probes: Probes,
    monitors: Monitors,
}

impl DashboardThread {
    fn run(self) {
        let (mut last_beat, mut next_count) = (Instant::now(), Instant::now());
        let mut has_changed = true;
        loop {
            let next_beat = if has_changed { last_beat + BEAT } else { next_count };
            match self.inbox.recv_timeout(next_beat.saturating_duration_since(Instant::now())) {
                Ok(Event::End) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(event) => {
                    self.locked().handle(event, now_ms());
                    has_changed = true;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            if now >= next_count {
                next_count = now + COUNT;
                let mut dashboard = self.locked();
                dashboard.handle(Event::Traffic(self.counts()), now_ms());
                dashboard.handle(Event::Dropped(self.monitors.dropped()), now_ms());
            }
            if now >= next_beat {
                (last_beat, has_changed) = (now, false);
                self.locked().handle_time(now_ms());
            }
        }
    }

    fn counts(&self) -> [Counts; SocketId::ALL.len()] {
        SocketId::ALL.map(|id| {
            let (received, sent) = self.probes.counts(id.name());
            Counts { received, sent }
        })
    }

    fn locked(&self) -> MutexGuard<'_, Dashboard> {
        self.dashboard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
