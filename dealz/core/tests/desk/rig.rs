//! A desk at free ports, and a page that folds its updates as a browser would.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use dealz_core::{
    Desk, DeskConfig, ScenesConfig, Stage, Updates, ValuzEndpoints,
    command::{Command, ProcessAct, Refusal, Reply},
    view::{
        CastProcess, CastView, ChatzView, HighlightView, Line, MonitorLine, PageKind, PricePoint, ProcessCounts,
        ProcessState, ProcessView, ScenesView, SocketCounts, SocketState, SocketView, StageView, TickzView, ValuzView,
        ViewName,
    },
};
use sockets::{Context, HubConfig, KeepAlive, Security};

/// The symbols that the simulating tickz publishes and the desk follows at the start.
pub(crate) const SYMBOLS: [&str; 2] = ["MSFT", "AAPL"];

/// The sockets of the desk that connect to services.
pub(crate) const SERVICES: [&str; 3] = ["tickz.sub", "chatz.req", "chatz.sub"];

/// The configuration of a desk at endpoints at which no process listens; with `workers` it starts the services too.
pub(crate) fn config(workers: Option<u32>) -> DeskConfig {
    let programs = ["tickz", "chatz", "valuz"].map(|name| testkit::sibling(name).parent().unwrap().to_owned());
    let any = || "tcp://127.0.0.1:*".parse().unwrap();
    let [ticks, requests, broadcasts, orders, results, control] =
        testkit::free_endpoints().map(|endpoint| endpoint.parse().unwrap());
    DeskConfig {
        context: Context::new(Security::default(), KeepAlive::default()).unwrap(),
        hub: HubConfig { reports: any(), observations: any() },
        with_bytes: true,
        ticks,
        requests,
        broadcasts,
        valuz: ValuzEndpoints { orders, results, control },
        name: "ada".parse().unwrap(),
        asks_for_bursts: true,
        symbols: SYMBOLS.map(|symbol| symbol.parse().unwrap()).into(),
        programs: programs[0].clone(),
        stage: workers.map(|workers| Stage { prices: Some(prices()), workers }),
        scenes: ScenesConfig { folder: "/nowhere/at/all".into(), open: None, auto: None },
        variables: Vec::new(),
        record: None,
    }
}

/// The prices that come with the suite.
fn prices() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/stocks.csv")
}

/// A desk that shows the scenes of a folder, and opens one of them at the start.
pub(crate) fn with_scenes(folder: &Path, open: Option<&str>) -> DeskConfig {
    let _ = ["linkz", "scenez"].map(testkit::sibling);
    let scenes = ScenesConfig { folder: folder.to_owned(), open: open.map(str::to_owned), auto: None };
    DeskConfig { scenes, ..config(None) }
}

pub(crate) fn start(workers: Option<u32>) -> (Desk, Page) {
    start_with(config(workers))
}

pub(crate) fn start_with(config: DeskConfig) -> (Desk, Page) {
    let desk = Desk::start(config).unwrap();
    let page = Page::of(&desk);
    (desk, page)
}

/// The state of a page.
pub(crate) struct Page {
    updates: Updates,
    pub(crate) snapshots: u32,
    pub(crate) cast: CastView,
    pub(crate) counts: BTreeMap<String, ProcessCounts>,
    pub(crate) tickz: TickzView,
    pub(crate) chatz: Option<ChatzView>,
    pub(crate) valuz: Option<ValuzView>,
    pub(crate) processes: Vec<ProcessView>,
    pub(crate) troupe: Vec<ProcessView>,
    pub(crate) scenes: ScenesView,
    pub(crate) stage: StageView,
    /// The views that were chosen, in order.
    pub(crate) chosen: Vec<ViewName>,
    pub(crate) highlight: HighlightView,
    pub(crate) points: Vec<PricePoint>,
    pub(crate) lines: Vec<Line>,
    pub(crate) events: Vec<MonitorLine>,
}

impl Page {
    pub(crate) fn of(desk: &Desk) -> Self {
        Self::of_kind(desk, PageKind::Control)
    }

