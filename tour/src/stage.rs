//! The children and their lines: each line is shown after its program's name, and the acts wait for some of them.

use std::{
    collections::HashMap,
    io::{self, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    time::{Duration, Instant},
};

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, bail};
use children::{Child, Event};
use rustix::process::{Pid, Signal, kill_process};
use sockets::Stop;

use crate::ports::Ports;

/// How long the tour waits for a line.
const BOUND: Duration = Duration::from_secs(30);

/// Lines that wait to be shown; a child that writes faster waits.
const LINES_MAX: usize = 1024;

/// The longest line is a total as JSON.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// How long a child has to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// The time between two checks of the stop signal.
const LOOK: Duration = Duration::from_millis(50);

/// A line of a child.
struct Line {
    who: &'static str,
    text: String,
}

/// All children, and where their lines arrive.
pub(crate) struct Stage {
    stop: Stop,
    pub(crate) ports: Ports,
    folder: PathBuf,
    actors: HashMap<&'static str, Child>,
    sender: SyncSender<(&'static str, Event)>,
    events: Receiver<(&'static str, Event)>,
}

impl Stage {
    /// An empty stage; the programs must be in the same folder as this one.
    pub(crate) fn new(stop: Stop, ports: Ports) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("cannot tell where this program is")?;
        let folder = own.parent().context("cannot find the folder of this program")?.to_owned();
        let (sender, events) = sync_channel(LINES_MAX);
        Ok(Self { stop, ports, folder, actors: HashMap::new(), sender, events })
    }

    /// Starts a program as `who`.
    pub(crate) fn enter(&mut self, who: &'static str, name: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new(self.folder.join(name));
        command.args(arguments).envs(self.ports.variables());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let sender = self.sender.clone();
        let child = Child::start(&mut command, LINE_BYTES_MAX, move |event| drop(sender.send((who, event))));
        self.actors.insert(who, child.with_context(|| format!("{name} does not start (just tour builds it)"))?);
        Ok(())
    }

    /// Types a line into a child's standard input.
    pub(crate) fn type_line(&mut self, who: &'static str, text: &str) -> anyhow::Result<()> {
        let child = self.actors.get_mut(who).with_context(|| format!("{who} is not on stage"))?;
        child.say(text).with_context(|| format!("{who} does not read its input"))
    }

    /// Shows lines until one of `who` contains `text`, and returns that line.
    pub(crate) fn until(&mut self, who: &'static str, text: &str) -> anyhow::Result<String> {
        let found = self.show(BOUND, |line| line.who == who && line.text.contains(text))?;
        found.with_context(|| format!("{who} did not print '{text}' within {} s", BOUND.as_secs()))
    }

    /// Shows lines for a while, or until stop.
    pub(crate) fn look_on(&mut self, time: Duration) {
        // After an error the caller ends anyway.
        let _ = self.show(time, |_| false);
    }

    fn show(&mut self, time: Duration, wanted: impl Fn(&Line) -> bool) -> anyhow::Result<Option<String>> {
        let begin = Instant::now();
        while begin.elapsed() < time {
            if self.stop.is_stopped() {
                bail!("stopped");
            }
            let event = self.events.recv_timeout(LOOK.min(time.saturating_sub(begin.elapsed())));
            let Ok((who, Event::Printed(text) | Event::Logged(text))) = event else { continue };
            let line = Line { who, text };
            let plain = anstream::adapter::strip_str(&line.text).to_string();
            print(&line)?;
            if wanted(&Line { text: plain.clone(), ..line }) {
                return Ok(Some(plain));
            }
        }
        Ok(None)
    }

    /// Kills a child with SIGKILL, without warning, as when a machine fails.
    pub(crate) fn kill(&mut self, who: &'static str) -> anyhow::Result<()> {
        // Dropping it kills it.
        self.actors.remove(who).map(drop).with_context(|| format!("{who} is not on stage"))
    }

    /// Kills a child's child with SIGKILL.
    pub(crate) fn kill_process(&self, pid: i32) -> anyhow::Result<()> {
        let pid = Pid::from_raw(pid).context("0 is no process")?;
        announce(&format!("   kill -9 {}", pid.as_raw_nonzero()))?;
        // A fast one may have exited already; the total is then complete without it.
        let _ = kill_process(pid, Signal::KILL);
        Ok(())
    }

    /// Waits for a child to end by itself.
    pub(crate) fn leaves(&mut self, who: &'static str) -> anyhow::Result<()> {
        let child = self.actors.remove(who).with_context(|| format!("{who} is not on stage"))?;
        match child.exit_within(BOUND) {
            Some(exit) if exit.is_success() => Ok(()),
            Some(exit) => bail!("{who} failed: {exit}"),
            None => bail!("{who} still runs after {} s", BOUND.as_secs()),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.actors.values().for_each(|child| child.stop(GRACE));
        while self.actors.values().any(|child| child.exit().is_none()) {
            // Reading keeps them from waiting for room. Each exit is an event.
            let _ = self.events.recv();
        }
    }
}

/// Prints the heading of what follows.
pub(crate) fn announce(text: &str) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(anstream::stdout(), "\n{bold}{text}{bold:#}")
}

/// One colour for each pattern: request-reply blue, publish-subscribe cyan, pipeline yellow.
fn print(line: &Line) -> io::Result<()> {
    let colour = match line.who {
        "tickz" | "watch" => AnsiColor::Cyan,
        "valuz" => AnsiColor::Yellow,
        _ => AnsiColor::Blue,
    };
    let style = Style::new().fg_color(Some(colour.into()));
    writeln!(anstream::stdout(), "{style}{:>7}{style:#} │ {}", line.who, line.text)
}
