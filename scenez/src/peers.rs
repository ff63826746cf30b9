//! Members of a cast in other languages: `peer haskell worker`, from the folder `polyglot` next to that of the scenes.

use std::{collections::BTreeSet, path::Path};

use languages::{Language, PeerError, Registry};

use crate::script::Scene;

/// The word that a peer's command line begins with.
pub(crate) const PROGRAM: &str = "peer";

/// A peer's command line: `peer`, a language, a role, and the arguments of the role.
struct Peer<'a> {
    language: &'a str,
    role: &'a str,
    arguments: &'a [String],
}

impl<'a> Peer<'a> {
    /// The peer of a command line, if it is that of one.
    fn of(run: &'a [String]) -> Option<Self> {
        match run {
            [program, language, role, arguments @ ..] if program == PROGRAM => Some(Self { language, role, arguments }),
            _ => None,
        }
    }
}

/// Whether there is the peer that a command line names, if it names one; it may be missing on this machine.
///
/// # Errors
/// There is none, or the registry of languages cannot be read.
pub(crate) fn check(run: &[String], root: &Path) -> Result<(), String> {
    if run.first().is_none_or(|program| program != PROGRAM) {
        return Ok(());
    }
    let Some(Peer { language, role, .. }) = Peer::of(run) else {
        return Err(format!("`{PROGRAM}` needs a language and a role: `{PROGRAM} python worker`"));
    };
    let found = || Registry::find(Some(root))?.language(language)?.has_role(role);
    found().map_err(|error| error.to_string())
}

/// Why this machine cannot play a scene: a sentence for each language of its cast that is missing.
///
/// # Errors
/// There is no such language, or the registry of languages cannot be read.
pub fn missing(scene: &Scene, root: &Path) -> Result<Vec<String>, PeerError> {
    let named: BTreeSet<&str> = scene.cast.iter().filter_map(|member| Some(Peer::of(&member.run)?.language)).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let registry = Registry::find(Some(root))?;
    let languages = named.into_iter().map(|id| registry.language(id)).collect::<Result<Vec<_>, _>>()?;
    Ok(languages.into_iter().filter(|language| !language.is_present()).map(Language::missing).collect())
}

/// Whether a command line is that of a peer, which is built before it starts.
pub(crate) fn is_peer(run: &[String]) -> bool {
    Peer::of(run).is_some()
}

/// What is done before a peer can start: `building the worker in Haskell`.
pub(crate) fn work(run: &[String], root: &Path) -> String {
    let registry = Registry::find(Some(root));
    let found = Peer::of(run).zip(registry.as_ref().ok());
    match found.and_then(|(peer, registry)| Some((peer.role, registry.language(peer.language).ok()?))) {
        Some((role, language)) if language.is_built() => format!("building the {role} in {}", language.name()),
        Some((_, language)) => format!("looking for {}", language.name()),
        None => format!("looking for `{}`", run.join(" ")),
    }
}

/// The command line that starts a peer, which is built if it must be.
///
/// # Errors
/// A sentence: its language is missing on this machine, or it cannot be built.
pub(crate) fn command(run: &[String], root: &Path) -> Result<Vec<String>, String> {
    let Some(Peer { language, role, arguments }) = Peer::of(run) else { return Ok(run.to_vec()) };
    let found = || Registry::find(Some(root))?.language(language)?.command(role);
    let mut command = found().map_err(|error| in_a_line(&error, language, role))?;
    command.extend_from_slice(arguments);
    Ok(command)
}

/// An error without most of what a build has printed.
fn in_a_line(error: &PeerError, language: &str, role: &str) -> String {
    let text = error.to_string();
    let Some((first, rest)) = text.split_once('\n') else { return text };
    let cause = rest.lines().find(|line| line.contains("error")).or_else(|| rest.lines().next()).unwrap_or_default();
    let colon = if cause.is_empty() { "" } else { ": " };
    format!("{first}{colon}{cause} (`just {PROGRAM} {language} {role}` shows all of it)")
}
