//! One child process.

use std::{
    io,
    os::unix::process::CommandExt as _,
    process::{ChildStdin, Command, ExitStatus},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid},
};
use settings::program;
use shared_child::{SharedChild, unix::SharedChildExt as _};

use crate::{Exit, input::Input, lines};

/// What a child does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It wrote this line to standard output. Text from outside: show it through `wire::foreign`.
    Printed(String),
    /// It wrote this line to standard error. Text from outside as well.
    Logged(String),
    /// It has exited. All its lines came before; no event follows.
    Exited(Exit),
}

/// A child process. Dropped, it is killed and reaped; with it the group that it leads, if it does.
#[derive(Debug)]
pub struct Child {
    life: Arc<Life>,
    input: Input,
}

/// What a child's threads share with its owner.
#[derive(Debug)]
struct Life {
    /// It is waited for without giving up its process id, so that no signal reaches a stranger.
    process: SharedChild,
    /// The process group that it leads, for the same reason with whether its number may be that of another one by now.
    group: Option<Pid>,
    is_reaped: Mutex<bool>,
    /// Its exit, once its lines were read.
    exit: Mutex<Option<Exit>>,
    is_over: Condvar,
}

impl Child {
    /// Starts a command. Its standard output and standard error become events if the command pipes them; `take` gets
    /// those on a thread of the child's. While `take` blocks, the child waits as soon as its pipes are full. A line
    /// longer than `line_bytes_max` is cut, which a `…` marks.
    ///
    /// Call this on a thread that outlives the child: Linux kills a child with the thread that started it. A program
    /// that does not call [`program::end_with_parent`] outlives a parent that was killed itself.
    ///
    /// # Errors
    /// The program cannot be started, or there are no descriptors or threads left; then nothing runs.
    pub fn start(
        command: &mut Command,
        line_bytes_max: usize,
        take: impl FnMut(Event) + Send + 'static,
    ) -> io::Result<Self> {
        Self::spawn(program::kill_child_with_us(command), Group::Ours, line_bytes_max, take)
    }

    /// The same in a separate process group: signals, also that of its drop, reach all that it has started, until it has
    /// exited; Ctrl-C in a terminal does not.
    ///
    /// # Errors
    /// As those of [`Child::start`].
    pub fn start_group(
        command: &mut Command,
        line_bytes_max: usize,
        take: impl FnMut(Event) + Send + 'static,
    ) -> io::Result<Self> {
        Self::spawn(program::kill_child_with_us(command), Group::Own, line_bytes_max, take)
    }

    /// The same for a program that may start programs of the suite: these must not take this process for their parent, and exit
    /// since another one is. A group as well.
    ///
    /// # Errors
    /// As those of [`Child::start`].
    pub fn start_script(
        command: &mut Command,
        line_bytes_max: usize,
        take: impl FnMut(Event) + Send + 'static,
    ) -> io::Result<Self> {
        Self::spawn(command.env_remove(program::END_WITH_PARENT), Group::Own, line_bytes_max, take)
    }

    fn spawn(
        command: &mut Command,
        group: Group,
        line_bytes_max: usize,
        mut take: impl FnMut(Event) + Send + 'static,
    ) -> io::Result<Self> {
        if group == Group::Own {
            command.process_group(0);
        }
        let process = SharedChild::spawn(command)?;
        let (stdout, stderr) = (process.take_stdout(), process.take_stderr());
        let input = Input::new(process.take_stdin());
        let group = if group == Group::Own { pid(&process) } else { None };
        let life = Arc::new(Life {
            process,
            group,
            is_reaped: Mutex::default(),
            exit: Mutex::default(),
            is_over: Condvar::new(),
        });
        // From here on, an error drops the child.
        let child = Self { life, input };
        let (end, open) = io::pipe()?;
        let life = Arc::clone(&child.life);
        thread::Builder::new().name("child exit".to_owned()).spawn(move || {
            // The status is read again by the other thread; this one closes `open`, which the other one sees.
            let _ = life.wait();
            drop(open);
        })?;
        let life = Arc::clone(&child.life);
        thread::Builder::new().name("child lines".to_owned()).spawn(move || {
            lines::read((stdout, stderr), &end, line_bytes_max, &mut take);
            let exit = life.wait().map_or(Exit::Unknown, Exit::from);
            *locked(&life.exit) = Some(exit);
            life.is_over.notify_all();
            take(Event::Exited(exit));
        })?;
        Ok(child)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.life.process.id()
    }

