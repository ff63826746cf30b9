//! One language: its roles, whether this machine has it, and the command lines of its roles.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use children::{Captured, capture};
use thiserror::Error;

use crate::{
    build,
    registry::{RegistryError, Section},
};

/// The roles of the suite, by the words of its programs.
pub const ROLES: [&str; 9] =
    ["publish", "watch", "serve", "join", "source", "worker", "reduce", "jobz-client", "jobz-worker"];

/// How long a language may take to report whether it is present, or its versions.
const ANSWER: Duration = Duration::from_secs(60);

/// The Node that the suite's tools install, if the machine's is too old.
const NODE: &str = ".tools/node/bin";

/// Why there is no command line of a role.
#[derive(Debug, Error)]
pub enum PeerError {
    /// There are no languages.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There is no such language.
    #[error("no language `{id}`: there are {known}")]
    NoLanguage {
        /// The name.
        id: String,
        /// Those that there are.
        known: String,
    },
    /// The language has no file of this role.
    #[error("{language} has no role `{role}`: there are {roles}")]
    NoRole {
        /// The language.
        language: String,
        /// The role.
        role: String,
        /// Those that it has.
        roles: String,
    },
    /// This machine does not have the language, or its library.
    #[error("{0} is missing on this machine: `just setup {1}` installs it")]
    Missing(String, String),
    /// The build failed.
    #[error("cannot build {}: {reason}", .file.display())]
    Build {
        /// The source.
        file: PathBuf,
        /// The last lines of the build, or why it could not begin.
        reason: String,
    },
}

impl PeerError {
    /// Whether another word on the command line avoids it.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::NoLanguage { .. } | Self::NoRole { .. })
    }
}

/// A language of the registry.
#[derive(Debug, Clone)]
pub struct Language {
    /// Its folder, and the word for it in commands.
    pub id: String,
    pub(crate) section: Section,
    /// Where its sources are.
    pub(crate) folder: PathBuf,
    /// Where its programs are built.
    pub(crate) out: PathBuf,
}

impl Language {
    pub(crate) fn new(id: &str, section: Section, folder: &Path, out: &Path) -> Self {
        Self { id: id.to_owned(), section, folder: folder.join(id), out: out.join(id) }
    }

    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.section.name
    }

    /// The library by which it uses ZeroMQ.
    #[must_use]
    pub fn library(&self) -> &str {
        &self.section.library
    }

    /// What Debian calls what it needs.
    #[must_use]
    pub fn packages(&self) -> &[String] {
        &self.section.packages
    }

    /// What this language made hard.
    #[must_use]
    pub fn hard(&self) -> &str {
        &self.section.hard
    }

    /// The checks of the conformance kit that it cannot pass, as `worker/name`, and why.
    #[must_use]
    pub const fn except(&self) -> &BTreeMap<String, String> {
        &self.section.except
    }

    /// Whether its roles are built before they start.
    #[must_use]
    pub const fn is_built(&self) -> bool {
        self.section.build.is_some()
    }

    /// The file of a role.
    #[must_use]
    pub fn file(&self, role: &str) -> PathBuf {
        self.folder.join(format!("{role}.{}", self.section.extension))
    }

    /// The roles that it has, in the order of [`ROLES`].
    #[must_use]
    pub fn roles(&self) -> Vec<&'static str> {
        ROLES.into_iter().filter(|role| self.file(role).is_file()).collect()
    }

    /// Whether this machine has the language and its library. Asked until it has: an interpreter takes a second to tell.
    #[must_use]
    pub fn is_present(&self) -> bool {
        static PRESENT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
        let known = || PRESENT.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(&self.folder) {
            return true;
        }
        let is_present = self.ask(&self.section.present).is_ok_and(|answer| answer.exit.is_success());
        if is_present {
            known().insert(self.folder.clone());
        }
        is_present
    }

    /// The versions of the language and its library, if it is present.
    #[must_use]
    pub fn versions(&self) -> Option<String> {
        let answer = self.ask(&self.section.versions).ok().filter(|answer| answer.exit.is_success())?;
        let words: Vec<&str> = answer.printed.iter().flat_map(|line| line.split_whitespace()).collect();
        Some(words.join(" "))
    }

    /// What a person can do if it is missing.
    #[must_use]
    pub fn missing(&self) -> String {
        PeerError::Missing(self.section.name.clone(), self.id.clone()).to_string()
    }

    /// The words that start a role; its arguments follow. The role is built first if its sources have changed.
    ///
    /// # Errors
    /// There is no such role, the language is missing, or the build fails.
    pub fn command(&self, role: &str) -> Result<Vec<String>, PeerError> {
        self.has_role(role)?;
        if !self.is_present() {
            return Err(PeerError::Missing(self.section.name.clone(), self.id.clone()));
        }
        build::if_stale(self, role)?;
        // The registry's check has split it.
        let words = shlex::split(&self.section.run).unwrap_or_default();
        let words = words.iter().map(|word| self.fill(word, Some(role), str::to_owned));
        // The starting program has another PATH, and so have the programs that a role starts.
        let path = self.own_node().map(|_| ["env".to_owned(), format!("PATH={}", self.path().to_string_lossy())]);
        Ok(path.into_iter().flatten().chain(words).collect())
    }

    /// Whether it has this role.
    ///
    /// # Errors
    /// It has not: the text names those that it has.
    pub fn has_role(&self, role: &str) -> Result<(), PeerError> {
        if self.roles().contains(&role) {
            return Ok(());
        }
        let (language, role) = (self.section.name.clone(), role.to_owned());
        Err(PeerError::NoRole { language, role, roles: self.roles().join(", ") })
    }

    /// What a role's program is built to.
    pub(crate) fn program(&self, role: &str) -> PathBuf {
        self.out.join(role)
    }

    /// A line for a shell, with all places quoted.
    pub(crate) fn line(&self, line: &str, role: Option<&str>) -> String {
        self.fill(line, role, |place| {
            shlex::try_quote(place).map_or_else(|_| String::new(), |quoted| quoted.into_owned())
        })
    }

    /// Where programs are looked for.
    fn path(&self) -> OsString {
        let rest = env::var_os("PATH").unwrap_or_default();
        env::join_paths(self.own_node().into_iter().chain(env::split_paths(&rest))).unwrap_or(rest)
    }

    /// Where Node is, if the suite's tools have installed it.
    fn own_node(&self) -> Option<PathBuf> {
        Some(self.root().join(NODE)).filter(|folder| folder.is_dir())
    }

    /// A shell that runs a line of the registry in the folder of the language.
    pub(crate) fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(&self.folder).env("PATH", self.path());
        command
    }

    fn ask(&self, line: &str) -> io::Result<Captured> {
        capture(&mut self.shell(&self.line(line, None)), ANSWER)
    }

    /// Replaces the names of places.
    fn fill(&self, text: &str, role: Option<&str>, form: impl Fn(&str) -> String) -> String {
        let place = |path: &Path| form(&path.to_string_lossy());
        let mut text = text.replace("{folder}", &place(&self.folder)).replace("{root}", &place(self.root()));
        if let Some(role) = role {
            text = text.replace("{file}", &place(&self.file(role))).replace("{out}", &place(&self.program(role)));
        }
        text
    }

    /// The folder that `polyglot` is in.
    fn root(&self) -> &Path {
        self.folder.parent().and_then(Path::parent).unwrap_or(&self.folder)
    }
}
