//! The processes that dealz has started, its own and those of the open scene, and those that it found running.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProcessView {
    /// Its name in commands: `tickz`, `chatz`, `worker-1`; that of a scene's link is `late.ticks`.
    pub id: String,
    /// The command line, as typed in a shell; empty for a link.
    pub command: String,
    /// Its state.
    pub state: ProcessState,
    /// Its process id, while it lives.
    pub pid: Option<u32>,
    /// The beginning of that state.
    pub since_ms: f64,
    /// Its resident memory (`VmRSS`), while it lives.
    #[ts(type = "number | null")]
    pub memory_bytes: Option<u64>,
    /// The last lines that it has written, oldest first: at most 20, or 5 if it is one of a scene.
    pub log: Vec<String>,
}

/// The state of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum ProcessState {
    /// dealz started it and it runs.
    Running,
    /// Suspended by SIGSTOP.
    Suspended,
    /// It is ending.
    Stopping,
    /// It does not run.
    Ended {
        /// How it ended; empty if it was never started.
        how: String,
    },
    /// It was started outside of dealz, which uses it and leaves it alone.
    Elsewhere {
        /// The process that holds its address, in words.
        holder: String,
        /// Whether that process is suspended.
        suspended: bool,
    },
}
