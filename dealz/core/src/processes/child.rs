//! A program that runs: started, signalled, and waited for.

use std::{
    fmt, io,
    os::unix::process::ExitStatusExt as _,
    process::{Child, ChildStderr, Command, ExitStatus},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::SyncSender,
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::{log::Log, owner::Message};

/// How long after its end the last lines of a program's log may take; a process that inherited its log may hold it open
/// for ever.
const LOG_WITHIN: Duration = Duration::from_millis(500);

/// A program that runs, or whose end was not reported yet.
pub(crate) struct Running {
    child: Child,
    /// Whether its log was read to the end.
    is_log_read: Arc<AtomicBool>,
    ended: Option<(ExitStatus, Instant)>,
}

/// How a program ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End(ExitStatus);

/// What the system reports of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// Its resident memory.
    pub(crate) memory_bytes: Option<u64>,
    /// Whether it is suspended.
    pub(crate) is_suspended: bool,
}

impl Running {
    /// Starts a program. A thread reads its log lines, and reports them and its end to `owner`.
    ///
    /// # Errors
    /// The program cannot be started, or there are no threads left; then nothing runs.
    pub(crate) fn start(command: &mut Command, log: &Arc<Log>, owner: &SyncSender<Message>) -> io::Result<Self> {
        let mut child = command.spawn()?;
        let (pid, stderr) = (Pid::from_child(&child), child.stderr.take());
        let (log, owner, is_log_read) = (Arc::clone(log), owner.clone(), Arc::new(AtomicBool::new(false)));
        let is_read = Arc::clone(&is_log_read);
        let read_on = move || follow(pid, stderr, &log, &is_read, &owner);
        let reading = thread::Builder::new().name("log".to_owned()).spawn(read_on);
        if let Err(error) = reading {
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
        Ok(Self { child, is_log_read, ended: None })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn send(&self, signal: Signal) {
        // Its process id stays its own until its end is collected.
        if self.ended.is_none() {
            let _ = kill_process(Pid::from_child(&self.child), signal);
        }
    }

    /// Sends SIGTERM, and SIGCONT: a suspended process would not see the former.
    pub(crate) fn terminate(&self) {
        self.send(Signal::TERM);
        self.send(Signal::CONT);
    }

    /// How it ended, once it has and its log was read to the end.
    pub(crate) fn end(&mut self) -> Option<End> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten().map(|status| (status, Instant::now()));
        }
        let (status, since) = self.ended?;
        (self.is_log_read.load(Ordering::Acquire) || since.elapsed() >= LOG_WITHIN).then_some(End(status))
    }

    /// What the system reports of it.
    pub(crate) fn status(&self) -> Option<Status> {
        Status::of(self.pid())
    }
}

impl Status {
    /// What the system reports of a process.
    #[cfg(target_os = "linux")]
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let process = procfs::process::Process::new(i32::try_from(pid).ok()?).ok()?;
        let status = process.status().ok()?;
        Some(Self { memory_bytes: status.vmrss.map(|kib| kib * 1024), is_suspended: status.state.starts_with('T') })
    }

    /// Other systems are not asked.
    #[cfg(not(target_os = "linux"))]
    pub(crate) const fn of(_pid: u32) -> Option<Self> {
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl End {
    /// Whether it ended with exit code 0.
    pub(crate) fn is_orderly(self) -> bool {
        self.0.success()
    }

    /// Whether it ended with another exit code, and so has logged why.
    pub(crate) fn has_failed(self) -> bool {
        self.0.code().is_some_and(|code| code != 0)
    }
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.code(), self.0.signal()) {
            (Some(code), _) => write!(formatter, "exit code {code}"),
            (None, Some(signal)) => write!(formatter, "killed by signal {signal}"),
            (None, None) => formatter.write_str("it has ended"),
        }
    }
}

/// The thread `log`.
fn follow(pid: Pid, stderr: Option<ChildStderr>, log: &Log, is_read: &AtomicBool, owner: &SyncSender<Message>) {
    if let Some(stderr) = stderr {
        // An owner that is busy will look soon.
        log.read(stderr, || drop(owner.try_send(Message::Changed)));
    }
    is_read.store(true, Ordering::Release);
    // It may have closed the pipe and live on. Its end remains for the owner to collect.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(waitid(WaitId::Pid(pid), options), Err(rustix::io::Errno::INTR)) {}
    let _ = owner.send(Message::Changed);
}
