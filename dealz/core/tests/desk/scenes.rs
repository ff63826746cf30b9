//! Scenes on the desk, with real processes.

use std::fs;

use dealz_core::{
    Desk, DeskConfig, StartError,
    command::{Command, CueStep, ProcessAct, Refusal, Reply},
    view::{ActorLife, CueProgress, HighlightView, PageKind, Recorded, Update, ViewName},
};
use tempfile::TempDir;

use crate::rig::{Page, lives, start_with, with_scenes};

/// Prices, a watcher behind a link, and one that a cue starts.
const PRICES: &str = r#"# Prices

The idea.

```toml cast
[prices]
run = "tickz publish --symbols MSFT=41.78 --rate 50 --sequence"
[early]
run = "tickz watch MSFT --json"
links = ["ticks"]
[late]
run = "tickz watch MSFT --json"
wait = true
```

## They flow

The text.

> The notes.

```toml do
view = "wire"
highlight = "early.ticks"
```

```toml expect
within = "30s"
"early.received" = ">= 5"
"prices.ticks.peers" = 1
```

## A late joiner

```toml do
start = "late"
view = "wire"
highlight = "late"
```

```toml expect
within = "30s"
"late.received" = ">= 5"
```
"#;

const OTHER: &str = r#"# Another

```toml cast
[other]
run = "tickz publish --symbols MSFT=41.78 --rate 50"
```

## It reports

```toml expect
within = "30s"
"other.presence" = "present"
```
"#;

/// A folder with these scenes.
fn folder(scenes: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in scenes {
        fs::write(folder.path().join(format!("{name}.md")), text).unwrap();
    }
    folder
}

fn scene(name: &str) -> Command {
    Command::Scene { name: name.to_owned() }
}

fn act(desk: &Desk, command: Command) {
    desk.act(command).unwrap();
}

fn refused(desk: &Desk, command: Command) -> String {
    desk.act(command).unwrap_err().to_string()
}

impl Page {
    fn until_cue(&mut self, start: u64, cue: u32, progress: CueProgress) {
        self.until(&format!("start {start}, cue {cue}: {progress:?}"), |page| {
            (page.stage.start, page.stage.cue, page.stage.progress) == (start, cue, progress)
        });
    }

    fn actor_pid(&self, name: &str) -> Option<u32> {
        self.stage.actors.iter().find(|actor| actor.name == name)?.pid
    }

    fn life(&self, name: &str) -> Option<ActorLife> {
        Some(self.stage.actors.iter().find(|actor| actor.name == name)?.life)
    }

    fn actor_pids(&self) -> Vec<u32> {
        self.stage.actors.iter().filter_map(|actor| actor.pid).collect()
    }
}

/// Asserts that these processes have ended, and that there were some.
fn assert_ended(pids: &[u32]) {
    assert!(!pids.is_empty());
    let running: Vec<_> = pids.iter().filter(|pid| lives(**pid)).collect();
    assert!(running.is_empty(), "{running:?} of {pids:?}");
}

#[test]
fn a_scene_is_opened_played_to_its_end_and_closed() {
    let folder = folder(&[("prices", PRICES), ("other", OTHER)]);
    let (desk, mut page) = start_with(with_scenes(folder.path(), None));
    page.until("the folder is shown", |page| page.scenes.folder.len() == 2);
    assert_eq!((&page.scenes.problem, &page.scenes.open, page.scenes.started_ms), (&None, &None, None));

    act(&desk, scene("prices"));
    page.until_cue(1, 0, CueProgress::Met);
    let open = page.scenes.open.clone().unwrap();
    assert_eq!((open.title.as_str(), open.idea.trim()), ("Prices", "The idea."));
    assert_eq!((open.cues[0].text.trim(), open.cues[0].notes.trim()), ("The text.", "The notes."));
    assert!(page.scenes.started_ms.is_some());
    assert!(page.stage.checks[0].sentence.starts_with("early.received >= 5, is "), "{:?}", page.stage);
    let names: Vec<_> = page.stage.actors.iter().map(|actor| (actor.name.as_str(), actor.is_link)).collect();
    assert_eq!(names, [("prices", false), ("early.ticks", true), ("early", false), ("late", false)]);

    act(&desk, Command::Cue { to: CueStep::Next });
    page.until_cue(1, 1, CueProgress::Met);
    assert_eq!(refused(&desk, Command::Cue { to: CueStep::Next }), "this is the last cue of the scene");
    let pids = page.actor_pids();
    assert_eq!(pids.len(), 4);
    let seen = |page: &Page, pid: &u32| page.reporter(*pid).is_some();
    page.until("the diagram has all of them", |page| pids.iter().all(|pid| seen(page, pid)));

    act(&desk, Command::CloseScene);
    assert_ended(&pids);
    page.until("it is closed", |page| page.scenes.open.is_none() && page.stage.actors.is_empty());
    assert!(page.scenes.started_ms.is_some(), "the talk continues");
    for command in [Command::CloseScene, Command::Cue { to: CueStep::Back }, Command::Clear { on: None }] {
        assert_eq!(refused(&desk, command), "no scene is open");
    }
}

