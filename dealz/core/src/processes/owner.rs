//! The thread `processes`: carries out orders by the stage of the desk's scene, and reports what it shows to the dashboard.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    time::{Duration, Instant},
};

use scenez::{
    script::{self, Act},
    stage::{Command, Progress, Snapshot, Stage},
};
use wire::foreign;

use super::{WORKERS_MAX, house, languages::Languages, list::List, possible::possible};
use crate::{
    clock::now_ms,
    command::{ProcessAct, Refusal},
    dashboard::workers::{RUST, WORKER},
    event::Event,
    view::{LanguageView, ProcessState, ProcessView, ValuationName},
};

/// How often the system is asked about the processes.
const LOOK: Duration = Duration::from_secs(1);

/// The least time between two reports.
const BEAT: Duration = Duration::from_millis(200);

/// How long the stage may take to do something. What needs two steps of it still answers in time.
const DONE_WITHIN: Duration = Duration::from_secs(2);

/// How long all processes may take to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(2);

/// A message to the thread.
pub(crate) enum Message {
    /// The stage shows something new.
    Changed,
    /// Whether this machine has a language.
    Present(String, bool),
    /// An order, and where to answer: with the process ids of the local workers if they are asked for.
    Order(Order, SyncSender<Answer>),
    /// End the thread.
    Stop,
}

/// The answer to an order.
pub(crate) type Answer = Result<Vec<u32>, Refusal>;

/// What the thread can do.
pub(crate) enum Order {
    Act(String, ProcessAct),
    SetWorkers(String, u32),
    AskForLanguages,
    KillWorker,
    SetValuation(ValuationName),
    Reset,
}

/// The state of the thread.
pub(crate) struct Owner {
    stage: Arc<Stage>,
    /// Whether the scene starts with the desk, and again after a reset.
    starts: bool,
    languages: Languages,
    /// The number of the scene's start that the list is of.
    start: u64,
    sender: SyncSender<Message>,
    messages: Receiver<Message>,
    events: SyncSender<Event>,
    list: List,
    /// What was reported last.
    reported: Option<(Vec<ProcessView>, Vec<LanguageView>)>,
    is_changed: bool,
    next_report: Instant,
    next_look: Instant,
}

impl Owner {
    pub(super) fn new(
        stage: Arc<Stage>,
        languages: Languages,
        starts: bool,
        (sender, messages): (SyncSender<Message>, Receiver<Message>),
        events: SyncSender<Event>,
    ) -> Self {
        let now = Instant::now();
        Self {
            stage,
            starts,
            languages,
            start: 0,
            sender,
            messages,
            events,
            list: List::of_desk(),
            reported: None,
            is_changed: true,
            next_report: now,
            next_look: now,
        }
    }

