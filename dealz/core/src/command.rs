//! The commands of a page or of another process, and their replies and refusals.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ts_rs::TS;

use wire::foreign;

use crate::view::{BatchPace, MessageView, ValuationName, ViewName};

/// The most characters of a command's name in a refusal.
const NAME_CHARS_MAX: usize = 40;

/// The most characters of the reason why a command cannot be read.
const REASON_CHARS_MAX: usize = 200;

/// A command of a page, or of another process (`protocol-docs/desk.md`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "do", deny_unknown_fields)]
pub enum Command {
    /// Subscribe to a symbol.
    Follow {
        /// The symbol.
        symbol: String,
    },
    /// Unsubscribe from a symbol.
    Forget {
        /// The symbol.
        symbol: String,
    },
    /// Change the user name in the chat.
    Rename {
        /// The name.
        name: String,
    },
    /// Send a text to the chat.
    Say {
        /// The text.
        text: String,
    },
    /// Say a text in the chat under another name: for a page of the audience, which may do nothing else. The desk says it, as
    /// `name (room): text`.
    SayAs {
        /// The name.
        name: String,
        /// The text: one line of at most 200 characters.
        text: String,
    },
    /// Run a batch. A running one is stopped.
    RunBatch {
        /// Its orders.
        orders: OrdersInput,
        /// The valuation. Workers of dealz that compute another one are restarted.
        valuation: ValuationName,
    },
    /// Stop the running batch.
    StopBatch,
    /// Change how fast orders are sent, of the running batch and of those after it.
    Pace {
        /// The pace.
        pace: BatchPace,
    },
    /// Send one order of the running batch. From then on each takes a step, until the pace is changed.
    Step,
    /// Set the number of workers that dealz runs in a language; at most 16 in all.
    SetWorkers {
        /// The number.
        count: u32,
        /// The language, by its [id](crate::view::LanguageView::id); Rust if there is none.
        #[serde(default)]
        #[ts(optional)]
        language: Option<String>,
    },
    /// Find out which languages this machine has: [`crate::view::ValuzView::languages`] shows it.
    Languages,
    /// Kill one of dealz's workers with SIGKILL. It is not replaced.
    KillWorker,
    /// Act on a process.
    Process {
        /// The process, by [`crate::view::ProcessView::id`].
        id: String,
        /// What.
        act: ProcessAct,
        /// Whether it is one of the open scene; otherwise the desk's own of that name comes first.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[ts(optional, as = "Option<bool>")]
        scene: bool,
    },
    /// Have the pages that may control the desk show a view.
    View {
        /// The view.
        view: ViewName,
    },
    /// Have something pulse in the diagram of all pages, for five seconds.
    Highlight {
        /// A process, or one of its sockets: `PROCESS` or `PROCESS/SOCKET`.
        target: String,
    },
    /// Open a scene and start it. Another one ends first.
    Scene {
        /// Its [name](crate::view::SceneEntry::name).
        name: String,
    },
    /// End the processes of the open scene. Those of the desk's own scene stay.
    CloseScene,
    /// Go to a cue of the open scene.
    Cue {
        /// Which one.
        to: CueStep,
    },
    /// Make a process or a link of the open scene fail.
    Fault {
        /// The process, or the link as `process.endpoint`.
        on: String,
        /// How: `latency 200ms jitter 20ms`, `bandwidth 10000`, `slicer 3`, `down`, `timeout`, `reset` or `slow 50%`.
        fault: String,
        /// After how long it ends by itself, such as `10s`.
        #[serde(rename = "for")]
        lasts: String,
    },
    /// End the faults of a process or a link of the open scene, and its suspension.
    Clear {
        /// The process or link; all if there is none.
        #[serde(default)]
        #[ts(optional)]
        on: Option<String>,
    },
    /// Have the pages that may control the desk play the recording of a scene. What is live continues.
    Play {
        /// The scene, by its [name](crate::view::SceneEntry::name).
        scene: String,
    },
    /// Have the pages that play a recording show the desk again.
    Live,
    /// Reset the desk: restart its services, clear chat and counters.
    Reset,
    /// Get the last messages of a socket. Asking for them has its process report them, for five seconds.
    Wire {
        /// Which socket, by its [key](crate::view::SocketView::key).
        socket: String,
        /// Only messages after the one with this [id](MessageView::id).
        #[serde(default)]
        #[ts(optional, type = "number")]
        after: Option<u64>,
    },
    /// Get a recording as text: for a page that may control the desk that of a scene, for any page the one that dealz plays.
    Recording {
        /// The scene, by its [name](crate::view::SceneEntry::name).
        #[serde(default)]
        #[ts(optional)]
        scene: Option<String>,
    },
}

/// An action on a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ProcessAct {
    /// Start it if it does not run.
    Start,
    /// Ask it to end (SIGTERM).
    Stop,
    /// Restart it.
    Restart,
    /// Kill it (SIGKILL).
    Kill,
    /// Suspend it (SIGSTOP).
    Suspend,
    /// Resume it (SIGCONT).
    Resume,
}