#[test]
fn a_step_back_and_a_reset_start_the_scene_again_and_another_scene_ends_it() {
    let folder = folder(&[("prices", PRICES), ("other", OTHER)]);
    let (desk, mut page) = start_with(with_scenes(folder.path(), Some("prices")));
    page.until_cue(1, 0, CueProgress::Met);
    let first = page.actor_pids();
    act(&desk, Command::Cue { to: CueStep::Next });
    page.until_cue(1, 1, CueProgress::Met);
    act(&desk, Command::Cue { to: CueStep::Back });
    page.until_cue(2, 0, CueProgress::Met);
    assert_ended(&first);
    act(&desk, Command::Cue { to: CueStep::Reset });
    page.until_cue(3, 0, CueProgress::Met);

    let third = page.actor_pids();
    act(&desk, scene("other"));
    assert_ended(&third);
    page.until_cue(1, 0, CueProgress::Met);
    assert_eq!(page.scenes.open.as_ref().unwrap().title, "Another");
    let last = page.actor_pids();
    act(&desk, Command::Reset);
    assert_ended(&last);
    page.until("the desk is as at its start", |page| page.scenes.open.is_none() && page.scenes.started_ms.is_none());

    act(&desk, scene("other"));
    page.until_cue(1, 0, CueProgress::Met);
    let last = page.actor_pids();
    drop(desk);
    assert_ended(&last);
}

#[test]
fn the_views_and_highlights_of_cues_are_those_of_the_desk() {
    let folder = folder(&[("prices", PRICES)]);
    let (desk, mut page) = start_with(with_scenes(folder.path(), None));
    act(&desk, scene("prices"));
    page.until("the first cue shows the bytes", |page| page.chosen == [ViewName::Wire]);
    page.until("its socket pulses", |page| page.highlight.sockets.len() == 1);
    let early = page.actor_pid("early").unwrap();
    page.until("it reports", |page| page.reporter(early).is_some());
    assert_eq!(page.highlight.sockets, [format!("{}/tickz.sub", page.reporter(early).unwrap().id)]);
    act(&desk, Command::Cue { to: CueStep::Next });
    page.until("the same view is chosen again", |page| page.chosen == [ViewName::Wire; 2]);
    page.until("the process that the cue has started pulses", |page| {
        let late = page.actor_pid("late").and_then(|pid| page.reporter(pid));
        let processes = late.map(|late| vec![late.id.clone()]).unwrap_or_default();
        page.highlight == HighlightView { processes, sockets: Vec::new() } && late.is_some()
    });
    act(&desk, Command::Highlight { target: "early/ticks".to_owned() });
    page.until("a hand has the names of the scene too", |page| page.highlight.sockets.len() == 1);
}

