//! The thread `processes`: handles commands, notes what ends, looks at what lives, and tells the dashboard.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError},
    time::{Duration, Instant},
};

use super::{
    WORKERS_MAX,
    program::{Programs, Service},
    slot::{Slot, Then},
};
use crate::{
    command::{ProcessAct, Refusal},
    dashboard::workers::WORKER,
    event::Event,
    view::ValuationName,
};

/// How often the system is asked about processes.
const LOOK: Duration = Duration::from_secs(1);

/// The least time between two tellings.
const BEAT: Duration = Duration::from_millis(200);

/// How long processes that were killed may take to be gone.
const GONE_WITHIN: Duration = Duration::from_millis(500);

/// How long processes have to end by themselves when dealz ends.
const END_WITHIN: Duration = Duration::from_millis(500);

/// What the thread is told.
pub(crate) enum Message {
    /// A process has written a line, or has ended.
    Changed,
    /// To do something, and to answer: with the process ids of our workers where that is asked for.
    Order(Order, SyncSender<Answer>),
    /// Everything that was started is to end, and the thread with it.
    Stop,
}

/// What the thread answers.
pub(crate) type Answer = Result<Vec<u32>, Refusal>;

/// What the thread is to do.
pub(crate) enum Order {
    Act(String, ProcessAct),
    SetWorkers(u32),
    KillWorker,
    SetValuation(ValuationName),
    Reset,
}

/// What the thread owns.
pub(crate) struct Owner {
    programs: Programs,
    /// The two services, and the workers by their numbers.
    slots: Vec<Slot>,
    /// How many workers of our own there are to be.
    wanted: u32,
    valuation: ValuationName,
    messages: Receiver<Message>,
    /// For those who read logs.
    sender: SyncSender<Message>,
    events: SyncSender<Event>,
    /// Whether the dashboard is to be told.
    changed: bool,
    next_telling: Instant,
    next_look: Instant,
    /// Whether it was told to stop while it waited for processes to end.
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
            next_telling: now,
            next_look: now,
            is_stopping: false,
        }
    }

    /// Works until it is told to stop; then no process that it has started is left.
    pub(crate) fn run(mut self) {
        self.begin();
        while !self.is_stopping {
            self.turn();
            let left = self.next_deadline().saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(left) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Message::Order(order, answer)) => {
                    // Nobody waits any longer where it cannot be sent.
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
                // Its state tells where it could not be started.
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
            return Err(Refusal::Invalid { field: "id".to_owned(), reason: "no process is called so".to_owned() });
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

    /// Starts workers, the lowest numbers first, or has the highest ones end.
    fn set_workers(&mut self, count: u32) {
        self.wanted = count.min(WORKERS_MAX);
        let live = self.workers().filter(|slot| slot.is_wanted()).count();
        for _ in live..self.wanted as usize {
            self.start_worker();
        }
        let surplus = live.saturating_sub(self.wanted as usize);
        let highest = self.slots.iter_mut().rev().filter(|slot| is_worker(slot) && slot.is_wanted());
        highest.take(surplus).for_each(|slot| slot.terminate(Then::Leave));
        // One that had ended by itself is no longer missed.
        if self.wanted as usize <= live {
            self.slots.retain(|slot| !is_worker(slot) || slot.is_alive());
        }
    }

    fn start_worker(&mut self) {
        let is_free = |number: &u32| !self.workers().any(|slot| number_of(slot) == *number && slot.is_alive());
        // The numbers are more than workers that live and workers that are ending.
        let Some(number) = (1..=u32::MAX).find(is_free) else { return };
        let index = self.slots.partition_point(|slot| number_of(slot) < number);
        if self.slots.get(index).is_none_or(|slot| number_of(slot) != number) {
            let service = Service::Worker(number, self.valuation);
            let place = self.programs.place(&service);
            self.slots.insert(index, Slot::new(service, place));
        }
        let slot = &mut self.slots[index];
        slot.service = Service::Worker(number, self.valuation);
        // Its state tells where it could not be started.
        let _ = slot.start(&self.programs, &self.sender);
    }

    fn kill_worker(&mut self) -> Result<(), Refusal> {
        let last = self.slots.iter_mut().rev().find(|slot| is_worker(slot) && slot.is_wanted() && slot.is_alive());
        let Some(slot) = last else {
            return Err(Refusal::NotNow { reason: "no worker of ours runs".to_owned() });
        };
        slot.kill(Then::Stay);
        self.wanted = self.wanted.saturating_sub(1);
        Ok(())
    }

    /// Has all our workers compute the same, and tells the process ids of those that do.
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
            // Its state tells where it could not be started.
            let _ = slot.start(&self.programs, &self.sender);
        }
        self.workers().filter_map(Slot::working_pid).collect()
    }

    /// Ends everything that we have started, and begins again.
    fn reset(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.kill(Then::Stay));
        self.wait_for_ends(GONE_WITHIN, |_| true);
        self.slots.retain(|slot| !is_worker(slot) || slot.is_alive());
        self.slots.iter().for_each(Slot::clear_log);
        self.begin();
    }

    /// Asks everything that we have started to end, and kills what does not.
    fn end(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.terminate(Then::Stay));
        self.wait_for_ends(END_WITHIN, |_| true);
        // Dropping them kills what is left.
        self.slots.clear();
    }

    /// Waits until those of `which` have ended, but not longer than `bound`.
    fn wait_for_ends(&mut self, bound: Duration, which: impl Fn(&Slot) -> bool) {
        let deadline = Instant::now() + bound;
        loop {
            let now = Instant::now();
            for slot in &mut self.slots {
                slot.handle_time(now);
            }
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

    /// Notes what has happened, looks at what lives, and tells it.
    fn turn(&mut self) {
        let now = Instant::now();
        for slot in &mut self.slots {
            self.changed |= slot.handle_time(now);
        }
        self.slots.retain(|slot| slot.is_alive() || slot.then != Then::Leave);
        for slot in &mut self.slots {
            if !slot.is_alive() && slot.then == Then::Start {
                // Its state tells where it could not be started.
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
        if self.changed && now >= self.next_telling {
            self.next_telling = now + BEAT;
            let views = self.slots.iter().map(|slot| slot.view(&self.programs)).collect();
            let told = self.events.try_send(Event::Processes(views, self.wanted));
            self.changed = matches!(told, Err(TrySendError::Full(_)));
        }
    }

    fn next_deadline(&self) -> Instant {
        let kills = self.slots.iter().filter_map(Slot::kill_at);
        let telling = self.changed.then_some(self.next_telling);
        kills.chain(telling).fold(self.next_look, Instant::min)
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
