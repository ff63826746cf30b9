//! The words that a scene writes for figures, phases, comparisons and views.

use observatory::Presence;
use wire::report::Phase;

use crate::script::{Comparison, Figure};

/// The figures of a socket.
pub(crate) const FIGURES: [(&str, Figure); 8] = [
    ("sent", Figure::Sent),
    ("received", Figure::Received),
    ("malformed", Figure::Malformed),
    ("peers", Figure::Peers),
    ("rate", Figure::Rate),
    ("on_the_way", Figure::OnTheWay),
    ("waiting", Figure::Waiting),
    ("phase", Figure::Phase),
];

/// The phases of a connection.
pub(crate) const PHASES: [(&str, Phase); 6] = [
    ("connecting", Phase::Connecting),
    ("handshake", Phase::Handshake),
    ("up", Phase::Up),
    ("retrying", Phase::Retrying),
    ("refused", Phase::Refused),
    ("closed", Phase::Closed),
];

/// Whether a process reports.
pub(crate) const PRESENCES: [(&str, Presence); 4] = [
    ("present", Presence::Present),
    ("suspended", Presence::Suspended),
    ("silent", Presence::Silent),
    ("gone", Presence::Gone),
];

/// The operators; of two that begin alike the longer one is first.
pub(crate) const COMPARISONS: [(&str, Comparison); 6] = [
    ("<>", Comparison::Different),
    ("<=", Comparison::AtMost),
    ("<", Comparison::Less),
    (">=", Comparison::AtLeast),
    (">", Comparison::Greater),
    ("=", Comparison::Equal),
];

/// The views of the desk that show the processes of a scene.
pub(crate) const VIEWS: [&str; 4] = ["stage", "desk", "monitor", "wire"];

/// Those that show the desk's own services, which are in a scene if the desk is.
pub(crate) const SERVICE_VIEWS: [&str; 3] = ["tickz", "chatz", "valuz"];

/// The word for a value, from the table with all of its kind.
pub(crate) fn word<T: PartialEq>(table: &[(&'static str, T)], value: T) -> &'static str {
    table.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_a_word() {
        let counts = [Figure::Sent, Figure::Received, Figure::Malformed, Figure::OnTheWay, Figure::Waiting];
        let others = [Figure::Peers, Figure::Rate, Figure::Phase];
        assert!(counts.into_iter().chain(others).all(|figure| !word(&FIGURES, figure).is_empty()));
        assert_eq!(word(&PHASES, Phase::Up), "up");
        assert_eq!(word(&PRESENCES, Presence::Gone), "gone");
        assert_eq!(word(&COMPARISONS, Comparison::AtLeast), ">=");
    }

    #[test]
    fn the_page_has_each_view() {
        let page = include_str!("../../ui/src/generated/ViewName.ts");
        assert!(VIEWS.iter().chain(&SERVICE_VIEWS).all(|view| page.contains(&format!("\"{view}\""))));
    }
}
