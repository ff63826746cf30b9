//! Expectations in words: what was expected, and what was seen.

use std::{fmt, time::Duration};

use crate::{
    script::{Operand, Path, Property, Wanted},
    values::Missing,
    vocabulary::{COMPARISONS, FIGURES, PHASES, PRESENCES, word},
};
use observatory::Presence;
use wire::report::Phase;

/// A path as a scene writes it.
pub(super) struct PathWords<'a>(pub(super) &'a Path);

impl fmt::Display for PathWords<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Path { member, property } = self.0;
        match property {
            Property::Value(name) => write!(formatter, "{member}.{name}"),
            Property::Socket(name, figure) => write!(formatter, "{member}.{name}.{}", word(&FIGURES, *figure)),
            Property::Exit => write!(formatter, "{member}.exit"),
            Property::Presence => write!(formatter, "{member}.presence"),
            Property::Prints => write!(formatter, "{member}.prints"),
        }
    }
}

/// What is wanted, as a scene writes it.
pub(super) fn wanted(path: &Path, wanted: &Wanted) -> String {
    let path = PathWords(path);
    match wanted {
        Wanted::Number(comparison, Operand::Number(number)) => {
            format!("{path} {} {}", word(&COMPARISONS, *comparison), number_word(*number))
        }
        Wanted::Number(comparison, Operand::Path(other)) => {
            format!("{path} {} {}", word(&COMPARISONS, *comparison), PathWords(other))
        }
        Wanted::Rises(comparison, number) => {
            format!("{path} rises {} {}", word(&COMPARISONS, *comparison), number_word(*number))
        }
        Wanted::Phase(phase) => format!("{path} = {}", phase_word(*phase)),
        Wanted::Presence(presence) => format!("{path} = {}", presence_word(*presence)),
        Wanted::Contains(text) => format!("{path} contains '{text}'"),
    }
}

/// Why there is nothing to see.
pub(super) fn missing(path: &Path, missing: Missing) -> String {
    let member = &path.member;
    match missing {
        Missing::NotStarted => format!("{member} was not started"),
        Missing::Runs => format!("{member} still runs"),
        Missing::Differs => "they ended differently".to_owned(),
        Missing::Unreported => format!("{member} has not reported since"),
        Missing::NoValue => "has no value".to_owned(),
        Missing::NoSocket => format!("{member} has no such socket"),
        Missing::Unknowable => "cannot be known".to_owned(),
    }
}

/// A number without needless digits.
pub(super) fn number_word(number: f64) -> String {
    format!("{}", (number * 1_000.0).round() / 1_000.0)
}

/// Words of a list, each once.
pub(super) fn list(words: impl IntoIterator<Item = &'static str>) -> String {
    let mut once: Vec<&str> = Vec::new();
    for word in words {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    once.join(", ")
}

/// A time as a scene writes it.
pub(super) fn time(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{} s", time.as_secs()) } else { format!("{} ms", time.as_millis()) }
}

pub(super) fn phase_word(phase: Phase) -> &'static str {
    word(&PHASES, phase)
}

pub(super) fn presence_word(presence: Presence) -> &'static str {
    word(&PRESENCES, presence)
}
