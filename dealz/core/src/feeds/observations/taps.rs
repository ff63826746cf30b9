//! The last messages of the sockets that are looked at; any thread may ask for them.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use wire::{
    DecodeError,
    report::{Label, MessageReport, ProcessId, ProcessState, SocketName, Topic},
};

use super::lock;
use crate::{message::message_view, view::MessageView};

/// How many sockets can be looked at. One more, and the one that was asked for the longest time ago is forgotten.
pub(super) const TAPS_MAX: usize = 40;

/// How many messages of a socket are kept.
const MESSAGES_MAX: usize = 200;

/// How long after the last question messages of a socket are still wanted.
const WANTED: Duration = Duration::from_secs(5);

/// Of how many processes the sockets are known.
const PROCESSES_MAX: usize = 256;

/// The messages of all sockets that are looked at; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taps(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    taps: BTreeMap<String, Tap>,
    processes: HashMap<ProcessId, Process>,
}

/// One socket that is looked at.
#[derive(Debug)]
struct Tap {
    topic: Topic,
    asked_at: Instant,
    messages: VecDeque<MessageReport>,
}

/// What is needed to describe the messages of a process, and when it last reported.
#[derive(Debug)]
struct Process {
    sockets: Vec<Socket>,
    heard_at: Instant,
}

#[derive(Debug)]
struct Socket {
    name: SocketName,
    kind: Label,
    channel: Option<Label>,
}

impl Taps {
    /// The messages of the socket with this key, oldest first, those after a number if there is one; and whether it was not
    /// looked at before.
    ///
    /// # Errors
    /// No socket can have such a key.
    pub(crate) fn ask(&self, key: &str, after: Option<u64>) -> Result<(Vec<MessageView>, bool), DecodeError> {
        self.ask_at(Instant::now(), key, after)
    }

    fn ask_at(&self, now: Instant, key: &str, after: Option<u64>) -> Result<(Vec<MessageView>, bool), DecodeError> {
        let mut kept = lock(&self.0);
        if let Some(tap) = kept.taps.get_mut(key) {
            tap.asked_at = now;
            let new = tap.messages.iter().rev().take_while(|report| is_after(report, after)).count();
            return Ok((kept.views(key, new), false));
        }
        let topic = Topic::decode(format!("message/{key}").as_bytes())?;
        if kept.taps.len() >= TAPS_MAX {
            let oldest = kept.taps.iter().min_by_key(|(_, tap)| tap.asked_at).map(|(key, _)| key.clone());
            oldest.and_then(|key| kept.taps.remove(&key));
        }
        kept.taps.insert(key.to_owned(), Tap { topic, asked_at: now, messages: VecDeque::new() });
        Ok((Vec::new(), true))
    }

    /// The keys of the sockets that are looked at.
    pub(crate) fn keys(&self) -> Vec<String> {
        lock(&self.0).taps.keys().cloned().collect()
    }

    /// The messages of a socket after a number, oldest first; if they are more than `most`, the last `few` of them. That is no
    /// question: it does not have them reported for longer.
    pub(crate) fn newest(&self, key: &str, after: Option<u64>, most: usize, few: usize) -> Vec<MessageView> {
        let kept = lock(&self.0);
        let messages = kept.taps.get(key).into_iter().flat_map(|tap| &tap.messages);
        let new = messages.rev().take_while(|report| is_after(report, after)).count();
        kept.views(key, if new > most { few } else { new })
    }

    /// Forgets all messages.
    pub(crate) fn clear(&self) {
        lock(&self.0).taps.values_mut().for_each(|tap| tap.messages.clear());
    }

    /// Keeps a message.
    pub(super) fn handle_message(&self, report: MessageReport) {
        let key = format!("{}/{}", report.process, report.socket);
        let mut kept = lock(&self.0);
        let Some(tap) = kept.taps.get_mut(&key) else { return };
        if tap.messages.len() >= MESSAGES_MAX {
            tap.messages.pop_front();
        }
        tap.messages.push_back(report);
    }

    /// Notes which sockets a process has.
    pub(super) fn handle_state(&self, now: Instant, state: &ProcessState) {
        let mut kept = lock(&self.0);
        if kept.processes.len() >= PROCESSES_MAX && !kept.processes.contains_key(&state.process) {
            let oldest = kept.processes.iter().min_by_key(|(_, process)| process.heard_at).map(|(id, _)| *id);
            oldest.and_then(|id| kept.processes.remove(&id));
        }
        let sockets = state.sockets.iter().map(|socket| Socket {
            name: socket.name.clone(),
            kind: socket.kind.clone(),
            channel: socket.channel.clone(),
        });
        kept.processes.insert(state.process, Process { sockets: sockets.collect(), heard_at: now });
    }

