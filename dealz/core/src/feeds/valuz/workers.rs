//! The workers that are there: who said READY on which connection, and what each reports. Pure.
//!
//! A worker says READY once a connection, and stays ready for batch after batch; it is there as long as its
//! connection on results. Messages and news of connections come on two ways, so either may be first: a READY counts
//! from the moment that its connection is known, and one that is a moment old also counts for a connection that comes
//! to be known after it.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    time::{Duration, Instant},
};

use wire::{
    WorkerName,
    monitor::{EventKind, MonitorEvent},
};

use crate::event::NamedWorker;

/// How many names are kept; workers beyond count as nameless.
const NAMES_MAX: usize = 256;

/// How many connections are followed, far more than a machine has workers.
const CONNECTIONS_MAX: usize = 10_000;

/// How long a worker that is gone stays in the list.
const GONE_FOR: Duration = Duration::from_secs(10);

/// How long a READY may be ahead of its connection's news.
const AHEAD: Duration = Duration::from_secs(1);

/// The time over which a rate is counted.
const RATE_OVER: Duration = Duration::from_secs(1);

/// A worker that has reported nothing for so long stands still.
const STANDS_STILL: Duration = Duration::from_millis(1_500);

/// Who is there.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    /// The connections on results that are up, by their file descriptors.
    live: HashSet<u64>,
    /// The last READY of each connection.
    ready: HashMap<u64, Ready>,
    named: BTreeMap<WorkerName, Named>,
}

#[derive(Debug)]
struct Ready {
    name: Option<WorkerName>,
    at: Instant,
}

/// What is known of a worker by its name.
#[derive(Debug, Default)]
struct Named {
    done: u64,
    /// The last reports, oldest first.
    reports: VecDeque<(Instant, u64)>,
    /// Since when it is not there.
    gone_since: Option<Instant>,
}

impl Workers {
    /// The monitor of results tells.
    pub(crate) fn handle_event(&mut self, now: Instant, event: &MonitorEvent) {
        let connection = u64::from(event.value);
        match event.kind {
            EventKind::Accepted if self.live.len() < CONNECTIONS_MAX => {
                self.live.insert(connection);
            }
            EventKind::Disconnected | EventKind::Closed => {
                self.live.remove(&connection);
            }
            _ => return,
        }
        self.settle(now);
    }

    /// A worker said READY. Tells whether it was not ready on this connection before.
    pub(crate) fn handle_ready(&mut self, now: Instant, connection: u64, name: Option<WorkerName>) -> bool {
        if self.ready.len() >= CONNECTIONS_MAX && !self.ready.contains_key(&connection) {
            return false;
        }
        if let Some(name) = &name {
            self.keep_name(name);
        }
        let is_new = self.ready.get(&connection).is_none_or(|ready| ready.name != name);
        self.ready.insert(connection, Ready { name, at: now });
        self.settle(now);
        is_new
    }

    /// A worker that is known told how many orders it has done since its start; what others tell is passed over.
    pub(crate) fn handle_report(&mut self, now: Instant, name: &WorkerName, done: u64) {
        let Some(named) = self.named.get_mut(name) else { return };
        if done < named.done {
            named.reports.clear();
        }
        named.done = done;
        named.reports.push_back((now, done));
        // The newest of those that are too old is where the rate is counted from.
        while named.reports.get(1).is_some_and(|&(at, _)| at + RATE_OVER < now) || named.reports.len() > 64 {
            named.reports.pop_front();
        }
    }

    /// Forgets what is over.
    pub(crate) fn handle_time(&mut self, now: Instant) {
        let live = &self.live;
        self.ready.retain(|connection, ready| live.contains(connection) || now < ready.at + AHEAD);
        self.named.retain(|_, named| named.gone_since.is_none_or(|since| now < since + GONE_FOR));
        for named in self.named.values_mut() {
            if named.reports.back().is_some_and(|&(at, _)| at + STANDS_STILL <= now) {
                named.reports.clear();
            }
        }
    }

