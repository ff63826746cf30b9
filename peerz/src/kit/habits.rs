//! What every role does at a signal and with wrong arguments.

use std::time::Duration;

use super::{Candidate, Finding, Running, Verdict, candidate::ANSWER_WITHIN, check::ensure};

/// The section that specifies it.
pub const SECTION: &str = "README.md#habits";

/// How long the end of a program may take after a signal: the second of the protocols, and one more for a busy machine.
pub const STOP_WITHIN: Duration = Duration::from_secs(2);

/// With an argument that no program has, it exits with 2 and an explanation on standard error, without any endpoint.
///
/// # Errors
/// It does something else.
pub fn usage(candidate: &Candidate) -> Verdict {
    let mut running = candidate.start(&[], &["--no-such-argument"])?;
    running.end_input();
    running.exit_with(2, ANSWER_WITHIN)?;
    ensure(running.has_logged(), || "expected the usage on standard error; nothing was written there".to_owned())
}

/// After a signal that `send` sends it exits in time with this code.
///
/// # Errors
/// It does not.
pub fn stops(mut running: Running, code: i32, send: impl FnOnce(&mut Running)) -> Verdict {
    send(&mut running);
    running.exit_with(code, STOP_WITHIN).map_err(|finding| match finding {
        Finding::Failed(reason) => Finding::Failed(format!("after the signal: {reason}")),
        Finding::Unsupported => Finding::Unsupported,
    })
}
