//! The program under test, and a process of it.

use std::{
    env,
    ffi::OsString,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use children::{Child, Event, Exit, Signal};
use settings::program::Usage;
use wire::foreign;

use super::{Finding, Frames, Peer, Verdict, output::Output};

/// How long a program may take until its first sign of life: some languages start slowly, and compile first.
pub const START_WITHIN: Duration = Duration::from_secs(15);

/// How long a program may take to do what a message asks of it.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long nothing must happen if no later message can prove it.
pub const QUIET: Duration = Duration::from_millis(250);

/// How long the last messages of a process that has exited may take to arrive.
pub const LAST_WITHIN: Duration = Duration::from_millis(100);

/// The longest line that is kept of a program's output.
const LINE_BYTES_MAX: usize = 1 << 16;

/// The variables of the suite that a program must not inherit: it would talk to other peers than the kit's.
const VARIABLES: [&str; 8] = [
    "CHATZ_REQUESTS",
    "CHATZ_BROADCASTS",
    "JOBZ_JOBS",
    "TICKZ_TICKS",
    "VALUZ_ORDERS",
    "VALUZ_RESULTS",
    "VALUZ_CONTROL",
    "SUITE_OBSERVE",
];

/// How often a wait looks whether the program still runs.
pub const LOOK: Duration = Duration::from_millis(50);

/// The program under test: its command.
#[derive(Debug, Clone)]
pub struct Candidate {
    command: Vec<OsString>,
    launcher: PathBuf,
}

impl Candidate {
    /// A program and its arguments. `launcher` is this program, whose `exec` becomes it: then the kernel ends it with the kit.
    ///
    /// # Errors
    /// There is no such program.
    pub fn new(command: Vec<OsString>, launcher: &Path) -> Result<Self, Usage> {
        let name = command.first().ok_or_else(|| Usage("no program is named".to_owned()))?;
        if !can_start(Path::new(name)) {
            return Err(Usage(format!("no program {} can be started", foreign(&name.to_string_lossy()))));
        }
        Ok(Self { command, launcher: launcher.to_owned() })
    }

    /// The command as it was typed.
    #[must_use]
    pub fn command(&self) -> String {
        let words: Vec<_> = self.command.iter().map(|word| word.to_string_lossy()).collect();
        foreign(&words.join(" ")).to_string()
    }

    /// Starts a process with these variables and their endpoints, and with these arguments after those of the command.
    ///
    /// # Errors
    /// The system cannot start it.
    pub fn start(&self, endpoints: &[(&str, &str)], arguments: &[&str]) -> Result<Running, Finding> {
        let mut command = Command::new(&self.launcher);
        command.args(["exec", "--"]).args(&self.command).args(arguments);
        for variable in VARIABLES {
            command.env_remove(variable);
        }
        command.env("SUITE_OBSERVE", "off").envs(endpoints.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = Arc::new(Output::default());
        let kept = Arc::clone(&output);
        let take = move |event| match event {
            Event::Printed(line) => kept.change(|lines| lines.printed.push(line)),
            Event::Logged(line) => kept.change(|lines| lines.logged.push(line)),
            Event::Exited(_) => kept.change(|lines| lines.is_over = true),
        };
        // A signal reaches all processes of the group, as Ctrl-C in a terminal does: also one behind a shell.
        let child = Child::start_group(&mut command, LINE_BYTES_MAX, take)
            .map_err(|error| Finding::Failed(format!("the program cannot be started: {error}")))?;
        Ok(Running { child, output })
    }
}

/// Whether there is a file that may be executed, at this path or, for a name, in a folder of `PATH`.
fn can_start(program: &Path) -> bool {
    let can_run =
        |path: &Path| path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0);
    if program.components().count() > 1 {
        return can_run(program);
    }
    env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|folder| can_run(&folder.join(program)))
}

/// A process of the program under test. Dropped, it is killed.
#[derive(Debug)]
pub struct Running {
    child: Child,
    output: Arc<Output>,
}

