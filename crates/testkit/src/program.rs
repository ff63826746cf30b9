//! A program of the suite as a child process: its lines, its log, its end. Killed when dropped.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::ErrorKind,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

use children::{Child, Event, Signal};

use crate::{BOUND, LOOK, Stopwatch, eventually};

/// Longer than any line of the suite.
const LINE_BYTES_MAX: usize = 64 << 20;

/// A running program.
pub struct Program {
    name: String,
    child: Child,
    lines: Receiver<String>,
    log: Arc<Mutex<String>>,
}

/// A program that has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output that had not been read before.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
}

impl Finished {
    /// The last line of standard output as JSON.
    ///
    /// # Panics
    /// There is none, or it is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let line = self.stdout.lines().last().unwrap_or_else(|| panic!("nothing on stdout; stderr:\n{}", self.stderr));
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }
}

/// Runs a program to its end with no input.
///
/// # Panics
/// It does not start, or does not exit within [`BOUND`].
pub fn run<S: AsRef<OsStr>>(path: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = S>) -> Finished {
    let mut program = Program::start(path, arguments);
    program.close_stdin();
    program.finish()
}

/// The path of a program such as `tickz`: in the folder that `PROGRAMS` names, or in the build folder of the running test.
///
/// # Panics
/// It has not been built.
#[must_use]
pub fn sibling(name: &str) -> PathBuf {
    let folder = env::var_os("PROGRAMS").map_or_else(
        || {
            let test = env::current_exe().expect("a test has a path");
            // target/PROFILE/deps/TEST: the programs are one folder up.
            test.ancestors().nth(2).expect("a test is in a build folder").to_owned()
        },
        PathBuf::from,
    );
    let path = folder.join(name);
    assert!(path.exists(), "{name} is not in {}: cargo build --workspace --bins", folder.display());
    path
}