    /// Whether [`Workers::handle_time`] changes anything as time goes by.
    pub(crate) fn is_changing(&self) -> bool {
        self.named.values().any(|named| named.gone_since.is_some() || !named.reports.is_empty())
    }

    /// How many workers are there.
    pub(crate) fn count(&self) -> usize {
        self.connected().count()
    }

    /// Whether there is no connection at all, of a worker or of somebody else.
    pub(crate) fn is_deserted(&self) -> bool {
        self.live.is_empty()
    }

    /// Whether a worker with this process id is there.
    pub(crate) fn has_pid(&self, pid: u32) -> bool {
        let its_pid = |name: &WorkerName| name.as_str().rsplit_once(':')?.1.parse().ok();
        self.connected().flatten().any(|name| its_pid(name) == Some(pid))
    }

    /// All that gave their names, sorted.
    pub(crate) fn named(&self) -> Vec<NamedWorker> {
        let worker = |(name, named): (&WorkerName, &Named)| NamedWorker {
            name: name.to_string(),
            connected: named.gone_since.is_none(),
            done: named.done,
            per_second: named.rate(),
        };
        self.named.iter().map(worker).collect()
    }

    /// How many are there and gave no name, or one for which there was no room.
    pub(crate) fn nameless(&self) -> u64 {
        let is_nameless = |name: &Option<&WorkerName>| name.is_none_or(|name| !self.named.contains_key(name));
        self.connected().filter(is_nameless).count() as u64
    }

    /// The connections of the workers that are there.
    pub(crate) fn connections(&self) -> impl Iterator<Item = u64> {
        self.ready.keys().copied().filter(|connection| self.live.contains(connection))
    }

    /// Of each worker that is there, its name.
    fn connected(&self) -> impl Iterator<Item = Option<&WorkerName>> {
        let is_live = |(connection, _): &(&u64, &Ready)| self.live.contains(connection);
        self.ready.iter().filter(is_live).map(|(_, ready)| ready.name.as_ref())
    }

    /// Makes room for a name where there is none: by forgetting the one that is gone longest.
    fn keep_name(&mut self, name: &WorkerName) {
        if self.named.contains_key(name) {
            return;
        }
        if self.named.len() >= NAMES_MAX {
            let gone = self.named.iter().filter_map(|(name, named)| Some((named.gone_since?, name)));
            let Some(longest) = gone.min().map(|(_, name)| name.clone()) else { return };
            self.named.remove(&longest);
        }
        self.named.insert(name.clone(), Named::default());
    }

    /// Notes who came and who went.
    fn settle(&mut self, now: Instant) {
        let live = &self.live;
        // The connection of an old READY has gone, and the next one with its number is somebody else's.
        self.ready.retain(|connection, ready| live.contains(connection) || now < ready.at + AHEAD);
        let there: HashSet<WorkerName> = self.connected().flatten().cloned().collect();
        for (name, named) in &mut self.named {
            if there.contains(name) {
                named.gone_since = None;
            } else {
                named.gone_since.get_or_insert(now);
            }
        }
    }
}

