//! What a desk shows: live sockets, or a recording.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use dealz_core::{Desk, DeskConfig};
use settings::program;
use sockets::Stop;

/// What a desk shows.
pub enum Session {
    /// Live sockets.
    Live(Box<DeskConfig>),
    /// A recording.
    Play(PathBuf),
}

impl Session {
    /// Starts the engine of the desk. A pipe with a recording is waited for until `stop`.
    ///
    /// # Errors
    /// Sockets cannot be made, the recording cannot be read or the new one cannot be written.
    pub fn start(self, stop: &Stop) -> anyhow::Result<Arc<Desk>> {
        Ok(Arc::new(match self {
            Self::Live(config) => Desk::start(*config)?,
            Self::Play(recording) => {
                // There is no context that has done so: a page is a connection too.
                program::raise_open_files();
                Desk::play(&recording, stop).context("cannot play the recording")?
            }
        }))
    }
}
