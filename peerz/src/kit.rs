//! The conformance kit: runs any program as one role of the suite, against peers that follow a script to the byte.
//!
//! A [`Check`] is one claim of a page of `protocol-docs`. It starts a fresh process of the [`Candidate`], plays the other
//! roles with its own sockets, and returns a [`Verdict`]. The kit makes and reads frames with [`bytes`] alone, never with
//! the project's encoder, so that a mistake in that cannot hide here.
//!
//! - [`check`]: a check and its verdict; a role
//! - [`candidate`]: the program under test, and a process of it
//! - [`peer`]: a strict peer on libzmq; [`raw`]: one below libzmq; [`place`]: an endpoint for a program that binds; `routed`: a
//!   program that connects to a `ROUTER` of the kit
//! - [`bytes`], [`vectors`]: frames, and the vectors of `protocol-docs`
//! - [`run`](mod@run): which checks run, and what came of them; [`report`]: as a table, as JSON, as a badge
//! - [`habits`]: what every role does at a signal and with wrong arguments
//! - [`publish`], [`watch`], [`serve`], [`join`], [`source`], [`worker`], [`reduce`], [`jobz`], [`ppp`]: the checks of a role each,
//!   or of several

pub mod bytes;
pub mod candidate;
mod chat;
pub mod check;
pub mod habits;
pub mod jobz;
pub mod join;
mod output;
pub mod peer;
pub mod place;
pub mod ppp;
pub mod publish;
pub mod raw;
pub mod reduce;
pub mod report;
mod routed;
pub mod run;
pub mod serve;
pub mod source;
mod tick;
mod valuz;
pub mod vectors;
pub mod watch;
pub mod worker;

pub use bytes::Frames;
pub use candidate::{Candidate, Running};
pub use check::{Check, Finding, Role, Verdict};
pub use peer::Peer;
pub use place::Place;
pub use run::{Conclusion, Outcome, Plan, Verdicts, run};

/// Every role that the kit can check.
pub const ROLES: &[(Role, &[Check])] = &[
    (publish::ROLE, publish::CHECKS),
    (watch::ROLE, watch::CHECKS),
    (serve::ROLE, serve::CHECKS),
    (join::ROLE, join::CHECKS),
    (source::ROLE, source::CHECKS),
    (worker::ROLE, worker::CHECKS),
    (reduce::ROLE, reduce::CHECKS),
    (jobz::client::ROLE, jobz::client::CHECKS),
    (jobz::worker::ROLE, jobz::worker::CHECKS),
    (jobz::broker::ROLE, jobz::broker::CHECKS),
    (ppp::worker::ROLE, ppp::worker::CHECKS),
    (ppp::queue::ROLE, ppp::queue::CHECKS),
];

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, fs, path::Path};

    use super::*;

    /// The anchor that a heading has on a page.
    fn anchor(heading: &str) -> String {
        let kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
        heading.to_lowercase().chars().filter(kept).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
    }

    fn sections(page: &str) -> HashSet<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol-docs").join(page);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let headings = text.lines().filter(|line| line.starts_with('#'));
        headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
    }

    #[test]
    fn every_check_names_a_section_that_exists() {
        for (role, checks) in ROLES {
            for check in *checks {
                let (page, section) = check.section.split_once('#').unwrap();
                assert!(sections(page).contains(section), "{}/{}: {}", role.name, check.name, check.section);
            }
        }
    }

    #[test]
    fn names_are_unique_and_the_checks_of_a_section_are_together() {
        for (role, checks) in ROLES {
            let names: HashSet<_> = checks.iter().map(|check| check.name).collect();
            assert_eq!(names.len(), checks.len(), "{}", role.name);
            let mut seen = vec![""];
            for check in *checks {
                let is_next = seen.last() == Some(&check.section);
                assert!(is_next || !seen.contains(&check.section), "{}/{}", role.name, check.name);
                seen.push(check.section);
            }
        }
    }
}
