//! The process that starts the window's process, forwards signals to it, and judges how it ended.

use std::{
    env, io,
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, ExitCode, ExitStatus},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use anyhow::Context as _;
use rustix::{
    io::retry_on_intr,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid},
};
use settings::program;
use sockets::Stop;

use super::{NoWindow, Shown};

/// The variable by which the window's process knows what it is.
const WINDOW: &str = "DEALZ_WINDOW";

/// Exit codes of the window's process that its libraries do not use.
const NO_DISPLAY: u8 = 70;
const PAGE_ENDED: u8 = 71;
const PAGE_SILENT: u8 = 72;
const FAILED: u8 = 73;

/// How long the window may take to close after a signal.
const GRACE: Duration = Duration::from_millis(700);

/// Whether this is the window's process.
pub(super) fn has_started_this() -> bool {
    env::var_os(WINDOW).is_some()
}

/// Whether there may be a display: only the window's process can know.
pub(super) fn names_a_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The exit code by which the window's process reports what became of the window. It is not 1: GDK ends the process with
/// that when the display goes.
pub(super) fn exit_code(result: anyhow::Result<Option<NoWindow>>) -> ExitCode {
    match result {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(NoWindow::NoDisplay)) => ExitCode::from(NO_DISPLAY),
        Ok(Some(NoWindow::PageEnded)) => ExitCode::from(PAGE_ENDED),
        Ok(Some(NoWindow::PageSilent | NoWindow::Failed(_) | NoWindow::Killed(_))) => ExitCode::from(PAGE_SILENT),
        Err(error) => {
            // The error line is what counts.
            let _ = program::exit_code(Err(error));
            ExitCode::from(FAILED)
        }
    }
}

fn shown(status: ExitStatus) -> Shown {
    match status.code().map(u8::try_from) {
        Some(Ok(0)) => Shown::Ended(ExitCode::SUCCESS),
        Some(Ok(FAILED)) => Shown::Ended(ExitCode::FAILURE),
        Some(Ok(NO_DISPLAY)) => Shown::Not(NoWindow::NoDisplay),
        Some(Ok(PAGE_ENDED)) => Shown::Not(NoWindow::PageEnded),
        Some(Ok(PAGE_SILENT)) => Shown::Not(NoWindow::PageSilent),
        _ => Shown::Not(
            status.signal().map_or_else(|| NoWindow::Failed(status.code().unwrap_or_default()), NoWindow::Killed),
        ),
    }
}

/// Starts this program again as the window's process and waits for its end.
///
/// # Errors
/// It cannot be started.
pub(super) fn show(stop: &Stop) -> anyhow::Result<Shown> {
    let own = env::current_exe().context("cannot find the path of this program")?;
    let mut command = Command::new(own);
    command.args(env::args_os().skip(1)).env(WINDOW, "1");
    // With some drivers the window stays blank otherwise. It must be set before the process starts.
    if env::var_os("WEBKIT_DISABLE_DMABUF_RENDERER").is_none() {
        command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    }
    // The main thread starts it: it lives as long as the process.
    let child = program::end_child_with_us(&mut command).spawn().context("cannot start the window's process")?;
    let window = Window::new(child);
    forward_signals(window.clone(), stop)?;
    let status = window.wait().context("cannot wait for the window's process")?;
    // An end that was requested is no failure.
    Ok(if stop.is_stopped() { Shown::Ended(ExitCode::SUCCESS) } else { shown(status) })
}

fn forward_signals(window: Window, stop: &Stop) -> anyhow::Result<()> {
    let stop = stop.clone();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        stop.wait();
        window.signal(Signal::TERM);
        thread::sleep(GRACE);
        window.signal(Signal::KILL);
    })?;
    Ok(())
}

/// The window's process. Its id is its own until its end is collected, which happens under the lock: no other process
/// is ever signalled in its place.
#[derive(Clone)]
struct Window {
    id: Pid,
    child: Arc<Mutex<Child>>,
}

impl Window {
    fn new(child: Child) -> Self {
        Self { id: Pid::from_child(&child), child: Arc::new(Mutex::new(child)) }
    }

    /// Waits for its end, with the lock free.
    ///
    /// # Errors
    /// The system does not report how it ended.
    fn wait(&self) -> io::Result<ExitStatus> {
        let ends = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        // It fails if the end has been collected.
        let _ = retry_on_intr(|| waitid(WaitId::Pid(self.id), ends));
        self.lock().wait()
    }

    /// Signals it if it has not ended.
    fn signal(&self, signal: Signal) {
        let mut child = self.lock();
        if matches!(child.try_wait(), Ok(None)) {
            // It may have ended since; the lock keeps its id.
            let _ = kill_process(self.id, signal);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(program: &str, argument: &str) -> Window {
        Window::new(Command::new(program).arg(argument).spawn().unwrap())
    }

    #[test]
    fn a_signal_ends_the_process_that_is_waited_for() {
        let window = start("sleep", "60");
        let waiting = window.clone();
        let waiter = thread::spawn(move || waiting.wait().unwrap());
        window.signal(Signal::TERM);
        assert_eq!(waiter.join().unwrap().signal(), Some(Signal::TERM.as_raw()));
    }

    #[test]
    fn its_end_is_known_to_every_handle() {
        let window = start("true", "");
        assert_eq!(window.wait().unwrap().code(), window.wait().unwrap().code());
        window.signal(Signal::KILL);
        assert_eq!(window.wait().unwrap().signal(), None);
    }
}
