//! The processes of a scene on the desk: their list, what is done to them, and what is built before they start.

use std::{fs, process::Command as System};

use dealz_core::{
    command::{Command, CueStep, ProcessAct},
    view::{CueProgress, ProcessState},
};
use tempfile::TempDir;

use crate::rig::{Page, start_with, with_scenes};

/// A publisher with the name of a service of the desk, a watcher behind a link, and one that a later cue starts.
const SCENE: &str = r#"# Prices

```toml cast
[tickz]
run = "tickz publish --symbols MSFT=41.78 --rate 50 --sequence"
[early]
run = "tickz watch MSFT --json"
links = ["ticks"]
[late]
run = "tickz watch MSFT --json"
wait = true
```

## They flow

```toml expect
"early.received" = ">= 5"
```

## A late joiner

```toml do
start = "late"
```
"#;

/// A worker in a language whose build waits for the file `gate`.
const PEER: &str = "# Peer\n\n```toml cast\n[worker]\nrun = \"peer shell worker\"\n```\n\n## It works\n\n\
                    ```toml expect\n\"worker.prints\" = \"contains here\"\n```\n\n## And again\n";

const REGISTRY: &str = r#"[shell]
name = "Shell"
library = "none"
present = "true"
versions = "echo 1"
extension = "sh"
build = "cat {root}/gate && cp {file} {out}"
run = "sh {out}"
hard = "everything"
"#;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

impl Page {
    fn state_of(&self, name: &str) -> Option<&ProcessState> {
        self.troupe.iter().find(|process| process.id == name).map(|process| &process.state)
    }
}

#[test]
fn the_processes_of_a_scene_are_listed_and_obey() {
    let folder = folder(&[("scenes/prices.md", SCENE)]);
    let (desk, mut page) = start_with(with_scenes(&folder.path().join("scenes"), Some("prices")));
    page.until("the list with a line", |page| {
        page.troupe.iter().any(|process| process.id == "early" && !process.log.is_empty())
    });
    let names: Vec<_> = page.troupe.iter().map(|process| process.id.as_str()).collect();
    assert_eq!(names, ["tickz", "early.ticks", "early", "late"]);
    let [tickz, link, early, late] = &page.troupe[..] else { panic!("{:?}", page.troupe) };
    assert_eq!((early.command.as_str(), link.command.as_str()), ("tickz watch MSFT --json", ""));
    assert_eq!((&tickz.state, &link.state), (&ProcessState::Running, &ProcessState::Running));
    assert_eq!((&late.state, late.pid), (&ProcessState::Ended { how: String::new() }, None));
    assert!(early.pid.is_some() && early.memory_bytes > Some(0) && early.log.len() <= 5, "{early:?}");

    let on = |id: &str, act, scene| Command::Process { id: id.to_owned(), act, scene };
    // The desk's own of this name does not run.
    assert_eq!(desk.act(on("tickz", ProcessAct::Suspend, false)).unwrap_err().to_string(), "tickz: it is not running");
    desk.act(on("tickz", ProcessAct::Suspend, true)).unwrap();
    page.until("it is suspended", |page| page.state_of("tickz") == Some(&ProcessState::Suspended));
    desk.act(on("tickz", ProcessAct::Resume, true)).unwrap();
    desk.act(on("early", ProcessAct::Kill, true)).unwrap();
    let killed = ProcessState::Ended { how: "killed by signal 9".to_owned() };
    page.until("it is killed", |page| page.state_of("early") == Some(&killed));
    desk.act(on("early", ProcessAct::Start, true)).unwrap();
    page.until("it runs again", |page| page.state_of("early") == Some(&ProcessState::Running));
    let refusal = desk.act(on("erly", ProcessAct::Kill, true)).unwrap_err().to_string();
    assert_eq!(refusal, "no process or link `erly`: did you mean `early`?");

    desk.act(Command::CloseScene).unwrap();
    page.until("the list is empty", |page| page.troupe.is_empty());
}

#[test]
fn what_is_built_is_shown_and_the_scene_starts_by_itself_when_it_is() {
    let files =
        [("scenes/peer.md", PEER), ("polyglot/languages.toml", REGISTRY), ("polyglot/shell/worker.sh", "echo here\n")];
    let folder = folder(&files);
    let gate = folder.path().join("gate");
    assert!(System::new("mkfifo").arg(&gate).status().unwrap().success());
    // To open it takes no longer than any other scene, whatever the build takes.
    let (desk, mut page) = start_with(with_scenes(&folder.path().join("scenes"), Some("peer")));
    page.until("it is built", |page| page.stage.building.is_some());
    assert_eq!(page.stage.building.as_ref().unwrap().what, "building the worker in Shell");
    assert_eq!((page.stage.progress, page.stage.start), (CueProgress::Building, 1));
    let refusal = desk.act(Command::Cue { to: CueStep::Next }).unwrap_err().to_string();
    assert_eq!(refusal, "the scene has not started: building the worker in Shell");
    let start = Command::Process { id: "worker".to_owned(), act: ProcessAct::Start, scene: true };
    assert_eq!(desk.act(start).unwrap_err().to_string(), "the scene has not started: its peers are not built");
    fs::write(gate, "").unwrap();
    page.until("its first cue is met", |page| page.stage.progress == CueProgress::Met);
    assert_eq!(page.stage.building, None);
}