    /// Runs until it is stopped.
    pub(crate) fn run(mut self) {
        if self.starts {
            // If the stage has ended, its list stays empty.
            let _ = self.reset();
        }
        loop {
            self.step();
            let deadline = if self.is_changed { self.next_look.min(self.next_report) } else { self.next_look };
            match self.messages.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Message::Order(order, answer)) => {
                    // The caller has given up if it cannot be sent.
                    let _ = answer.try_send(self.handle(order));
                    self.is_changed = true;
                }
                Ok(Message::Changed) => self.is_changed = true,
                Ok(Message::Present(language, is_present)) => {
                    self.languages.handle_present(&language, is_present);
                    self.is_changed = true;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn handle(&mut self, order: Order) -> Answer {
        match order {
            Order::Act(id, act) => self.act(id, act)?,
            Order::SetWorkers(language, count) => self.set_workers(&language, count)?,
            Order::AskForLanguages => self.languages.ask(self.sender.clone()),
            Order::KillWorker => self.kill_worker()?,
            Order::SetValuation(valuation) => return self.set_valuation(valuation),
            Order::Reset => self.reset()?,
        }
        Ok(Vec::new())
    }

    fn act(&mut self, id: String, act: ProcessAct) -> Result<(), Refusal> {
        let Some(view) = self.views().into_iter().find(|view| view.id == id) else {
            let reason = format!("there is no process {}", foreign(&id).at_most(40));
            return Err(Refusal::invalid("id", &reason));
        };
        let refused = |reason: String| Refusal::not_now(&format!("{}: {reason}", view.id));
        let act = possible(&view.state, act).map_err(refused)?;
        self.command(Command::Act(Act::Process(act, id.clone())))?;
        let (snapshot, views) = (self.stage.snapshot(), self.views());
        if act == script::ProcessAct::Start {
            // Another process may hold its port by now, or it cannot be started.
            let started = views.iter().find(|view| view.id == id).map(|view| &view.state);
            let failure = snapshot.named(&id).find_map(|actor| actor.failure.clone());
            match (started, failure) {
                (Some(state @ ProcessState::Elsewhere { .. }), _) => {
                    possible(state, ProcessAct::Start).map(drop).map_err(refused)?;
                }
                (_, Some(failure)) => return Err(refused(failure)),
                _ => {}
            }
        }
        Ok(())
    }

    fn set_workers(&self, language: &str, count: u32) -> Result<(), Refusal> {
        let member = self.languages.member(language)?;
        let others = self.languages.views(&self.stage.snapshot()).into_iter().filter(|other| other.id != language);
        if others.map(|other| other.wanted).sum::<u32>().saturating_add(count) > WORKERS_MAX {
            return Err(Refusal::invalid("count", &format!("dealz runs at most {WORKERS_MAX} workers")));
        }
        self.command(Command::Number { member, count }).map(drop)
    }

    fn kill_worker(&mut self) -> Result<(), Refusal> {
        let is_there = |view: &ProcessView| matches!(view.state, ProcessState::Running | ProcessState::Suspended);
        let mut views = self.views();
        views.retain(|view| view.id.starts_with(WORKER) && is_there(view));
        let Some(last) = views.pop() else {
            return Err(Refusal::not_now("no worker of this desk is running"));
        };
        self.command(Command::Act(Act::Process(script::ProcessAct::Kill, last.id))).map(drop)
    }

    /// Has all local workers compute this, and returns the process ids of those that do.
    fn set_valuation(&mut self, valuation: ValuationName) -> Answer {
        let languages = self.languages.views(&self.stage.snapshot());
        let mut others = languages.iter().filter(|language| language.id != RUST && language.wanted > 0);
        if valuation == ValuationName::Var
            && let Some(LanguageView { name, .. }) = others.next()
        {
            return Err(Refusal::not_now(&format!("no worker in {name} computes value at risk: remove it first")));
        }
        let member = house::member_of_workers(RUST);
        let words = house::words_of_worker(&self.stage.snapshot().scene, valuation);
        self.command(Command::Run { member: member.clone(), words })?;
        self.stage.wait(DONE_WITHIN, |snapshot| !snapshot.named(&member).any(|actor| actor.will_start));
        let is_working = |view: &ProcessView| view.id.starts_with(WORKER) && view.state == ProcessState::Running;
        Ok(self.views().iter().filter(|view| is_working(view)).filter_map(|view| view.pid).collect())
    }

    /// Ends everything that was started, and begins again.
    fn reset(&mut self) -> Result<(), Refusal> {
        let start = self.stage.snapshot().start;
        self.command(if self.starts { Command::Reset } else { Command::Rest })?;
        let is_there = |snapshot: &Snapshot| (snapshot.progress != Progress::Clearing) == self.starts;
        self.stage.wait(GONE_WITHIN, |snapshot| snapshot.start > start && is_there(snapshot));
        Ok(())
    }

    /// Has the stage do something, and waits until it has.
    fn command(&self, command: Command) -> Result<Arc<Snapshot>, Refusal> {
        let not_taken = |_| Refusal::not_now("processes are starting or ending: try again");
        let number = self.stage.command(command).map_err(not_taken)?;
        Ok(self.stage.wait(DONE_WITHIN, |snapshot| snapshot.obeyed >= number))
    }

    /// The list as it is now.
    fn views(&mut self) -> Vec<ProcessView> {
        let snapshot = self.stage.snapshot();
        if self.start != snapshot.start {
            self.start = snapshot.start;
            self.list.clear();
        }
        self.list.follow(&snapshot, now_ms())
    }

    /// Reports changes.
    fn step(&mut self) {
        let now = Instant::now();
        if now >= self.next_look {
            (self.next_look, self.is_changed) = (now + LOOK, true);
        }
        if !self.is_changed || now < self.next_report {
            return;
        }
        (self.next_report, self.is_changed) = (now + BEAT, false);
        let report = (self.views(), self.languages.views(&self.stage.snapshot()));
        if self.reported.as_ref() == Some(&report) {
            return;
        }
        match self.events.try_send(Event::Processes(report.0.clone(), report.1.clone())) {
            Err(TrySendError::Full(_)) => self.is_changed = true,
            _ => self.reported = Some(report),
        }
    }
}
