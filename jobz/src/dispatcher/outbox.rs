//! What the broker has to send.

use wire::Frames;

/// Messages to send, each with the routing id of its receiver before it. Their memory is used again.
#[derive(Debug, Default)]
pub struct Outbox {
    messages: Vec<Frames>,
    len: usize,
}

impl Outbox {
    /// An empty message to this receiver, to be filled.
    pub fn to(&mut self, routing_id: &[u8]) -> &mut Frames {
        if self.len == self.messages.len() {
            self.messages.push(Frames::new());
        }
        let message = &mut self.messages[self.len];
        self.len += 1;
        message.clear();
        message.push(routing_id);
        message
    }

    /// The messages in the order in which they were added.
    #[must_use]
    pub fn messages(&self) -> &[Frames] {
        &self.messages[..self.len]
    }

    /// Removes all messages.
    pub fn clear(&mut self) {
        self.len = 0;
    }
}
