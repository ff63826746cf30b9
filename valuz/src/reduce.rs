//! Reduce: waits for workers and source, collects the results, ends the batch.
//!
//! `PULL` binds **results**; `XPUB` (a `PUB` that receives subscriptions) binds **control**. One loop on the
//! caller's thread; [`Tally`] decides what is published.

use std::time::{Duration, Instant};

use sockets::{
    BindError, Context, Endpoint, Listener, MalformedMessages, Role, Socket, SocketError, Stop, Subscription, Value,
    wait,
};
use thiserror::Error;
use tracing::{debug, info, warn};
use wire::{
    DecodeError, Frames,
    monitor::EventKind,
    report::{Declaration, DeclaredSocket, DeclaredValue},
    value::{CONTROL, Control, Outcome, Pack, RESULTS},
};

use crate::{
    progress::Progress,
    repeat_log::RepeatLog,
    summary::{NoTotal, Summary},
    tally::{Counts, Phase, Plan, Tally},
};

/// What it reports to observers.
pub const REPORTS: Declaration =
    Declaration { program: "valuz", role: "reduce", sockets: &[INCOMING, COMMANDS], values: &[MISSING, COUNTED] };

const INCOMING: DeclaredSocket =
    DeclaredSocket { name: "valuz.reduce.results", kind: "PULL", channel: RESULTS, binds: Some(true) };
const COMMANDS: DeclaredSocket =
    DeclaredSocket { name: "valuz.reduce.control", kind: "XPUB", channel: CONTROL, binds: Some(true) };
const MISSING: DeclaredValue = DeclaredValue { name: "missing", unit: "orders" };
const COUNTED: DeclaredValue = DeclaredValue { name: "counted", unit: "orders" };

/// How many results are taken before the loop does anything else.
const BURST: usize = 1_000;

/// How long EXIT may take to leave when reduce ends.
const LINGER: Duration = Duration::from_secs(2);

/// The same after a stop signal, when reduce must end within a second.
const LINGER_WHEN_STOPPED: Duration = Duration::from_millis(300);

/// The least time between two lines of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Reduce's endpoints and its batch.
#[derive(Debug, Clone)]
pub struct ReduceConfig {
    /// Bound: from the workers.
    pub results: Endpoint,
    /// Bound: to source and workers.
    pub control: Endpoint,
    /// The batch.
    pub plan: Plan,
    /// Extension `pack`: whether to take several results in one message.
    pub packs: bool,
    /// Whether to print [`Progress`].
    pub progress: bool,
}

