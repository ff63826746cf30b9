//! The blocks `toml do`: what a cue does, in the order of lines.

use super::{
    markdown::Block,
    table::{self, Entry},
};
use crate::{
    fault::Fault,
    problem::Problems,
    script::{Act, Line, Placed, ProcessAct},
    suggest::suggestion,
};

/// The acts on processes.
const PROCESS_ACTS: [(&str, ProcessAct); 6] = [
    ("start", ProcessAct::Start),
    ("stop", ProcessAct::Stop),
    ("kill", ProcessAct::Kill),
    ("suspend", ProcessAct::Suspend),
    ("resume", ProcessAct::Resume),
    ("restart", ProcessAct::Restart),
];

/// All keys of a block.
const KEYS: [&str; 11] =
    ["start", "stop", "kill", "suspend", "resume", "restart", "type", "fault", "clear", "view", "highlight"];

/// Reads what happens.
pub(super) fn acts(block: &Block, problems: &mut Problems) -> Vec<Placed<Act>> {
    let mut acts = Vec::new();
    table::read(block, problems, |entries, problems| {
        for entry in entries {
            let line = entry.line;
            let read = read(&entry, problems);
            acts.extend(read.into_iter().map(|what| Placed { what, line }));
        }
    });
    acts
}

fn read(entry: &Entry<'_>, problems: &mut Problems) -> Vec<Act> {
    if let Some((_, act)) = PROCESS_ACTS.into_iter().find(|(key, _)| *key == entry.key) {
        return entry.texts(problems).into_iter().map(|name| Act::Process(act, name.to_owned())).collect();
    }
    match entry.key {
        "type" => {
            let lines = entry.tables(problems);
            lines.into_iter().filter_map(|(line, keys)| typed(line, keys, problems)).collect()
        }
        "fault" => {
            let faults = entry.tables(problems);
            faults.into_iter().filter_map(|(line, keys)| fault(line, keys, problems)).collect()
        }
        "clear" => {
            let names = entry.texts(problems).into_iter();
            names.map(|name| Act::Clear((name != "all").then(|| name.to_owned()))).collect()
        }
        "view" => entry.text(problems).map(|view| Act::View(view.to_owned())).into_iter().collect(),
        "highlight" => entry.texts(problems).into_iter().map(|name| Act::Highlight(name.to_owned())).collect(),
        _ => {
            entry.unknown(&KEYS, problems);
            Vec::new()
        }
    }
}

fn typed(line: Line, keys: Vec<Entry<'_>>, problems: &mut Problems) -> Option<Act> {
    let (mut to, mut text) = (None, None);
    for entry in keys {
        match entry.key {
            "to" => to = Some(entry.text(problems)?),
            "line" => text = Some(entry.text(problems)?),
            _ => entry.unknown(&["to", "line"], problems),
        }
    }
    let (Some(process), Some(text)) = (to, text) else {
        problems.add(line, "`type` needs `to` and `line`: type = { to = \"ada\", line = \"hello\" }");
        return None;
    };
    if text.contains(['\n', '\r']) {
        problems.add(line, "`type` types one line: use a list for several");
        return None;
    }
    Some(Act::Type { process: process.to_owned(), text: text.to_owned() })
}

/// A fault has its words as a key and a value, `latency = "200ms", jitter = "20ms"`; one without a value is `true`.
fn fault(line: Line, keys: Vec<Entry<'_>>, problems: &mut Problems) -> Option<Act> {
    let (mut on, mut lasts, mut jitter, mut faults) = (None, None, String::new(), Vec::new());
    for entry in keys {
        match entry.key {
            "on" => on = Some(entry.text(problems)?),
            "for" => lasts = Some(entry.time(problems)?),
            "jitter" => jitter = format!(" {}", entry.words(problems)?),
            name if Fault::names().any(|known| known == name) => faults.push(entry.words(problems)?),
            other => {
                let known = Fault::names().chain(["on", "for", "jitter"]);
                problems.add(entry.line, format!("unknown fault `{other}`{}", suggestion(other, known)));
                return None;
            }
        }
    }
    let Some(on) = on else {
        problems.add(line, "a fault without `on`: a process, or a link as \"late.ticks\"");
        return None;
    };
    let Some(lasts) = lasts else {
        problems.add(line, "a fault without `for`: when it ends by itself, such as for = \"10s\"");
        return None;
    };
    let [words] = faults.as_slice() else {
        let names: Vec<_> = Fault::names().collect();
        problems.add(line, format!("a fault has one of `{}`", names.join("`, `")));
        return None;
    };
    match (words.clone() + &jitter).parse() {
        Ok(fault) => Some(Act::Fault { on: on.to_owned(), fault, lasts }),
        Err(error) => {
            problems.add(line, error.to_string());
            None
        }
    }
}