impl Running {
    /// Writes a line to its standard input. A program that no longer reads shows elsewhere.
    pub fn say(&mut self, line: &str) {
        // It fails if the input is closed, or if many lines wait already.
        let _ = self.child.say(line);
    }

    /// Closes its standard input, once the lines before are written.
    pub fn end_input(&mut self) {
        self.child.close_input();
    }

    /// The next line of its standard output if there is one within `bound`; none once it has exited and all are read.
    pub fn line_within(&self, bound: Duration) -> Option<String> {
        self.output.next_printed(bound)
    }

    /// Sends SIGINT to it and all that it has started, as Ctrl-C does.
    pub fn interrupt(&mut self) {
        self.child.signal(Signal::INT);
    }

    /// Sends SIGTERM to it and all that it has started.
    pub fn terminate(&mut self) {
        self.child.signal(Signal::TERM);
    }

    /// Sends SIGKILL to it and all that it has started.
    pub fn kill(&mut self) {
        self.child.kill();
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.exit().is_none()
    }

    /// Waits for its exit, and returns its exit code.
    ///
    /// # Errors
    /// It still runs after `bound`, or a signal has killed it.
    pub fn exit_within(&mut self, bound: Duration) -> Result<i32, Finding> {
        match self.child.exit_within(bound) {
            Some(Exit::Code(code)) => Ok(code),
            Some(exit) => Err(Finding::Failed(format!("the program ended with {exit}{}", self.last_log()))),
            None => Err(Finding::Failed(format!("the program still runs after {bound:?}"))),
        }
    }

    /// Waits until it exits with this exit code.
    ///
    /// # Errors
    /// It does not, or with another one.
    pub fn exit_with(&mut self, code: i32, bound: Duration) -> Verdict {
        match self.exit_within(bound)? {
            exit if exit == code => Ok(()),
            exit => {
                Err(Finding::Failed(format!("expected exit code {code}, seen exit code {exit}{}", self.last_log())))
            }
        }
    }

    /// Waits for what `look` returns, which may wait as long as it is passed; the wait ends early if the program exits.
    /// `what` is expected, in words.
    ///
    /// # Errors
    /// It does not come within `bound`.
    pub fn expect<T>(
        &self,
        what: &str,
        bound: Duration,
        mut look: impl FnMut(Duration) -> Option<T>,
    ) -> Result<T, Finding> {
        let deadline = Instant::now() + bound;
        let mut ended = None;
        loop {
            // What it did before its exit may still be on its way.
            let exit = self.child.exit().filter(|_| ended.get_or_insert_with(Instant::now).elapsed() > LAST_WITHIN);
            let left = deadline.saturating_duration_since(Instant::now()).min(LOOK);
            match (look(left), exit) {
                (Some(seen), _) => return Ok(seen),
                (None, Some(exit)) => {
                    return Err(Finding::Failed(format!(
                        "expected {what}, but the program ended with {exit}{}",
                        self.last_log()
                    )));
                }
                (None, None) if Instant::now() >= deadline => {
                    return Err(Finding::Failed(format!("expected {what}; nothing came within {bound:?}")));
                }
                (None, None) => {}
            }
        }
    }

    /// Waits for the next message at a peer; `what` is expected, in words.
    ///
    /// # Errors
    /// None comes within `bound`.
    pub fn expect_message(&self, peer: &Peer, what: &str, bound: Duration) -> Result<Frames, Finding> {
        self.expect(what, bound, |left| peer.recv_within(left))
    }

    /// Its last line on standard error, for a reason; empty if there is none.
    #[must_use]
    pub fn last_log(&self) -> String {
        let last = self.output.last_logged();
        last.map(|line| format!("; its last line on standard error: {}", foreign(&line).at_most(200)))
            .unwrap_or_default()
    }

    /// Whether it has written anything to standard error.
    #[must_use]
    pub fn has_logged(&self) -> bool {
        self.output.last_logged().is_some()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}