    /// How it exited, once all its lines were taken; `None` before.
    #[must_use]
    pub fn exit(&self) -> Option<Exit> {
        *locked(&self.life.exit)
    }

    /// Waits for [`Child::exit`], for `bound` at most.
    #[must_use]
    pub fn exit_within(&self, bound: Duration) -> Option<Exit> {
        self.life.exit_within(bound)
    }

    /// Asks it to exit by SIGTERM, and kills it if it has not after `grace`. Returns at once. A suspended child is
    /// resumed, because it would not act on SIGTERM.
    pub fn stop(&self, grace: Duration) {
        self.signal(Signal::TERM);
        self.signal(Signal::CONT);
        let life = Arc::clone(&self.life);
        let waiting = thread::Builder::new().name("child grace".to_owned()).spawn(move || {
            if life.exit_within(grace).is_none() {
                life.signal(Signal::KILL);
            }
        });
        // Without a thread that waits there is no grace.
        if waiting.is_err() {
            self.kill();
        }
    }

    /// Kills it by SIGKILL, without warning.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Suspends it by SIGSTOP: it exists but does nothing.
    pub fn suspend(&self) {
        self.signal(Signal::STOP);
    }

    /// Resumes it by SIGCONT.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Sends a signal, if it still runs.
    pub fn signal(&self, signal: Signal) {
        self.life.signal(signal);
    }

    /// Writes a line to its standard input, if that is piped. Never blocks: a separate thread writes.
    ///
    /// # Errors
    /// - [`io::ErrorKind::WouldBlock`]: it has not read many lines yet.
    /// - [`io::ErrorKind::BrokenPipe`]: its standard input is closed, or was never piped.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        self.input.say(line)
    }

    /// Has `write` write to its standard input, on a separate thread. The input is closed when that returns.
    ///
    /// # Errors
    /// - [`io::ErrorKind::BrokenPipe`]: its standard input is closed or in use, or was never piped.
    /// - There are no threads left.
    pub fn feed(&mut self, write: impl FnOnce(ChildStdin) -> io::Result<()> + Send + 'static) -> io::Result<()> {
        self.input.feed(write)
    }

    /// Closes its standard input, once the lines before are written.
    pub fn close_input(&mut self) {
        self.input = Input::Closed;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
        // Killed, it ends at once; nothing else can be done if the system says otherwise.
        let _ = self.life.wait();
    }
}

impl Life {
    fn signal(&self, signal: Signal) {
        // It fails only for a process, or a group, that has just ended.
        let Some(group) = self.group else {
            let _ = self.process.send_signal(signal.as_raw());
            return;
        };
        let is_reaped = locked(&self.is_reaped);
        if !*is_reaped {
            let _ = kill_process_group(group, signal);
        }
    }

    /// Waits for its exit, and gives up its process id.
    fn wait(&self) -> io::Result<ExitStatus> {
        // With the lock from here on, a signal to the group would wait for the exit.
        let exit = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while pid(&self.process).is_some_and(|pid| matches!(waitid(WaitId::Pid(pid), exit), Err(Errno::INTR))) {}
        let mut is_reaped = locked(&self.is_reaped);
        let status = self.process.wait();
        *is_reaped = true;
        status
    }

    fn exit_within(&self, bound: Duration) -> Option<Exit> {
        let waited = self.is_over.wait_timeout_while(locked(&self.exit), bound, |exit| exit.is_none());
        let (exit, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *exit
    }
}

/// The process group of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Ours,
    Own,
}

/// A process id is a positive `pid_t`.
fn pid(process: &SharedChild) -> Option<Pid> {
    i32::try_from(process.id()).ok().and_then(Pid::from_raw)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
