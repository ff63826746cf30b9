//! Valuations.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use valuz::pace::Pace;

/// The panel of valuz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ValuzView {
    /// Whether a batch can run.
    pub state: ValuzState,
    /// The batch that runs or ran last.
    pub batch: Option<BatchView>,
    /// The workers that gave their names, and those that dealz has started and are not ready yet. Those of dealz come
    /// first.
    pub workers: Vec<WorkerView>,
    /// The number of workers that sent READY without a name.
    #[ts(type = "number")]
    pub nameless: u64,
    /// The number of workers that dealz runs, and of those that start.
    pub wanted: u32,
    /// In which languages, Rust first: all that have a worker, even if this machine does not have them.
    pub languages: Vec<LanguageView>,
    /// For each valuation, how many orders make a batch of about ten seconds.
    pub recommended: Vec<RecommendedCount>,
    /// The most orders that a batch may have.
    #[ts(type = "number")]
    pub count_max: u64,
    /// How fast orders are sent.
    pub pace: BatchPace,
}

/// How fast the orders of a batch are sent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is", deny_unknown_fields)]
pub enum BatchPace {
    /// As fast as the workers take them.
    Max,
    /// At a rate.
    Rate {
        /// Orders a second, 0.001 to 1,000,000.
        per_second: f64,
    },
    /// One for each [`Command::Step`](crate::command::Command::Step).
    Step,
}

impl From<Pace> for BatchPace {
    fn from(pace: Pace) -> Self {
        match pace {
            Pace::Max => Self::Max,
            Pace::PerSecond(per_second) => Self::Rate { per_second },
            Pace::Step => Self::Step,
        }
    }
}

/// How many orders make a batch of about ten seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct RecommendedCount {
    /// What the workers compute.
    pub valuation: ValuationName,
    /// The number of orders.
    #[ts(type = "number")]
    pub count: u64,
    /// The milliseconds that they take: about ten thousand, or fewer for the most orders that a batch may have.
    #[ts(type = "number")]
    pub time_ms: u64,
    /// Whether that follows from the rate of the last batch; else from a usual rate.
    pub measured: bool,
}

/// Whether a batch can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum ValuzState {
    /// All three sockets are bound.
    Ready,
    /// A port is in use by another process; dealz tries again every second.
    Unavailable {
        /// The holder of the port, as a sentence.
        reason: String,
    },
}

/// What a worker computes for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
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
    /// Its state.
    pub phase: BatchPhase,
    /// The number of its orders.
    #[ts(type = "number")]
    pub count: u64,
    /// Where its orders come from, as words: `seed 1`, or the name of a file.
    pub origin: String,
    /// What the workers of dealz compute.
    pub valuation: ValuationName,
    /// Orders whose result is counted.
    #[ts(type = "number")]
    pub counted: u64,
    /// Orders without a result.
    #[ts(type = "number")]
    pub outstanding: u64,
    /// Of the outstanding orders, those that dealz has not sent, or is about to send again. The others are at the workers, or
    /// lost with one and not asked for yet: `PUSH` does not say which worker got which order.
    #[ts(type = "number")]
    pub unsent: u64,
    /// Orders sent again, each time counted.
    #[ts(type = "number")]
    pub repeated: u64,
    /// Results dropped because their order was counted before.
    #[ts(type = "number")]
    pub duplicates: u64,
    /// Results dropped because they are of an earlier batch.
    #[ts(type = "number")]
    pub late: u64,
    /// Results dropped because they are of no batch known here.
    #[ts(type = "number")]
    pub foreign: u64,
    /// From the start to now or to the last result, in milliseconds.
    pub elapsed_ms: f64,
    /// Results per second: over the last second while it runs, over the whole batch afterwards.
    pub per_second: f64,
    /// How long the rest takes at that rate, in milliseconds; `null` if that cannot be known.
    pub left_ms: Option<f64>,
    /// The sum until now, exact but for one rounding; `null` if it is beyond the largest number.
    pub total: Option<f64>,
    /// The sums by symbol, sorted by symbol.
    pub by_symbol: Vec<SymbolValue>,
    /// Whether the total is correct.
    pub verification: Verification,
}

/// The state of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum BatchPhase {
    /// Waiting for the first worker.
    Waiting,
    /// Orders are sent and results come.
    Running,
    /// Every order is counted.
    Complete,
    /// It was stopped on request, with orders missing.
    Stopped,
    /// dealz gave it up, with orders missing.
    GivenUp {
        /// The reason, as a sentence.
        reason: String,
    },
}

/// The sum of one symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SymbolValue {
    /// Which.
    pub symbol: String,
    /// The sum until now.
    pub value: f64,
}

/// Whether a total is correct.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Verification {
    /// The batch is not complete, or dealz is still adding up.
    Pending,
    /// dealz has added up the same orders itself, and every bit is the same, in total and by symbol.
    Verified,
    /// The last run of the same orders with the same valuation had the same sums, to the last bit.
    Repeated,
    /// dealz, or the last run of the same orders, has another sum.
    Differs {
        /// That sum.
        expected: f64,
    },
    /// There is nothing to compare the total with.
    Unchecked {
        /// The reason, as a sentence.
        reason: String,
    },
}

/// The workers of dealz in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LanguageView {
    /// Its name in commands: `rust`, `csharp`.
    pub id: String,
    /// Its name for people: `Rust`, `C#`.
    pub name: String,
    /// Of these, the number in this language.
    pub wanted: u32,
    /// Whether a worker can be started.
    pub state: LanguageState,
}

/// Whether a worker in a language can be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum LanguageState {
    /// This machine was not asked yet: [`Command::Languages`](crate::command::Command::Languages).
    Unknown,
    /// This machine has the language.
    Present,
    /// The worker is being built, and starts when it is.
    Building,
    /// The last worker could not be started.
    Failed {
        /// The reason, as a sentence.
        reason: String,
    },
    /// This machine does not have the language, or not its library.
    Missing,
}

/// One worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct WorkerView {
    /// Its name, `language:host:pid`; for one that dealz has started and that is not ready yet, the name that it will have.
    pub name: String,
    /// The language that it is written in; empty if its name does not say it.
    pub language: String,
    /// Its process id on its host; 0 if its name does not say it.
    pub pid: u32,
    /// The id of the process, if dealz has started it.
    pub process: Option<String>,
    /// Its state.
    pub state: WorkerState,
    /// Orders of this batch that it has valued, by its last report.
    #[ts(type = "number")]
    pub done: u64,
    /// Orders that it has valued since its start, by its last report.
    #[ts(type = "number")]
    pub done_in_all: u64,
    /// Orders per second, by its reports.
    pub per_second: f64,
}

/// The state of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum WorkerState {
    /// Started, and not connected yet.
    Starting,
    /// Connected.
    Ready,
    /// Connected, and its reports rise.
    Working,
    /// Suspended by SIGSTOP.
    Suspended,
    /// Its connection is gone.
    Gone,
}
