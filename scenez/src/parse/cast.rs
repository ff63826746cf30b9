//! The block `toml cast`: a table for each member.

use std::collections::BTreeMap;

use super::{
    markdown::Block,
    table::{self, Entry},
};
use crate::{
    problem::Problems,
    script::{Line, Member},
};

/// The keys of a member.
const KEYS: [&str; 5] = ["run", "count", "wait", "env", "links"];

/// The most equal processes of a member.
const COUNT_MAX: u32 = 64;

/// The longest name of a member.
const NAME_BYTES_MAX: usize = 32;

/// Reads who is in the scene.
pub(super) fn cast(block: &Block, problems: &mut Problems) -> Vec<Member> {
    let mut cast = Vec::new();
    table::read(block, problems, |entries, problems| {
        for entry in entries {
            check_name(&entry, problems);
            if let Some(keys) = entry.table(problems) {
                cast.push(member(entry.key, entry.line, keys, problems));
            }
        }
    });
    cast
}

fn check_name(entry: &Entry<'_>, problems: &mut Problems) {
    let name = entry.key;
    let is_name = name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_name {
        let rule = format!("a letter, then letters, digits and `-`, at most {NAME_BYTES_MAX}");
        problems.add(entry.line, format!("`{name}` is no name of a process: {rule}"));
    } else if name == "all" {
        problems.add(entry.line, "`all` is no name of a process: `clear = \"all\"` means all of them");
    }
}

fn member(name: &str, line: Line, keys: Vec<Entry<'_>>, problems: &mut Problems) -> Member {
    let mut member = Member {
        name: name.to_owned(),
        run: Vec::new(),
        count: 1,
        waits: false,
        variables: BTreeMap::new(),
        links: Vec::new(),
        line,
    };
    if !keys.iter().any(|entry| entry.key == "run") {
        problems.add(line, format!("`{name}` has no `run`: its program and arguments"));
    }
    for entry in keys {
        match entry.key {
            "run" => member.run = words(&entry, problems),
            "count" => member.count = entry.whole(1..=COUNT_MAX, problems).unwrap_or(1),
            "wait" => member.waits = entry.flag(problems).unwrap_or_default(),
            "env" => {
                let variables = entry.table(problems).unwrap_or_default();
                member.variables = variables.iter().filter_map(|entry| variable(entry, problems)).collect();
            }
            "links" => member.links = entry.texts(problems).into_iter().map(str::to_owned).collect(),
            _ => entry.unknown(&KEYS, problems),
        }
    }
    member
}

fn variable(entry: &Entry<'_>, problems: &mut Problems) -> Option<(String, String)> {
    let name = entry.key;
    let is_name = !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        problems.add(entry.line, format!("`{name}` is no name of a variable: letters, digits and `_`"));
    }
    Some((name.to_owned(), entry.text(problems)?.to_owned()))
}

/// The words of a command line, as a shell splits them.
fn words(entry: &Entry<'_>, problems: &mut Problems) -> Vec<String> {
    let Some(text) = entry.text(problems) else {
        return Vec::new();
    };
    let words = shlex::split(text).unwrap_or_default();
    if words.is_empty() {
        problems.add(entry.line, "`run` is no command line: a quote does not end");
    }
    words
}
