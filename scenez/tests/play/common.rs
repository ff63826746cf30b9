//! The scene of most tests, and how to look for what a scene has left behind.

use std::{fs, net::TcpListener, path::Path, sync::Arc, time::Duration};

use scenez::{
    parse::parse,
    rehearsal::{Outcome, play_through},
    script::Scene,
    stage::{Snapshot, StageConfig, StageHub},
};
use sockets::Stop;

/// A publisher, a watcher, one that comes later; a program that is none of the suite, with a path.
pub(crate) const SCENE: &str = r#"# Prices

Prices flow.

```toml cast
[prices]
run = "tickz publish --symbols MSFT=41.78 --rate 50 --sequence"
[early]
run = "tickz watch MSFT --json"
[late]
run = "tickz watch MSFT --json"
wait = true
[door]
run = "sh -c 'echo at $DOOR; exec sleep 1000'"
env = { DOOR = "{door:ipc}" }
```

## They flow

```toml expect
within = "30s"
"early.received" = ">= 20"
"early.lost" = 0
"prices.ticks.peers" = 1
"door.prints" = "contains at ipc://"
```

## A late joiner

```toml do
start = "late"
```

```toml expect
within = "30s"
"late.before_joining" = "> 0"
"late.received" = "rises >= 10"
"late.ticks.phase" = "up"
```

## Silence

```toml do
suspend = "prices"
```

```toml expect
within = "30s"
stays = "1s"
"prices.presence" = "suspended"
"late.received" = "rises <= 40"
```

## And again

```toml do
resume = "prices"
kill = "late"
```

```toml expect
within = "30s"
"late.exit" = -9
"late.presence" = "gone"
"early.received" = "rises >= 10"
```
"#;

pub(crate) fn scene(text: &str) -> Arc<Scene> {
    Arc::new(parse("prices", text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}")))
}

/// The programs of this build.
pub(crate) fn config() -> StageConfig {
    let program = testkit::sibling("scenez");
    let programs = program.parent().unwrap().to_owned();
    StageConfig { programs, root: "/".into(), hub: StageHub::Own, house: None }
}

/// Plays a scene through.
pub(crate) fn outcome(text: &str) -> Outcome {
    outcome_with_pauses(text, Duration::ZERO)
}

/// Plays a scene through, with a pause after each cue.
pub(crate) fn outcome_with_pauses(text: &str, pause: Duration) -> Outcome {
    let (_stopper, stop) = Stop::pair().unwrap();
    play_through(scene(text), config(), pause, &stop, |_| {}).unwrap()
}

/// What a scene had that must not be left.
#[derive(Debug, Default)]
pub(crate) struct Remains {
    pids: Vec<u32>,
    addresses: Vec<String>,
    folders: Vec<String>,
}

impl Remains {
    /// Notes the processes of a snapshot, and the endpoints that they have printed.
    pub(crate) fn note(&mut self, snapshot: &Snapshot) {
        self.pids.extend(snapshot.actors.iter().filter_map(|actor| actor.pid));
        snapshot.lines.iter().for_each(|line| self.note_line(&line.text));
    }

    pub(crate) fn note_line(&mut self, line: &str) {
        let after =
            |mark: &str| line.split_once(mark).map(|(_, rest)| rest.split([' ', ')']).next().unwrap().to_owned());
        self.pids.extend(after("(pid ").and_then(|pid| pid.parse::<u32>().ok()));
        self.addresses.extend(after("endpoint=tcp://"));
        self.folders.extend(after("ipc://").and_then(|path| Some(Path::new(&path).parent()?.to_str()?.to_owned())));
    }

    /// Whether there is a port and a folder to look for.
    pub(crate) fn has_everything(&self) -> bool {
        !self.addresses.is_empty() && !self.folders.is_empty()
    }

    pub(crate) fn pids(&mut self) -> &[u32] {
        self.pids.sort_unstable();
        self.pids.dedup();
        &self.pids
    }

    /// Waits until no process runs.
    pub(crate) fn assert_no_process(&mut self) {
        assert!(!self.pids().is_empty());
        for pid in self.pids.clone() {
            testkit::eventually(&format!("the end of process {pid}"), || !runs(pid));
        }
    }

    /// Every process has ended, every port is free, and the folders are removed.
    pub(crate) fn assert_nothing(&mut self) {
        let running: Vec<_> = self.pids().iter().copied().filter(|pid| runs(*pid)).collect();
        assert!(running.is_empty(), "{running:?} of {self:?}");
        assert!(!self.addresses.is_empty() && !self.folders.is_empty(), "{self:?}");
        for address in &self.addresses {
            TcpListener::bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
        }
        for folder in &self.folders {
            assert!(!Path::new(folder).exists(), "{folder}");
        }
    }
}

/// Whether a process has not ended; one that nothing has waited for has.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
