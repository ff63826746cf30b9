//! The connected workers: which sent READY on which connection, and what each reports. Pure.
//!
//! A worker sends READY once a connection, and stays ready for batch after batch, as long as its connection on results is
//! up. Messages and monitor events come on different paths, so either may be first: a READY counts from the moment that
//! its connection is known, and a READY of a moment ago also counts for a connection that becomes known after it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};

use wire::{
    WorkerName,
    monitor::{EventKind, MonitorEvent},
};

use crate::{event::NamedWorker, rates::Rate};

/// How many names are kept; workers beyond count as nameless.
const NAMES_MAX: usize = 256;

/// How many connections are followed, far more than a machine has workers.
const CONNECTIONS_MAX: usize = 10_000;

/// How long a worker that is gone stays in the list.
const GONE_FOR: Duration = Duration::from_secs(10);

/// How long a READY may be ahead of its connection's event.
const AHEAD: Duration = Duration::from_secs(1);

/// A worker that has reported nothing for so long does nothing.
const IDLE_AFTER: Duration = Duration::from_millis(1_500);

/// The connected workers, and those that have disconnected not long ago.
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
    /// Orders valued since its start.
    done: u64,
    /// What that was at the beginning of the batch.
    before: u64,
    /// Of `done`, by the last reports.
    rate: Rate,
    /// Since when it is disconnected.
    gone_since: Option<Instant>,
}

impl Workers {
    /// An event of the monitor of results.
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

    /// A worker sent READY.
    pub(crate) fn handle_ready(&mut self, now: Instant, connection: u64, name: Option<WorkerName>) {
        if self.ready.len() >= CONNECTIONS_MAX && !self.ready.contains_key(&connection) {
            return;
        }
        if let Some(name) = &name {
            self.keep_name(name);
        }
        self.ready.insert(connection, Ready { name, at: now });
        self.settle(now);
    }

    /// A batch begins: its orders are counted from here.
    pub(crate) fn handle_batch(&mut self) {
        for named in self.named.values_mut() {
            named.before = named.done;
        }
    }

    /// A worker reported how many orders it has valued since its start. Reports of unknown workers are ignored.
    pub(crate) fn handle_report(&mut self, now: Instant, name: &WorkerName, done: u64) {
        let Some(named) = self.named.get_mut(name) else { return };
        if done < named.done {
            // Another worker, with the process id of the one before.
            named.before = 0;
        }
        named.done = done;
        named.rate.handle_count(now, done);
    }

    /// Forgets what is too old.
    pub(crate) fn handle_time(&mut self, now: Instant) {
        let live = &self.live;
        self.ready.retain(|connection, ready| live.contains(connection) || now < ready.at + AHEAD);
        self.named.retain(|_, named| named.gone_since.is_none_or(|since| now < since + GONE_FOR));
        for named in self.named.values_mut() {
            if named.rate.last_at().is_some_and(|at| at + IDLE_AFTER <= now) {
                named.rate.clear();
            }
        }
    }

    /// Whether [`Workers::handle_time`] will change anything.
    pub(crate) fn is_changing(&self) -> bool {
        self.named.values().any(|named| named.gone_since.is_some() || named.rate.last_at().is_some())
    }

    /// How many workers are connected.
    pub(crate) fn count(&self) -> usize {
        self.connected().count()
    }

    /// Whether there is no connection at all, of a worker or of another peer.
    pub(crate) fn is_deserted(&self) -> bool {
        self.live.is_empty()
    }

    /// Whether a worker with this process id is connected.
    pub(crate) fn has_pid(&self, pid: u32) -> bool {
        self.connected().flatten().any(|name| name.parts().is_some_and(|parts| parts.pid == pid))
    }

    /// All that gave their names, sorted.
    pub(crate) fn named(&self) -> Vec<NamedWorker> {
        let worker = |(name, named): (&WorkerName, &Named)| NamedWorker {
            name: name.clone(),
            connected: named.gone_since.is_none(),
            done: named.done - named.before,
            done_in_all: named.done,
            per_second: named.rate.per_second(),
        };
        self.named.iter().map(worker).collect()
    }

    /// How many are connected and gave no name, or one for which there was no room.
    pub(crate) fn nameless(&self) -> u64 {
        let is_nameless = |name: &Option<&WorkerName>| name.is_none_or(|name| !self.named.contains_key(name));
        self.connected().filter(is_nameless).count() as u64
    }

    /// The connections of the workers.
    pub(crate) fn connections(&self) -> impl Iterator<Item = u64> {
        self.ready.keys().copied().filter(|connection| self.live.contains(connection))
    }

    /// The name of each connected worker.
    fn connected(&self) -> impl Iterator<Item = Option<&WorkerName>> {
        let is_live = |(connection, _): &(&u64, &Ready)| self.live.contains(connection);
        self.ready.iter().filter(is_live).map(|(_, ready)| ready.name.as_ref())
    }

