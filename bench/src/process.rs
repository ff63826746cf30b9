//! A measured process: started with its standard output collected, killed when its handle is dropped and on Ctrl-C,
//! and observed through `/proc`.
//!
//! Only the set of running processes is shared, with the thread that waits for signals.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    process::{Child, Command, Stdio},
    sync::Mutex,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

/// How often to check for an ended process; its own measurements do not depend on it.
const EXIT_POLL: Duration = Duration::from_millis(5);

/// Processes that were started and not yet waited for, by process id.
static RUNNING: Mutex<BTreeMap<u32, Pid>> = Mutex::new(BTreeMap::new());

/// Starts the thread that, on SIGHUP, SIGINT or SIGTERM, kills all running processes and exits.
pub(crate) fn kill_all_on_signal() -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            if let Ok(running) = RUNNING.lock() {
                for &pid in running.values() {
                    // A process that has just ended needs no killing.
                    let _ = kill_process(pid, Signal::KILL);
                }
            }
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}

/// One running process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    name: String,
    stdout: Option<JoinHandle<io::Result<String>>>,
    stderr: Option<JoinHandle<io::Result<String>>>,
}

impl Process {
    /// Starts `command` with no input and collects its output.
    ///
    /// Its environment is empty, so that no local setting affects one side only.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        if let (Ok(mut running), Some(pid)) = (RUNNING.lock(), Pid::from_raw(child.id().cast_signed())) {
            running.insert(child.id(), pid);
        }
        let stdout = child.stdout.take().map(collect);
        let stderr = child.stderr.take().map(collect);
        Ok(Self { child, name, stdout, stderr })
    }

    /// Waits for the process to end by itself and returns the last JSON object that it printed, or null.
    ///
    /// # Errors
    /// It does not end within `limit`, or ends with another status than 0; the end of its log is in the message.
    pub(crate) fn finish(mut self, limit: Duration) -> Result<Value> {
        let deadline = Instant::now() + limit;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if Instant::now() > deadline {
                self.kill();
                let log = joined(self.stderr.take());
                bail!("{} did not end within {} s: {}", self.name, limit.as_secs(), last_lines(&log));
            }
            thread::sleep(EXIT_POLL);
        };
        self.forget();
        let (output, log) = (joined(self.stdout.take()), joined(self.stderr.take()));
        ensure!(status.success(), "{} ended with {status}: {}", self.name, last_lines(&log));
        let object = output.lines().rev().find(|line| line.starts_with('{'));
        object.map_or(Ok(Value::Null), serde_json::from_str).with_context(|| format!("{} printed no JSON", self.name))
    }

    /// Ends the process with SIGTERM, and returns the last JSON object that it printed, or null.
    ///
    /// # Errors
    /// As [`Process::finish`].
    pub(crate) fn stop(self, limit: Duration) -> Result<Value> {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            // One that has ended already gives its reason below.
            let _ = kill_process(pid, Signal::TERM);
        }
        self.finish(limit)
    }

    /// Fails if the process has ended.
    pub(crate) fn check_running(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            self.forget();
            bail!("{} ended with {status}: {}", self.name, last_lines(&joined(self.stderr.take())));
        }
        Ok(())
    }

    /// Its current memory, VmRSS, in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in /proc")?;
        line.trim().trim_end_matches("kB").trim().parse().context("VmRSS is no number")
    }

    /// The processor time of all its threads so far; the scheduler counts it in nanoseconds.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let counters = fs::read_to_string(task?.path().join("schedstat"))?;
            let running = counters.split_whitespace().next().context("schedstat is empty")?;
            nanoseconds += running.parse::<u64>().context("schedstat is no number")?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    fn kill(&mut self) {
        // Both fail only where it has ended already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.forget();
    }

    /// The process id may belong to another process after the wait.
    fn forget(&self) {
        if let Ok(mut running) = RUNNING.lock() {
            running.remove(&self.child.id());
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads a pipe to its end on a separate thread, so that a process never waits for its reader.
fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<io::Result<String>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    })
}

fn joined(collector: Option<JoinHandle<io::Result<String>>>) -> String {
    collector.and_then(|thread| thread.join().ok()).and_then(Result::ok).unwrap_or_default()
}

fn last_lines(log: &str) -> String {
    let lines: Vec<_> = log.lines().rev().take(3).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}
