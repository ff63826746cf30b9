//! A feed's end of the channel to the dashboard: when it is time to tell, and what has not been told yet.

use std::{
    sync::mpsc::{SyncSender, TrySendError},
    time::{Duration, Instant},
};

use wire::DecodeError;

use crate::{event::Event, view::SocketId};

/// The least time between two tellings: thirty a second.
const BEAT: Duration = Duration::from_millis(33);

/// Tells at a bounded rate, and never waits.
#[derive(Debug)]
pub(crate) struct Outlet {
    events: SyncSender<Event>,
    next: Option<Instant>,
}

impl Outlet {
    pub(crate) const fn new(events: SyncSender<Event>) -> Self {
        Self { events, next: None }
    }

    /// When it is time to tell, if that is not yet.
    pub(crate) fn next_beat(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|&next| now < next)
    }

    /// Whether it is time to tell. Then the next time is a beat later.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.next_beat(now).is_none();
        if due {
            self.next = Some(now + BEAT);
        }
        due
    }

    /// Offers an event to the dashboard; it comes back where there is no room. A dashboard that is gone takes all.
    pub(crate) fn tell(&self, event: Event) -> Option<Event> {
        match self.events.try_send(event) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => None,
            Err(TrySendError::Full(event)) => Some(event),
        }
    }

    /// Tells that a socket is silent or heard again, unless that was told last.
    pub(crate) fn tell_silence(&self, socket: SocketId, silence: Option<String>, told: &mut Option<String>) {
        if *told != silence && self.tell(Event::Silent(socket, silence.clone())).is_none() {
            *told = silence;
        }
    }
}

/// The malformed messages of one socket, of which only the number and the last fault are told.
#[derive(Debug)]
pub(crate) struct Faults {
    socket: SocketId,
    count: u64,
    told: u64,
    last: Option<DecodeError>,
}

impl Faults {
    pub(crate) const fn of(socket: SocketId) -> Self {
        Self { socket, count: 0, told: 0, last: None }
    }

    /// One more.
    pub(crate) const fn note(&mut self, error: DecodeError) {
        self.count += 1;
        self.last = Some(error);
    }

    /// Counts from zero again.
    pub(crate) const fn reset(&mut self) {
        *self = Self::of(self.socket);
    }

    /// Whether there is something to tell.
    pub(crate) const fn is_news(&self) -> bool {
        self.count != self.told
    }

    /// Tells the number and the last fault, if there is news.
    pub(crate) fn tell(&mut self, outlet: &Outlet) {
        if self.is_news()
            && let Some(error) = self.last
            && outlet.tell(Event::Malformed(self.socket, self.count, error.to_string())).is_none()
        {
            self.told = self.count;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use wire::Fault;

    use super::*;

    #[test]
    fn it_tells_at_most_once_a_beat() {
        let (mut outlet, start) = (Outlet::new(sync_channel(1).0), Instant::now());
        let due = (0..1000).filter(|&millis| outlet.is_due(start + Duration::from_millis(millis))).count();
        assert_eq!(due, 31);
        let late = start + Duration::from_secs(5);
        assert_eq!(outlet.next_beat(late), None);
        assert!(outlet.is_due(late) && outlet.next_beat(late) == Some(late + BEAT));
    }

    #[test]
    fn faults_that_find_no_room_are_told_with_those_that_came_since() {
        let (sender, events) = sync_channel(1);
        let (outlet, mut faults) = (Outlet::new(sender), Faults::of(SocketId::TickzSub));
        faults.tell(&outlet);
        for _ in 0..2 {
            faults.note(Fault::Missing.of("price"));
            faults.tell(&outlet);
        }
        let told = |events: &std::sync::mpsc::Receiver<Event>| match events.try_recv() {
            Ok(Event::Malformed(SocketId::TickzSub, count, reason)) => (count, reason),
            other => panic!("{other:?}"),
        };
        assert_eq!(told(&events), (1, "price: missing".to_owned()));
        faults.note(Fault::NotFinite.of("timestamp"));
        faults.tell(&outlet);
        faults.tell(&outlet);
        assert_eq!(told(&events).0, 3);
        assert!(events.try_recv().is_err());
    }
}
