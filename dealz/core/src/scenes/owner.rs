//! The thread `scenes`: carries out orders, and passes on what the stage shows.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender},
    },
    time::{Duration, Instant},
};

use scenez::{
    Scene, files,
    script::Act,
    stage::{self, Progress, Stage, StageConfig},
};
use serde::{Deserialize as _, de::IntoDeserializer as _};
use tracing::{error, warn};

use super::{
    Surroundings,
    auto::AutoPlayer,
    folder::Folder,
    pointer::Pointer,
    shown::{scene_view, stage_view},
    troupe::Troupe,
};
use crate::{
    clock::Now,
    command::{CueStep, Refusal},
    config::Auto,
    dashboard::Dashboard,
    event::Event,
    processes::house,
    view::{HighlightView, ScenesView, ViewName},
};

/// How often a highlight is looked up until its processes report.
const POINTER_LOOK: Duration = Duration::from_millis(100);

/// How often the thread looks whether the stage has failed, which no message reports.
const STAGE_LOOK: Duration = Duration::from_secs(1);

/// How long the stage of the desk's own processes may take to begin a reset.
const RESET_WITHIN: Duration = Duration::from_secs(1);

/// A message to the thread.
pub(super) enum Message {
    /// The stage shows something new.
    Changed,
    /// An order, and where to answer.
    Order(Order, SyncSender<Result<(), Refusal>>),
    /// End the open scene, and the thread.
    Stop,
}

/// What the thread can do.
pub(super) enum Order {
    Open(String),
    House,
    Close,
    Cue(CueStep),
    Act(Act),
    Play(String),
    Live,
    Reset,
}

/// The state of the thread.
pub(super) struct Owner {
    surroundings: Surroundings,
    /// For the first scene that is opened.
    auto: Option<Auto>,
    messages: Receiver<Message>,
    /// For the stage.
    sender: SyncSender<Message>,
    /// Where processes are found by their names.
    dashboard: Arc<Mutex<Dashboard>>,
    events: SyncSender<Event>,
    folder: Folder,
    /// When the first scene was opened.
    started_ms: Option<f64>,
    open: Option<Open>,
    /// The scene whose recording pages play.
    playing: Option<String>,
}

/// The open scene.
struct Open {
    /// That of the desk's own processes has other owners too.
    stage: Arc<Stage>,
    scene: Arc<Scene>,
    opened: Now,
    /// The version of the snapshot that pages have.
    shown: u64,
    /// The numbers of the view and of the highlight that pages have.
    view: u64,
    highlight: u64,
    pointer: Option<Pointer>,
    /// None if its processes are the desk's own.
    troupe: Option<Troupe>,
    auto: Option<AutoPlayer>,
}

impl Owner {
    pub(super) fn new(
        surroundings: Surroundings,
        auto: Option<Auto>,
        (sender, messages): (SyncSender<Message>, Receiver<Message>),
        dashboard: Arc<Mutex<Dashboard>>,
        events: SyncSender<Event>,
    ) -> Self {
        Self {
            surroundings,
            auto,
            messages,
            sender,
            dashboard,
            events,
            folder: Folder::default(),
            started_ms: None,
            open: None,
            playing: None,
        }
    }

    /// Runs until it is stopped; then no process of a scene is left.
    pub(super) fn run(mut self) {
        self.folder = Folder::read(&self.surroundings.folder);
        self.show();
        loop {
            let timeout = self.open.as_ref().map(Open::next_look);
            let received = match timeout {
                Some(timeout) => self.messages.recv_timeout(timeout),
                None => self.messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match received {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Message::Order(order, answer)) => {
                    // The caller has given up if it cannot be sent.
                    let _ = answer.try_send(self.obey(order));
                }
                Ok(Message::Changed) | Err(RecvTimeoutError::Timeout) => {}
            }
            self.follow();
        }
        self.close();
    }