/// Why reduce ends without a summary.
#[derive(Debug, Error)]
pub enum ReduceError {
    /// A socket fails for a reason that waiting does not mend.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// There is no total.
    #[error(transparent)]
    NoTotal(#[from] NoTotal),
    /// Progress cannot be printed.
    #[error("cannot write to standard output")]
    Output(#[from] std::io::Error),
}

/// Reduce, bound and not yet running.
pub struct Reduce {
    context: Context,
    results: Socket,
    listeners: [Listener; 2],
    control: Socket,
    endpoints: [Endpoint; 2],
    plan: Plan,
    packs: bool,
    tally: Tally,
    /// The orders that are not counted yet, and those that are, for observers.
    values: [Value; 2],
    malformed: MalformedMessages,
    repeat_log: RepeatLog,
    frames: Frames,
    /// When the next line of progress may be printed; `None` without `--progress`.
    next_progress: Option<Instant>,
}

impl Reduce {
    /// Binds results and control.
    ///
    /// # Errors
    /// A port is in use, or a socket cannot be made.
    pub fn bind(context: &Context, config: &ReduceConfig) -> Result<Self, BindError> {
        let mut results = context.socket(Role::Pull, RESULTS)?;
        results.watch(INCOMING.name)?;
        let at_results = results.bind(&config.results)?;
        info!(channel = RESULTS.name, endpoint = %at_results, "listening");
        let mut control = context.socket(Role::XPub, CONTROL)?;
        control.set_linger(LINGER)?;
        control.watch(COMMANDS.name)?;
        let at_control = control.bind(&config.control)?;
        info!(channel = CONTROL.name, endpoint = %at_control, "listening");
        Ok(Self {
            context: context.clone(),
            results,
            listeners: [RESULTS, CONTROL].map(Listener::of),
            control,
            endpoints: [at_results, at_control],
            plan: config.plan,
            packs: config.packs,
            tally: Tally::new(config.plan),
            values: [MISSING, COUNTED].map(|value| context.declared(value)),
            malformed: MalformedMessages::default(),
            repeat_log: RepeatLog::default(),
            frames: Frames::new(),
            next_progress: config.progress.then(Instant::now),
        })
    }

    /// The endpoints that results and control are bound to.
    #[must_use]
    pub const fn endpoints(&self) -> &[Endpoint; 2] {
        &self.endpoints
    }

    /// Runs one batch to its end. `None`: stopped before the batch began.
    ///
    /// # Errors
    /// The batch was given up or stopped with orders missing; a sum is not finite; a socket fails.
    pub fn run(mut self, stop: &Stop) -> Result<Option<Summary>, ReduceError> {
        let mut stopped = false;
        while !stopped && matches!(self.tally.phase(), Phase::Waiting | Phase::Running) {
            stopped = self.run_once(stop, self.tally.next_deadline())?;
        }
        if stopped && self.tally.phase() == Phase::Running {
            // Workers of a batch that is broken off must not go on with its orders.
            self.publish(&Control::Exit)?;
            self.control.set_linger(LINGER_WHEN_STOPPED)?;
        }
        let ended = Instant::now();
        while !stopped && let Some(deadline) = self.tally.stay_until(ended).filter(|&until| Instant::now() < until) {
            stopped = self.run_once(stop, Some(deadline))?;
        }
        self.conclude(stop)
    }

    /// Sleeps until something happens, handles it, publishes what follows; returns whether the stop signal came.
    fn run_once(&mut self, stop: &Stop, deadline: Option<Instant>) -> Result<bool, ReduceError> {
        let interests =
            [self.results.readable(), self.control.readable(), self.results.events(), self.control.events()];
        let looks = self.listeners.iter().filter_map(Listener::next_deadline);
        let wake = wait(stop, interests, looks.chain(deadline).min())?;
        let now = Instant::now();
        let [results, control] = &mut self.listeners;
        let tally = &mut self.tally;
        results.follow(now, &mut self.results, |event| {
            if matches!(event.kind, EventKind::Disconnected | EventKind::Closed) {
                tally.handle_disconnected(u64::from(event.value));
            }
        })?;
        control.follow(now, &mut self.control, |_| {})?;
        self.take_subscriptions()?;
        self.take_outcomes()?;
        let now = Instant::now();
        let repeated = self.tally.counts().repeated;
        for command in self.tally.handle_time(now) {
            self.publish(&command)?;
        }
        let repeated = self.tally.counts().repeated - repeated;
        if repeated > 0 {
            self.repeat_log.handle_repeat(now, repeated);
        }
        let [missing, counted] = &self.values;
        missing.set(self.tally.missing() as f64);
        counted.set((self.plan.count - self.tally.missing()) as f64);
        self.print_progress(now)?;
        Ok(wake.stopped)
    }

    fn take_outcomes(&mut self) -> Result<(), SocketError> {
        for _ in 0..BURST {
            if !self.results.receive(&mut self.frames)? {
                break;
            }
            match self.count() {
                Ok(()) => {
                    // The clock is read now: this was the last result.
                    if self.tally.phase() == Phase::Running && self.tally.is_complete() {
                        break;
                    }
                }
                Err(error) => {
                    self.malformed.record(Instant::now(), &mut self.results, &error, &self.frames);
                }
            }
        }
        Ok(())
    }

    /// Hands the received message to the tally.
    fn count(&mut self) -> Result<(), DecodeError> {
        let Self { frames, tally, results, .. } = self;
        if self.packs && Pack::is(frames) {
            for valued in Pack::decode(frames)?.results() {
                tally.handle_value(&valued, || results.peer_connection());
            }
        } else {
            tally.handle_outcome(&Outcome::decode(frames)?, || results.peer_connection());
        }
        Ok(())
    }

    /// Takes subscriptions, and answers those of workers that can pack.
    fn take_subscriptions(&mut self) -> Result<(), SocketError> {
        let [_, control] = &mut self.listeners;
        let mut asked = false;
        control.take_subscriptions(Instant::now(), &mut self.control, |_, subscription| {
            if let Subscription::Begin(topic) = subscription {
                asked |= topic == Control::PACKS_TOPIC;
                self.tally.handle_subscription(topic);
            }
        })?;
        if asked && self.packs { self.publish(&Control::Packs) } else { Ok(()) }
    }

    fn publish(&mut self, command: &Control) -> Result<(), SocketError> {
        match command {
            Control::Start { base } => info!(workers = self.tally.roster().len(), base, "START"),
            Control::Repeat(numbers) => debug!(numbers = numbers.len(), "REPEAT"),
            Control::Exit => info!(missing = self.tally.missing(), "EXIT"),
            Control::Packs => debug!("PACKS"),
        }
        command.encode(&mut self.frames);
        // An XPUB never waits: it drops for a peer whose queue is full.
        self.control.send(&self.frames)?;
        if matches!(command, Control::Start { .. }) && self.next_progress.is_some() {
            // If this line cannot be printed, neither can the next, which reports it.
            let _ = Progress::Started { workers: self.tally.roster().len() }.print();
        }
        Ok(())
    }

    fn print_progress(&mut self, now: Instant) -> Result<(), ReduceError> {
        if self.next_progress.is_some_and(|next| now >= next) && self.tally.phase() != Phase::Waiting {
            // The last line is printed at the end of the batch, and none after it.
            let is_running = self.tally.phase() == Phase::Running;
            self.next_progress = is_running.then_some(now + PROGRESS_EVERY);
            Progress::Counted(self.plan.count - self.tally.missing()).print()?;
        }
        Ok(())
    }

    /// Returns the result after EXIT was sent.
    fn conclude(self, stop: &Stop) -> Result<Option<Summary>, ReduceError> {
        let Self { context, results, control, mut tally, malformed, listeners, plan, .. } = self;
        drop((results, control));
        if tally.phase() == Phase::Running {
            drop(context);
        } else {
            context.close(stop)?;
        }
        let Counts { late, foreign, .. } = tally.counts();
        let malformed = malformed.count() + listeners.iter().map(Listener::malformed).sum::<u64>();
        if malformed + late + foreign > 0 {
            warn!(malformed, late, foreign, "messages were dropped");
        }
        let (missing, count) = (tally.missing(), plan.count);
        match tally.phase() {
            Phase::Waiting => Ok(None),
            Phase::Running => Err(NoTotal::Stopped { missing, count }.into()),
            Phase::GivenUp => Err(NoTotal::given_up(&tally, count).into()),
            Phase::Complete => Ok(Some(Summary::of(&mut tally)?)),
        }
    }
}
