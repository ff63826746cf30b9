//! The commands, recipes and links of the documents exist.

use std::{fs, path::PathBuf};

use testkit::{run, sibling};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The documents with commands to type.
const GUIDES: [&str; 4] = ["README.md", "docs/scenes.md", "docs/talk.md", "deploy/README.md"];

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// What recipes run: the program, and the arguments that come before those of the recipe.
fn program(recipe: &str) -> Vec<&str> {
    match recipe {
        "keys" => vec!["keyz"],
        "pattern" => vec!["patternz"],
        "languages" => vec!["peerz", "languages"],
        "conformance" => vec!["peerz", "conformance"],
        "languages-matrix" => vec!["peerz", "matrix"],
        "scene" => vec!["scenez", "play"],
        "tour" | "rehearse" => vec!["scenez", recipe],
        "scenes" => vec!["scenez", "check"],
        program => vec![program],
    }
}

#[test]
fn every_command_is_understood() {
    let mut count = 0;
    for document in GUIDES {
        for line in read(document).lines().map(str::trim_start) {
            let Some(command) = line.strip_prefix("just ").or_else(|| line.strip_prefix("./justw ")) else { continue };
            // As a shell reads it: with quotes, and without the comment.
            let words = shlex::split(command).unwrap_or_else(|| panic!("{document}: open quotes in: just {command}"));
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let (recipe, arguments) = words.split_first().unwrap();
            // The desk needs WebKit to be built, these recipes are scripts, and what follows a peer is for that: other tests check
            // them.
            if ["dealz", "demo", "recordings", "eject", "doctor", "test", "peer", "worker", "setup"].contains(recipe) {
                continue;
            }
            let program = program(recipe);
            let (name, first) = program.split_first().unwrap();
            // What follows `--` is for another program.
            let arguments = arguments.iter().take_while(|argument| **argument != "--");
            let arguments = arguments.filter(|argument| !(*recipe == "scenes" && **argument == "--check"));
            // Parsing comes before help: a flag that does not exist ends with exit code 2.
            let finished = run(sibling(name), first.iter().chain(arguments).chain(&["--help"]));
            assert_eq!(finished.code, Some(0), "{document}: just {command}\n{}", finished.stderr);
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn every_recipe_exists() {
    let justfile = read("justfile");
    let exists = |recipe: &str| {
        justfile.lines().any(|line| line.strip_prefix(recipe).is_some_and(|rest| rest.starts_with([':', ' '])))
    };
    for document in GUIDES {
        let text = read(document);
        for code in text.split('`').flat_map(str::lines).map(str::trim_start) {
            let Some(command) = code.strip_prefix("just ").or_else(|| code.strip_prefix("./justw ")) else { continue };
            let recipe = command.split_whitespace().next().unwrap_or_default();
            assert!(exists(recipe), "{document}: no recipe {recipe} in the justfile");
        }
    }
}

#[test]
fn every_link_leads_to_a_file() {
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "protocol-docs/README.md",
        "bench/README.md",
        "deploy/README.md",
        "docs/scenes.md",
        "docs/talk.md",
        "scenes/talk.md",
    ] {
        let path = root().join(document);
        let text = fs::read_to_string(&path).unwrap();
        // What a block of code shows is an example.
        let text: Vec<&str> = text.split("```").step_by(2).collect();
        let text = text.join("\n");
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
            let target = path.parent().unwrap().join(link.split('#').next().unwrap_or_default());
            assert!(target.exists(), "{document} links to {link}");
        }
    }
}
