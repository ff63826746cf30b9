//! Scenes (`docs/scenes.md`): which there are, and the one that is played.
//!
//! What changes rarely, texts and titles, and what changes all the time, how far the cue is, are sent apart. Both change
//! together when a scene is opened or closed.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The folder of scenes, and the texts of the scene that is open.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScenesView {
    /// All scenes: in the order of the talk's longest cut, then the others by name.
    pub folder: Vec<SceneEntry>,
    /// The cuts of the talk; none if there is no talk.
    pub cuts: Vec<CutView>,
    /// Why scenes are missing, a line for each mistake.
    pub problem: Option<String>,
    /// When the first scene was opened since the desk has started or was reset: the beginning of the talk.
    pub started_ms: Option<f64>,
    /// The scene that is open.
    pub open: Option<SceneView>,
    /// The scene whose recording the pages that may control the desk play, in place of what is live.
    pub playing: Option<String>,
}

/// A scene of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SceneEntry {
    /// The name of its file, without the extension: `name` in commands.
    pub name: String,
    /// Its heading.
    pub title: String,
    /// Whether there is a recording of it.
    pub recorded: bool,
}

/// A cut of the talk: the scenes for so many minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CutView {
    /// How long it may take.
    pub minutes: u32,
    /// Its scenes, in order.
    pub parts: Vec<PartView>,
}

/// A scene in a cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PartView {
    /// Its [name](SceneEntry::name).
    pub scene: String,
    /// How long it should take.
    pub minutes: u32,
}

/// What can be read of a scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SceneView {
    /// Its [name](SceneEntry::name).
    pub name: String,
    /// Its heading.
    pub title: String,
    /// The text before its first cue: Markdown.
    pub idea: String,
    /// Its cues, in order.
    pub cues: Vec<CueView>,
}

/// What can be read of a cue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CueView {
    /// Its heading.
    pub title: String,
    /// Its text: Markdown.
    pub text: String,
    /// What only the speaker reads: Markdown; empty for a page that may not control the desk, and in a recording.
    pub notes: String,
}

/// The open scene at work; of no meaning while [`ScenesView::open`] is empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StageView {
    /// The cue that is played: its place in [`SceneView::cues`].
    pub cue: u32,
    /// The cue up to which the scene plays by itself, after a step back.
    pub target: u32,
    /// Rises with each start of the scene.
    #[ts(type = "number")]
    pub start: u64,
    /// How far the cue is.
    pub progress: CueProgress,
    /// What is built at the moment: the scene starts when all of its peers are.
    pub building: Option<BuildingView>,
    /// Its expectations, in the order of the file.
    pub checks: Vec<CheckView>,
    /// What the cue could not do, as sentences.
    pub problems: Vec<String>,
    /// The processes of the scene, and its links.
    pub actors: Vec<ActorView>,
    /// The faults that are on.
    pub faults: Vec<FaultView>,
}

impl StageView {
    /// Whether nothing but what was seen of expectations is different in `other`, which changes all the time.
    pub(crate) fn differs_in_words_alone(&self, other: &Self) -> bool {
        let statuses = |stage: &Self| stage.checks.iter().map(|check| check.status).collect::<Vec<_>>();
        let rest = |stage: &Self| Self { checks: Vec::new(), ..stage.clone() };
        statuses(self) == statuses(other) && rest(self) == rest(other)
    }
}

/// A peer that is built, or a language that is looked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BuildingView {
    /// Such as `building the worker in Haskell`.
    pub what: String,
    /// Since when.
    pub since_ms: f64,
}

/// How far a cue is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum CueProgress {
    /// The processes of before are ending.
    #[default]
    Clearing,
    /// The scene has not started: its peers in other languages are built.
    Building,
    /// It acts.
    Acting,
    /// It has acted, and expectations wait.
    Open,
    /// All its expectations are met.
    Met,
    /// One of them has failed, or the cue could not do everything.
    Failed,
}

/// An expectation of a cue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CheckView {
    /// What is expected and what was seen last: `early.lost = 0, is 12 after 5 s`.
    pub sentence: String,
    /// How far it is.
    pub status: CheckStatus,
}

/// How far an expectation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum CheckStatus {
    /// It is not true yet.
    Waiting,
    /// It is true, and has to stay so.
    Holding,
    /// It is true, and has stayed so.
    Met,
    /// It did not become true in time.
    Failed,
    /// It became false before its time was over.
    Broken,
}

/// A process of a scene, or a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ActorView {
    /// Its name, such as `worker-2`; that of a link is `late.ticks`.
    pub name: String,
    /// Whether it is a link.
    pub is_link: bool,
    /// Its process id, once it was started.
    pub pid: Option<u32>,
    /// How it is.
    pub life: ActorLife,
}

/// How a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ActorLife {
    /// It was not started.
    Waiting,
    /// It runs.
    Running,
    /// It is suspended.
    Suspended,
    /// It has ended: its exit code, or the negative number of the signal.
    Ended(i32),
}

/// A fault that is on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FaultView {
    /// The process or link.
    pub on: String,
    /// How it fails, in the words of the command: `latency 200ms`.
    pub fault: String,
    /// When it ends by itself.
    pub ends_ms: f64,
}
