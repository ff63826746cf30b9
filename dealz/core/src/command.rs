//! The commands of a page, and their replies and refusals.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ts_rs::TS;

use crate::view::{BatchPace, MessageView, ValuationName};

/// A command of a page.
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
    /// Set the number of workers that dealz runs; at most 16.
    SetWorkers {
        /// The number.
        count: u32,
    },
    /// Kill one of dealz's workers with SIGKILL. It is not replaced.
    KillWorker,
    /// Act on a process.
    Process {
        /// The process, by [`crate::view::ProcessView::id`].
        id: String,
        /// What.
        act: ProcessAct,
    },
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
    /// Get the recording that is played, as text.
    Recording,
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
    /// The recording that is played.
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
        /// The value: `symbol`, `name`, `text`, `orders`, `count`, `pace`, `id`, `socket`.
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