    fn obey(&mut self, order: Order) -> Result<(), Refusal> {
        match order {
            Order::Open(name) => self.open(&name),
            Order::House => {
                self.close();
                self.enter(Arc::clone(&self.surroundings.house), None);
                self.show();
                Ok(())
            }
            Order::Close => {
                self.opened()?;
                self.close();
                self.show();
                Ok(())
            }
            Order::Cue(to) => self.cue(to),
            Order::Act(act) => {
                let open = self.opened()?;
                open.stage.snapshot().allows(&act).map_err(|reason| Refusal::not_now(&reason))?;
                open.command(stage::Command::Act(act))
            }
            Order::Play(name) => {
                self.playing = Some(name);
                // It may have been made since the folder was read.
                self.folder = Folder::read(&self.surroundings.folder);
                self.show();
                Ok(())
            }
            Order::Live => {
                self.playing.take().ok_or_else(|| Refusal::not_now("no recording is played"))?;
                self.show();
                Ok(())
            }
            Order::Reset => {
                self.close();
                self.started_ms = None;
                self.playing = None;
                self.show();
                Ok(())
            }
        }
    }

    fn open(&mut self, name: &str) -> Result<(), Refusal> {
        self.folder = Folder::read(&self.surroundings.folder);
        let opened = match name {
            house::NAME => self.start_house(),
            _ => self.folder.load(name).and_then(|(file, scene)| self.start(file, scene)),
        };
        // A scene that cannot be opened leaves the one that is open alone, and the folder may have changed.
        self.show();
        opened
    }

    fn start(&mut self, file: PathBuf, scene: Scene) -> Result<(), Refusal> {
        self.close();
        let Surroundings { programs, hub, .. } = &self.surroundings;
        let config =
            StageConfig { programs: programs.clone(), root: files::root(&file), hub: hub.clone(), house: None };
        let sender = self.sender.clone();
        let on_change = move || {
            // If messages wait already, the thread will look after them.
            let _ = sender.try_send(Message::Changed);
        };
        let stage = Stage::open(Arc::new(scene), config, on_change)
            .map_err(|error| Refusal::not_now(&format!("the scene cannot start: {error}")))?;
        self.enter(Arc::new(stage), Some(Troupe::new()));
        self.started_ms.get_or_insert_with(|| Now::read().ms);
        Ok(())
    }

    /// Starts the scene of the desk's own processes, which is no part of the talk.
    fn start_house(&mut self) -> Result<(), Refusal> {
        self.close();
        let house = Arc::clone(&self.surroundings.house);
        let reset = house.command(stage::Command::Reset).map_err(|_| busy())?;
        // Until then it has the view and the highlight of before.
        house.wait(RESET_WITHIN, |snapshot| snapshot.obeyed >= reset);
        self.enter(house, None);
        Ok(())
    }

    /// Makes this the open scene.
    fn enter(&mut self, stage: Arc<Stage>, troupe: Option<Troupe>) {
        let scene = Arc::clone(&stage.snapshot().scene);
        let opened = Now::read();
        // Who opens a scene wants to see it.
        self.playing = None;
        let auto = self.auto.take().map(AutoPlayer::new);
        self.open = Some(Open { stage, scene, opened, shown: 0, view: 0, highlight: 0, pointer: None, troupe, auto });
    }

    fn cue(&mut self, to: CueStep) -> Result<(), Refusal> {
        let open = self.opened()?;
        let snapshot = open.stage.snapshot();
        let command = match to {
            CueStep::Next if snapshot.progress == Progress::Building => {
                let work = snapshot.building.as_ref().map_or("its peers are not built", |building| &building.what);
                return Err(Refusal::not_now(&format!("the scene has not started: {work}")));
            }
            CueStep::Next if snapshot.target + 1 >= open.scene.cues.len() => {
                return Err(Refusal::not_now("this is the last cue of the scene"));
            }
            CueStep::Next => stage::Command::Next,
            CueStep::Back => stage::Command::Back,
            CueStep::Reset => stage::Command::Reset,
        };
        open.command(command)
    }

    fn opened(&self) -> Result<&Open, Refusal> {
        self.open.as_ref().ok_or_else(|| Refusal::not_now("no scene is open"))
    }

