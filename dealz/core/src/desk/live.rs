//! What runs behind a desk that shows sockets, and the thread `dashboard`.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use scenez::stage::StageHub;
use sockets::{Context, Reporting};
use tracing::error;
use wire::{
    Symbol, User,
    chat::{BROADCASTS, REQUESTS},
    tick::TICKS,
    value::{CONTROL, ORDERS, RESULTS},
};

use super::StartError;
use crate::{
    clock::Now,
    config::{DeskConfig, ValuzEndpoints},
    dashboard::Dashboard,
    event::Event,
    feeds::{
        chatz::Chatz,
        hub::BusHub,
        observations::{Observations, Strangers},
        tickz::Tickz,
        valuz::Valuz,
    },
    processes::{self, Processes},
    recording::{self, Recorder},
    scenes::{Scenes, Surroundings},
    updates::Updates,
};

/// The most events that may wait for the dashboard. A sender that finds it full sends its latest state later, or waits.
const EVENTS_MAX: usize = 1_024;

/// The least time between two states of the view.
const BEAT: Duration = Duration::from_millis(33);

/// The most time between two states of the view.
const BEAT_MAX: Duration = Duration::from_millis(250);

/// Everything that runs. Dropping it ends everything, in the order of the fields.
pub(crate) struct Live {
    // First: the end of everything is not worth keeping.
    recorder: Mutex<Option<Recorder>>,
    pub(super) tickz: Tickz,
    pub(super) chatz: Chatz,
    pub(super) valuz: Valuz,
    pub(super) processes: Arc<Processes>,
    pub(super) scenes: Scenes,
    pub(super) observations: Observations,
    pub(super) events: SyncSender<Event>,
    /// The symbols to follow and the name in the chat, at the start and after a reset.
    pub(super) symbols: Vec<Symbol>,
    pub(super) name: User,
    /// Whether the scene of the desk's own processes is open then.
    pub(super) shows_house: bool,
    /// Held during a reset.
    pub(super) resetting: Mutex<()>,
    // These end after the feeds, in this order.
    _stop_processes: StopProcesses,
    board: DashboardHandle,
    /// After all that report: their last states pass through it.
    _hub: BusHub,
    /// The last one waits for what is still to leave.
    _context: Context,
}

