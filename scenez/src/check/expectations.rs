//! Whether an expectation means something, and can fail.

use super::acts::Play;
use crate::{
    problem::Problems,
    script::{Comparison, Expectation, Figure, Line, Operand, Path, Property, Wanted},
};

/// Checks one expectation at a point of the scene.
pub(super) fn check(expectation: &Expectation, play: &Play<'_>, line: Line, problems: &mut Problems) {
    let Expectation { path, wanted, .. } = expectation;
    let other = match wanted {
        Wanted::Number(_, Operand::Path(other)) => Some(other),
        _ => None,
    };
    for path in [path].into_iter().chain(other) {
        if let Err(reason) = exists(path, play) {
            problems.add(line, reason);
        }
    }
    if other == Some(path) {
        problems.add(line, "compared with itself: this cannot fail");
    }
    if let Some(reason) = is_certain(&path.property, wanted) {
        problems.add(line, reason);
    }
}

/// Whether a path names something that can be observed now.
fn exists(path: &Path, play: &Play<'_>) -> Result<(), String> {
    let named = play.started(&path.member)?;
    match &path.property {
        Property::Value(value) => named.player.check_value(value)?,
        Property::Socket(socket, _) => named.player.check_socket(socket)?,
        Property::Exit | Property::Presence | Property::Prints => {}
    }
    Ok(())
}

/// Why the answer is known beforehand. Everything that is counted is at least zero.
fn is_certain(property: &Property, wanted: &Wanted) -> Option<&'static str> {
    const ALWAYS: &str = "this is always true: it cannot fail";
    const NEVER: &str = "this is never true";
    let (comparison, number) = match (property, wanted) {
        (Property::Exit, Wanted::Rises(..)) => return Some("an exit code does not rise"),
        (Property::Exit, _) => return None,
        (_, Wanted::Number(comparison, Operand::Number(number))) => (comparison, number),
        // What has been counted does not fall; other numbers may.
        (
            Property::Socket(_, Figure::Sent | Figure::Received | Figure::Malformed),
            Wanted::Rises(comparison, number),
        ) => (comparison, number),
        _ => return None,
    };
    match comparison {
        Comparison::AtLeast if *number <= 0.0 => Some(ALWAYS),
        Comparison::Greater | Comparison::Different if *number < 0.0 => Some(ALWAYS),
        Comparison::Less if *number <= 0.0 => Some(NEVER),
        Comparison::AtMost | Comparison::Equal if *number < 0.0 => Some(NEVER),
        _ => None,
    }
}