    /// Passes on what the stage shows, and that it has failed.
    fn follow(&mut self) {
        let Some(open) = &mut self.open else { return };
        if open.stage.is_ended() {
            let name = open.scene.name.clone();
            let reason = self.close().unwrap_or_else(|| "its thread has ended".to_owned());
            warn!(scene = name, reason, "the scene has ended");
            self.folder.problem = Some(format!("{name} has ended: {reason}"));
            return self.show();
        }
        let snapshot = open.stage.snapshot();
        if let Some(auto) = &mut open.auto {
            auto.follow(&open.stage, &snapshot, Instant::now());
        }
        let mut events = Vec::new();
        if snapshot.version > open.shown {
            open.shown = snapshot.version;
            events.push(Event::Stage(stage_view(&snapshot, open.opened)));
            if let Some(view) = snapshot.view.as_ref().filter(|view| view.number > open.view) {
                open.view = view.number;
                events.extend(view_named(&view.what).map(Event::View));
            }
            if let Some(highlight) = snapshot.highlight.as_ref().filter(|choice| choice.number > open.highlight) {
                open.highlight = highlight.number;
                open.pointer = Some(Pointer::new(highlight.what.clone(), Instant::now()));
            }
        }
        if let Some(troupe) = open.troupe.as_mut().and_then(|troupe| troupe.follow(&snapshot, Now::read())) {
            events.push(Event::Troupe(troupe));
        }
        let dashboard = self.dashboard.lock().unwrap_or_else(PoisonError::into_inner);
        let found = open.pointer.as_ref().and_then(|it| it.resolve(&snapshot, &dashboard, Instant::now()));
        drop(dashboard);
        if let Some(found) = found {
            open.pointer = None;
            events.extend((found != HighlightView::default()).then_some(Event::Highlight(found)));
        }
        events.into_iter().for_each(|event| self.send(event));
    }

    /// Ends the open scene, if one is; returns why it had failed before, if it had.
    fn close(&mut self) -> Option<String> {
        let open = self.open.take()?;
        self.send(Event::Troupe(Vec::new()));
        let closed = Arc::into_inner(open.stage)?.close();
        closed.err().map(|error| {
            error!(%error, "stage");
            error.to_string()
        })
    }

    /// Shows which scenes there are, and which one is open: in one event, so that no page has the texts of one scene and the
    /// state of another.
    fn show(&self) {
        let Folder { entries, cuts, problem, .. } = &self.folder;
        let scenes = ScenesView {
            folder: entries.clone(),
            cuts: cuts.clone(),
            problem: problem.clone(),
            started_ms: self.started_ms,
            open: self.open.as_ref().map(|open| scene_view(&open.scene)),
            playing: self.playing.clone(),
        };
        let stage = |open: &Open| stage_view(&open.stage.snapshot(), open.opened);
        self.send(Event::Scenes(scenes, self.open.as_ref().map(stage).unwrap_or_default()));
    }

    /// Reports to the dashboard, which drains the channel; if that fails, it has ended.
    fn send(&self, event: Event) {
        let _ = self.events.send(event);
    }
}

impl Open {
    /// How long nothing has to be looked at, unless there is a message.
    fn next_look(&self) -> Duration {
        let look = self.pointer.as_ref().map_or(STAGE_LOOK, |_| POINTER_LOOK);
        let look = self.troupe.as_ref().map_or(look, |troupe| troupe.next_look().min(look));
        self.auto.as_ref().and_then(AutoPlayer::next_look).map_or(look, |auto| auto.min(look))
    }

    fn command(&self, command: stage::Command) -> Result<(), Refusal> {
        self.stage.command(command).map(drop).map_err(|_| busy())
    }
}

fn busy() -> Refusal {
    Refusal::not_now("the scene is busy: too many commands are waiting")
}

/// The view that a scene names: a scene that is checked names no other.
fn view_named(name: &str) -> Option<ViewName> {
    let named: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = name.into_deserializer();
    ViewName::deserialize(named).ok()
}
