//! The thread `processes`: carries out orders, notes which processes end, observes the others, and reports to the dashboard.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError},
    time::{Duration, Instant},
};

use super::{
    WORKERS_MAX,
    program::{Programs, Service},
    slot::{Slot, Then},
};
use wire::foreign;

use crate::{
    command::{ProcessAct, Refusal},
    dashboard::workers::WORKER,
    event::Event,
    view::ValuationName,
};

/// How often the system is asked about the processes that dealz has started.
const LOOK: Duration = Duration::from_secs(1);

/// How often it is asked which process holds an address, which costs milliseconds.
const HOLDER_LOOK: Duration = Duration::from_secs(3);

/// The least time between two reports.
const BEAT: Duration = Duration::from_millis(200);

/// How long killed processes may take to be gone.
const GONE_WITHIN: Duration = Duration::from_millis(500);

/// How long processes may take to end after SIGTERM when dealz ends.
const END_WITHIN: Duration = Duration::from_millis(500);

/// A message to the thread.
pub(crate) enum Message {
    /// A process has written a line, or has ended.
    Changed,
    /// An order, and where to answer: with the process ids of the local workers if they are asked for.
    Order(Order, SyncSender<Answer>),
    /// End everything that was started, and the thread.
    Stop,
}

/// The answer to an order.
pub(crate) type Answer = Result<Vec<u32>, Refusal>;

/// What the thread can do.
pub(crate) enum Order {
    Act(String, ProcessAct),
    SetWorkers(u32),
    KillWorker,
    SetValuation(ValuationName),
    Reset,
}

/// The state of the thread.
pub(crate) struct Owner {
    programs: Programs,
    /// The two services, and the workers by their numbers.
    slots: Vec<Slot>,
    /// How many local workers there should be.
    wanted: u32,
    valuation: ValuationName,
    messages: Receiver<Message>,
    /// For the threads that read logs.
    sender: SyncSender<Message>,
    events: SyncSender<Event>,
    /// Whether there is something to report.
    changed: bool,
    next_report: Instant,
    next_look: Instant,
    next_holder_look: Instant,
    /// Whether a stop was requested while it waited for processes to end.
    is_stopping: bool,
}

impl Owner {
    pub(crate) fn new(
        programs: Programs,
        (sender, messages): (SyncSender<Message>, Receiver<Message>),
        events: SyncSender<Event>,
    ) -> Self {
        let slots = [Service::Tickz, Service::Chatz].map(|service| {
            let place = programs.place(&service);
            Slot::new(service, place)
        });
        let now = Instant::now();
        Self {
            programs,
            slots: slots.into(),
            wanted: 0,
            valuation: ValuationName::Notional,
            messages,
            sender,
            events,
            changed: true,
            next_report: now,
            next_look: now,
            next_holder_look: now,
            is_stopping: false,
        }
    }

