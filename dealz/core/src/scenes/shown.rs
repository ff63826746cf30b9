//! A scene and its stage, as pages get them. Pure.

use scenez::{
    Scene,
    play::{Status, Verdict},
    stage::{self, Life, Progress, Snapshot},
};
use wire::foreign;

use crate::{
    clock::Now,
    view::{
        ActorLife, ActorView, BuildingView, CheckStatus, CheckView, CueProgress, CueView, FaultView, SceneView,
        StageView,
    },
};

/// The texts of a scene.
pub(super) fn scene_view(scene: &Scene) -> SceneView {
    let cue = |cue: &scenez::script::Cue| CueView {
        title: cue.title.clone(),
        text: cue.text.clone(),
        notes: cue.notes.clone(),
    };
    SceneView {
        name: scene.name.clone(),
        title: scene.title.clone(),
        idea: scene.idea.clone(),
        cues: scene.cues.iter().map(cue).collect(),
    }
}

/// A stage at one moment. Times of day are computed from `anchor`, so that the same instant always has the same one.
pub(super) fn stage_view(snapshot: &Snapshot, anchor: Now) -> StageView {
    StageView {
        cue: place(snapshot.cue),
        target: place(snapshot.target),
        start: snapshot.start,
        progress: progress(snapshot),
        building: snapshot.building.as_ref().map(|building| building_view(building, anchor)),
        checks: snapshot.checks.iter().map(check_view).collect(),
        problems: snapshot.problems.iter().map(|problem| foreign(problem).to_string()).collect(),
        actors: snapshot.actors.iter().map(actor_view).collect(),
        faults: snapshot.faults.iter().map(|fault| fault_view(fault, anchor)).collect(),
    }
}

fn place(cue: usize) -> u32 {
    u32::try_from(cue).unwrap_or(u32::MAX)
}

fn progress(snapshot: &Snapshot) -> CueProgress {
    match snapshot.progress {
        Progress::Clearing => CueProgress::Clearing,
        Progress::Acting => CueProgress::Acting,
        Progress::Building | Progress::Watching(_) if !snapshot.failures().is_empty() => CueProgress::Failed,
        Progress::Building => CueProgress::Building,
        Progress::Watching(Verdict::Open) => CueProgress::Open,
        Progress::Watching(Verdict::Met) => CueProgress::Met,
        Progress::Watching(Verdict::Failed) => CueProgress::Failed,
    }
}

fn building_view(building: &stage::Building, anchor: Now) -> BuildingView {
    let waited = building.since.saturating_duration_since(anchor.at);
    BuildingView {
        what: foreign(&building.what).to_string(),
        since_ms: (anchor.ms + waited.as_secs_f64() * 1e3).round(),
    }
}

fn check_view(check: &scenez::play::Check) -> CheckView {
    let status = match check.status() {
        Status::Waiting => CheckStatus::Waiting,
        Status::Holding => CheckStatus::Holding,
        Status::Met => CheckStatus::Met,
        Status::Failed => CheckStatus::Failed,
        Status::Broken => CheckStatus::Broken,
    };
    CheckView { sentence: check.sentence(), status }
}

fn actor_view(actor: &stage::ActorView) -> ActorView {
    let life = match actor.life {
        Life::Waiting => ActorLife::Waiting,
        Life::Running => ActorLife::Running,
        Life::Suspended => ActorLife::Suspended,
        Life::Ended(code) => ActorLife::Ended(code),
    };
    ActorView { name: actor.name.clone(), is_link: actor.is_link, pid: actor.pid, life }
}

fn fault_view(fault: &stage::FaultView, anchor: Now) -> FaultView {
    let left = fault.until.saturating_duration_since(anchor.at);
    FaultView {
        on: fault.on.clone(),
        fault: fault.fault.to_string(),
        ends_ms: (anchor.ms + left.as_secs_f64() * 1e3).round(),
    }
}
