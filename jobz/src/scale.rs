//! `jobz scale`: as many workers of a service as its backlog needs, as child processes of this same program.
//!
//! One loop on the thread that calls [`run`]: it asks the broker what waits, and has the [`Crew`] decide. All workers end with this
//! process, however it ends.

mod load;

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    io::{self, Write as _},
    process::{Command, Stdio},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    time::{Duration, Instant},
};

use children::{Child, Event, Exit};
use sockets::{
    Context, SocketError, Stop, Value,
    bell::{Bell, Rope},
    wait,
};
use tracing::{info, warn};
use wire::{
    Frames, foreign,
    job::Service,
    report::{Declaration, DeclaredValue},
};

use self::load::load_of;
use crate::{
    client::{self, AskError, Client, ClientConfig},
    count::Count,
    crew::{Crew, CrewLimits, Ending, Step},
};

/// What `jobz scale` reports to observers.
pub const REPORTS: Declaration = Declaration {
    program: "jobz",
    role: "scale",
    sockets: &[client::DEALER],
    values: &[WORKERS, BACKLOG, STARTED, DRAINED, DIED],
};

const WORKERS: DeclaredValue = DeclaredValue { name: "workers", unit: "workers" };
const BACKLOG: DeclaredValue = DeclaredValue { name: "backlog", unit: "requests" };
const STARTED: DeclaredValue = DeclaredValue { name: "started", unit: "workers" };
const DRAINED: DeclaredValue = DeclaredValue { name: "drained", unit: "workers" };
const DIED: DeclaredValue = DeclaredValue { name: "died", unit: "workers" };

/// How often the broker is asked, at least.
const LOOK_MAX: Duration = Duration::from_secs(1);

/// How often the broker is asked, at most.
const LOOK_MIN: Duration = Duration::from_millis(50);

/// How many events of workers may wait; one that writes more waits.
const EVENTS_MAX: usize = 1_000;

/// The longest line of a worker's log.
const LINE_BYTES_MAX: usize = 64 << 10;

/// What is scaled, and how.
#[derive(Debug, Clone)]
pub struct ScaleConfig {
    /// How the broker is asked.
    pub client: ClientConfig,
    /// Whose backlog it is.
    pub service: Service,
    /// How many workers, and how fast they come and go.
    pub limits: CrewLimits,
    /// How long a worker that is taken away or stopped may take for the requests that it has, before it is killed.
    pub drain: Duration,
    /// The arguments with which this program is a worker.
    pub words: Vec<OsString>,
    /// The suite's flags for the workers' environment: other users can read arguments, but not these.
    pub variables: Vec<(&'static str, OsString)>,
}

/// Starts and ends workers until `stop`; then ends all of them.
///
/// # Errors
/// There are no file descriptors left, or a socket fails.
pub fn run(context: &Context, config: ScaleConfig, stop: &Stop) -> anyhow::Result<()> {
    let look = config.limits.up_after.min(config.limits.idle).clamp(LOOK_MIN, LOOK_MAX);
    let mut scale = Scale::new(context, config)?;
    let mut next_look = Instant::now();
    loop {
        scale.take_events();
        if Instant::now() >= next_look {
            match scale.look(stop) {
                Err(AskError::Stopped) => break,
                looked => looked?,
            }
            next_look = Instant::now() + look;
        }
        scale.take_steps();
        let deadline = scale.crew.next_deadline().map_or(next_look, |next| next.min(next_look));
        if wait(stop, [scale.bell.interest()], Some(deadline))?.stopped {
            break;
        }
    }
    Ok(scale.end()?)
}

/// The workers, and what they are started for.
struct Scale {
    config: ScaleConfig,
    client: Client,
    crew: Crew,
    /// Those that run, by their numbers: the latest is last.
    workers: BTreeMap<u64, Worker>,
    bell: Bell,
    sender: SyncSender<(u64, Event)>,
    events: Receiver<(u64, Event)>,
    values: Values,
    /// Whether the broker's last answer is missing.
    is_unanswered: bool,
}

/// A child.
struct Worker {
    child: Child,
    started: Instant,
    is_drained: bool,
}

/// What observers see.
struct Values {
    workers: Value,
    backlog: Value,
    started: Count,
    drained: Count,
    died: Count,
}

impl Scale {
    fn new(context: &Context, config: ScaleConfig) -> io::Result<Self> {
        let (sender, events) = sync_channel(EVENTS_MAX);
        let values = Values {
            workers: context.declared(WORKERS),
            backlog: context.declared(BACKLOG),
            started: Count::of(context.declared(STARTED)),
            drained: Count::of(context.declared(DRAINED)),
            died: Count::of(context.declared(DIED)),
        };
        Ok(Self {
            client: Client::new(context.clone(), config.client.clone()),
            crew: Crew::new(config.limits),
            config,
            workers: BTreeMap::new(),
            bell: Bell::new()?,
            sender,
            events,
            values,
            is_unanswered: false,
        })
    }

