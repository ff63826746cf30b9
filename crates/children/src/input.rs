//! The standard input of a child. A separate thread writes to it, so a child that does not read blocks no owner.

use std::{
    io::{self, Write as _},
    process::ChildStdin,
    sync::mpsc::{SyncSender, TrySendError, sync_channel},
    thread,
};

/// How many lines may wait to be written.
const LINES_MAX: usize = 1_000;

/// A standard input.
#[derive(Debug)]
pub(crate) enum Input {
    /// It is closed, was never piped, or belongs to [`Input::feed`].
    Closed,
    /// Nothing was written yet.
    Unused(ChildStdin),
    /// A thread writes these lines.
    Lines(SyncSender<String>),
}

impl Input {
    pub(crate) fn new(pipe: Option<ChildStdin>) -> Self {
        pipe.map_or(Self::Closed, Self::Unused)
    }

    /// Writes a line, soon.
    pub(crate) fn say(&mut self, line: &str) -> io::Result<()> {
        if let Self::Unused(_) = self {
            let (sender, lines) = sync_channel::<String>(LINES_MAX);
            self.feed(move |mut pipe| lines.into_iter().try_for_each(|line| pipe.write_all(line.as_bytes())))?;
            *self = Self::Lines(sender);
        }
        let Self::Lines(sender) = self else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        sender.try_send(format!("{line}\n")).map_err(|error| match error {
            TrySendError::Full(_) => io::ErrorKind::WouldBlock.into(),
            TrySendError::Disconnected(_) => io::ErrorKind::BrokenPipe.into(),
        })
    }

    /// Has `write` write everything.
    pub(crate) fn feed(&mut self, write: impl FnOnce(ChildStdin) -> io::Result<()> + Send + 'static) -> io::Result<()> {
        if !matches!(self, Self::Unused(_)) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let Self::Unused(pipe) = std::mem::replace(self, Self::Closed) else { return Ok(()) };
        thread::Builder::new().name("child input".to_owned()).spawn(move || {
            // It fails only for a child that no longer reads, as the next line reports.
            let _ = write(pipe);
        })?;
        Ok(())
    }
}
