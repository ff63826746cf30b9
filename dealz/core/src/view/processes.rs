//! What dealz has started, and what it found running.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProcessView {
    /// What commands call it: `tickz`, `chatz`, `worker-1`.
    pub id: String,
    /// The command line, as one would type it.
    pub command: String,
    /// Where it stands.
    pub state: ProcessState,
    /// Its process id, while it lives.
    pub pid: Option<u32>,
    /// Since when it stands there.
    pub since_ms: f64,
    /// Memory that it holds (`VmRSS`), while it lives.
    #[ts(type = "number | null")]
    pub memory_bytes: Option<u64>,
    /// Its last log lines, oldest first; at most 20.
    pub log: Vec<String>,
}

/// Where a process stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum ProcessState {
    /// dealz started it and it runs.
    Running,
    /// Stopped by SIGSTOP.
    Suspended,
    /// It was asked to end and has not yet.
    Stopping,
    /// It is not there.
    Ended {
        /// How it ended, as a sentence; empty where it was never started.
        how: String,
    },
    /// Somebody else started it: it is used, and left alone.
    Elsewhere {
        /// Who holds its port, as words.
        holder: String,
    },
}