    pub(crate) fn of_kind(desk: &Desk, kind: PageKind) -> Self {
        Self {
            updates: desk.updates(kind),
            snapshots: 0,
            cast: CastView::default(),
            counts: BTreeMap::new(),
            tickz: TickzView::default(),
            chatz: None,
            valuz: None,
            processes: Vec::new(),
            troupe: Vec::new(),
            scenes: ScenesView::default(),
            stage: StageView::default(),
            chosen: Vec::new(),
            highlight: HighlightView::default(),
            points: Vec::new(),
            lines: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Applies one update, if there is one.
    pub(crate) fn take(&mut self) -> bool {
        let Some(update) = self.updates.next() else { return false };
        if update.snapshot {
            self.snapshots += 1;
            (self.points, self.lines, self.events) = (Vec::new(), Vec::new(), Vec::new());
            self.counts.clear();
        }
        self.cast = update.cast.unwrap_or_else(|| std::mem::take(&mut self.cast));
        self.counts.extend(update.counts.into_iter().map(|counts| (counts.process.clone(), counts)));
        self.tickz = update.tickz.unwrap_or_else(|| std::mem::take(&mut self.tickz));
        self.processes = update.processes.unwrap_or_else(|| std::mem::take(&mut self.processes));
        self.chatz = update.chatz.or_else(|| self.chatz.take());
        self.valuz = update.valuz.or_else(|| self.valuz.take());
        self.troupe = update.troupe.unwrap_or_else(|| std::mem::take(&mut self.troupe));
        self.scenes = update.scenes.unwrap_or_else(|| std::mem::take(&mut self.scenes));
        self.stage = update.stage.unwrap_or_else(|| std::mem::take(&mut self.stage));
        self.chosen.extend(update.view);
        self.highlight = update.highlight.unwrap_or_else(|| std::mem::take(&mut self.highlight));
        self.points.extend(update.points);
        self.lines.extend(update.lines);
        self.events.extend(update.events);
        true
    }

    /// Waits until its state satisfies `wanted`.
    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let shown = ShownOnPanic(self);
        testkit::eventually(what, || {
            shown.0.take();
            wanted(shown.0)
        });
    }

    /// The desk among the processes that report.
    pub(crate) fn desk(&self) -> Option<&CastProcess> {
        self.cast.processes.iter().find(|process| process.is_desk)
    }

    /// The process that reports with this process id.
    pub(crate) fn reporter(&self, pid: u32) -> Option<&CastProcess> {
        self.cast.processes.iter().find(|process| process.pid == pid && !process.is_desk)
    }

    /// A socket of the desk.
    pub(crate) fn socket(&self, name: &str) -> Option<&SocketView> {
        self.desk()?.sockets.iter().find(|socket| socket.name == name)
    }

    /// Whether a socket of the desk is in this state.
    pub(crate) fn socket_is(&self, name: &str, is: impl Fn(&SocketState) -> bool) -> bool {
        self.socket(name).is_some_and(|socket| is(&socket.state))
    }

    /// Whether all sockets of the desk that connect are in such a state.
    pub(crate) fn services_are(&self, is: impl Fn(&SocketState) -> bool) -> bool {
        SERVICES.iter().all(|name| self.socket_is(name, &is))
    }

    /// The counts of a socket of the desk.
    pub(crate) fn count(&self, name: &str) -> SocketCounts {
        let counts = self.desk().and_then(|desk| {
            let index = desk.sockets.iter().position(|socket| socket.name == name)?;
            self.counts.get(&desk.id)?.sockets.get(index)
        });
        counts.copied().unwrap_or_default()
    }

    pub(crate) fn process(&self, id: &str) -> Option<&ProcessView> {
        self.processes.iter().find(|process| process.id == id)
    }

    pub(crate) fn is(&self, id: &str, state: &ProcessState) -> bool {
        self.process(id).is_some_and(|process| process.state == *state)
    }

    /// The process ids of all live processes that the desk has started.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.processes.iter().filter_map(|process| process.pid).collect()
    }

    /// Waits until the services answer and `workers` are ready.
    pub(crate) fn until_all_is_there(&mut self, workers: usize) {
        self.until("services and workers are ready", |page| {
            page.processes.iter().filter(|process| process.state == ProcessState::Running).count() == 2 + workers
                && page.tickz.quotes.len() == SYMBOLS.len()
                && page.tickz.quotes.iter().all(|quote| quote.received > 0)
                && page.chatz.as_ref().is_some_and(|chatz| chatz.users.contains(&chatz.name))
                && page.valuz.as_ref().is_some_and(|valuz| {
                    valuz
                        .workers
                        .iter()
                        .filter(|worker| worker.state != dealz_core::view::WorkerState::Starting)
                        .count()
                        == workers
                })
        });
    }
}

/// Prints the state of a page when a test fails.
struct ShownOnPanic<'a>(&'a mut Page);

impl Drop for ShownOnPanic<'_> {
    #[expect(clippy::print_stderr, reason = "where the output of a failed test is")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Page { cast, tickz, chatz, valuz, processes, events, .. } = &*self.0;
            eprintln!("{cast:#?}\n{tickz:#?}\n{chatz:#?}\n{valuz:#?}\n{processes:#?}\n{events:#?}");
        }
    }
}

pub(crate) fn act(desk: &Desk, id: &str, act: ProcessAct) -> Result<Reply, Refusal> {
    desk.act(Command::Process { id: id.to_owned(), act, scene: false })
}

pub(crate) fn lives(pid: u32) -> bool {
    // A killed process may wait for the system's first process to reap it.
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
