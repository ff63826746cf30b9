//! Which forms of a tick the subscribers of a publisher want. Pure.
//!
//! Each connection has its own counts: one that ends subscriptions which it does not have takes nothing from another.

use std::collections::HashMap;

use wire::tick;

/// The connections that have subscribed.
#[derive(Debug, Default)]
pub struct Audience {
    connections: HashMap<Option<u64>, Topics>,
    /// The sum of all connections.
    all: Topics,
}

/// How many topics are subscribed to, by what they bring.
#[derive(Debug, Clone, Copy, Default)]
struct Topics {
    ticks: u64,
    bursts: u64,
}

impl Topics {
    fn of(&mut self, topic: &[u8]) -> &mut u64 {
        if tick::is_topic(topic) { &mut self.bursts } else { &mut self.ticks }
    }
}

impl Audience {
    /// How many connections have subscribed to anything. Those whose numbers libzmq does not tell are one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether no connection has subscribed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Whether anyone wants ticks one by one.
    #[inline]
    #[must_use]
    pub const fn wants_ticks(&self) -> bool {
        self.all.ticks > 0
    }

    /// Whether anyone wants bursts.
    #[inline]
    #[must_use]
    pub const fn wants_bursts(&self) -> bool {
        self.all.bursts > 0
    }

    /// A connection subscribes to this topic.
    pub fn handle_begin(&mut self, connection: Option<u64>, topic: &[u8]) {
        *self.connections.entry(connection).or_default().of(topic) += 1;
        *self.all.of(topic) += 1;
    }

    /// A connection ends a subscription. If its number is not known, it may also be one that is gone, and whose subscriptions have
    /// ended already.
    pub fn handle_end(&mut self, connection: Option<u64>, topic: &[u8]) {
        let Some(topics) = self.connections.get_mut(&connection).filter(|_| connection.is_some()) else { return };
        let own = topics.of(topic);
        if *own > 0 {
            *own -= 1;
            *self.all.of(topic) -= 1;
        }
    }

    /// A connection is gone.
    pub fn handle_gone(&mut self, connection: u64) {
        if let Some(topics) = self.connections.remove(&Some(connection)) {
            self.all.ticks -= topics.ticks;
            self.all.bursts -= topics.bursts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wants(audience: &Audience) -> (bool, bool) {
        (audience.wants_ticks(), audience.wants_bursts())
    }

    #[test]
    fn each_form_is_wanted_while_someone_subscribes_to_it() {
        let mut audience = Audience::default();
        assert_eq!((wants(&audience), audience.len()), ((false, false), 0));
        audience.handle_begin(Some(1), b"+MSFT");
        assert_eq!(wants(&audience), (false, true));
        audience.handle_begin(Some(2), b"");
        assert_eq!((wants(&audience), audience.len()), ((true, true), 2));
        audience.handle_end(Some(1), b"+MSFT");
        assert_eq!((wants(&audience), audience.len()), ((true, false), 2));
        audience.handle_gone(2);
        assert_eq!((wants(&audience), audience.len()), ((false, false), 1));
    }

    #[test]
    fn a_connection_ends_only_its_own_subscriptions() {
        let mut audience = Audience::default();
        audience.handle_begin(Some(1), b"+MSFT");
        audience.handle_begin(Some(1), b"MSFT");
        for connection in [Some(2), None] {
            audience.handle_end(connection, b"+MSFT");
        }
        audience.handle_gone(2);
        assert_eq!(wants(&audience), (true, true));
        // One that ends more than it has begun, or what it has not begun.
        audience.handle_begin(Some(2), b"A");
        (0..3).for_each(|_| audience.handle_end(Some(2), b"A"));
        assert_eq!(wants(&audience), (true, true));
        audience.handle_gone(1);
        assert_eq!(wants(&audience), (false, false));
    }

    #[test]
    fn what_an_unknown_connection_wants_is_wanted_for_good() {
        let mut audience = Audience::default();
        audience.handle_begin(None, b"+MSFT");
        audience.handle_end(None, b"+MSFT");
        assert_eq!(wants(&audience), (false, true));
    }
}