    /// Asks the broker. One that does not answer changes nothing: its workers may be needed as soon as it is back.
    fn look(&mut self, stop: &Stop) -> Result<(), AskError> {
        let name = self.config.service.as_str();
        let body: Frames = [name].into_iter().collect();
        let load = match self.client.ask("mmi.stats", &body, |_| {}, stop) {
            Ok(reply) => load_of(&reply, name),
            Err(AskError::NoReply { last, .. }) => {
                if !self.is_unanswered {
                    warn!(%last, "the backlog is not known: the number of workers stays as it is");
                }
                None
            }
            Err(error) => return Err(error),
        };
        self.is_unanswered = load.is_none();
        if let Some(load) = load {
            self.values.backlog.set(load.waiting as f64);
        }
        self.crew.handle_load(Instant::now(), load);
        Ok(())
    }

    fn take_events(&mut self) {
        self.bell.silence();
        for _ in 0..EVENTS_MAX {
            let Ok((number, event)) = self.events.try_recv() else { break };
            self.take_event(number, event);
        }
    }

    fn take_event(&mut self, number: u64, event: Event) {
        match event {
            // Without standard error there is no log.
            Event::Logged(line) => drop(writeln!(io::stderr(), "worker {number}: {}", foreign(&line))),
            Event::Printed(_) => {}
            Event::Exited(exit) => self.take_exit(number, exit),
        }
    }

    fn take_exit(&mut self, number: u64, exit: Exit) {
        let Some(worker) = self.workers.remove(&number) else { return };
        let now = Instant::now();
        if worker.is_drained {
            info!(workers = self.workers.len(), "worker {number} has ended: {exit}");
            self.values.drained.add_one();
            self.crew.handle_end(now, Ending::Drained);
        } else {
            warn!(workers = self.workers.len(), "worker {number} has died: {exit}");
            self.values.died.add_one();
            self.crew.handle_end(now, Ending::Died(now.saturating_duration_since(worker.started)));
        }
        self.values.workers.set(self.workers.len() as f64);
    }

    fn take_steps(&mut self) {
        while let Some(step) = self.crew.next_step(Instant::now()) {
            match step {
                Step::Start => self.start(),
                Step::Drain => self.drain(),
            }
        }
    }

    fn start(&mut self) {
        self.values.started.add_one();
        let number = self.values.started.count();
        let started = Instant::now();
        match self.spawn(number) {
            Ok(child) => {
                self.workers.insert(number, Worker { child, started, is_drained: false });
                info!(workers = self.workers.len(), "worker {number} is started");
            }
            Err(error) => {
                warn!(%error, "cannot start a worker");
                self.crew.handle_end(started, Ending::Died(Duration::ZERO));
            }
        }
        self.values.workers.set(self.workers.len() as f64);
    }

    fn spawn(&self, number: u64) -> io::Result<Child> {
        let mut command = Command::new(env::current_exe()?);
        command.args(&self.config.words).envs(self.config.variables.iter().map(|(name, value)| (name, value)));
        if env::var_os("RUST_LOG").is_none() {
            // This process logs when they come and go; they log what fails.
            command.env("RUST_LOG", "warn");
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let (sender, rope): (_, Rope) = (self.sender.clone(), self.bell.rope());
        // In its own group: Ctrl-C in a terminal is for this process. To a worker it would be the first of two signals.
        Child::start_group(&mut command, LINE_BYTES_MAX, move |event| {
            // This fails only after the loop has ended.
            let _ = sender.send((number, event));
            rope.ring();
        })
    }

    /// Takes the latest one away. The broker gives it nothing more, and it finishes what it has.
    fn drain(&mut self) {
        let latest = self.workers.iter_mut().rev().find(|(_, worker)| !worker.is_drained);
        if let Some((number, worker)) = latest {
            info!("worker {number} is not needed any more");
            worker.is_drained = true;
            worker.child.stop(self.config.drain);
        }
    }

    /// Has all of them finish what they have, and end; a second signal ends them at once.
    fn end(mut self) -> Result<(), SocketError> {
        let at_once = Stop::on_signals()?;
        self.workers.values().for_each(|worker| worker.child.stop(self.config.drain));
        while !self.workers.is_empty() {
            if wait(&at_once, [self.bell.interest()], None)?.stopped {
                // Dropped, they are killed.
                return Ok(());
            }
            self.bell.silence();
            while let Ok((number, event)) = self.events.try_recv() {
                match event {
                    Event::Exited(_) => drop(self.workers.remove(&number)),
                    event => self.take_event(number, event),
                }
            }
        }
        Ok(())
    }
}
