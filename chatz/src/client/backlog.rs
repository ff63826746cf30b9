//! Events that wait for their receiver: bounded, as of those that describe a state only the newest is kept.
//!
//! What happened to a text is never dropped, and texts are bounded where they come from: while the receiver is behind,
//! the client takes neither texts nor broadcasts.

use std::collections::VecDeque;

use crate::event::Event;

/// The events that the channel has not taken yet, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Backlog(VecDeque<Event>);

impl Backlog {
    /// Appends an event, in place of an older one that it makes obsolete.
    pub(crate) fn push(&mut self, event: Event) {
        self.0.retain(|waiting| !replaces(&event, waiting));
        self.0.push_back(event);
    }

    /// Takes the oldest event.
    pub(crate) fn pop(&mut self) -> Option<Event> {
        self.0.pop_front()
    }

    /// Puts the event back that [`Backlog::pop`] took.
    pub(crate) fn put_back(&mut self, event: Event) {
        self.0.push_front(event);
    }
}

fn replaces(event: &Event, waiting: &Event) -> bool {
    match (event, waiting) {
        (Event::Users(_), Event::Users(_))
        | (Event::Server(_), Event::Server(_))
        | (Event::Renamed(_), Event::Renamed(_))
        | (Event::Refused { text: None, .. }, Event::Refused { text: None, .. }) => true,
        (Event::Denied { endpoint, .. }, Event::Denied { endpoint: other, .. }) => endpoint == other,
        (Event::Malformed { channel, .. }, Event::Malformed { channel: other, .. }) => channel == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use wire::chat::{BROADCASTS, REQUESTS};

    use super::*;
    use crate::event::ServerState;

    #[test]
    fn a_server_that_changes_all_the_time_costs_one_event_of_each_kind_and_no_text() {
        let mut backlog = Backlog::default();
        for number in 0..100 {
            let reason = format!("reason {number}");
            for event in [
                Event::Users(Vec::new()),
                Event::Server(ServerState::Up),
                Event::Renamed("ada".parse().unwrap()),
                Event::Refused { text: None, reason: reason.clone() },
                Event::Denied { endpoint: "tcp://127.0.0.1:1".to_owned(), reason: reason.clone() },
                Event::Denied { endpoint: "tcp://127.0.0.1:2".to_owned(), reason: reason.clone() },
                Event::Malformed { channel: REQUESTS, count: number, reason: reason.clone() },
                Event::Malformed { channel: BROADCASTS, count: number, reason },
                Event::Said(number.to_string().parse().unwrap()),
            ] {
                backlog.push(event);
            }
        }
        let events: Vec<Event> = std::iter::from_fn(|| backlog.pop()).collect();
        assert_eq!(events.iter().filter(|event| matches!(event, Event::Said(_))).count(), 100);
        assert_eq!(events.len(), 100 + 8);
        assert!(matches!(&events[102], Event::Refused { reason, .. } if reason == "reason 99"), "{events:?}");
    }
}