    /// Runs until it is stopped; then no process that it has started is left.
    pub(crate) fn run(mut self) {
        self.begin();
        while !self.is_stopping {
            self.step();
            let left = self.next_deadline().saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(left) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Message::Order(order, answer)) => {
                    // The caller has given up if it cannot be sent.
                    let _ = answer.try_send(self.handle(order));
                }
                Ok(Message::Changed) | Err(RecvTimeoutError::Timeout) => {}
            }
        }
        self.end();
    }

    /// Starts what belongs to the stage.
    fn begin(&mut self) {
        self.changed = true;
        self.valuation = ValuationName::Notional;
        let workers = self.programs.stage.as_ref().map(|stage| stage.workers.min(WORKERS_MAX));
        if workers.is_some() {
            for slot in self.slots.iter_mut().filter(|slot| !slot.is_alive()) {
                // Its state shows a failure.
                let _ = slot.start(&self.programs, &self.sender);
            }
        }
        self.set_workers(workers.unwrap_or(0));
    }

    fn handle(&mut self, order: Order) -> Answer {
        self.changed = true;
        match order {
            Order::Act(id, act) => self.act(&id, act)?,
            Order::SetWorkers(count) => self.set_workers(count),
            Order::KillWorker => self.kill_worker()?,
            Order::SetValuation(valuation) => return Ok(self.set_valuation(valuation)),
            Order::Reset => self.reset(),
        }
        Ok(Vec::new())
    }

    fn act(&mut self, id: &str, act: ProcessAct) -> Result<(), Refusal> {
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.service.id() == id) else {
            return Err(Refusal::Invalid {
                field: "id".to_owned(),
                reason: format!("there is no process {}", foreign(id).at_most(40)),
            });
        };
        let is_alive = slot.is_alive();
        if let Service::Worker(_, valuation) = &mut slot.service
            && !is_alive
        {
            *valuation = self.valuation;
        }
        slot.act(act, &self.programs, &self.sender)?;
        if id.starts_with(WORKER) {
            self.wanted = self.workers().filter(|slot| slot.is_wanted()).count() as u32;
        }
        Ok(())
    }

    /// Starts workers, the lowest numbers first, or ends those with the highest numbers.
    fn set_workers(&mut self, count: u32) {
        self.wanted = count.min(WORKERS_MAX);
        let live = self.workers().filter(|slot| slot.is_wanted()).count();
        for _ in live..self.wanted as usize {
            self.start_worker();
        }
        let surplus = live.saturating_sub(self.wanted as usize);
        let highest = self.slots.iter_mut().rev().filter(|slot| is_worker(slot) && slot.is_wanted());
        highest.take(surplus).for_each(|slot| slot.terminate(Then::Leave));
        // One that has ended by itself is no longer shown.
        if self.wanted as usize <= live {
            self.slots.retain(|slot| !is_worker(slot) || slot.is_alive());
        }
    }

    fn start_worker(&mut self) {
        let is_free = |number: &u32| !self.workers().any(|slot| number_of(slot) == *number && slot.is_alive());
        // There are more numbers than workers.
        let Some(number) = (1..=u32::MAX).find(is_free) else { return };
        let index = self.slots.partition_point(|slot| number_of(slot) < number);
        if self.slots.get(index).is_none_or(|slot| number_of(slot) != number) {
            let service = Service::Worker(number, self.valuation);
            let place = self.programs.place(&service);
            self.slots.insert(index, Slot::new(service, place));
        }
        let slot = &mut self.slots[index];
        slot.service = Service::Worker(number, self.valuation);
        // If it could not be started, its state shows why.
        let _ = slot.start(&self.programs, &self.sender);
    }

    fn kill_worker(&mut self) -> Result<(), Refusal> {
        let last = self.slots.iter_mut().rev().find(|slot| is_worker(slot) && slot.is_wanted() && slot.is_alive());
        let Some(slot) = last else {
            return Err(Refusal::NotNow { reason: "no worker of this desk is running".to_owned() });
        };
        slot.kill(Then::Stay);
        self.wanted = self.wanted.saturating_sub(1);
        Ok(())
    }

    /// Has all local workers compute this, and returns the process ids of those that do.
    fn set_valuation(&mut self, valuation: ValuationName) -> Vec<u32> {
        self.valuation = valuation;
        let others: Vec<u32> = self
            .workers()
            .filter(|slot| slot.is_wanted() && !matches!(slot.service, Service::Worker(_, its) if its == valuation))
            .map(number_of)
            .collect();
        let is_other = |slot: &Slot| is_worker(slot) && others.contains(&number_of(slot));
        self.slots.iter_mut().filter(|slot| is_other(slot)).for_each(|slot| slot.kill(Then::Stay));
        self.wait_for_ends(GONE_WITHIN, |slot| is_other(slot));
        for slot in self.slots.iter_mut().filter(|slot| is_other(slot) && !slot.is_alive()) {
            slot.service = Service::Worker(number_of(slot), valuation);
            // Its state shows a failure.
            let _ = slot.start(&self.programs, &self.sender);
        }
        self.workers().filter_map(Slot::working_pid).collect()
    }

    /// Ends everything that was started, and begins again.
    fn reset(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.kill(Then::Stay));
        self.wait_for_ends(GONE_WITHIN, |_| true);
        self.slots.retain(|slot| !is_worker(slot) || slot.is_alive());
        self.slots.iter().for_each(Slot::clear_log);
        self.begin();
    }

    /// Ends everything that was started by SIGTERM, and then by SIGKILL.
    fn end(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.terminate(Then::Stay));
        self.wait_for_ends(END_WITHIN, |_| true);
        // To drop them kills those that are left.
        self.slots.clear();
    }

    /// Waits until those of `which` have ended, for `bound` at most.
    fn wait_for_ends(&mut self, bound: Duration, which: impl Fn(&Slot) -> bool) {
        let deadline = Instant::now() + bound;
        loop {
            for slot in &mut self.slots {
                slot.handle_changes();
            }
            let now = Instant::now();
            if now >= deadline || !self.slots.iter().any(|slot| which(slot) && slot.is_alive()) {
                return;
            }
            match self.messages.recv_timeout(deadline - now) {
                Ok(Message::Stop) => self.is_stopping = true,
                Ok(Message::Order(_, answer)) => {
                    let reason = "processes are being started and ended: try again".to_owned();
                    let _ = answer.try_send(Err(Refusal::NotNow { reason }));
                }
                _ => {}
            }
        }
    }

    /// Notes which processes have ended, observes the others, and reports changes.
    fn step(&mut self) {
        let now = Instant::now();
        for slot in &mut self.slots {
            self.changed |= slot.handle_changes();
        }
        self.slots.retain(|slot| slot.is_alive() || slot.then != Then::Leave);
        for slot in &mut self.slots {
            if !slot.is_alive() && slot.then == Then::Start {
                // Its state shows a failure.
                let _ = slot.start(&self.programs, &self.sender);
                self.changed = true;
            }
        }
        if now >= self.next_look {
            self.next_look = now + LOOK;
            for slot in &mut self.slots {
                self.changed |= slot.look();
            }
        }
        if now >= self.next_holder_look {
            self.next_holder_look = now + HOLDER_LOOK;
            for slot in &mut self.slots {
                self.changed |= slot.look_for_holder();
            }
        }
        if self.changed && now >= self.next_report {
            self.next_report = now + BEAT;
            let views = self.slots.iter().map(|slot| slot.view(&self.programs)).collect();
            let sent = self.events.try_send(Event::Processes(views, self.wanted));
            self.changed = matches!(sent, Err(TrySendError::Full(_)));
        }
    }

    fn next_deadline(&self) -> Instant {
        let look = self.next_look.min(self.next_holder_look);
        if self.changed { look.min(self.next_report) } else { look }
    }

    fn workers(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| is_worker(slot))
    }
}

const fn is_worker(slot: &Slot) -> bool {
    matches!(slot.service, Service::Worker(..))
}

/// The number of a worker; 0 for a service, so that services come first.
const fn number_of(slot: &Slot) -> u32 {
    match slot.service {
        Service::Worker(number, _) => number,
        Service::Tickz | Service::Chatz => 0,
    }
}