impl Live {
    /// Starts all threads.
    ///
    /// # Errors
    /// As [`super::Desk::start`].
    pub(crate) fn start(config: DeskConfig) -> Result<Self, StartError> {
        let DeskConfig { context, hub, with_bytes, ticks, requests, broadcasts, valuz, .. } = config;
        let DeskConfig { name, symbols, asks_for_bursts, programs, stage, scenes, variables, record, .. } = config;
        // First of all: without it nothing is started.
        let file = record.map(|path| recording::create(&path).map_err(|reason| StartError::Record { path, reason }));
        let file = file.transpose()?;
        let (events, inbox) = sync_channel(EVENTS_MAX);
        let hub = BusHub::spawn(&context, hub)?;
        let reporting = Reporting {
            hub: hub.endpoints().reports.clone(),
            is_own_hub: hub.is_own(),
            program: "dealz".to_owned(),
            role: "desk".to_owned(),
            with_bytes,
        };
        let (observed, desk) = context.reporting(&reporting)?;
        let strangers = Strangers::default();
        // Its own sockets are unobserved: each report would be followed by another one.
        let observations = Observations::spawn(
            &hub.context_of_clients(&context),
            &hub.endpoints().observations,
            hub.failure(),
            Arc::clone(&strangers),
            events.clone(),
        )?;
        let dashboard = Dashboard::new(desk, name.as_str(), host(), Now::read());
        let board = DashboardHandle::spawn(dashboard, strangers, (events.clone(), inbox))?;

        let shared = StageHub::Shared {
            context: hub.context_of_clients(&context),
            endpoints: hub.endpoints().clone(),
            variables,
        };
        let wanted = valuz;
        let valuz = Valuz::spawn(&observed, wanted.clone(), events.clone())?;
        // Where the system chose the ports, workers have to know them.
        let ValuzEndpoints { orders, results, control } = valuz.endpoints().unwrap_or(wanted);
        let services = [(TICKS, ticks.clone()), (REQUESTS, requests.clone()), (BROADCASTS, broadcasts.clone())];
        let shows_house = stage.is_some() && scenes.open.is_none();
        let own = processes::Surroundings {
            programs: programs.clone(),
            root: ".".into(),
            stage,
            hub: shared.clone(),
            endpoints: services.into_iter().chain([(ORDERS, orders), (RESULTS, results), (CONTROL, control)]).collect(),
        };
        let (processes, house) = Processes::spawn(own, events.clone())?;
        let processes = Arc::new(processes);
        let (to_open, auto) = (scenes.open, scenes.auto);
        let surroundings = Surroundings { folder: scenes.folder, programs, hub: shared, house };
        let scenes = Scenes::spawn(surroundings, auto, Arc::clone(&board.dashboard), events.clone());
        let scenes = scenes.map_err(StartError::Thread)?;
        let tickz = Tickz::spawn(&observed, &ticks, &symbols, asks_for_bursts, events.clone())?;
        let chatz = Chatz::spawn(&observed, &requests, &broadcasts, &name, events.clone())?;
        let recorder = file.map(|file| {
            let updates = Updates::new(Some(Arc::clone(&board.dashboard)), false);
            Recorder::spawn(file, updates, observations.taps().clone()).map_err(StartError::Thread)
        });
        let recorder = recorder.transpose()?;
        match to_open {
            Some(name) => scenes.open(name),
            None if shows_house => scenes.show_house(),
            None => Ok(()),
        }
        .map_err(StartError::Scene)?;
        Ok(Self {
            recorder: Mutex::new(recorder),
            tickz,
            chatz,
            valuz,
            _stop_processes: StopProcesses(Arc::clone(&processes)),
            processes,
            scenes,
            observations,
            events,
            symbols,
            name,
            shows_house,
            resetting: Mutex::new(()),
            board,
            _hub: hub,
            _context: context,
        })
    }

    pub(crate) fn dashboard(&self) -> Arc<Mutex<Dashboard>> {
        Arc::clone(&self.board.dashboard)
    }

    /// Ends the recording, if there is one.
    ///
    /// # Errors
    /// As [`super::Desk::end_recording`].
    pub(super) fn end_recording(&self) -> io::Result<()> {
        let recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner).take();
        recorder.map_or(Ok(()), Recorder::end)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // They end while the feeds do.
        self.processes.begin_to_stop();
        self.scenes.begin_to_stop();
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
        dashboard: Dashboard,
        strangers: Strangers,
        (events, inbox): (SyncSender<Event>, Receiver<Event>),
    ) -> Result<Self, StartError> {
        let dashboard = Arc::new(Mutex::new(dashboard));
        let owner = DashboardThread { dashboard: Arc::clone(&dashboard), strangers, inbox };
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
    strangers: Strangers,
    inbox: Receiver<Event>,
}

impl DashboardThread {
    fn run(self) {
        let mut last_beat = Instant::now();
        let mut has_changed = true;
        loop {
            let next_beat = last_beat + if has_changed { BEAT } else { BEAT_MAX };
            match self.inbox.recv_timeout(next_beat.saturating_duration_since(Instant::now())) {
                Ok(Event::End) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(event) => {
                    self.locked().handle(event, Now::read());
                    has_changed = true;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            if now >= next_beat {
                last_beat = now;
                let mut dashboard = self.locked();
                dashboard.handle_time(Now::read());
                has_changed = dashboard.is_pending();
                let strangers = dashboard.strangers();
                drop(dashboard);
                *self.strangers.lock().unwrap_or_else(PoisonError::into_inner) = strangers;
            }
        }
    }

    fn locked(&self) -> MutexGuard<'_, Dashboard> {
        self.dashboard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
