//! The blocks `toml expect`: what must be true after a cue.

use std::time::Duration;

use super::{
    markdown::Block,
    table::{self, NumberOrText},
};
use crate::{
    problem::Problems,
    script::{Comparison, Expectation, Figure, Line, Operand, Path, Placed, Property, Wanted},
    suggest::suggestion,
    vocabulary::{COMPARISONS, FIGURES, PHASES, PRESENCES},
};

/// The time within which an expectation becomes true if its block says nothing.
const WITHIN: Duration = Duration::from_secs(5);

/// Reads what is expected.
pub(super) fn expectations(block: &Block, problems: &mut Problems) -> Vec<Placed<Expectation>> {
    let mut expectations = Vec::new();
    table::read(block, problems, |entries, problems| {
        let (mut within, mut stays) = (WITHIN, Duration::ZERO);
        let mut read = Vec::new();
        for entry in entries {
            match entry.key {
                "within" => within = entry.time(problems).unwrap_or(within),
                "stays" => stays = entry.time(problems).unwrap_or(stays),
                key => {
                    let Some(value) = entry.number_or_text(problems) else { continue };
                    let line = entry.line;
                    let wanted = path(key).and_then(|path| Ok((wanted(&path.property, key, value)?, path)));
                    match wanted {
                        Ok((wanted, path)) => read.push((line, path, wanted)),
                        Err(reason) => problems.add(line, reason),
                    }
                }
            }
        }
        let placed =
            |(line, path, wanted): (Line, _, _)| Placed { what: Expectation { path, wanted, within, stays }, line };
        expectations = read.into_iter().map(placed).collect();
    });
    expectations
}

/// `late.lost`, `late.ticks.received`, `late.exit` …
fn path(text: &str) -> Result<Path, String> {
    let (member, rest) = text
        .split_once('.')
        .filter(|(member, rest)| !member.is_empty() && !rest.is_empty())
        .ok_or_else(|| format!("`{text}` is no path: a process and what of it, such as \"late.lost\""))?;
    let property = match (rest, rest.rsplit_once('.')) {
        ("exit", _) => Property::Exit,
        ("presence", _) => Property::Presence,
        ("prints", _) => Property::Prints,
        (value, None) => Property::Value(value.to_owned()),
        (_, Some((socket, figure))) => {
            Property::Socket(socket.to_owned(), word(figure, "figure of a socket", &FIGURES)?)
        }
    };
    Ok(Path { member: member.to_owned(), property })
}

/// What the property at `path` must be.
fn wanted(property: &Property, path: &str, value: NumberOrText<'_>) -> Result<Wanted, String> {
    match (property, value) {
        (Property::Prints, NumberOrText::Text(text)) => match text.strip_prefix("contains ").map(str::trim) {
            Some(part) if !part.is_empty() => Ok(Wanted::Contains(part.to_owned())),
            _ => Err(prints(path)),
        },
        (Property::Prints, NumberOrText::Number(_)) => Err(prints(path)),
        (Property::Socket(_, Figure::Phase), NumberOrText::Text(text)) => {
            word(text, "phase", &PHASES).map(Wanted::Phase)
        }
        (Property::Presence, NumberOrText::Text(text)) => word(text, "presence", &PRESENCES).map(Wanted::Presence),
        (Property::Socket(_, Figure::Phase) | Property::Presence, NumberOrText::Number(_)) => {
            Err(format!("`{path}` is no number"))
        }
        (_, NumberOrText::Number(number)) => Ok(Wanted::Number(Comparison::Equal, Operand::Number(number))),
        (_, NumberOrText::Text(text)) => condition(text, path),
    }
}

fn prints(path: &str) -> String {
    format!("`{path}` is a line: \"{path}\" = \"contains hello\"")
}

/// `>= 40`, `= other.lost` or `rises > 3`.
fn condition(text: &str, path: &str) -> Result<Wanted, String> {
    let rises = text.strip_prefix("rises ").map(str::trim_start);
    let rest = rises.unwrap_or(text);
    let Some((comparison, operand)) =
        COMPARISONS.iter().find_map(|(operator, comparison)| Some((*comparison, rest.strip_prefix(operator)?.trim())))
    else {
        return Err(format!("\"{text}\" is no condition: a number, or \"{path}\" = \">= 40\""));
    };
    let number = operand.parse().ok().filter(|number: &f64| number.is_finite());
    match (number, rises) {
        (Some(number), None) => Ok(Wanted::Number(comparison, Operand::Number(number))),
        (Some(number), Some(_)) => Ok(Wanted::Rises(comparison, number)),
        (None, Some(_)) => Err(format!("\"{text}\" is no condition: `rises` takes a number")),
        (None, None) => match self::path(operand) {
            Ok(Path { property: Property::Exit | Property::Presence | Property::Prints, .. })
            | Ok(Path { property: Property::Socket(_, Figure::Phase), .. }) => {
                Err(format!("`{operand}` is no number to compare with"))
            }
            Ok(other) => Ok(Wanted::Number(comparison, Operand::Path(other))),
            Err(_) => Err(format!("`{operand}` is neither a number nor a path such as \"late.lost\"")),
        },
    }
}

/// The value with this name.
fn word<T: Copy>(text: &str, what: &str, known: &[(&str, T)]) -> Result<T, String> {
    let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    found.ok_or_else(|| format!("unknown {what} `{text}`{}", suggestion(text, known.iter().map(|(name, _)| *name))))
}
