//! Which requests of a run were executed more than once, and why.
//!
//! One execution of each request makes its reply. Any other needs a reason: its worker or the broker was killed, or its worker was
//! suspended, after it had begun and before the one that makes the reply did. A worker, or the program that a killed one has started, may also begin
//! after the broker has given the request to another worker: the reason then comes before it.

use std::collections::{BTreeMap, HashMap};

use crate::journal::{Entry, Execution, Outage};

/// Why a request was executed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The worker of this execution was killed before the one that makes the reply began.
    WorkerKilled,
    /// It was suspended.
    WorkerSuspended,
    /// The broker was killed: it did not know the end of this execution.
    BrokerKilled,
    /// The execution began late: its worker or the broker had an outage before it did.
    BegunLate,
}

/// The executions of a run.
#[derive(Debug, Default)]
pub struct Doubles {
    /// How many there were.
    pub executions: usize,
    /// How many of them made no reply, by their reasons.
    pub reasons: BTreeMap<Reason, usize>,
    /// What must not happen: requests without a reply, executions without a reason.
    pub faults: Vec<String>,
}

/// What has happened to one request: places in the journal.
#[derive(Debug, Default)]
struct Story {
    asked: usize,
    begun: Vec<(usize, Execution)>,
    answered: Option<Execution>,
}

/// When a process had an outage: places in the journal.
#[derive(Debug, Clone, Copy)]
struct Span {
    outage: Outage,
    from: usize,
    to: usize,
}

impl Doubles {
    /// Those of a journal.
    #[must_use]
    pub fn of(entries: &[Entry]) -> Self {
        let outages = Outages::of(entries);
        let mut doubles = Self::default();
        for (key, story) in stories(entries) {
            doubles.executions += story.begun.len();
            match story.answered {
                None => doubles.faults.push(format!("{key} has no reply: {story:?}")),
                Some(execution) => {
                    let Some(useful) = story.begun.iter().find(|(_, begun)| *begun == execution) else {
                        let fault = format!("{key} has a reply of an execution that has not begun: {story:?}");
                        doubles.faults.push(fault);
                        continue;
                    };
                    for wasted in story.begun.iter().filter(|begun| *begun != useful) {
                        match outages.reason(story.asked, *wasted, useful.0) {
                            Some(reason) => *doubles.reasons.entry(reason).or_default() += 1,
                            None => doubles.faults.push(format!("{key} is done twice without a reason: {story:?}")),
                        }
                    }
                }
            }
        }
        doubles
    }
}

fn stories(entries: &[Entry]) -> HashMap<&str, Story> {
    let mut stories: HashMap<&str, Story> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        match entry {
            Entry::Asked(key) => stories.entry(key).or_default().asked = at,
            Entry::Begun(key, execution) => stories.entry(key).or_default().begun.push((at, *execution)),
            Entry::Answered(key, execution) => stories.entry(key).or_default().answered = Some(*execution),
            Entry::Before(_) | Entry::After(_) => {}
        }
    }
    stories
}

/// All outages, by process.
#[derive(Debug, Default)]
struct Outages {
    broker: Vec<Span>,
    workers: HashMap<u32, Vec<Span>>,
}

impl Outages {
    fn of(entries: &[Entry]) -> Self {
        let mut outages = Self::default();
        for (from, entry) in entries.iter().enumerate() {
            let Entry::Before(outage) = entry else { continue };
            let after = entries[from..].iter().position(|entry| *entry == Entry::After(*outage));
            let span = Span { outage: *outage, from, to: after.map_or(entries.len(), |after| from + after) };
            match outage {
                Outage::BrokerKilled => outages.broker.push(span),
                Outage::WorkerKilled(worker) | Outage::WorkerSuspended(worker) => {
                    outages.workers.entry(*worker).or_default().push(span);
                }
            }
        }
        outages
    }

    /// The last outage of this worker, otherwise of the broker, that was not over at `from` and had begun at `to`.
    fn between(&self, worker: u32, from: usize, to: usize) -> Option<Outage> {
        let spans = self.workers.get(&worker).into_iter().flatten().rev().chain(self.broker.iter().rev());
        spans.copied().find(|span| span.to > from && span.from < to).map(|span| span.outage)
    }

