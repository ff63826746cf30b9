//! What a desk shows: live sockets, or a recording.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use dealz_core::{Auto, Desk, DeskConfig};
use settings::program;
use sockets::Stop;

use crate::commands::{Commands, CommandsConfig};

/// What a desk shows.
pub enum Session {
    /// Live sockets.
    Live {
        /// The engine.
        desk: Box<DeskConfig>,
        /// Where it takes commands from other processes.
        commands: CommandsConfig,
    },
    /// A recording, which opens no socket.
    Play(PathBuf),
}

/// A session that runs.
pub struct Running {
    pub(crate) desk: Arc<Desk>,
    commands: Option<Commands>,
}

impl Session {
    /// The same, where the scene that is open at the start plays by itself.
    pub(crate) fn with_auto(mut self, auto: Auto) -> Self {
        if let Self::Live { desk, .. } = &mut self {
            desk.scenes.auto = Some(auto);
        }
        self
    }

    /// Starts the engine of the desk. A pipe with a recording is waited for until `stop`.
    ///
    /// # Errors
    /// Sockets cannot be made, the recording cannot be read or the new one cannot be written.
    pub fn start(self, stop: &Stop) -> anyhow::Result<Running> {
        match self {
            Self::Live { desk, commands } => {
                let desk = Arc::new(Desk::start(*desk)?);
                let commands = Some(Commands::spawn(commands, Arc::clone(&desk))?);
                Ok(Running { desk, commands })
            }
            Self::Play(recording) => {
                // There is no context that has done so: a page is a connection too.
                program::raise_open_files();
                let desk = Arc::new(Desk::play(&recording, stop).context("cannot play the recording")?);
                Ok(Running { desk, commands: None })
            }
        }
    }
}

impl Running {
    /// Takes no more commands, and ends everything.
    pub(crate) fn stop(self) {
        drop(self.commands);
        self.desk.stop();
    }
}
