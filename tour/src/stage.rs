//! The children and their lines: each line is shown after its program's name, and the acts wait for some of them.

use std::{
    collections::HashMap,
    io::{self, BufRead as _, BufReader, Read, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use settings::program;
use sockets::Stop;

use crate::ports::Ports;

/// How long the tour waits for a line.
const BOUND: Duration = Duration::from_secs(30);

/// Lines that wait to be shown; a child that writes faster waits.
const LINES_MAX: usize = 1024;

/// How long a child has to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// The time between two checks of the stop signal.
const LOOK: Duration = Duration::from_millis(50);

/// A line of a child.
struct Line {
    who: &'static str,
    text: String,
}

/// A child of the tour.
struct Actor {
    child: Child,
    input: Option<ChildStdin>,
}

/// All children, and where their lines arrive.
pub(crate) struct Stage {
    stop: Stop,
    pub(crate) ports: Ports,
    folder: PathBuf,
    actors: HashMap<&'static str, Actor>,
    sender: SyncSender<Line>,
    lines: Receiver<Line>,
}

impl Stage {
    /// An empty stage; the programs must be in the same folder as this one.
    pub(crate) fn new(stop: Stop, ports: Ports) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("cannot tell where this program is")?;
        let folder = own.parent().context("cannot find the folder of this program")?.to_owned();
        let (sender, lines) = sync_channel(LINES_MAX);
        Ok(Self { stop, ports, folder, actors: HashMap::new(), sender, lines })
    }

    /// Starts a program as `who`.
    pub(crate) fn enter(&mut self, who: &'static str, name: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new(self.folder.join(name));
        command.args(arguments).envs(self.ports.variables());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        program::end_child_with_us(&mut command);
        let mut child = command.spawn().with_context(|| format!("{name} does not start (just tour builds it)"))?;
        let streams = [
            child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
            child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        ];
        for stream in streams.into_iter().flatten() {
            self.read_along(who, stream)?;
        }
        let input = child.stdin.take();
        self.actors.insert(who, Actor { child, input });
        Ok(())
    }

    fn read_along(&self, who: &'static str, stream: Box<dyn Read + Send>) -> anyhow::Result<()> {
        let sender = self.sender.clone();
        thread::Builder::new().name(who.to_owned()).spawn(move || {
            for text in BufReader::new(stream).lines().map_while(Result::ok) {
                if sender.send(Line { who, text }).is_err() {
                    return;
                }
            }
        })?;
        Ok(())
    }

    /// Types a line into a child's standard input.
    pub(crate) fn type_line(&mut self, who: &'static str, text: &str) -> anyhow::Result<()> {
        let input = self.actors.get_mut(who).and_then(|actor| actor.input.as_mut());
        writeln!(input.with_context(|| format!("{who} is not on stage"))?, "{text}")
            .with_context(|| format!("{who} no longer reads its input"))
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
            match self.lines.recv_timeout(LOOK.min(time.saturating_sub(begin.elapsed()))) {
                Ok(line) => {
                    let plain = anstream::adapter::strip_str(&line.text).to_string();
                    print(&line)?;
                    if wanted(&Line { text: plain.clone(), ..line }) {
                        return Ok(Some(plain));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("all programs have closed their output"),
            }
        }
        Ok(None)
    }

    /// Kills a child with SIGKILL, without warning, as when a machine fails.
    pub(crate) fn kill(&mut self, who: &'static str) -> anyhow::Result<()> {
        let mut actor = self.actors.remove(who).with_context(|| format!("{who} is not on stage"))?;
        actor.child.kill()?;
        actor.child.wait()?;
        Ok(())
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
        let mut actor = self.actors.remove(who).with_context(|| format!("{who} is not on stage"))?;
        let status = actor.child.wait()?;
        if !status.success() {
            bail!("{who} failed: {status}");
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for actor in self.actors.values() {
            // One that has exited cannot be signalled.
            let _ = kill_process(Pid::from_child(&actor.child), Signal::TERM);
        }
        let deadline = Instant::now() + GRACE;
        for actor in self.actors.values_mut() {
            while Instant::now() < deadline && matches!(actor.child.try_wait(), Ok(None)) {
                // Reading keeps it from waiting for room in its pipes.
                let _ = self.lines.recv_timeout(Duration::from_millis(5));
            }
            let _ = actor.child.kill();
            let _ = actor.child.wait();
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
