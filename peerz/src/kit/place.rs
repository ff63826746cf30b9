//! An endpoint at which no process listens, until one binds it.

use sockets::ports::{self, Held};

use super::Finding;

/// A port of the loopback interface that the system gives only to processes that name it, as long as this is kept.
#[derive(Debug)]
pub struct Place(Held);

impl Place {
    /// A free one.
    ///
    /// # Errors
    /// The system has no port left.
    pub fn free() -> Result<Self, Finding> {
        let held = ports::hold().map(Self);
        held.map_err(|error| Finding::Failed(format!("the kit itself cannot find a free port: {error}")))
    }

    /// Its endpoint.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.0.port())
    }
}
