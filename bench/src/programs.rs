//! The command lines of both sides, with which a program of the suite and its reference do the same work.

pub(crate) mod queues;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use testkit::free_endpoints;

/// The symbols of the simulated ticks, the default of both publishers.
pub(crate) const SYMBOLS: [&str; 5] = ["MSFT", "AAPL", "GOOG", "YHOO", "BBRY"];

/// One of two programs that do the same work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The suite's.
    Ours,
    /// The one in C.
    Reference,
}

/// How ticks travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Each is a message.
    Single,
    /// Those that are due together are one: extension `burst`. The reference has it only at full speed.
    Burst,
    /// As packed records on plain TCP, without ZeroMQ. Only the reference has it, at full speed.
    Raw,
}

/// How the two publishers publish.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticks {
    /// The form in which the watcher wants them.
    pub(crate) form: Form,
    /// The total number of ticks.
    pub(crate) count: u64,
    /// Ticks per second; `None`: as fast as possible.
    pub(crate) rate: Option<u32>,
    /// Wait for a slow subscriber instead of dropping.
    pub(crate) block: bool,
    /// How many watchers of all symbols the publisher waits for; 0: it starts at once.
    pub(crate) watchers: usize,
}

/// What a valuz worker computes, and how its results travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Valuation {
    /// Shares times price: as little work as possible. Each result is a message. The reference checks what it receives.
    Notional,
    /// The same, and ours packs results: extension `pack`. The reference has single ones, and checks nothing.
    PackedNotional,
    /// Monte Carlo value at risk: heavy. The reference does not have it.
    ValueAtRisk,
}

/// The endpoints of one valuz batch.
#[derive(Debug)]
pub(crate) struct ValueChannels {
    orders: String,
    results: String,
    control: String,
}

impl ValueChannels {
    pub(crate) fn new() -> Self {
        let [orders, results, control] = free_endpoints();
        Self { orders, results, control }
    }
}

/// The folders of the programs.
#[derive(Debug)]
pub(crate) struct Programs {
    /// The folder of the suite's programs.
    pub(crate) ours: PathBuf,
    /// The folder of the reference programs.
    pub(crate) reference: PathBuf,
    /// The reference on both sides.
    pub(crate) calibrate: bool,
}

impl Programs {
    pub(crate) fn tick_publisher(&self, side: Side, endpoint: &str, ticks: Ticks) -> Command {
        let rate = ticks.rate.map_or_else(|| "max".to_owned(), |rate| rate.to_string());
        let mut command;
        if self.is_ours(side) {
            command = program(&self.ours, "tickz");
            let subscribers = ticks.watchers.to_string();
            command.args(["publish", "--summary", "--await-subscribers", &subscribers, "--ticks", endpoint]);
        } else if ticks.form == Form::Raw {
            command = program(&self.reference, "raw_publish");
            command.args([endpoint, &ticks.count.to_string()]);
            return command;
        } else {
            command = program(&self.reference, "tick_publish");
            command.args(["--await", &(ticks.watchers * SYMBOLS.len()).to_string(), endpoint]);
            command.args((ticks.form == Form::Burst).then_some("--bursts"));
        }
        command.args(["--count", &ticks.count.to_string(), "--rate", &rate]);
        if ticks.block {
            command.arg("--block");
        }
        command
    }

    pub(crate) fn tick_watcher(&self, side: Side, endpoint: &str, ticks: Ticks, latency: bool) -> Command {
        let count = ticks.count.to_string();
        let mut command;
        if self.is_ours(side) {
            command = program(&self.ours, "tickz");
            command.args(["watch", "--summary", "--ticks", endpoint]);
            command.args((ticks.form == Form::Single).then_some("--no-bursts"));
        } else if ticks.form == Form::Raw {
            command = program(&self.reference, "raw_watch");
            command.args([endpoint, &count]).args(SYMBOLS);
            return command;
        } else {
            command = program(&self.reference, "tick_watch");
            command.arg(endpoint);
            command.args((ticks.form == Form::Burst).then_some("--bursts"));
        }
        command.args(SYMBOLS).args(["--count", &count]);
        if latency {
            command.arg("--latency");
        }
        command
    }

    pub(crate) fn value_source(&self, side: Side, channels: &ValueChannels, count: u64) -> Command {
        let (count, seed) = (count.to_string(), "42");
        if self.is_ours(side) {
            let mut command = program(&self.ours, "valuz");
            command.args(["source", "--orders", &channels.orders, "--control", &channels.control]);
            command.args(["--count", &count, "--seed", seed]);
            command
        } else {
            let mut command = program(&self.reference, "value_source");
            command.args([&channels.orders, &channels.control, &count, seed]);
            command
        }
    }

    pub(crate) fn value_worker(&self, side: Side, channels: &ValueChannels, valuation: Valuation) -> Command {
        if self.is_ours(side) {
            let mut command = program(&self.ours, "valuz");
            command.args(["worker", "--orders", &channels.orders, "--results", &channels.results]);
            command.args(["--control", &channels.control]);
            command.args(match valuation {
                Valuation::Notional => &["--no-packs"][..],
                Valuation::PackedNotional => &[],
                Valuation::ValueAtRisk => &["--valuation", "var"],
            });
            command
        } else {
            let is_lean = valuation == Valuation::PackedNotional;
            let mut command = program(&self.reference, if is_lean { "value_lean_worker" } else { "value_worker" });
            command.args([&channels.orders, &channels.results, &channels.control]);
            command
        }
    }

    pub(crate) fn value_reduce(
        &self,
        side: Side,
        channels: &ValueChannels,
        valuation: Valuation,
        workers: u32,
        count: u64,
    ) -> Command {
        let (workers, count) = (workers.to_string(), count.to_string());
        if self.is_ours(side) {
            let mut command = program(&self.ours, "valuz");
            command.args(["reduce", "--results", &channels.results, "--control", &channels.control]);
            command.args(["--workers", &workers, "--count", &count, "--json"]);
            command
        } else {
            let is_lean = valuation == Valuation::PackedNotional;
            let mut command = program(&self.reference, if is_lean { "value_lean_reduce" } else { "value_reduce" });
            command.args([&channels.results, &channels.control, &workers, &count]);
            command
        }
    }

    pub(crate) fn chat_server(&self, side: Side, requests: &str, broadcasts: &str) -> Command {
        if self.is_ours(side) {
            let mut command = program(&self.ours, "chatz");
            command.args(["serve", "--requests", requests, "--broadcasts", broadcasts]);
            command
        } else {
            let mut command = program(&self.reference, "chat_server");
            command.args([requests, broadcasts]);
            command
        }
    }

    fn is_ours(&self, side: Side) -> bool {
        side == Side::Ours && !self.calibrate
    }
}

/// The program `name` of a folder, without arguments.
pub(crate) fn program(folder: &Path, name: &str) -> Command {
    Command::new(folder.join(name))
}
