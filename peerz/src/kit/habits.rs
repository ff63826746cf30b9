//! What every role does at a signal and with wrong arguments.

use std::time::Duration;

use super::{Candidate, Check, Finding, Running, Verdict, candidate::ANSWER_WITHIN, check::ensure};

/// The section that specifies it.
pub const SECTION: &str = "README.md#habits";

/// How long the end of a program may take after a signal: the second of the protocols, and one more for a busy machine.
pub const STOP_WITHIN: Duration = Duration::from_secs(2);

/// The check of a role's wrong arguments.
pub const USAGE: Check = Check {
    name: "usage",
    section: SECTION,
    claim: "a wrong argument ends it with exit code 2 and the usage on standard error",
    extension: None,
    run: usage,
};

/// The check of a role's end at Ctrl-C, which `run` makes at work.
#[must_use]
pub const fn interrupt(run: fn(&Candidate) -> Verdict) -> Check {
    let claim = "Ctrl-C (SIGINT) ends it within a second, with exit code 0";
    Check { name: "interrupt", section: SECTION, claim, extension: None, run }
}

/// The check of a role's end at SIGTERM, which `run` makes at work.
#[must_use]
pub const fn terminate(run: fn(&Candidate) -> Verdict) -> Check {
    Check { name: "terminate", section: SECTION, claim: "SIGTERM ends it, too", extension: None, run }
}

/// With an argument that no program has, it exits with 2 and an explanation on standard error, without any endpoint.
fn usage(candidate: &Candidate) -> Verdict {
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
