//! The commands and links of README.md and ARCHITECTURE.md exist.

use std::{fs, path::PathBuf};

use testkit::{run, sibling};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn every_command_of_the_readme_is_understood() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let commands = readme.lines().filter_map(|line| line.strip_prefix("just "));
    // The desk needs WebKit to be built, and `eject` is a script: their own tests check their commands.
    let is_here = |command: &&str| !command.starts_with("dealz") && !command.starts_with("eject");
    let commands: Vec<&str> = commands.filter(is_here).collect();
    assert!(commands.len() > 8, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.split('#').next().unwrap_or_default().split_whitespace().collect();
        let (name, arguments) = words.split_first().unwrap();
        let program = match *name {
            "keys" => "keyz",
            "pattern" => "patternz",
            name => name,
        };
        // Parsing comes before help: a flag that does not exist ends with exit code 2.
        let finished = run(sibling(program), arguments.iter().chain(&["--help"]));
        assert_eq!(finished.code, Some(0), "just {command}\n{}", finished.stderr);
    }
}

#[test]
fn every_link_leads_to_a_file() {
    for document in ["README.md", "ARCHITECTURE.md", "protocol-docs/README.md", "bench/README.md", "docs/scenes.md"] {
        let path = root().join(document);
        let text = fs::read_to_string(&path).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
            let target = path.parent().unwrap().join(link.split('#').next().unwrap_or_default());
            assert!(target.exists(), "{document} links to {link}");
        }
    }
}
