//! `polyglot/languages.toml`: which languages there are, in the order in which people see them.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf, absolute},
};

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use crate::language::{Language, PeerError, ROLES};

/// The name of the file.
const FILE: &str = "languages.toml";

/// The folder that it is in.
const FOLDER: &str = "polyglot";

/// The variable that names this folder.
pub const VARIABLE: &str = "SUITE_POLYGLOT";

/// Why there is no registry.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// It is in none of the places.
    #[error("no {FOLDER}/{FILE} above this program, or above this folder: {VARIABLE} names the folder {FOLDER}")]
    Nowhere,
    /// It cannot be read.
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// It is no TOML, or has other keys or types.
    #[error("{}: {}", .0.display(), .1.to_string().trim_end())]
    Form(PathBuf, Box<toml::de::Error>),
    /// A section contradicts itself, or the files in its folder.
    #[error("{}: [{language}]: {reason}", .file.display())]
    Section {
        /// The registry.
        file: PathBuf,
        /// The name of the section.
        language: String,
        /// What is wrong.
        reason: String,
    },
}

/// The languages.
#[derive(Debug, Clone)]
pub struct Registry {
    folder: PathBuf,
    languages: Vec<Language>,
}

/// A section of the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) library: String,
    #[serde(default)]
    pub(crate) packages: Vec<String>,
    #[serde(default)]
    pub(crate) setup: Option<String>,
    pub(crate) present: String,
    pub(crate) versions: String,
    pub(crate) extension: String,
    #[serde(default)]
    pub(crate) build: Option<String>,
    pub(crate) run: String,
    pub(crate) hard: String,
    #[serde(default)]
    pub(crate) except: BTreeMap<String, String>,
}

impl Registry {
    /// The registry in the folder `polyglot` in `near`; otherwise in the folder that [`VARIABLE`] names; otherwise in a folder
    /// `polyglot` next to one that this program is in, or next to the current folder or one that it is in.
    ///
    /// # Errors
    /// It is in none of these, cannot be read, or has a mistake.
    pub fn find(near: Option<&Path>) -> Result<Self, RegistryError> {
        let near = near.map(|near| near.join(FOLDER)).filter(|folder| folder.join(FILE).is_file());
        let named = || env::var_os(VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let above = |path: io::Result<PathBuf>| {
            let path = path.ok()?;
            path.ancestors().map(|folder| folder.join(FOLDER)).find(|folder| folder.join(FILE).is_file())
        };
        let folder = near.or_else(named).or_else(|| above(env::current_exe())).or_else(|| above(env::current_dir()));
        let folder = folder.ok_or(RegistryError::Nowhere)?;
        let out = out(&folder).map_err(|error| RegistryError::Read(folder.clone(), error))?;
        Self::load(&folder, &out)
    }

    /// The registry in this folder; programs are built in `out`.
    ///
    /// # Errors
    /// It cannot be read, or has a mistake.
    pub fn load(folder: &Path, out: &Path) -> Result<Self, RegistryError> {
        let file = folder.join(FILE);
        let cannot_read = |error| RegistryError::Read(file.clone(), error);
        let (folder, out) = (absolute(folder).map_err(cannot_read)?, absolute(out).map_err(cannot_read)?);
        let text = fs::read_to_string(&file).map_err(cannot_read)?;
        let sections: BTreeMap<String, Spanned<Section>> =
            toml::from_str(&text).map_err(|error| RegistryError::Form(file.clone(), Box::new(error)))?;
        let mut sections: Vec<_> = sections.into_iter().collect();
        sections.sort_by_key(|(_, section)| section.span().start);
        let mut languages = Vec::new();
        for (id, section) in sections {
            let language = Language::new(&id, section.into_inner(), &folder, &out);
            let mistake = |reason| RegistryError::Section { file: file.clone(), language: id.clone(), reason };
            check(&language).map_err(mistake)?;
            languages.push(language);
        }
        Ok(Self { folder, languages })
    }

    /// The folder of all languages.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All languages, in the order of the file.
    #[must_use]
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// The language of this name, that of its folder.
    ///
    /// # Errors
    /// There is none.
    pub fn language(&self, id: &str) -> Result<&Language, PeerError> {
        self.languages.iter().find(|language| language.id == id).ok_or_else(|| {
            let known: Vec<&str> = self.languages.iter().map(|language| language.id.as_str()).collect();
            PeerError::NoLanguage { id: id.to_owned(), known: known.join(", ") }
        })
    }
}

/// Where programs are built: in the target folder of cargo.
fn out(folder: &Path) -> io::Result<PathBuf> {
    let target = match env::var_os("CARGO_TARGET_DIR").filter(|target| !target.is_empty()) {
        Some(target) => PathBuf::from(target),
        None => absolute(folder)?.parent().unwrap_or(folder).join("target"),
    };
    Ok(target.join(FOLDER))
}

/// Finds what would fail only when a role is started.
fn check(language: &Language) -> Result<(), String> {
    let id = &language.id;
    if !id.starts_with(|first: char| first.is_ascii_lowercase())
        || !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    {
        return Err(
            "a name has lower-case letters and digits: it is that of a folder, and a word of commands".to_owned()
        );
    }
    let run = shlex::split(&language.section.run).unwrap_or_default();
    if run.is_empty() {
        return Err("`run` is no command line".to_owned());
    }
    if language.section.run.contains("{out}") && language.section.build.is_none() {
        return Err("`run` names {out}, and no `build` makes it".to_owned());
    }
    for check in language.except().keys() {
        let role = check.split_once('/').map_or(check.as_str(), |(role, _)| role);
        if !ROLES.contains(&role) {
            return Err(format!(
                "`except` names the check `{check}`, which is of no role: there are {}",
                ROLES.join(", ")
            ));
        }
    }
    Ok(())
}
