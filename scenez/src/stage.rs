//! A scene at work: the thread `stage` owns its processes, its endpoints, its faults, and the hub that they report to if they do not
//! share one with others.
//!
//! ```text
//! Command ──▶ ┌ stage ────────────────────────────────┐ ──▶ Snapshot, the latest one
//!             │ cast: children, links ── lines, exits │
//!             │ acts ──▶ faults, signals, lines       │
//!             │ observer ── states ──▶ play           │
//!             └───────────────────────────────────────┘
//! ```
//!
//! Whatever happens, nothing is left: when the thread ends, by stop or by a panic, its children are killed and its endpoints
//! are given back; when the whole process is killed, the kernel kills the children.
//!
//! - `owner`: the thread, one loop
//! - `cast`: the processes
//! - `acts`: what a cue does, step by step
//! - `faults`: what is made to fail, and for how long
//! - `hand`: what a hand outside of the scene can do
//! - [`house`]: a desk that takes part in its scene
//! - `bus`: the hub, and what processes report to it
//! - `transcript`: the last lines that processes have printed
//! - [`snapshot`]: what a view shows

mod acts;
mod bus;
mod cast;
mod faults;
mod hand;
pub mod house;
mod owner;
pub mod snapshot;
mod transcript;

use std::{
    ffi::OsString,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sockets::{
    BindError, Context, HubConfig, SocketError,
    actor::{self, Handle, NotTaken},
    endpoint::EndpointError,
};
use thiserror::Error;

pub use self::house::{Holder, House};
pub use self::snapshot::{ActorView, Building, Choice, Command, FaultView, Life, PrintedLine, Progress, Snapshot};
use self::{bus::Bus, owner::Owner, snapshot::Board};
use crate::{endpoints::EndpointsError, script::Scene};

/// How many commands may wait.
const COMMANDS_MAX: usize = 16;

/// What a stage needs of its surroundings.
#[derive(Debug, Clone)]
pub struct StageConfig {
    /// The folder with the programs of the suite, which come before those in `PATH`.
    pub programs: PathBuf,
    /// Where processes run, and what relative paths of a scene are relative to.
    pub root: PathBuf,
    /// What they report to.
    pub hub: StageHub,
    /// The desk that takes part in the scene, if one plays it so.
    pub house: Option<House>,
}

/// The hub that the processes of a scene report to, and by which they are observed.
#[derive(Debug, Clone)]
pub enum StageHub {
    /// One for this scene alone, at ports that the system chooses.
    Own,
    /// One that there is already, with other reporters and other observers.
    Shared {
        /// Makes the socket that observes. It must not be observed itself.
        context: Context,
        /// Where the hub is reached.
        endpoints: HubConfig,
        /// What processes need in their environment to report there, such as the suite's security.
        variables: Vec<(&'static str, OsString)>,
    },
}

/// Why a stage cannot be opened, or has failed.
#[derive(Debug, Error)]
pub enum StageError {
    /// A socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// An address of the hub cannot be understood.
    #[error(transparent)]
    Address(#[from] EndpointError),
    /// The hub has no port.
    #[error("cannot open the hub of the scene")]
    Hub(#[from] BindError),
    /// There are no endpoints for the scene.
    #[error(transparent)]
    Endpoints(#[from] EndpointsError),
    /// The system has no descriptors or threads left.
    #[error("cannot open the stage")]
    System(#[from] std::io::Error),
    /// The scene has no cue.
    #[error("the scene has no cue")]
    Empty,
    /// The thread has panicked; its children are gone.
    #[error(transparent)]
    Panicked(#[from] actor::Panicked),
}

/// A scene at work. Dropped, it ends everything that it has started.
pub struct Stage {
    handle: Handle<Command, Result<(), StageError>>,
    /// How many commands were sent. It is locked while one is, so that their numbers are in their order.
    sent: Mutex<u64>,
    board: Board,
}

impl Stage {
    /// Starts the scene with its first cue. `on_change` is called by the stage's thread after each new snapshot, at most twenty
    /// times a second, and must not wait.
    ///
    /// # Errors
    /// The system has no ports, descriptors or threads left; the scene has no cue.
    pub fn open(
        scene: Arc<Scene>,
        config: StageConfig,
        on_change: impl Fn() + Send + 'static,
    ) -> Result<Self, StageError> {
        if scene.cues.is_empty() {
            return Err(StageError::Empty);
        }
        let bus = Bus::open(&config.hub)?;
        let context = bus.context().clone();
        let owner = Owner::new(scene, config, bus)?;
        let board = owner.board();
        board.watch(Box::new(on_change));
        let handle = actor::spawn(&context, "stage", COMMANDS_MAX, move |inbox| owner.run(&inbox))?;
        Ok(Self { handle, sent: Mutex::new(0), board })
    }

    /// What there is to show now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.board.latest()
    }

    /// Calls this too after each new snapshot, as [`Stage::open`] does.
    pub fn watch(&self, on_change: impl Fn() + Send + 'static) {
        self.board.watch(Box::new(on_change));
    }

    /// Has the stage do something; what comes of it is in the snapshots that follow. Returns the number of the command, for
    /// [`Snapshot::obeyed`].
    ///
    /// # Errors
    /// Many commands wait already, or the stage has ended.
    pub fn command(&self, command: Command) -> Result<u64, NotTaken<Command>> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        self.handle.send(command)?;
        *sent += 1;
        Ok(*sent)
    }

    /// Waits for a snapshot that is as wanted, for `bound` at most; returns the latest one.
    pub fn wait(&self, bound: Duration, is_wanted: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        self.board.wait(bound, is_wanted)
    }

    /// Whether the stage has ended by itself, which is a failure that [`Stage::close`] returns.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.handle.is_ended()
    }

    /// Ends everything that was started, and waits for it.
    ///
    /// # Errors
    /// The stage has failed before.
    pub fn close(self) -> Result<(), StageError> {
        self.handle.stop()?
    }
}