#[test]
fn a_hand_makes_things_fail_and_clears_them() {
    let folder = folder(&[("prices", PRICES)]);
    let (desk, mut page) = start_with(with_scenes(folder.path(), Some("prices")));
    page.until_cue(1, 0, CueProgress::Met);
    let fault = |on: &str, fault: &str, lasts: &str| Command::Fault {
        on: on.to_owned(),
        fault: fault.to_owned(),
        lasts: lasts.to_owned(),
    };
    act(&desk, fault("early.ticks", "latency 200ms", "20s"));
    act(&desk, fault("prices", "slow 50%", "20s"));
    page.until("both are on", |page| page.stage.faults.len() == 2);
    let faults: Vec<_> = page.stage.faults.iter().map(|on| (on.on.as_str(), on.fault.as_str())).collect();
    assert_eq!(faults, [("early.ticks", "latency 200ms"), ("prices", "slow 50%")]);
    act(&desk, Command::Clear { on: Some("prices".to_owned()) });
    page.until("one is left", |page| page.stage.faults.len() == 1);
    act(&desk, Command::Clear { on: None });
    page.until("none is left", |page| page.stage.faults.is_empty());
    act(&desk, fault("early.ticks", "latency 200ms", "100ms"));
    page.until("it ends by itself", |page| page.stage.faults.is_empty());

    for (command, reason) in [
        (fault("erly", "slow 50%", "1s"), "no process or link `erly`: did you mean `early`?"),
        (fault("early", "latency 1s", "1s"), "latency is a fault of a link, such as early.ticks"),
        (fault("early.ticks", "slow 50%", "1s"), "slow is a fault of a process"),
        (fault("late", "slow 50%", "1s"), "late does not run"),
        (fault("early", "slowly", "1s"), "fault: 'slowly' is no fault: "),
        (Command::Clear { on: Some("x".to_owned()) }, "no process or link `x`"),
    ] {
        let refusal = refused(&desk, command);
        assert!(refusal.starts_with(reason), "{refusal}");
    }

    let on = |id: &str, act| Command::Process { id: id.to_owned(), act, scene: false };
    act(&desk, on("early", ProcessAct::Suspend));
    page.until("it is suspended", |page| page.life("early") == Some(ActorLife::Suspended));
    act(&desk, Command::Clear { on: Some("early".to_owned()) });
    page.until("it runs", |page| page.life("early") == Some(ActorLife::Running));
    act(&desk, on("early", ProcessAct::Kill));
    page.until("it is killed", |page| page.life("early") == Some(ActorLife::Ended(-9)));
    assert_eq!(refused(&desk, on("neither", ProcessAct::Kill)), "id: there is no process neither");
}

#[test]
fn a_scene_with_a_mistake_is_refused_with_its_line_and_the_open_one_stays() {
    let wrong = PRICES.replacen("late.received", "lat.received", 1);
    let missing = OTHER.replacen("tickz publish", "no-such-program", 1);
    let folder = folder(&[("other", OTHER), ("wrong", &wrong), ("missing", &missing)]);
    let (desk, mut page) = start_with(with_scenes(folder.path(), Some("other")));
    page.until_cue(1, 0, CueProgress::Met);
    let pid = page.actor_pid("other");
    let refusal = desk.act(scene("wrong")).unwrap_err();
    assert!(
        matches!(&refusal, Refusal::NotNow { reason } if reason.contains("wrong.md:43: no process `lat`")),
        "{refusal}"
    );
    assert!(refused(&desk, scene("missing")).contains("missing.md:4: "));
    assert_eq!(refused(&desk, scene("nowhere")), "name: there is no scene nowhere");
    let problem = page.scenes.problem.clone().unwrap();
    assert!(problem.contains("wrong.md:43: ") && problem.contains("missing.md:4: "), "{problem}");
    assert_eq!((page.scenes.folder.len(), page.actor_pid("other")), (3, pid));
    // The file is read again.
    fs::write(folder.path().join("wrong.md"), PRICES).unwrap();
    act(&desk, scene("wrong"));
    page.until_cue(1, 0, CueProgress::Met);

    let error = Desk::start(with_scenes(folder.path(), Some("missing"))).err().unwrap();
    assert!(matches!(error, StartError::Scene(_)) && error.to_string().contains("missing.md:4: "), "{error}");
}