/// A step through a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum CueStep {
    /// The next cue.
    Next,
    /// The cue before this one: the scene starts again, and plays up to it.
    Back,
    /// The first cue: the scene starts again.
    Reset,
}

/// The source of a batch's orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "from")]
pub enum OrdersInput {
    /// Simulated orders.
    Seed {
        /// The same seed gives the same orders.
        #[ts(type = "number")]
        seed: u64,
        /// The number of orders, 1 to [`ValuzView::count_max`](crate::view::ValuzView::count_max).
        #[ts(type = "number")]
        count: u64,
    },
    /// The orders of a file.
    File {
        /// The file's name, for display.
        name: String,
        /// The file's content: CSV with a header (symbol, action, shares, price), at most 16 MiB.
        csv: String,
    },
}

/// A reply to a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "got")]
pub enum Reply {
    /// The command is done or in progress; updates show its effects.
    Done,
    /// The last messages of a socket, oldest first; at most 200.
    Wire {
        /// The messages.
        messages: Vec<MessageView>,
    },
    /// A recording.
    Recording {
        /// One [`crate::view::Recorded`] per line.
        text: String,
    },
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "refused")]
pub enum Refusal {
    /// A value is invalid.
    #[error("{field}: {reason}")]
    Invalid {
        /// The value: `symbol`, `name`, `text`, `orders`, `count`, `language`, `pace`, `id`, `socket`, `target`, `fault`, `for`, `scene`;
        /// `command` if it is none.
        field: String,
        /// The reason, as a sentence.
        reason: String,
    },
    /// The command is not possible now.
    #[error("{reason}")]
    NotNow {
        /// The reason, as a sentence.
        reason: String,
    },
    /// This page may only view.
    #[error("this page may view but not control")]
    ViewOnly,
}

impl Command {
    /// Reads a command that another process has sent.
    ///
    /// # Errors
    /// There is no such command, or a member of it is missing, unknown or of another type.
    pub fn of_another_process(sent: &wire::desk::Command) -> Result<Self, Refusal> {
        serde_json::from_str(sent.json()).map_err(|error| {
            let reason = error.to_string();
            let name = foreign(sent.name()).at_most(NAME_CHARS_MAX);
            // serde's sentence lists all commands.
            if reason.starts_with("unknown variant `") && reason.contains("`follow`") {
                return Refusal::invalid("command", &format!("this desk knows no command {name}"));
            }
            let reason = foreign(&reason).at_most(REASON_CHARS_MAX);
            Refusal::invalid("command", &format!("{name}: {reason}"))
        })
    }
}

impl Refusal {
    /// A value is invalid.
    pub(crate) fn invalid(field: &str, reason: &str) -> Self {
        Self::Invalid { field: field.to_owned(), reason: reason.to_owned() }
    }

    /// The command is not possible now.
    pub(crate) fn not_now(reason: &str) -> Self {
        Self::NotNow { reason: reason.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;
    use wire::Frames;

    use super::*;

    fn read(json: &str) -> Result<Command, Refusal> {
        let frames: Frames = [json].into_iter().collect();
        Command::of_another_process(&wire::desk::Command::decode(&frames).unwrap())
    }

    #[test]
    fn a_command_that_cannot_be_read_is_refused_with_a_sentence() {
        assert_eq!(read(r#"{"do":"follow","symbol":"IBM"}"#), Ok(Command::Follow { symbol: "IBM".to_owned() }));
        for (json, reason) in [
            (r#"{"do":"fly","to":"late.ticks"}"#, "this desk knows no command fly"),
            (r#"{"do":"\u001b[2J"}"#, "this desk knows no command \\u{1b}[2J"),
            (r#"{"do":"follow"}"#, "follow: missing field `symbol`"),
            (r#"{"do":"follow","symbol":7}"#, "follow: invalid type: integer `7`, expected a string"),
            (r#"{"do":"view","view":"x"}"#, "view: unknown variant `x`, expected one of `desk`"),
            (r#"{"do":"follow","symbol":"IBM","now":true}"#, "follow: unknown field `now`"),
        ] {
            let refusal = read(json).unwrap_err().to_string();
            assert!(refusal.starts_with(&format!("command: {reason}")), "{refusal}");
        }
        let long = read(&format!(r#"{{"do":"{}"}}"#, "x".repeat(256))).unwrap_err().to_string();
        assert!(long.len() < 100, "{long}");
    }

    #[test]
    fn every_command_of_the_specification_is_understood() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol-docs/vectors/desk.json");
        let vectors: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let commands = vectors["messages"][0]["valid"].as_array().unwrap();
        let known = commands.iter().map(|case| &case["meaning"]).filter(|command| {
            // These are for a desk that knows more.
            let name = command["do"].as_str().unwrap();
            let is_known = !(name == "fly" || name.is_empty() || name.starts_with("xx"));
            let read = serde_json::from_value::<Command>((*command).clone());
            assert_eq!(read.is_ok(), is_known, "{command}: {read:?}");
            is_known
        });
        assert!(known.count() > 30);
    }
}
