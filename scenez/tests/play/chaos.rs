//! Any order of keys, acts and faults: in the end no process, port or folder is left.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, sync_channel},
    },
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use scenez::{
    Fault,
    script::{Act, ProcessAct},
    stage::{Command, Progress, Stage, StageError},
};
use testkit::Stopwatch;

use crate::common::{Remains, SCENE, config, scene};

/// How soon a scene must be live, and live again.
const LIVE_WITHIN: Duration = Duration::from_secs(2);

/// A stage, and a message for each change of it.
fn stage() -> (Stage, Receiver<()>) {
    let (sender, changes) = sync_channel(1);
    let stage = Stage::open(scene(SCENE), config(), move || {
        let _ = sender.try_send(());
    })
    .unwrap();
    (stage, changes)
}

/// Waits until the cue of the stage that was started so often has acted.
fn until_live(stage: &Stage, changes: &Receiver<()>, start: u64, cue: usize) {
    let deadline = Instant::now() + testkit::BOUND;
    loop {
        let snapshot = stage.snapshot();
        let is_live = matches!(snapshot.progress, Progress::Watching(_));
        if is_live && (snapshot.start, snapshot.cue) == (start, cue) {
            return;
        }
        assert!(Instant::now() < deadline, "start {start}, cue {cue}: {snapshot:?}");
        let _ = changes.recv_timeout(testkit::BOUND);
    }
}

#[test]
fn back_plays_up_to_the_cue_before_and_start_and_reset_are_fast() {
    let begin = Stopwatch::start();
    let (stage, changes) = stage();
    until_live(&stage, &changes, 1, 0);
    assert!(begin.elapsed() < LIVE_WITHIN, "{:?}", begin.elapsed());
    stage.command(Command::Next).unwrap();
    until_live(&stage, &changes, 1, 1);
    stage.command(Command::Next).unwrap();
    until_live(&stage, &changes, 1, 2);
    stage.command(Command::Back).unwrap();
    until_live(&stage, &changes, 2, 1);
    let late = stage.snapshot().actors.iter().find(|actor| actor.name == "late").unwrap().pid;
    assert!(late.is_some(), "the cue before has acted");
    let begin = Stopwatch::start();
    stage.command(Command::Reset).unwrap();
    until_live(&stage, &changes, 3, 0);
    assert!(begin.elapsed() < LIVE_WITHIN, "{:?}", begin.elapsed());
    stage.close().unwrap();
}

#[test]
fn a_stage_that_panics_leaves_nothing_behind() {
    let (sender, changes) = sync_channel(1);
    let trap = Arc::new(AtomicBool::new(false));
    let is_set = Arc::clone(&trap);
    let stage = Stage::open(scene(SCENE), config(), move || {
        assert!(!is_set.load(Ordering::Relaxed), "a panic on the thread of the stage, as the test wants it");
        let _ = sender.try_send(());
    });
    let (stage, mut remains) = (stage.unwrap(), Remains::default());
    until_live(&stage, &changes, 1, 0);
    remains.note(&stage.snapshot());
    while !remains.has_everything() {
        changes.recv_timeout(testkit::BOUND).unwrap();
        remains.note(&stage.snapshot());
    }
    trap.store(true, Ordering::Relaxed);
    testkit::eventually("the end of the stage", || stage.is_ended());
    remains.assert_nothing();
    assert!(matches!(stage.close(), Err(StageError::Panicked(_))));
}

/// Something that a hand may do at any time.
fn command(random: &mut StdRng) -> Command {
    const NAMES: [&str; 5] = ["prices", "early", "late", "door", "stranger"];
    const ACTS: [ProcessAct; 6] = [
        ProcessAct::Start,
        ProcessAct::Stop,
        ProcessAct::Kill,
        ProcessAct::Suspend,
        ProcessAct::Resume,
        ProcessAct::Restart,
    ];
    let name = NAMES[random.random_range(0..NAMES.len())].to_owned();
    match random.random_range(0..10) {
        0..3 => Command::Next,
        3 => Command::Back,
        4 => Command::Reset,
        5 => Command::Act(Act::Clear(None)),
        6 => Command::Act(Act::Type { process: name, text: "line".to_owned() }),
        7 => {
            let fault = Fault::Slow(random.random_range(1..=100));
            Command::Act(Act::Fault { on: name, fault, lasts: Duration::from_millis(random.random_range(1..500)) })
        }
        _ => Command::Act(Act::Process(ACTS[random.random_range(0..ACTS.len())], name)),
    }
}

#[test]
fn no_order_of_keys_acts_and_faults_leaves_anything_behind() {
    let rounds = if std::env::var_os("SOAK").is_some() { 500 } else { 50 };
    for seed in 0..rounds {
        let mut random = StdRng::seed_from_u64(seed);
        let (stage, changes) = stage();
        let mut remains = Remains::default();
        remains.note(&stage.snapshot());
        while !remains.has_everything() {
            changes.recv_timeout(testkit::BOUND).unwrap();
            remains.note(&stage.snapshot());
        }
        for _ in 0..random.random_range(1..12) {
            // A busy stage refuses a command: that is an answer as well.
            let _ = stage.command(command(&mut random));
            if random.random_bool(0.5) {
                let _ = changes.recv_timeout(Duration::from_millis(100));
            }
            remains.note(&stage.snapshot());
        }
        if random.random_bool(0.5) {
            stage.close().unwrap();
        } else {
            drop(stage);
        }
        remains.assert_nothing();
    }
}