    /// Keeps a new name. It replaces one that is gone, of the same language and host; and if there is no room, the one that
    /// is gone longest.
    fn keep_name(&mut self, name: &WorkerName) {
        if self.named.contains_key(name) {
            return;
        }
        let kind = |name: &WorkerName| name.parts().map(|parts| (parts.language.to_owned(), parts.host.to_owned()));
        let is_predecessor = |(other, named): &(&WorkerName, &Named)| {
            named.gone_since.is_some() && kind(name).is_some() && kind(other) == kind(name)
        };
        let predecessors = self.named.iter().filter(is_predecessor);
        if let Some(predecessor) = predecessors.min_by_key(|(_, named)| named.gone_since).map(|(name, _)| name.clone())
        {
            self.named.remove(&predecessor);
        }
        if self.named.len() >= NAMES_MAX {
            let gone = self.named.iter().filter_map(|(name, named)| Some((named.gone_since?, name)));
            let Some(longest) = gone.min().map(|(_, name)| name.clone()) else { return };
            self.named.remove(&longest);
        }
        self.named.insert(name.clone(), Named::default());
    }

    /// Notes which workers have connected and disconnected.
    fn settle(&mut self, now: Instant) {
        let live = &self.live;
        // The connection of an old READY is gone, and the next one with its number is another peer's.
        self.ready.retain(|connection, ready| live.contains(connection) || now < ready.at + AHEAD);
        let connected: HashSet<WorkerName> = self.connected().flatten().cloned().collect();
        for (name, named) in &mut self.named {
            if connected.contains(name) {
                named.gone_since = None;
            } else {
                named.gone_since.get_or_insert(now);
            }
        }
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
        workers.handle_ready(now, 9, Some(name(70)));
        (workers, now)
    }

    fn connected(workers: &Workers) -> Vec<(String, bool)> {
        workers.named().into_iter().map(|worker| (worker.name.to_string(), worker.connected)).collect()
    }

    #[test]
    fn a_worker_is_connected_from_ready_until_its_connection_closes() {
        let (mut workers, now) = with_one();
        workers.handle_ready(now, 9, Some(name(70)));
        assert_eq!((workers.count(), workers.has_pid(70), workers.has_pid(7)), (1, true, false));
        event(&mut workers, now, EventKind::Disconnected, 9);
        assert_eq!((workers.count(), workers.has_pid(70), workers.is_deserted()), (0, false, true));
        assert_eq!(connected(&workers), [("rust:host:70".to_owned(), false)]);
        assert!(workers.is_changing());
        workers.handle_time(now + GONE_FOR);
        assert!(workers.named().is_empty() && !workers.is_changing());
    }

    #[test]
    fn ready_may_be_ahead_of_the_event_of_its_connection() {
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
        assert_eq!(connected(&workers), [("rust:host:71".to_owned(), true)]);
        // The events of both connections after the second READY.
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
        workers.handle_ready(now, 11, Some(name(70)));
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
        workers.handle_time(end + IDLE_AFTER);
        let named = workers.named().remove(0);
        assert_eq!((named.done, named.per_second), (1500, 0.0));
        workers.handle_report(end, &name(99), 5);
        assert_eq!(workers.named().len(), 1);
    }

    #[test]
    fn a_new_worker_replaces_one_of_its_kind_that_is_gone() {
        let (mut workers, now) = with_one();
        event(&mut workers, now, EventKind::Accepted, 10);
        workers.handle_ready(now, 10, Some("go:host:3".parse().unwrap()));
        event(&mut workers, now, EventKind::Disconnected, 9);
        event(&mut workers, now, EventKind::Disconnected, 10);
        event(&mut workers, now, EventKind::Accepted, 11);
        workers.handle_ready(now, 11, Some(name(71)));
        assert_eq!(connected(&workers), [("go:host:3".to_owned(), false), ("rust:host:71".to_owned(), true)]);
        event(&mut workers, now, EventKind::Accepted, 12);
        workers.handle_ready(now, 12, Some(name(72)));
        assert_eq!(workers.named().len(), 3);
    }

    #[test]
    fn orders_are_counted_from_the_beginning_of_the_batch() {
        let (mut workers, now) = with_one();
        let done = |workers: &Workers| workers.named().first().map(|named| (named.done, named.done_in_all));
        workers.handle_report(now, &name(70), 100);
        workers.handle_batch();
        assert_eq!(done(&workers), Some((0, 100)));
        workers.handle_report(now, &name(70), 130);
        assert_eq!(done(&workers), Some((30, 130)));
        workers.handle_report(now, &name(70), 5);
        assert_eq!(done(&workers), Some((5, 5)));
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
        assert!(workers.has_pid(300) && workers.named().iter().any(|worker| worker.name == name(300)));
    }
}
