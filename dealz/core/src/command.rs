//! What a page may ask of the desk, and what it gets.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use ts_rs::TS;

use crate::view::{MessageView, SocketId, ValuationName};

/// What a page asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "do", deny_unknown_fields)]
pub enum Command {
    /// Subscribe to a symbol.
    Follow {
        /// Which.
        symbol: String,
    },
    /// Unsubscribe from a symbol.
    Forget {
        /// Which.
        symbol: String,
    },
    /// Be somebody else in the chat.
    Rename {
        /// Who.
        name: String,
    },
    /// Say a text to everybody.
    Say {
        /// What.
        text: String,
    },
    /// Run a batch. One that runs is stopped.
    RunBatch {
        /// Its orders.
        orders: OrdersInput,
        /// What our workers are to compute. They are started anew where they compute something else.
        valuation: ValuationName,
    },
    /// Stop the batch that runs.
    StopBatch,
    /// Have this many workers of our own; at most 16.
    SetWorkers {
        /// How many.
        count: u32,
    },
    /// Kill one of our workers with SIGKILL. It is not replaced.
    KillWorker,
    /// Do something to a process.
    Process {
        /// Which, by [`crate::view::ProcessView::id`].
        id: String,
        /// What.
        act: ProcessAct,
    },
    /// Put everything back to the start: services restarted, chat and counters cleared.
    Reset,
    /// The last messages of a socket.
    Wire {
        /// Which.
        socket: SocketId,
    },
    /// The recording that is played, as text.
    Recording,
}

/// What can be done to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ProcessAct {
    /// Start it, where it is not running.
    Start,
    /// Ask it to end (SIGTERM).
    Stop,
    /// Stop it and start it.
    Restart,
    /// Kill it (SIGKILL).
    Kill,
    /// Have it stand still (SIGSTOP).
    Suspend,
    /// Have it go on (SIGCONT).
    Resume,
}

/// Where the orders of a batch come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "from")]
pub enum OrdersInput {
    /// Simulated.
    Seed {
        /// The same seed gives the same orders.
        #[ts(type = "number")]
        seed: u64,
        /// How many, 1 to 4,000,000.
        #[ts(type = "number")]
        count: u64,
    },
    /// Listed.
    File {
        /// The file's name, for show.
        name: String,
        /// What is in it: CSV with a header (symbol, action, shares, price), at most 16 MiB.
        csv: String,
    },
}

/// What a page gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "got")]
pub enum Reply {
    /// It is done, or on its way; updates tell the rest.
    Done,
    /// The last messages of a socket, oldest first; at most 200.
    Wire {
        /// The messages.
        messages: Vec<MessageView>,
    },
    /// The recording that is played.
    Recording {
        /// One [`crate::view::Recorded`] a line.
        text: String,
    },
}

/// Why a page does not get it.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "refused")]
pub enum Refusal {
    /// A value is not what it must be.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which value: `symbol`, `name`, `text`, `orders`, `count`, `id`.
        field: String,
        /// What is wrong with it, as a sentence.
        reason: String,
    },
    /// It cannot be done now.
    #[error("{reason}")]
    NotNow {
        /// Why, as a sentence.
        reason: String,
    },
    /// This page may only look.
    #[error("this page may look, not touch")]
    ViewOnly,
}
