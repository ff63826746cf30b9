//! A program that connects to a `ROUTER` of the kit, such as a client or a worker.

use std::time::Duration;

use super::{Finding, Frames, Peer, Running, Verdict, candidate::START_WITHIN, peer::ROUTER, raw::Silent};

/// The program, and the socket to which it connects.
pub(super) struct Routed {
    pub(super) program: Running,
    pub(super) router: Peer,
}

impl Routed {
    /// A program that `run` starts with the endpoint of the socket.
    pub(super) fn start(run: impl FnOnce(&str) -> Result<Running, Finding>) -> Result<Self, Finding> {
        let router = Peer::bind(ROUTER)?;
        let program = run(router.endpoint())?;
        Ok(Self { program, router })
    }

    /// The same, for a program that has found a listener that does not answer, and then nothing, before the socket is bound.
    pub(super) fn start_late(run: impl FnOnce(&str) -> Result<Running, Finding>) -> Result<Self, Finding> {
        let silent = Silent::bind()?;
        let endpoint = silent.endpoint().to_owned();
        let program = run(&endpoint)?;
        let stream = program.expect("a connection", START_WITHIN, |left| silent.accept_within(left))?;
        drop((stream, silent));
        Ok(Self { program, router: Peer::bind_at(ROUTER, &endpoint)? })
    }

    /// Closes the socket, and binds another one at its endpoint, which knows no connection.
    pub(super) fn rebind(self) -> Result<Self, Finding> {
        Ok(Self { router: self.router.rebind()?, ..self })
    }

    /// The routing id and the frames of the next message; `what` is expected, in words.
    pub(super) fn next(&self, what: &str, bound: Duration) -> Result<(Vec<u8>, Frames), Finding> {
        let mut message = self.program.expect_message(&self.router, what, bound)?;
        if message.is_empty() {
            return Err(Finding::failed("a message without frames"));
        }
        let id = message.remove(0);
        Ok((id, message))
    }

    /// Sends a message to the connection with this routing id.
    pub(super) fn send(&self, id: &[u8], message: &Frames) -> Verdict {
        self.router.send([id].into_iter().chain(message.iter().map(Vec::as_slice)))
    }
}
