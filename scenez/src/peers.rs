//! Members of a cast in other languages: `peer haskell worker`, from the folder `polyglot` next to that of the scenes.

use std::{borrow::Cow, collections::BTreeSet, path::Path};

use languages::{Language, PeerError, Registry};

use crate::script::{Member, Scene};

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

/// A member with the command line that starts it: a peer is built.
pub(crate) fn ready<'a>(member: &'a Member, root: &Path) -> Result<Cow<'a, Member>, PeerError> {
    let Some(Peer { language, role, arguments }) = Peer::of(&member.run) else { return Ok(Cow::Borrowed(member)) };
    let mut run = Registry::find(Some(root))?.language(language)?.command(role)?;
    run.extend_from_slice(arguments);
    Ok(Cow::Owned(Member { run, ..member.clone() }))
}