#[test]
fn the_recording_of_a_scene_is_played_until_what_is_live_is_wanted_again() {
    let folder = folder(&[("prices", PRICES), ("other", OTHER)]);
    let update = Update { snapshot: true, ..Update::default() };
    let recording = serde_json::to_string(&Recorded::Update { update }).unwrap() + "\n";
    let file = folder.path().join("recordings/prices.jsonl");
    fs::create_dir(file.parent().unwrap()).unwrap();
    let (desk, mut page) = start_with(with_scenes(folder.path(), None));
    let play = |name: &str| Command::Play { scene: name.to_owned() };
    let get = |name: &str| Command::Recording { scene: Some(name.to_owned()) };
    page.until("the folder", |page| page.scenes.folder.len() == 2);
    assert!(page.scenes.folder.iter().all(|entry| !entry.recorded));
    for command in [play("prices"), get("prices")] {
        assert!(refused(&desk, command).starts_with("there is no recording of prices: `just recordings prices`"));
    }
    assert_eq!(refused(&desk, play("nowhere")), "scene: there is no scene nowhere");
    assert_eq!(refused(&desk, Command::Live), "no recording is played");

    fs::write(&file, &recording).unwrap();
    assert_eq!(desk.act(get("prices")), Ok(Reply::Recording { text: recording }));
    act(&desk, play("prices"));
    let playing = |page: &Page| page.scenes.playing.clone();
    page.until("it is played", |page| playing(page).as_deref() == Some("prices"));
    assert!(page.scenes.folder.iter().any(|entry| entry.name == "prices" && entry.recorded));
    act(&desk, Command::Live);
    page.until("what is live", |page| playing(page).is_none());

    // A scene that is opened is to be seen, and so is a desk that begins again.
    for command in [scene("other"), Command::Reset] {
        act(&desk, play("prices"));
        page.until("it is played", |page| playing(page).is_some());
        act(&desk, command);
        page.until("what is live", |page| playing(page).is_none());
    }
    // One that cannot be played changes nothing.
    fs::write(&file, "garbage\n").unwrap();
    for command in [play("prices"), get("prices")] {
        let refusal = refused(&desk, command);
        assert!(
            refusal.contains("prices.jsonl: line 1: ") && refusal.contains("`just recordings prices`"),
            "{refusal}"
        );
    }
    assert_eq!(playing(&page), None);
}

#[test]
fn two_desks_play_the_same_scene() {
    let folder = folder(&[("prices", PRICES)]);
    let (_one, mut first) = start_with(with_scenes(folder.path(), Some("prices")));
    // The second desk uses the first one's hub.
    let [reports, observations] = testkit::free_endpoints().map(|endpoint| endpoint.parse().unwrap());
    let hub = sockets::HubConfig { reports, observations };
    let at = |hub: &sockets::HubConfig| DeskConfig { hub: hub.clone(), ..with_scenes(folder.path(), Some("prices")) };
    let (_two, mut second) = start_with(at(&hub));
    let (_three, mut third) = start_with(at(&hub));
    for page in [&mut first, &mut second, &mut third] {
        page.until_cue(1, 0, CueProgress::Met);
    }
    let pids = [&first, &second, &third].map(Page::actor_pids).concat();
    assert_eq!(pids.iter().collect::<std::collections::BTreeSet<_>>().len(), 9);
    let both = [&second, &third].map(Page::actor_pids).concat();
    third.until("at one hub both casts are seen", |page| both.iter().all(|pid| page.reporter(*pid).is_some()));
}

#[test]
fn the_notes_are_for_pages_that_control_and_a_recording_has_the_rest() {
    let folder = folder(&[("prices", PRICES)]);
    let file = folder.path().join("talk.jsonl");
    let (desk, mut page) =
        start_with(DeskConfig { record: Some(file.clone()), ..with_scenes(folder.path(), Some("prices")) });
    for kind in [PageKind::View, PageKind::Audience] {
        let mut viewer = Page::of_kind(&desk, kind);
        viewer.until("the scene is shown", |page| page.scenes.open.is_some());
        let cue = &viewer.scenes.open.as_ref().unwrap().cues[0];
        assert_eq!((cue.text.trim(), cue.notes.as_str()), ("The text.", ""));
    }
    page.until_cue(1, 0, CueProgress::Met);
    desk.stop();
    let (_stopper, stop) = sockets::Stop::pair().unwrap();
    let played = Desk::play(&file, &stop).unwrap();
    let Reply::Recording { text } = played.act(Command::Recording { scene: None }).unwrap() else { panic!() };
    let updates = text.lines().filter_map(|line| match serde_json::from_str(line).unwrap() {
        Recorded::Update { update } => Some(update),
        Recorded::Wire { .. } => None,
    });
    let updates: Vec<_> = updates.collect();
    let open = updates.iter().rev().find_map(|update| update.scenes.as_ref()?.open.clone()).unwrap();
    assert_eq!((open.name.as_str(), open.cues[0].notes.as_str()), ("prices", ""));
    let is_met = |update: &&Update| update.stage.as_ref().is_some_and(|stage| stage.progress == CueProgress::Met);
    assert!(updates.iter().any(|update| is_met(&update)));
    assert_eq!(refused(&played, scene("prices")), "a recording is played: there is nothing behind it");
}
