//! What is known before anything starts: what the suite's programs report, and which programs this machine has.

pub mod desk;

use std::{
    collections::BTreeSet,
    env,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use wire::report::Declaration;

use crate::{peers, stage::house::DESK, suggest::suggestion};

/// Roles that report nothing: one that starts others, which report, and one that sends a command to a desk.
const SILENT: &[(&str, &str)] = &[("valuz", "run"), (DESK, "do")];

/// Programs of the suite that declare nothing: `linkz` reports itself, under any role.
const UNDECLARED: [&str; 3] = ["keyz", "linkz", "observez"];

/// The programs of the suite that a scene may start, and the word for those in other languages.
pub fn suite() -> BTreeSet<&'static str> {
    declarations().map(|declaration| declaration.program).chain(UNDECLARED).chain([peers::PROGRAM]).collect()
}

/// The roles of the suite's programs that report.
pub fn declarations() -> impl Iterator<Item = &'static Declaration> {
    [tickz::REPORTS, chatz::REPORTS, valuz::REPORTS, jobz::REPORTS, patternz::REPORTS, &[desk::REPORTS]]
        .into_iter()
        .flatten()
}

/// What is known of a command line.
#[derive(Debug, Clone)]
pub enum Known {
    /// It is a role that reports this, or several patterns in one process.
    Reports(Vec<&'static Declaration>),
    /// It reports nothing.
    Silent,
    /// It is none of the suite's: it may report anything.
    Other,
}

impl Known {
    /// What is known of these words.
    ///
    /// # Errors
    /// The program is one of the suite's, and has no such role.
    pub fn of(run: &[String]) -> Result<Self, String> {
        let Some((program, arguments)) = run.split_first() else {
            return Ok(Self::Other);
        };
        let reporting = declarations().filter(|declaration| declaration.program == program);
        let silent = SILENT.iter().filter(|(name, _)| name == program);
        let roles: Vec<(&str, Option<&Declaration>)> = reporting
            .map(|declaration| (declaration.role, Some(declaration)))
            .chain(silent.map(|&(_, role)| (role, None)))
            .collect();
        if roles.is_empty() {
            return Ok(Self::Other);
        }
        let role = |words: &[String]| {
            let named = words.iter().find_map(|word| roles.iter().find(|(role, _)| role == word));
            // `dealz` without a role is a desk.
            let found = named.or_else(|| roles.iter().find(|_| program == DESK));
            found.map(|&(_, declaration)| declaration).ok_or_else(|| {
                let word = words.iter().find(|word| !word.starts_with('-')).map_or("", |word| word);
                format!("`{program}` has no role `{word}`{}", suggestion(word, roles.iter().map(|(role, _)| *role)))
            })
        };
        let nodes = arguments.split(|word| program == patternz::PROGRAM && word == patternz::args::AND);
        let declarations: Result<Vec<_>, String> = nodes.map(role).collect();
        let declarations: Vec<_> = declarations?.into_iter().flatten().collect();
        Ok(if declarations.is_empty() { Self::Silent } else { Self::Reports(declarations) })
    }

    /// What it reports, if that is known.
    #[must_use]
    pub fn declarations(&self) -> &[&'static Declaration] {
        match self {
            Self::Reports(declarations) => declarations,
            Self::Silent | Self::Other => &[],
        }
    }
}

/// The programs that a cast can use.
#[derive(Debug, Clone)]
pub struct Programs {
    /// Where programs without a path are.
    folders: Vec<PathBuf>,
    /// What relative paths are relative to: where the cast runs.
    root: PathBuf,
}

impl Programs {
    /// Those in the folder of this program, in `PATH`, and by a path that is relative to `root`.
    #[must_use]
    pub fn of_this_machine(root: &Path) -> Self {
        let own = env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
        let path = env::var_os("PATH").unwrap_or_default();
        Self { folders: own.into_iter().chain(env::split_paths(&path)).collect(), root: root.to_owned() }
    }

    /// Whether there is the peer that a command line names, if it names one.
    ///
    /// # Errors
    /// There is none.
    pub fn check_peer(&self, run: &[String]) -> Result<(), String> {
        peers::check(run, &self.root)
    }

    /// Whether there is one of this name, or at this path.
    #[must_use]
    pub fn has(&self, program: &str) -> bool {
        if program.contains('/') {
            return can_run(&self.root.join(program));
        }
        self.folders.iter().any(|folder| can_run(&folder.join(program)))
    }
}

/// Whether a file may be executed.
fn can_run(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    fn known(run: &str) -> Result<Known, String> {
        Known::of(&run.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_role_is_found_behind_flags() {
        let roles = |run| known(run).unwrap().declarations().iter().map(|it| it.role).collect::<Vec<_>>();
        assert_eq!(roles("tickz --observe off watch MSFT"), ["watch"]);
        assert_eq!(roles("patternz pong --bind inproc://a and ping --connect inproc://a"), ["pong", "ping"]);
        assert_eq!(roles("chatz say ada you and join me"), ["say"]);
        assert_eq!(roles("dealz --web 127.0.0.1:0 --symbols MSFT"), ["desk"]);
        assert!(matches!(known("dealz do cue next"), Ok(Known::Silent)));
        assert!(matches!(known("valuz run --workers 2"), Ok(Known::Silent)));
        assert!(matches!(known("python3 publish.py"), Ok(Known::Other)));
        assert_eq!(known("tickz pubish").unwrap_err(), "`tickz` has no role `pubish`: did you mean `publish`?");
    }

    #[test]
    fn a_program_is_in_path_or_below_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let peer = folder.path().join("peer.py");
        fs::write(&peer, "").unwrap();
        fs::set_permissions(&peer, Permissions::from_mode(0o700)).unwrap();
        fs::write(folder.path().join("notes.txt"), "").unwrap();
        let programs = Programs::of_this_machine(folder.path());
        assert!(programs.has("sh") && programs.has("./peer.py"));
        assert!(!programs.has("peer.py") && !programs.has("./sh") && !programs.has("./notes.txt"));
    }
}
