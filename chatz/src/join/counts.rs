//! What observers see of a member: who is present, and how many texts it has received.

use sockets::{Context, Value};
use wire::report::DeclaredValue;

use crate::event::Event;

pub(super) const PRESENT: DeclaredValue = DeclaredValue { name: "present", unit: "users" };
pub(super) const TEXTS: DeclaredValue = DeclaredValue { name: "texts", unit: "texts" };

/// The counts, and where they are reported.
pub(super) struct Counts {
    received: u64,
    present: Value,
    texts: Value,
}

impl Counts {
    pub(super) fn declared(context: &Context) -> Self {
        Self { received: 0, present: context.declared(PRESENT), texts: context.declared(TEXTS) }
    }

    pub(super) fn handle(&mut self, event: &Event) {
        match event {
            Event::Users(users) => self.present.set(users.len() as f64),
            Event::Message { .. } => {
                self.received += 1;
                self.texts.set(self.received as f64);
            }
            _ => {}
        }
    }
}
