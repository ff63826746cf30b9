//! `polyglot/README.md`: made from the registry, the verdicts and the measurements; what was not measured this time stays.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
};

use anyhow::Context as _;
use languages::{ROLES, Registry, lines};

/// What the page says of a language that was found by running it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// The cell of each role.
    pub(super) verdicts: BTreeMap<String, String>,
    /// Measured: what this machine has.
    pub(super) versions: String,
    /// Measured: orders a second of its worker.
    pub(super) rate: String,
}

/// The page.
pub(super) struct Page<'a> {
    registry: &'a Registry,
    rows: &'a BTreeMap<String, Row>,
    /// Lines of code, by language and role.
    code: BTreeMap<(&'a str, &'static str), usize>,
}

/// What the page is about.
const HEAD: &str = "\
<!-- Made by `just languages-matrix` from languages.toml, the peers and the conformance kit: change those, and run it. -->

# The suite's roles in other languages

The wire is the contract, not the language: each file here is one role, complete and small, with a real client library. The first
lines show its sockets, and `protocol-docs/` specifies its messages.

```sh
just languages                 # which of them this machine has
just peer python watch MSFT    # sets that language up, builds the role, runs it
just worker haskell            # the same for a worker
just valuz run --workers rust:2,python:1,haskell:1 --count 100000
just conformance worker -- COMMAND...    # proves a peer of yours
```

A peer in one more language: `protocol-docs/write-your-own-peer.md`.

## Roles

How many checks of the conformance kit each peer passes, of those that apply to it; an extension that it does not have is named.
";

impl<'a> Page<'a> {
    /// The page of these rows.
    ///
    /// # Errors
    /// A file of a role cannot be read.
    pub(super) fn of(registry: &'a Registry, rows: &'a BTreeMap<String, Row>) -> anyhow::Result<Self> {
        let mut code = BTreeMap::new();
        for language in registry.languages() {
            for role in language.roles() {
                let file = language.file(role);
                let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
                let extension = file.extension().unwrap_or_default().to_string_lossy();
                code.insert((language.id.as_str(), role), lines::code(&text, &extension));
            }
        }
        Ok(Self { registry, rows, code })
    }

    /// The rows of a page as it stands.
    pub(super) fn rows(page: &str) -> BTreeMap<String, Row> {
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        for line in page.lines() {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let Some((id, cells)) = cells.split_first().and_then(|(first, cells)| Some((id(first)?, cells))) else {
                continue;
            };
            let row = rows.entry(id.to_owned()).or_default();
            if cells.len() == ROLES.len() {
                let filled = ROLES.iter().zip(cells).filter(|(_, cell)| !cell.is_empty() && **cell != NOT_RUN);
                row.verdicts = filled.map(|(role, cell)| ((*role).to_owned(), (*cell).to_owned())).collect();
            } else if let [_library, versions, rate, _code] = cells {
                (row.versions, row.rate) = ((*versions).to_owned(), (*rate).to_owned());
            }
        }
        rows
    }

    fn row(&self, id: &str) -> Row {
        self.rows.get(id).cloned().unwrap_or_default()
    }

