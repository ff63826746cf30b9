//! A registry of languages that every machine has or lacks: shell scripts, and what no package provides.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{fs, path::PathBuf, process::Command};

use languages::{Language, PeerError, Registry, RegistryError, set_up};
use tempfile::TempDir;

const SHELL: &str = r#"
[shell]
name = "Shell"
library = "none"
present = "test -e {folder}/here"
versions = "echo shell   1; echo library 2"
setup = "touch {folder}/here"
extension = "sh"
build = "echo built >> {folder}/../../builds && cat {file} > {out}"
run = "sh -e {out} 'its first'"
hard = "everything"
[shell.except]
"worker/report" = "it cannot count"
"#;

const ABSENT: &str = r#"
[absent]
name = "Absent"
library = "libabsent"
present = "false"
versions = "false"
extension = "abs"
run = "absent {file}"
hard = "to find it"
"#;

/// A folder `polyglot` with these sections, in a folder whose name has a space and a quote.
struct Fixture {
    folder: TempDir,
}

impl Fixture {
    fn new(sections: &str) -> Self {
        let fixture = Self { folder: TempDir::with_prefix("it's a ").unwrap() };
        for language in ["shell", "absent"] {
            fs::create_dir_all(fixture.polyglot().join(language)).unwrap();
        }
        fs::write(fixture.polyglot().join("languages.toml"), sections).unwrap();
        fs::write(fixture.polyglot().join("shell/worker.sh"), "echo \"$@\"\n").unwrap();
        fs::write(fixture.polyglot().join("absent/watch.abs"), "").unwrap();
        fixture
    }

    fn polyglot(&self) -> PathBuf {
        self.folder.path().join("polyglot")
    }

    fn registry(&self) -> Registry {
        self.load().unwrap()
    }

    fn load(&self) -> Result<Registry, RegistryError> {
        Registry::load(&self.polyglot(), &self.folder.path().join("built"))
    }

    /// How often something was built.
    fn builds(&self) -> usize {
        fs::read_to_string(self.folder.path().join("builds")).map_or(0, |text| text.lines().count())
    }
}

/// Runs a role with an argument; what it prints.
fn run(words: &[String]) -> String {
    let output = Command::new(&words[0]).args(&words[1..]).arg("its last").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn present(language: &Language) -> &Language {
    set_up(&[language], |_| ()).unwrap();
    language
}

#[test]
fn languages_are_in_the_order_of_the_file_with_the_roles_that_have_a_file() {
    let fixture = Fixture::new(&format!("{SHELL}{ABSENT}"));
    let registry = fixture.registry();
    let names: Vec<_> = registry.languages().iter().map(|language| (language.name(), language.roles())).collect();
    assert_eq!(names, [("Shell", vec!["worker"]), ("Absent", vec!["watch"])]);
    assert_eq!(registry.language("shell").unwrap().except()["worker/report"], "it cannot count");
    assert_eq!(registry.language("cobol").unwrap_err().to_string(), "no language `cobol`: there are shell, absent");
}

#[test]
fn what_is_missing_is_installed_and_nothing_else() {
    let fixture = Fixture::new(SHELL);
    let registry = fixture.registry();
    let shell = registry.language("shell").unwrap();
    assert!(!shell.is_present());
    let mut said = Vec::new();
    set_up(&[shell], |line| said.push(line.to_owned())).unwrap();
    assert_eq!(said, ["setting up Shell: touch {folder}/here"]);
    assert!(shell.is_present());
    assert_eq!(shell.versions().as_deref(), Some("shell 1 library 2"));
    set_up(&[shell], |line| panic!("{line}")).unwrap();
}

#[test]
fn a_language_that_cannot_be_set_up_is_an_error_with_the_line_that_fails() {
    let fixture = Fixture::new(ABSENT);
    let registry = fixture.registry();
    let error = set_up(&[registry.language("absent").unwrap()], |_| ()).unwrap_err();
    assert_eq!(error.to_string(), "Absent is still missing after its set-up: this fails: false");
}

#[test]
fn a_role_is_built_when_its_sources_have_changed_and_only_then() {
    let fixture = Fixture::new(SHELL);
    let registry = fixture.registry();
    let shell = present(registry.language("shell").unwrap());
    assert_eq!(run(&shell.command("worker").unwrap()), "its first its last\n");
    assert_eq!(run(&shell.command("worker").unwrap()), "its first its last\n");
    assert_eq!(fixture.builds(), 1);
    fs::write(shell.file("worker"), "echo changed \"$2\"\n").unwrap();
    assert_eq!(run(&shell.command("worker").unwrap()), "changed its last\n");
    assert_eq!(fixture.builds(), 2);
    fs::write(fixture.polyglot().join("languages.toml"), SHELL.replace("cat {file}", "cat  {file}")).unwrap();
    let registry = fixture.registry();
    registry.language("shell").unwrap().command("worker").unwrap();
    assert_eq!(fixture.builds(), 3);
}

#[test]
fn a_build_that_fails_shows_its_lines_and_leaves_no_program() {
    let broken = SHELL.replace("cat {file} > {out}", "echo one; echo two >&2; : > {out}; exit 3");
    let fixture = Fixture::new(&broken);
    let registry = fixture.registry();
    let shell = present(registry.language("shell").unwrap());
    for _ in 0..2 {
        let reason = shell.command("worker").unwrap_err().to_string();
        assert!(reason.contains("worker.sh: exit code 3\none\ntwo"), "{reason}");
    }
    assert_eq!(fixture.builds(), 2);
    let without = Fixture::new(&SHELL.replace(" && cat {file} > {out}", ""));
    let registry = without.registry();
    let reason = present(registry.language("shell").unwrap()).command("worker").unwrap_err().to_string();
    assert!(reason.contains("has made no "), "{reason}");
}

#[test]
fn a_role_or_a_language_that_is_not_there_is_named_with_those_that_are() {
    let fixture = Fixture::new(&format!("{SHELL}{ABSENT}"));
    let registry = fixture.registry();
    let error = registry.language("shell").unwrap().command("watch").unwrap_err();
    assert!(error.is_usage());
    assert_eq!(error.to_string(), "Shell has no role `watch`: there are worker");
    let missing = registry.language("absent").unwrap().command("watch").unwrap_err();
    assert!(matches!(missing, PeerError::Missing(..)) && !missing.is_usage());
    assert_eq!(missing.to_string(), "Absent is missing on this machine: `just setup absent` installs it");
}

#[test]
fn a_mistake_in_the_registry_is_found_before_anything_is_built() {
    for (wrong, reason) in [
        (SHELL.replace("hard = ", "hrad = "), "unknown field `hrad`"),
        (SHELL.replace("library = \"none\"\n", ""), "missing field `library`"),
        (SHELL.replace("run = \"sh -e {out} 'its first'\"", "run = \"sh '\""), "[shell]: `run` is no command line"),
        (ABSENT.replace("{file}", "{out}"), "[absent]: `run` names {out}, and no `build` makes it"),
        (SHELL.replace("worker/report", "work/report"), "[shell]: `except` names the check `work/report`"),
        (ABSENT.replace("[absent]", "[Absent]"), "[Absent]: a name has lower-case letters"),
        ("[shell".to_owned(), "languages.toml: TOML parse error"),
    ] {
        let mistake = Fixture::new(&wrong).load().unwrap_err().to_string();
        assert!(mistake.contains(reason), "{mistake}");
    }
}
