//! The engine: feeds, processes and dashboard put together, and what a page may ask of them.
//!
//! ```text
//! feeds, processes ── Event ──▶ dashboard ──▶ Updates, one for each page
//!       ▲                                          │
//!       └──────────── Command ◀── act ◀───────── page
//! ```
//!
//! - [`live`]: what runs behind a desk that shows sockets
//! - [`commands`]: how a command is checked and passed on

mod commands;
mod live;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

use scenez::stage::StageError;
use sockets::{SocketError, Stop};
use thiserror::Error;
use wire::foreign;

use self::live::Live;
use crate::{
    audience::{Audience, Seat},
    command::{Command, Refusal, Reply},
    config::DeskConfig,
    recording::{self, PlayError},
    updates::Updates,
    view::{Hello, Mode, PageKind, PageLink},
};

/// A desk. Any thread may ask it; dropping it stops it.
pub struct Desk {
    kind: Kind,
    audience: Audience,
}

enum Kind {
    /// Nothing is there once it has stopped.
    Live(RwLock<Option<Box<Live>>>),
    /// The recording.
    Play(String),
}

/// Why a desk cannot be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// A socket cannot be made, or an address cannot be understood.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The system has no more threads.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// The scene cannot be opened.
    #[error("cannot open the scene: {0}")]
    Scene(Refusal),
    /// The stage of the desk's own processes cannot be opened.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The recording cannot be written.
    #[error("cannot record into {}: {reason}", foreign(&path.to_string_lossy()))]
    Record {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        reason: io::Error,
    },
}

impl Desk {
    /// Opens the sockets, and starts what belongs to the stage. Services may come later.
    ///
    /// # Errors
    /// An address cannot be understood, the system has no more threads or file descriptors, the recording cannot be
    /// written, or the scene cannot be opened.
    pub fn start(config: DeskConfig) -> Result<Self, StartError> {
        let live = Live::start(config)?;
        let audience = Audience::new(Some(live.events.clone()));
        Ok(Self { kind: Kind::Live(RwLock::new(Some(Box::new(live)))), audience })
    }

    /// Shows a recording: opens no socket. A pipe is waited for until `stop`.
    ///
    /// # Errors
    /// The file cannot be read or is no recording.
    pub fn play(path: &Path, stop: &Stop) -> Result<Self, PlayError> {
        Ok(Self { kind: Kind::Play(recording::read(path, stop)?), audience: Audience::new(None) })
    }

    /// The first message of a page's stream; `links` for a page that may control.
    #[must_use]
    pub fn hello(&self, page: PageKind, links: &[PageLink]) -> Hello {
        let mode = match &self.kind {
            Kind::Live(_) => Mode::Live,
            Kind::Play(_) => Mode::Play,
        };
        let links = if page == PageKind::Control { links.to_vec() } else { Vec::new() };
        Hello { version: env!("CARGO_PKG_VERSION").to_owned(), mode, page, links }
    }

    /// Executes a command of a page. Most take microseconds; those that end processes, rejoin the chat or
    /// read a list of orders may take some tenths of a second.
    ///
    /// # Errors
    /// A value is not what it must be, or it cannot be done now.
    pub fn act(&self, command: Command) -> Result<Reply, Refusal> {
        match (&self.kind, command) {
            (Kind::Play(text), Command::Recording { scene: None }) => Ok(Reply::Recording { text: text.clone() }),
            (Kind::Play(_), _) => Err(Refusal::not_now("a recording is played: there is nothing behind it")),
            (Kind::Live(live), command) => match &*read(live) {
                Some(live) => live.act(command),
                None => Err(Refusal::not_now("the desk has ended")),
            },
        }
    }

    /// The recording that is played, if one is: one [`crate::view::Recorded`] a line. It stays where it is for as long
    /// as the desk is there.
    #[must_use]
    pub fn recording(&self) -> Option<&str> {
        match &self.kind {
            Kind::Live(_) => None,
            Kind::Play(text) => Some(text),
        }
    }

    /// Ends the recording (`--record`) with all that has happened until now.
    ///
    /// # Errors
    /// Not everything could be written.
    pub fn end_recording(&self) -> io::Result<()> {
        match &self.kind {
            Kind::Live(live) => read(live).as_ref().map_or(Ok(()), |live| live.end_recording()),
            Kind::Play(_) => Ok(()),
        }
    }

    /// A page of the audience joins, and leaves when the seat is dropped. How many there may be, [`AUDIENCE_MAX`](crate::AUDIENCE_MAX),
    /// is up to the caller.
    #[must_use]
    pub fn seat(&self) -> Seat {
        self.audience.join()
    }

    /// The stream of updates for one more page: only one that may control gets the speaker's notes. Where a recording is
    /// played there are none.
    #[must_use]
    pub fn updates(&self, page: PageKind) -> Updates {
        let dashboard = match &self.kind {
            Kind::Live(live) => read(live).as_ref().map(|live| live.dashboard()),
            Kind::Play(_) => None,
        };
        Updates::new(dashboard, page == PageKind::Control)
    }

    /// Ends everything: sends EXIT to workers, ends started processes, closes sockets. It takes up to a second.
    /// Updates go on with what is shown last.
    pub fn stop(&self) {
        if let Kind::Live(live) = &self.kind {
            // Taken first, so that no thread waits for the end with the lock held.
            let live = live.write().unwrap_or_else(PoisonError::into_inner).take();
            drop(live);
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Desk({:?})", self.hello(PageKind::View, &[]).mode)
    }
}

fn read(live: &RwLock<Option<Box<Live>>>) -> RwLockReadGuard<'_, Option<Box<Live>>> {
    live.read().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_on_any_thread_share_a_desk() {
        const fn shared<T: Send + Sync>() {}
        const fn moved<T: Send>() {}
        const { (shared::<Desk>(), moved::<Updates>()) };
    }
}
