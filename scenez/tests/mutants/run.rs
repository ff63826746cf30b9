//! Plays changed scenes, several at a time: each has its own ports.

use std::{
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use scenez::{
    Scene,
    play::{Status, Verdict},
    stage::{Command, Progress, Snapshot, Stage, StageConfig, StageHub},
};

/// How many scenes play at a time. Most of them wait most of the time.
const JOBS: usize = 8;

/// How long no scene may be without any change: longer than any of them waits.
const STILL: Duration = Duration::from_secs(180);

/// How a scene has played.
#[derive(Debug)]
pub(crate) struct Played {
    /// How long each cue took that was met.
    pub(crate) took: Vec<Duration>,
    /// What was not as expected in the cue after those, or could not be done; empty if the scene has played to its end.
    pub(crate) failures: Vec<String>,
    /// Whether an expectation has failed, and not only an act.
    pub(crate) is_red: bool,
}

/// Does this to each, some at a time; the results are in the order of the items.
pub(crate) fn each<T: Send, R: Send>(items: Vec<T>, act: impl Fn(T) -> R + Sync) -> Vec<R> {
    let (waiting, done) = (Mutex::new(items.into_iter().enumerate()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..JOBS {
            scope.spawn(|| {
                loop {
                    let Some((place, item)) = waiting.lock().unwrap().next() else { return };
                    let result = act(item);
                    done.lock().unwrap().push((place, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Plays a scene to its end, or to the first cue of which an expectation fails.
pub(crate) fn play(scene: Scene) -> Played {
    let stage = Watched::open(scene);
    let mut took = Vec::new();
    loop {
        let cue = took.len();
        let (begun, snapshot) = stage.until(cue, |snapshot| snapshot.progress != Progress::Watching(Verdict::Open));
        let is_red = snapshot.progress == Progress::Watching(Verdict::Failed);
        let is_over = is_red || !snapshot.problems.is_empty() || snapshot.is_last_cue();
        if !is_red {
            took.push(begun.elapsed());
        }
        if is_over {
            return Played { took, failures: snapshot.failures(), is_red };
        }
        stage.next();
    }
}

/// Plays a scene in which the second half of the expectations of each cue are opposites of the first half; returns those that
/// are true with them.
pub(crate) fn play_with_opposites(scene: Scene) -> Vec<String> {
    let (name, count) = (scene.name.clone(), scene.cues.len());
    let stage = Watched::open(scene);
    let mut green = Vec::new();
    for cue in 0..count {
        let is_decided = |snapshot: &Snapshot| {
            let (claims, opposites) = snapshot.checks.split_at(snapshot.checks.len() / 2);
            let has_failed = claims.iter().any(|claim| matches!(claim.status(), Status::Failed | Status::Broken));
            let is_open = opposites.iter().any(|check| matches!(check.status(), Status::Waiting | Status::Holding));
            has_failed || (claims.iter().all(|claim| claim.status() == Status::Met) && !is_open)
        };
        let (_, snapshot) = stage.until(cue, is_decided);
        let (claims, opposites) = snapshot.checks.split_at(snapshot.checks.len() / 2);
        let failed = claims.iter().filter(|claim| claim.status() != Status::Met);
        let met = opposites.iter().filter(|opposite| opposite.status() == Status::Met);
        green.extend(failed.chain(met).map(|check| format!("{name}.md:{}: {}", check.line().0, check.sentence())));
        stage.next();
    }
    green
}

/// A stage, and a message for each change of it.
struct Watched {
    stage: Stage,
    changes: Receiver<()>,
}

impl Watched {
    fn open(scene: Scene) -> Self {
        let (sender, changes) = sync_channel(1);
        let program = testkit::sibling("scenez");
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..").into();
        let config =
            StageConfig { programs: program.parent().unwrap().to_owned(), root, hub: StageHub::Own, house: None };
        let stage = Stage::open(Arc::new(scene), config, move || {
            let _ = sender.try_send(());
        });
        Self { stage: stage.unwrap(), changes }
    }

    /// Waits until the cue has acted and is so; returns when it had acted, and what there was to see.
    fn until(&self, cue: usize, is_so: impl Fn(&Snapshot) -> bool) -> (Instant, Arc<Snapshot>) {
        let mut begun = None;
        loop {
            let snapshot = self.stage.snapshot();
            if snapshot.cue == cue && matches!(snapshot.progress, Progress::Watching(_)) {
                let begun = *begun.get_or_insert_with(Instant::now);
                if is_so(&snapshot) {
                    return (begun, snapshot);
                }
            }
            assert!(!self.stage.is_ended(), "{snapshot:?}");
            self.changes.recv_timeout(STILL).unwrap_or_else(|error| panic!("{error}: {snapshot:?}"));
        }
    }

    fn next(&self) {
        self.stage.command(Command::Next).unwrap();
    }
}
