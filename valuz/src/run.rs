//! `valuz run`: source, workers and reduce as processes of this same program, and their progress.
//!
//! Nothing is timed: reduce is started first and prints its endpoints, then the source, which does the same, then the
//! workers. Reduce's lines of [`Progress`] move the bar; all other lines are passed on. A worker in another language gets the
//! endpoints by the variables that every peer reads.

use std::{
    env,
    ffi::OsString,
    fmt::Write,
    io::{self, Write as _},
    mem,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use children::{
    Event::{Exited, Logged, Printed},
    Exit,
};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use settings::ReportingArgs;
use sockets::{Endpoint, Mechanism, Stop};
use tracing::{info, warn};
use wire::{
    foreign,
    value::{CONTROL, ORDERS, RESULTS},
};

use crate::{
    args::{ValuationName, WorkArgs},
    listing::{self, Listing},
    pace::Pace,
    processes::{Event, Processes},
    progress::Progress,
    tally::Plan,
    workforce::Kind,
};

/// How long the others may take to exit after reduce has.
const ENDING: Duration = Duration::from_secs(5);

/// How long all may take to exit after SIGTERM, before they are killed.
const STOPPING: Duration = Duration::from_millis(700);

/// The least time between two log lines of progress, if there is no bar.
const LOG_EVERY: Duration = Duration::from_secs(2);

/// Reduce is started first, the source second, and then the workers.
const REDUCE: usize = 0;
const SOURCE: usize = 1;
const FIRST_WORKER: usize = 2;

/// What is started.
pub(crate) struct RunConfig {
    pub(crate) plan: Plan,
    /// How workers are started, and how many of each kind.
    pub(crate) workers: Vec<(Kind, u32)>,
    /// How fast the source sends.
    pub(crate) pace: Pace,
    /// What simulated orders are made from.
    pub(crate) seed: u64,
    pub(crate) work: WorkArgs,
    pub(crate) json: bool,
    pub(crate) orders: Option<Endpoint>,
    pub(crate) results: Option<Endpoint>,
    pub(crate) control: Option<Endpoint>,
}

/// Runs one batch, of the orders in `listing` or simulated. No process that it started outlives it.
pub(crate) fn run(
    config: &RunConfig,
    listing: Option<Listing>,
    suite: &ReportingArgs,
    stop: &Stop,
) -> anyhow::Result<()> {
    let mut run = Run {
        config,
        listing,
        variables: variables(suite)?,
        processes: Processes::new(stop)?,
        bar: bar(config.plan.count)?,
        orders: None,
        results: None,
        control: None,
        kinds: Vec::new(),
        is_started: false,
        next_log: Instant::now() + LOG_EVERY,
    };
    let reduce = run.reduce_command()?;
    run.start(reduce)?;
    let outcome = run.watch();
    run.bar.finish_and_clear();
    run.end(outcome.is_err());
    outcome
}

struct Run<'a> {
    config: &'a RunConfig,
    /// The orders for the source, if it is not to simulate them.
    listing: Option<Listing>,
    /// For the children's environment: other users can read arguments, but not these.
    variables: Vec<(&'static str, OsString)>,
    processes: Processes,
    bar: ProgressBar,
    orders: Option<String>,
    results: Option<String>,
    control: Option<String>,
    /// Of which kind each worker is, in the order of starting.
    kinds: Vec<usize>,
    /// Whether reduce has published START.
    is_started: bool,
    /// When the next log line of progress is due.
    next_log: Instant,
}

impl Run<'_> {
    /// Handles events until reduce has exited, all workers are dead, or stop.
    fn watch(&mut self) -> anyhow::Result<()> {
        loop {
            match self.processes.next_event(None) {
                // What a worker in another language prints is of no concern.
                Some(Event::Child(FIRST_WORKER.., Printed(_))) => {}
                Some(Event::Child(place, Printed(line))) => match Progress::parse(&line) {
                    Some(progress) => self.follow(progress)?,
                    None if place == REDUCE => {
                        // The result: the batch is done.
                        self.bar.finish_and_clear();
                        writeln!(io::stdout(), "{line}")?;
                    }
                    None => {}
                },
                Some(Event::Child(place, Logged(line))) => self.pass_on(place, &line),
                Some(Event::Child(REDUCE, Exited(exit))) if exit.is_success() => return Ok(()),
                Some(Event::Child(REDUCE, Exited(exit))) => bail!("reduce has ended: {exit}"),
                Some(Event::Child(place, Exited(exit))) => self.handle_exit(place, exit)?,
                Some(Event::Stopped) => return self.stop(),
                None => {}
            }
        }
    }

    fn follow(&mut self, progress: Progress) -> anyhow::Result<()> {
        match progress {
            Progress::Listening { channel, endpoint } => {
                let endpoint = reachable(&endpoint);
                match channel.as_str() {
                    "results" => self.results = Some(endpoint),
                    "control" => {
                        self.control = Some(endpoint);
                        self.start_source()?;
                    }
                    _ => {
                        self.orders = Some(endpoint);
                        for (kind, (_, count)) in self.config.workers.iter().enumerate() {
                            for _ in 0..*count {
                                self.start_worker(kind)?;
                            }
                        }
                    }
                }
            }
            Progress::Started { workers } => {
                self.is_started = true;
                self.bar.reset();
                self.bar.suspend(|| info!(workers, "batch started"));
            }
            Progress::Counted(count) => {
                self.bar.set_position(count);
                if self.bar.is_hidden() && Instant::now() >= self.next_log {
                    self.next_log = Instant::now() + LOG_EVERY;
                    let per_second = self.bar.per_sec().round();
                    info!(counted = count, of = self.config.plan.count, per_second, "progress");
                }
            }
        }
        Ok(())
    }

    fn start(&mut self, command: Command) -> anyhow::Result<usize> {
        let (place, pid) = self.processes.start(command).context("cannot start a process")?;
        self.bar.suspend(|| info!(pid, "started {}", self.name(place)));
        Ok(place)
    }

    fn start_source(&mut self) -> anyhow::Result<()> {
        let source = self.source_command()?;
        let place = self.start(source)?;
        if let Some(listing) = &mut self.listing {
            let orders = mem::take(&mut listing.orders);
            self.processes.feed(place, move |stdin| listing::write(&orders, stdin))?;
        }
        Ok(())
    }

    fn start_worker(&mut self, kind: usize) -> anyhow::Result<()> {
        let worker = match &self.config.workers[kind].0 {
            Kind::Rust => self.worker_command()?,
            Kind::Peer { words, .. } => self.peer_command(words)?,
        };
        self.kinds.push(kind);
        self.start(worker)?;
        Ok(())
    }

    /// Prints a log line or error of a child with its name, if standard error takes it.
    fn pass_on(&self, place: usize, line: &str) {
        self.bar.suspend(|| {
            let _ = writeln!(io::stderr(), "{}: {}", self.name(place), foreign(line));
        });
    }

    /// The source or a worker has exited. A worker that dies in mid-batch does no harm while there are others; before
    /// START reduce would wait for it, so another takes its place.
    fn handle_exit(&mut self, place: usize, exit: Exit) -> anyhow::Result<()> {
        if exit.is_success() {
            return Ok(());
        }
        self.bar.suspend(|| warn!("{} has ended: {exit}", self.name(place)));
        if place == SOURCE {
            bail!("the source has ended: {exit}");
        }
        let workers = self.processes.count() - FIRST_WORKER;
        let is_dead = |worker| self.processes.exit(worker).is_some_and(|exit| !exit.is_success());
        if !self.is_started && workers < 2 * self.config.plan.workers as usize {
            return self.start_worker(self.kinds[place - FIRST_WORKER]);
        }
        if !self.is_started {
            bail!("workers die before they are ready");
        }
        if (FIRST_WORKER..self.processes.count()).all(is_dead) {
            bail!("all workers are dead ({workers})");
        }
        Ok(())
    }

    /// Ends all children. The exit code of reduce says whether the batch was broken off.
    fn stop(&mut self) -> anyhow::Result<()> {
        self.end(true);
        match self.processes.exit(REDUCE) {
            Some(exit) if exit.is_success() => Ok(()),
            _ => bail!("stopped"),
        }
    }

    /// Waits for the others, which exit by themselves at EXIT; or stops them.
    fn end(&mut self, at_once: bool) {
        if !at_once {
            self.drain(Some(Instant::now() + ENDING));
        }
        self.processes.stop(STOPPING);
        self.drain(None);
    }

    /// Passes on the log until all have exited, or the deadline.
    fn drain(&mut self, deadline: Option<Instant>) {
        while !self.processes.all_exited() {
            match self.processes.next_event(deadline) {
                Some(Event::Child(place, Logged(line))) => self.pass_on(place, &line),
                Some(Event::Child(..)) => {}
                Some(Event::Stopped) => self.processes.stop(STOPPING),
                None => return,
            }
        }
    }

    fn reduce_command(&self) -> io::Result<Command> {
        let Plan { workers, count, patience, give_up, .. } = self.config.plan;
        let mut command = self.command("reduce", true)?;
        command.args(["--workers", &workers.to_string(), "--count", &count.to_string()]);
        command.args(["--patience", &humantime::format_duration(patience).to_string()]);
        command.args(["--give-up", &humantime::format_duration(give_up).to_string()]);
        command.args(["--results", &to_bind(self.config.results.as_ref())]);
        command.args(["--control", &to_bind(self.config.control.as_ref())]);
        if let Some(listing) = &self.listing {
            command.args(["--refused-lines", &listing.refused.to_string()]);
        }
        if self.config.json {
            command.arg("--json");
        }
        Ok(command)
    }

    fn source_command(&self) -> io::Result<Command> {
        let mut command = self.command("source", true)?;
        command.args(["--orders", &to_bind(self.config.orders.as_ref())]);
        command.args(["--control", self.control.as_deref().unwrap_or_default()]);
        command.args(["--rate", &self.config.pace.to_string()]);
        if self.listing.is_some() {
            command.args(["--input", "-"]).stdin(Stdio::piped());
        } else {
            let (seed, count) = (self.config.seed, self.config.plan.count);
            command.args(["--seed", &seed.to_string(), "--count", &count.to_string()]);
        }
        Ok(command)
    }

    fn worker_command(&self) -> io::Result<Command> {
        let WorkArgs { valuation, scenarios, delay, no_packs } = &self.config.work;
        let mut command = self.command("worker", false)?;
        for (flag, endpoint) in [("--orders", &self.orders), ("--results", &self.results), ("--control", &self.control)]
        {
            command.args([flag, endpoint.as_deref().unwrap_or_default()]);
        }
        let valuation = if *valuation == ValuationName::Var { "var" } else { "notional" };
        command.args(["--report", "--valuation", valuation, "--scenarios", &scenarios.to_string()]);
        if let Some(delay) = delay {
            let [least, most] = [delay.least, delay.most].map(humantime::format_duration);
            command.args(["--delay", &format!("{least}..{most}")]);
        }
        command.args(no_packs.then_some("--no-packs"));
        Ok(command)
    }

    /// It does not know how to end with its parent: what starts it does, and takes its place.
    fn peer_command(&self, words: &[String]) -> io::Result<Command> {
        let mut command = self.command("exec", false)?;
        command.arg("--").args(words);
        for (channel, endpoint) in [(ORDERS, &self.orders), (RESULTS, &self.results), (CONTROL, &self.control)] {
            command.env(channel.variable, endpoint.as_deref().unwrap_or_default());
        }
        Ok(command)
    }

    /// A process by its role; a worker with its number, and its language if that is another one.
    fn name(&self, place: usize) -> String {
        let kind = |worker: usize| Some(&self.config.workers[*self.kinds.get(worker)?].0);
        match place {
            REDUCE => "reduce".to_owned(),
            SOURCE => "source".to_owned(),
            worker => match kind(worker - FIRST_WORKER) {
                Some(Kind::Peer { language, .. }) => format!("worker {} ({language})", worker - SOURCE),
                _ => format!("worker {}", worker - SOURCE),
            },
        }
    }

    fn command(&self, role: &str, with_progress: bool) -> io::Result<Command> {
        let mut command = Command::new(env::current_exe()?);
        command.stdin(Stdio::null()).arg(role).envs(self.variables.iter().map(|(name, value)| (name, value)));
        if env::var_os("RUST_LOG").is_none() {
            // This process logs what each does; they log what goes wrong.
            command.env("RUST_LOG", "warn");
        }
        if with_progress {
            command.arg("--progress");
        }
        Ok(command)
    }
}

/// The suite's flags as environment variables. Under CURVE all processes have one key, so its public half is also the
/// server's.
fn variables(suite: &ReportingArgs) -> anyhow::Result<Vec<(&'static str, OsString)>> {
    let mut variables = suite.variables();
    if let Mechanism::Curve { own, server: None } = suite.clone().load()?.security()?.mechanism {
        variables.push(("SUITE_SERVER_KEY", own.public.to_string().into()));
    }
    Ok(variables)
}

/// The endpoint to bind: the given one, or on loopback at a port that the system chooses.
fn to_bind(given: Option<&Endpoint>) -> String {
    given.map_or_else(|| "tcp://127.0.0.1:*".to_owned(), Endpoint::to_string)
}

/// A bound endpoint as one to connect to from this machine.
fn reachable(endpoint: &str) -> String {
    endpoint.replacen("//0.0.0.0:", "//127.0.0.1:", 1)
}

fn bar(count: u64) -> anyhow::Result<ProgressBar> {
    let style =
        ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} orders, {rate} a second, {eta} left")?
            .with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
                // A bar without its rate is no failure.
                let _ = write!(text, "{:.0}", state.per_sec());
            });
    Ok(ProgressBar::new(count).with_style(style))
}