    /// The topics whose messages are wanted; forgets sockets that no page has asked for in a while.
    pub(super) fn topics(&self, now: Instant) -> Vec<Topic> {
        let mut kept = lock(&self.0);
        kept.taps.retain(|_, tap| now.saturating_duration_since(tap.asked_at) < WANTED);
        kept.taps.values().map(|tap| tap.topic.clone()).collect()
    }
}

impl Kept {
    /// The last messages of a socket, as many as there are.
    fn views(&self, key: &str, last: usize) -> Vec<MessageView> {
        let Some(Tap { messages, .. }) = self.taps.get(key) else { return Vec::new() };
        let socket = |report: &MessageReport| {
            self.processes.get(&report.process)?.sockets.iter().find(|socket| socket.name == report.socket)
        };
        // All messages are of one socket.
        let socket = messages.front().and_then(socket);
        let kind = socket.map_or("", |socket| socket.kind.as_str());
        let channel = socket.and_then(|socket| socket.channel.as_ref()).map(Label::as_str);
        let wanted = messages.range(messages.len().saturating_sub(last)..);
        wanted.map(|report| message_view(report, kind, channel)).collect()
    }
}

/// Whether a message was reported after the one with this number, if there is one.
fn is_after(report: &MessageReport, number: Option<u64>) -> bool {
    number.is_none_or(|number| report.header.number > number)
}

#[cfg(test)]
mod tests {
    use wire::{
        Frames,
        report::{Direction, MessageHeader},
    };

    use super::*;

    const KEY: &str = "0000000000000007/tickz.sub";

    fn message(number: u64) -> MessageReport {
        let content: Frames = ["MSFT"].into_iter().collect();
        let header = MessageHeader {
            number,
            time_ms: 1.0,
            direction: Direction::Received,
            frames: 1,
            bytes: content.byte_len() as u64,
            cut: false,
        };
        MessageReport { process: ProcessId(7), socket: "tickz.sub".parse().unwrap(), header, content }
    }

    fn ids(taps: &Taps, now: Instant) -> Vec<u64> {
        taps.ask_at(now, KEY, None).unwrap().0.iter().map(|view| view.id).collect()
    }

    #[test]
    fn the_last_messages_of_a_socket_are_kept_while_a_page_asks_for_them() {
        let (taps, start) = (Taps::default(), Instant::now());
        taps.handle_message(message(0));
        assert_eq!(taps.ask_at(start, KEY, None).unwrap(), (Vec::new(), true));
        (1..=250).for_each(|number| taps.handle_message(message(number)));
        assert_eq!(ids(&taps, start), (51..=250).collect::<Vec<_>>());
        let later = start + WANTED / 2;
        assert_eq!(ids(&taps, later).len(), 200);
        let after = taps.ask_at(later, KEY, Some(248)).unwrap().0;
        assert_eq!(after.iter().map(|view| view.id).collect::<Vec<_>>(), [249, 250]);
        assert_eq!(taps.topics(start + WANTED).len(), 1);
        assert_eq!(taps.keys().len(), 1);
        assert_eq!(taps.topics(later + WANTED), []);
        assert_eq!(taps.ask_at(later + WANTED, KEY, None).unwrap(), (Vec::new(), true));
    }

    #[test]
    fn of_few_new_messages_there_are_all_and_of_many_the_last_ones() {
        let taps = Taps::default();
        let newest = |after| taps.newest(KEY, after, 3, 2).iter().map(|view| view.id).collect::<Vec<_>>();
        assert_eq!(newest(None), Vec::<u64>::new());
        taps.ask(KEY, None).unwrap();
        (0..3).for_each(|number| taps.handle_message(message(number)));
        assert_eq!((newest(None), newest(Some(1)), newest(Some(2))), (vec![0, 1, 2], vec![2], vec![]));
        taps.handle_message(message(3));
        assert_eq!((newest(None), newest(Some(0))), (vec![2, 3], vec![1, 2, 3]));
    }

    #[test]
    fn no_question_is_beyond_the_limits_and_the_oldest_gives_way() {
        let (taps, start) = (Taps::default(), Instant::now());
        for wrong in ["", "7/tickz.sub", "0000000000000007", "0000000000000007/", "0000000000000007/a b"] {
            assert!(taps.ask(wrong, None).is_err(), "{wrong}");
        }
        let key = |number: u64| format!("{number:016x}/a");
        let most = TAPS_MAX as u64;
        for number in 0..3 * most {
            taps.ask_at(start + Duration::from_millis(number), &key(number), None).unwrap();
        }
        assert_eq!(taps.keys(), (2 * most..3 * most).map(key).collect::<Vec<_>>());
    }

    #[test]
    fn after_everything_is_cleared_messages_come_again() {
        let (taps, now) = (Taps::default(), Instant::now());
        let _ = ids(&taps, now);
        taps.handle_message(message(1));
        taps.clear();
        taps.handle_message(message(2));
        assert_eq!(ids(&taps, now), [2]);
    }
}