impl Program {
    /// Starts a program, its standard streams piped.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start<S: AsRef<OsStr>>(path: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = S>) -> Self {
        let mut command = Command::new(path);
        command.args(arguments);
        Self::spawn(command)
    }

    /// Starts a prepared command, for instance one with environment variables.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn spawn(command: Command) -> Self {
        Self::spawn_with_log(command, Stdio::piped())
    }

    /// As [`Program::spawn`], with standard error elsewhere than in a pipe: then the log stays empty.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn spawn_with_log(mut command: Command, stderr: impl Into<Stdio>) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        // Programs of tests must not appear at a hub that happens to run on this machine; no hub has this port.
        if !command.get_envs().any(|(variable, _)| variable == "SUITE_OBSERVE") {
            command.env("SUITE_OBSERVE", "tcp://127.0.0.1:1");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr);
        let (sender, lines) = channel();
        let log = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&log);
        let take = move |event| match event {
            // Without a receiver the test has ended.
            Event::Printed(line) => drop(sender.send(line)),
            Event::Logged(line) => {
                let mut log = kept.lock().expect("no thread panics while it holds the log");
                log.extend([line.as_str(), "\n"]);
            }
            Event::Exited(_) => {}
        };
        let child = Child::start(&mut command, LINE_BYTES_MAX, take)
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self { name, child, lines, log }
    }

    /// The endpoint at which the program binds `channel`: waits for its `listening` line.
    ///
    /// # Panics
    /// The line does not appear in time.
    #[must_use]
    pub fn endpoint(&self, channel: &str) -> String {
        let marks = [format!("channel=\"{channel}\""), format!("channel={channel} ")];
        let mut endpoint = None;
        self.until(&format!("listening on {channel}"), |log| {
            let line = log
                .lines()
                .find(|line| line.contains("listening") && marks.iter().any(|mark| format!("{line} ").contains(mark)));
            endpoint =
                line.and_then(|line| line.split("endpoint=").nth(1)?.split_whitespace().next().map(str::to_owned));
            endpoint.is_some()
        });
        endpoint.unwrap_or_default()
    }

    /// Waits until the log contains `text`.
    ///
    /// # Panics
    /// It does not appear in time.
    pub fn wait_for_log(&self, text: &str) {
        self.until(&format!("'{text}' in the log"), |log| log.contains(text));
    }

    /// All of standard error so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().expect("no thread panics while it holds the log").clone()
    }

    fn until(&self, what: &str, mut condition: impl FnMut(&str) -> bool) {
        let deadline = Instant::now() + BOUND;
        while !condition(&self.log()) {
            assert!(Instant::now() < deadline, "{} within {BOUND:?}: no {what}; its log:\n{}", self.name, self.log());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// The next line of standard output.
    ///
    /// # Panics
    /// None appears in time.
    #[must_use]
    pub fn next_line(&self) -> String {
        self.lines
            .recv_timeout(BOUND)
            .unwrap_or_else(|error| panic!("{}: no line on stdout: {error}; its log:\n{}", self.name, self.log()))
    }

    /// The next line of standard output if it appears within `bound`.
    #[must_use]
    pub fn next_line_within(&self, bound: Duration) -> Option<String> {
        self.lines.recv_timeout(bound).ok()
    }

    /// Reads lines until one satisfies `wanted`, and returns it.
    ///
    /// # Panics
    /// None appears in time.
    pub fn line_where(&self, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + BOUND;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if wanted(&line) => return line,
                Ok(_) => {}
                Err(error) => panic!("{}: no such line on stdout: {error}; its log:\n{}", self.name, self.log()),
            }
        }
    }

    /// Writes a line to standard input.
    ///
    /// # Panics
    /// The program no longer reads.
    pub fn say(&mut self, line: &str) {
        eventually("the program reads its stdin", || match self.child.say(line) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(error) => panic!("{} reads no more: {error}", self.name),
        });
    }

    /// Closes standard input.
    pub fn close_stdin(&mut self) {
        self.child.close_input();
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.child.signal(Signal::TERM);
    }

    /// Sends SIGINT, as Ctrl-C does.
    pub fn interrupt(&self) {
        self.child.signal(Signal::INT);
    }

    /// Sends SIGHUP, as closing its terminal does.
    pub fn hang_up(&self) {
        self.child.signal(Signal::HUP);
    }

    /// Sends SIGKILL, and waits until the system has closed all that it had, such as its ports.
    ///
    /// # Panics
    /// It still runs.
    pub fn kill(&self) {
        self.child.kill();
        assert!(self.child.exit_within(BOUND).is_some(), "{} still runs", self.name);
    }

    /// Sends SIGSTOP: the process exists but does nothing.
    pub fn suspend(&self) {
        self.child.suspend();
    }

    /// Sends SIGCONT.
    pub fn resume(&self) {
        self.child.resume();
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Its resident memory in bytes (`VmRSS`).
    ///
    /// # Panics
    /// It has exited, or this is not Linux.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("a live process has a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a live process has memory");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("VmRSS is a number") * 1024
    }

    /// The processor time of all its threads so far.
    ///
    /// # Panics
    /// It has exited, or this is not Linux.
    #[must_use]
    pub fn processor_time(&self) -> Duration {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid())).expect("a live process has threads");
        // A thread may end meanwhile.
        let counters = threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok());
        let nanoseconds = counters.filter_map(|text| text.split_whitespace().next()?.parse::<u64>().ok()).sum();
        Duration::from_nanos(nanoseconds)
    }

    /// Waits until it handles SIGINT and SIGTERM: before that, a signal ends any program.
    ///
    /// # Panics
    /// It does not in time, or this is not Linux.
    pub fn await_handlers(&self) {
        const BOTH: u64 = 1 << (Signal::INT.as_raw() - 1) | 1 << (Signal::TERM.as_raw() - 1);
        eventually("it handles signals", || {
            let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
            caught.is_some_and(|mask| mask & BOTH == BOTH)
        });
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.child.exit().is_none()
    }

    /// Waits for its exit within [`BOUND`].
    ///
    /// # Panics
    /// It still runs.
    #[must_use]
    pub fn finish(self) -> Finished {
        self.finish_within(BOUND)
    }

    /// Waits for its exit within `bound`, as a [`Stopwatch`] measures it.
    ///
    /// # Panics
    /// It still runs.
    #[must_use]
    pub fn finish_within(self, bound: Duration) -> Finished {
        let (watch, begin) = (Stopwatch::start(), Instant::now());
        let exit = loop {
            if let Some(exit) = self.child.exit_within(LOOK) {
                break exit;
            }
            let is_late = watch.elapsed() > bound || begin.elapsed() > bound + BOUND;
            assert!(!is_late, "{} still runs after {:?}; its log:\n{}", self.name, begin.elapsed(), self.log());
        };
        let stdout = self.lines.try_iter().flat_map(|line| [line, "\n".to_owned()]).collect();
        Finished { code: exit.code(), stdout, stderr: self.log() }
    }
}