    /// Why this execution, which has begun there, made no reply; the one that did has begun at `useful`.
    fn reason(&self, asked: usize, (begun, execution): (usize, Execution), useful: usize) -> Option<Reason> {
        match self.between(execution.worker, begun, useful) {
            Some(Outage::BrokerKilled) => Some(Reason::BrokerKilled),
            Some(Outage::WorkerKilled(_)) => Some(Reason::WorkerKilled),
            Some(Outage::WorkerSuspended(_)) => Some(Reason::WorkerSuspended),
            None => self.between(execution.worker, asked, begun).map(|_| Reason::BegunLate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KILL: Outage = Outage::WorkerKilled(1);

    fn begun(worker: u32) -> Entry {
        Entry::Begun("a".to_owned(), Execution { worker, number: 1 })
    }

    fn answered(worker: u32) -> Entry {
        Entry::Answered("a".to_owned(), Execution { worker, number: 1 })
    }

    fn of(entries: impl IntoIterator<Item = Entry>) -> (Vec<(Reason, usize)>, usize) {
        let entries: Vec<Entry> = [Entry::Asked("a".to_owned())].into_iter().chain(entries).collect();
        let doubles = Doubles::of(&entries);
        (doubles.reasons.into_iter().collect(), doubles.faults.len())
    }

    #[test]
    fn an_execution_whose_worker_or_broker_has_an_outage_before_the_next_one_is_explained() {
        for (outage, reason) in [
            (KILL, Reason::WorkerKilled),
            (Outage::WorkerSuspended(1), Reason::WorkerSuspended),
            (Outage::BrokerKilled, Reason::BrokerKilled),
        ] {
            let (before, after) = (Entry::Before(outage), Entry::After(outage));
            // An entry of the outage may be written before or after what it causes.
            for entries in [
                [begun(1), before.clone(), after.clone(), begun(2), answered(2)],
                [begun(1), before.clone(), begun(2), after.clone(), answered(2)],
                [before.clone(), begun(1), after.clone(), begun(2), answered(2)],
                [before, begun(1), begun(2), answered(2), after],
            ] {
                assert_eq!(of(entries), (vec![(reason, 1)], 0));
            }
        }
    }

    #[test]
    fn an_outage_of_another_worker_or_at_another_time_explains_nothing() {
        let [before, after] = [Entry::Before(KILL), Entry::After(KILL)];
        assert_eq!(of([begun(1), begun(2), answered(2)]), (vec![], 1));
        assert_eq!(of([begun(2), before.clone(), after.clone(), begun(3), answered(3)]), (vec![], 1));
        assert_eq!(of([begun(1), begun(2), before.clone(), after.clone(), answered(2)]), (vec![], 1));
        assert_eq!(of([begun(1), begun(2), begun(3), before, after, answered(3)]), (vec![], 2));
    }

    #[test]
    fn an_execution_that_begins_after_the_outage_is_late() {
        for outage in [KILL, Outage::BrokerKilled] {
            let (before, after) = (Entry::Before(outage), Entry::After(outage));
            for entries in [
                [before.clone(), after.clone(), begun(1), begun(2), answered(2)],
                [before.clone(), after.clone(), begun(2), begun(1), answered(2)],
                [before, after, begun(2), answered(2), begun(1)],
            ] {
                assert_eq!(of(entries), (vec![(Reason::BegunLate, 1)], 0));
            }
        }
    }

    #[test]
    fn an_execution_that_begins_late_does_not_hide_the_outage_of_another_one() {
        let killed = |worker| [Entry::Before, Entry::After].map(|entry| entry(Outage::WorkerKilled(worker)));
        let ([first, first_over], [second, second_over]) = (killed(1), killed(2));
        let entries = [first, first_over, begun(2), begun(1), second, second_over, begun(3), answered(3)];
        assert_eq!(of(entries), (vec![(Reason::WorkerKilled, 1), (Reason::BegunLate, 1)], 0));
    }

    #[test]
    fn a_request_without_a_reply_of_an_execution_is_a_fault() {
        assert_eq!(of([begun(1)]), (vec![], 1));
        assert_eq!(of([begun(1), answered(2)]), (vec![], 1));
        assert_eq!(of([begun(1), answered(1)]), (vec![], 0));
    }
}