    fn verdicts(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "\n| language | {} |\n|---|{}", ROLES.join(" | "), "---|".repeat(ROLES.len()))?;
        for language in self.registry.languages() {
            let (row, roles) = (self.row(&language.id), language.roles());
            write!(formatter, "| [{}]({}/) |", language.name(), language.id)?;
            for role in ROLES {
                let cell = match row.verdicts.get(role) {
                    Some(verdict) if roles.contains(&role) => verdict,
                    None if roles.contains(&role) => NOT_RUN,
                    _ => "",
                };
                write!(formatter, " {cell}{}|", if cell.is_empty() { "" } else { " " })?;
            }
            writeln!(formatter)?;
        }
        Ok(())
    }

    fn languages(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "\n## Languages\n")?;
        writeln!(
            formatter,
            "Versions and rates are those of the machine that made this page. Orders a second: one worker, with source and reduce of\n\
             the suite on the same machine. Lines of code: neither blank nor comments.\n"
        )?;
        writeln!(
            formatter,
            "| language | library | versions | orders a second | lines of code |\n|---|---|---|--:|---|"
        )?;
        for language in self.registry.languages() {
            let Row { versions, rate, .. } = self.row(&language.id);
            let code = |role: &'static str| Some(format!("{role} {}", self.code.get(&(language.id.as_str(), role))?));
            let code: Vec<String> = language.roles().into_iter().filter_map(code).collect();
            let (name, id, library) = (language.name(), &language.id, language.library());
            writeln!(formatter, "| [{name}]({id}/) | {library} | {versions} | {rate} | {} |", code.join(", "))?;
        }
        Ok(())
    }

    fn hard(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "\n## What each language made hard\n")?;
        for language in self.registry.languages() {
            writeln!(formatter, "- **{}**: {}", language.name(), language.hard())?;
        }
        Ok(())
    }

    fn exceptions(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let languages = self.registry.languages();
        if languages.iter().all(|language| language.except().is_empty()) {
            return Ok(());
        }
        writeln!(formatter, "\n## Checks that a peer cannot pass\n")?;
        for language in languages {
            // Several checks have the same cause.
            let reasons: BTreeSet<&String> = language.except().values().collect();
            for reason in reasons {
                let checks = language.except().iter().filter(|(_, other)| *other == reason);
                let checks: Vec<String> = checks.map(|(check, _)| format!("`{check}`")).collect();
                writeln!(formatter, "- **{}**, {}: {reason}", language.name(), checks.join(", "))?;
            }
        }
        Ok(())
    }
}

/// The cell of a role that was not checked on any machine.
const NOT_RUN: &str = "not run";

/// The language of a row, by the folder that its first cell leads to.
fn id(cell: &str) -> Option<&str> {
    cell.strip_prefix('[')?.strip_suffix("/)")?.split_once("](").map(|(_, id)| id)
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HEAD)?;
        self.verdicts(formatter)?;
        self.languages(formatter)?;
        self.hard(formatter)?;
        self.exceptions(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = r#"
[c]
name = "C"
library = "libzmq"
present = "true"
versions = "true"
extension = "c"
run = "{file}"
hard = "nothing"
[cpp]
name = "C++"
library = "cppzmq"
present = "true"
versions = "true"
extension = "cpp"
run = "{file}"
hard = "templates"
[cpp.except]
"worker/a" = "it is old"
"worker/b" = "it is old"
"#;

    fn registry() -> (tempfile::TempDir, Registry) {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in
            [("languages.toml", REGISTRY), ("c/worker.c", "// x\nint x;\n"), ("c/watch.c", ""), ("cpp/worker.cpp", "")]
        {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let registry = Registry::load(folder.path(), folder.path()).unwrap();
        (folder, registry)
    }

    #[test]
    fn what_a_page_says_of_a_language_is_read_from_it_again() {
        let (_folder, registry) = registry();
        let c = Row {
            verdicts: [("worker".to_owned(), "23 of 24; no report".to_owned())].into(),
            versions: "gcc 12".to_owned(),
            rate: "120,000".to_owned(),
        };
        let rows = BTreeMap::from([("c".to_owned(), c.clone()), ("cpp".to_owned(), Row::default())]);
        let page = Page::of(&registry, &rows).unwrap().to_string();
        assert_eq!(Page::rows(&page), rows);
        assert_eq!(Page::of(&registry, &Page::rows(&page)).unwrap().to_string(), page);
        for line in [
            "| [C](c/) | | not run | | | | 23 of 24; no report | | | |",
            "| [C++](cpp/) | | | | | | not run | | | |",
            "| [C](c/) | libzmq | gcc 12 | 120,000 | watch 0, worker 1 |",
            "- **C**: nothing",
            "- **C++**, `worker/a`, `worker/b`: it is old",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
    }

    #[test]
    fn a_text_that_is_no_page_has_no_rows() {
        assert!(Page::rows("# Title\n| a | b |\n|---|---|\n| [x](https://example.org) | y |\n").is_empty());
    }
}
