//! Scenes on the desk: the folder that they are in, and the one that is open.
//!
//! ```text
//! Command ──▶ ┌ thread `scenes` ─────────────┐ ──▶ Event: the folder, the scene, how far its cue is
//!             │ folder: files ──▶ Scene      │ ──▶ Event: the view and the highlight that a cue chooses
//!             │ stage ◀── acts, Snapshot ──▶ │
//!             └──────────────────────────────┘
//! ```
//!
//! The processes of a scene report to the hub of the desk, so they are shown like any others. They end with the scene, and with
//! the desk. One scene has the desk's own processes as its cast: closed, it is shown no longer, and they stay.
//!
//! - [`owner`]: the thread
//! - [`folder`]: which scenes there are, and what is wrong with them
//! - [`shown`]: a scene and its stage, as pages get them (pure)
//! - [`troupe`]: its processes, as a list
//! - [`pointer`]: what a cue points at
//! - [`auto`]: a scene that plays by itself
//! - [`recordings`]: the recordings of scenes, for when the live thing fails

mod auto;
mod folder;
mod owner;
mod pointer;
mod recordings;
mod shown;
mod troupe;

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use scenez::{
    script::Act,
    stage::{Stage, StageHub},
};
use tracing::error;

use self::owner::{Message, Order, Owner};
use crate::{
    command::{CueStep, Refusal},
    config::Auto,
    dashboard::Dashboard,
    event::Event,
};

/// The most messages that may wait.
const MESSAGES_MAX: usize = 64;

/// How long a reply of the thread may take: a scene that ends has three seconds for its processes.
const ANSWER_WITHIN: Duration = Duration::from_secs(6);

/// Where scenes are, and what they need.
pub(crate) struct Surroundings {
    /// The folder of scenes.
    pub(crate) folder: PathBuf,
    /// The folder of the suite's programs.
    pub(crate) programs: PathBuf,
    /// What the processes of a scene report to.
    pub(crate) hub: StageHub,
    /// The stage of the scene that the desk takes part in.
    pub(crate) house: Arc<Stage>,
}

/// The handle; dropping it ends the open scene.
pub(crate) struct Scenes {
    /// The folder of scenes.
    folder: PathBuf,
    sender: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Scenes {
    /// Reads the folder, and starts the thread. The first scene that is opened plays by itself if it is to.
    ///
    /// # Errors
    /// The system has no more threads.
    pub(crate) fn spawn(
        surroundings: Surroundings,
        auto: Option<Auto>,
        dashboard: Arc<Mutex<Dashboard>>,
        events: SyncSender<Event>,
    ) -> io::Result<Self> {
        let (sender, messages) = sync_channel(MESSAGES_MAX);
        let folder = surroundings.folder.clone();
        let changed = sender.clone();
        surroundings.house.watch(move || {
            // If messages wait already, the thread will look after them.
            let _ = changed.try_send(Message::Changed);
        });
        let owner = Owner::new(surroundings, auto, (sender.clone(), messages), dashboard, events);
        let thread = thread::Builder::new().name("scenes".to_owned()).spawn(move || owner.run())?;
        Ok(Self { folder, sender, thread: Mutex::new(Some(thread)) })
    }

    /// Opens a scene and starts it, after the end of the one that is open.
    ///
    /// # Errors
    /// There is no such scene, it has mistakes, or the system has no ports left for it.
    pub(crate) fn open(&self, name: String) -> Result<(), Refusal> {
        self.order(Order::Open(name))
    }

    /// Shows the scene of the desk's own processes as the open one, as it is.
    ///
    /// # Errors
    /// The thread is busy or has ended.
    pub(crate) fn show_house(&self) -> Result<(), Refusal> {
        self.order(Order::House)
    }

    /// Ends the open scene.
    ///
    /// # Errors
    /// None is open.
    pub(crate) fn close(&self) -> Result<(), Refusal> {
        self.order(Order::Close)
    }

    /// Goes to a cue.
    ///
    /// # Errors
    /// No scene is open; there is no next cue.
    pub(crate) fn cue(&self, to: CueStep) -> Result<(), Refusal> {
        self.order(Order::Cue(to))
    }

    /// Does something to the open scene.
    ///
    /// # Errors
    /// No scene is open, or it cannot be done.
    pub(crate) fn act(&self, act: Act) -> Result<(), Refusal> {
        self.order(Order::Act(act))
    }

    /// The recording of a scene as text.
    ///
    /// # Errors
    /// There is no such scene, or no recording of it that this version can play.
    pub(crate) fn recording(&self, name: &str) -> Result<String, Refusal> {
        recordings::read(&self.folder, name)
    }

    /// Has pages play the recording of a scene, until another scene is opened.
    ///
    /// # Errors
    /// As [`Scenes::recording`].
    pub(crate) fn play(&self, name: String) -> Result<(), Refusal> {
        self.recording(&name)?;
        self.order(Order::Play(name))
    }

    /// Has pages show what is live.
    ///
    /// # Errors
    /// None is played.
    pub(crate) fn show_live(&self) -> Result<(), Refusal> {
        self.order(Order::Live)
    }

    /// Ends the open scene, if one is: the talk begins again.
    ///
    /// # Errors
    /// The thread is busy or has ended.
    pub(crate) fn reset(&self) -> Result<(), Refusal> {
        self.order(Order::Reset)
    }

    /// Starts to end the open scene; dropping the handle waits for it.
    pub(crate) fn begin_to_stop(&self) {
        // If this fails, the thread has already ended; otherwise it drains the channel.
        let _ = self.sender.send(Message::Stop);
    }

    fn order(&self, order: Order) -> Result<(), Refusal> {
        let busy = |_| Refusal::not_now("a scene is starting or ending: try again");
        let (sender, answer): (_, Receiver<Result<(), Refusal>>) = sync_channel(1);
        self.sender.try_send(Message::Order(order, sender)).map_err(|_| busy(()))?;
        let slow = |_| Refusal::not_now("this takes long: the stage will show its result");
        answer.recv_timeout(ANSWER_WITHIN).map_err(slow)?
    }
}

impl Drop for Scenes {
    fn drop(&mut self) {
        self.begin_to_stop();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            error!("the thread scenes panicked");
        }
    }
}