impl Named {
    /// Orders a second, over the last second of its reports.
    fn rate(&self) -> f64 {
        let (Some(&(since, before)), Some(&(until, done))) = (self.reports.front(), self.reports.back()) else {
            return 0.0;
        };
        let seconds = (until - since).as_secs_f64();
        if seconds > 0.0 { done.saturating_sub(before) as f64 / seconds } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(workers: &mut Workers, now: Instant, kind: EventKind, connection: u32) {
        workers.handle_event(now, &MonitorEvent { kind, value: connection, endpoint: String::new() });
    }

    fn name(pid: u32) -> WorkerName {
        format!("rust:host:{pid}").parse().unwrap()
    }

    fn with_one() -> (Workers, Instant) {
        let (mut workers, now) = (Workers::default(), Instant::now());
        event(&mut workers, now, EventKind::Accepted, 9);
        assert!(workers.handle_ready(now, 9, Some(name(70))));
        (workers, now)
    }

    fn connected(workers: &Workers) -> Vec<(String, bool)> {
        workers.named().into_iter().map(|worker| (worker.name, worker.connected)).collect()
    }

    #[test]
    fn a_worker_is_there_from_ready_until_its_connection_goes() {
        let (mut workers, now) = with_one();
        assert!(!workers.handle_ready(now, 9, Some(name(70))));
        assert_eq!((workers.count(), workers.has_pid(70), workers.has_pid(7)), (1, true, false));
        event(&mut workers, now, EventKind::Disconnected, 9);
        assert_eq!((workers.count(), workers.has_pid(70), workers.is_deserted()), (0, false, true));
        assert_eq!(connected(&workers), [("rust:host:70".to_owned(), false)]);
        assert!(workers.is_changing());
        workers.handle_time(now + GONE_FOR);
        assert!(workers.named().is_empty() && !workers.is_changing());
    }

    #[test]
    fn ready_may_be_ahead_of_the_news_of_its_connection() {
        let (mut workers, now) = (Workers::default(), Instant::now());
        workers.handle_ready(now, 9, None);
        assert_eq!((workers.count(), workers.nameless()), (0, 0));
        event(&mut workers, now + AHEAD / 2, EventKind::Accepted, 9);
        assert_eq!((workers.count(), workers.nameless()), (1, 1));
    }

    #[test]
    fn a_connection_number_that_comes_again_is_another_connection() {
        let (mut workers, now) = with_one();
        let later = now + 2 * AHEAD;
        event(&mut workers, later, EventKind::Disconnected, 9);
        event(&mut workers, later, EventKind::Accepted, 9);
        assert_eq!(workers.count(), 0);
        workers.handle_ready(later, 9, Some(name(71)));
        assert_eq!(connected(&workers), [("rust:host:70".to_owned(), false), ("rust:host:71".to_owned(), true)]);
        // The news of both connections after the second READY.
        let (mut workers, now) = with_one();
        workers.handle_ready(now, 9, Some(name(71)));
        event(&mut workers, now, EventKind::Disconnected, 9);
        event(&mut workers, now, EventKind::Accepted, 9);
        assert!(workers.has_pid(71) && !workers.has_pid(70));
    }

    #[test]
    fn a_worker_that_comes_back_is_the_same_one() {
        let (mut workers, now) = with_one();
        event(&mut workers, now, EventKind::Disconnected, 9);
        event(&mut workers, now, EventKind::Accepted, 11);
        assert!(workers.handle_ready(now, 11, Some(name(70))));
        assert_eq!(connected(&workers), [("rust:host:70".to_owned(), true)]);
        assert_eq!(workers.count(), 1);
    }

    #[test]
    fn a_rate_is_that_of_the_reports_of_the_last_second() {
        let (mut workers, start) = with_one();
        for tenth in 0..=30_u32 {
            workers.handle_report(start + Duration::from_millis(100) * tenth, &name(70), u64::from(50 * tenth));
        }
        let end = start + Duration::from_secs(3);
        workers.handle_time(end);
        let named = workers.named().remove(0);
        assert_eq!((named.done, named.per_second.round()), (1500, 500.0));
        workers.handle_time(end + STANDS_STILL);
        let named = workers.named().remove(0);
        assert_eq!((named.done, named.per_second), (1500, 0.0));
        workers.handle_report(end, &name(99), 5);
        assert_eq!(workers.named().len(), 1);
    }

    #[test]
    fn names_are_bounded_and_those_that_are_gone_make_room() {
        let (mut workers, now) = (Workers::default(), Instant::now());
        for number in 0..300 {
            event(&mut workers, now, EventKind::Accepted, number);
            workers.handle_ready(now, u64::from(number), Some(name(number)));
        }
        assert_eq!((workers.named().len(), workers.nameless(), workers.count()), (NAMES_MAX, 44, 300));
        event(&mut workers, now, EventKind::Closed, 5);
        event(&mut workers, now, EventKind::Accepted, 300);
        workers.handle_ready(now, 300, Some(name(300)));
        assert!(workers.has_pid(300) && workers.named().iter().any(|worker| worker.name == "rust:host:300"));
    }
}
