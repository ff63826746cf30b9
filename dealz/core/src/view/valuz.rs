//! Valuations.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The panel of valuz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ValuzView {
    /// Whether a batch can run.
    pub state: ValuzState,
    /// The batch that runs or ran last.
    pub batch: Option<BatchView>,
    /// The workers that gave their names, ours first, and those of ours that have not yet.
    pub workers: Vec<WorkerView>,
    /// How many workers said READY and gave no name.
    #[ts(type = "number")]
    pub nameless: u64,
    /// How many workers of our own there are to be.
    pub wanted: u32,
}

/// Whether a batch can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum ValuzState {
    /// All three sockets are bound.
    Ready,
    /// Somebody else holds a port; it is tried again every second.
    Unavailable {
        /// Who holds what, as a sentence.
        reason: String,
    },
}

/// What a worker computes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ValuationName {
    /// What the position costs.
    Notional,
    /// What the position may lose: Monte Carlo value at risk, heavy on purpose.
    Var,
}

/// One batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BatchView {
    /// Where it stands.
    pub phase: BatchPhase,
    /// How many orders it has.
    #[ts(type = "number")]
    pub count: u64,
    /// Where its orders come from, as words: `seed 1`, or the name of a file.
    pub origin: String,
    /// What our workers compute.
    pub valuation: ValuationName,
    /// Orders whose result is counted.
    #[ts(type = "number")]
    pub counted: u64,
    /// Orders without a result.
    #[ts(type = "number")]
    pub missing: u64,
    /// Orders sent again, each time counted.
    #[ts(type = "number")]
    pub repeated: u64,
    /// Results dropped because their order was counted before.
    #[ts(type = "number")]
    pub duplicates: u64,
    /// Results dropped because they belong to no order of this batch.
    #[ts(type = "number")]
    pub foreign: u64,
    /// From the start to now or to the last result, in milliseconds.
    pub elapsed_ms: f64,
    /// Results a second: over the last second while it runs, over all of it afterwards.
    pub per_second: f64,
    /// How long the rest takes at that rate, in milliseconds; none where that cannot be told.
    pub left_ms: Option<f64>,
    /// The sum so far, exact but for one rounding; none where it is beyond all numbers.
    pub total: Option<f64>,
    /// The sums by symbol, sorted by symbol.
    pub by_symbol: Vec<SymbolValue>,
    /// Whether the total is what it must be.
    pub verification: Verification,
}

/// Where a batch stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum BatchPhase {
    /// For the first worker.
    Waiting,
    /// Orders are out.
    Running,
    /// Every order is counted.
    Complete,
    /// Orders are missing and nothing more came, or it was stopped by hand.
    Stopped {
        /// Why, as a sentence.
        reason: String,
    },
}

/// The sum of one symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SymbolValue {
    /// Which.
    pub symbol: String,
    /// The sum so far.
    pub value: f64,
}

/// Whether a total is what it must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Verification {
    /// The batch is not complete, or dealz is still adding up.
    Pending,
    /// dealz has added up the same orders by itself, to the same last bit, in all and by symbol.
    Verified,
    /// dealz comes to another sum.
    Differs {
        /// What it comes to.
        expected: f64,
    },
    /// dealz does not check it.
    Unchecked {
        /// Why not, as a sentence.
        reason: String,
    },
}

/// One worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WorkerView {
    /// Its own name, `language:host:pid`; for one of ours that has not said it, what it will be.
    pub name: String,
    /// The language that it is written in.
    pub language: String,
    /// Its process id on its host.
    pub pid: u32,
    /// The id of the process, where dealz started it.
    pub process: Option<String>,
    /// Where it stands.
    pub state: WorkerState,
    /// Orders that it has done, as it last reported.
    #[ts(type = "number")]
    pub done: u64,
    /// Orders a second, from its reports.
    pub per_second: f64,
}

/// Where a worker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum WorkerState {
    /// Started, and not connected yet.
    Starting,
    /// Connected.
    Ready,
    /// Its reports rise.
    Working,
    /// Stopped by SIGSTOP: there, and silent.
    Suspended,
    /// Its connection is gone.
    Gone,
}
