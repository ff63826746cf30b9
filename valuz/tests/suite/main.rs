//! The real program in all its roles, on ports that the system chooses.
//!
//! - [`start`]: every start order, and that all roles exit by themselves
//! - [`killed`]: workers that are killed, that join late; a source or a reduce that is restarted
//! - [`batches`]: one batch after another, with the same workers
//! - [`foreign`]: raw peers: those of the base protocol, those that swallow orders, those that send garbage
//! - [`stopped`]: SIGTERM in every role and state
//! - [`run`]: `valuz run`
//! - [`languages`]: the same with workers in other languages
//! - [`packs`]: several results in one message
//! - [`pace`]: batches that are sent slowly
//! - [`command_line`]: help, usage errors, input files

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod batches;
mod command_line;
mod foreign;
mod input;
mod killed;
mod languages;
mod pace;
mod packs;
mod run;
mod start;
mod stopped;

use std::time::Duration;

use testkit::{Finished, Peer, Program};

const VALUZ: &str = env!("CARGO_BIN_EXE_valuz");

/// The endpoints of one batch.
struct Channels {
    orders: String,
    results: String,
    control: String,
}

impl Channels {
    /// On free ports. For tests in which a connecting role starts first; others bind at port `*`.
    fn free() -> Self {
        let [orders, results, control] = testkit::free_endpoints();
        Self { orders, results, control }
    }

    fn source(&self, more: &[&str]) -> Program {
        start(&["source", "--orders", &self.orders, "--control", &self.control], more)
    }

    /// The endpoints of these peers.
    fn of(orders: &Peer, results: &Peer, control: &Peer) -> Self {
        let [orders, results, control] = [orders, results, control].map(|peer| peer.endpoint().to_owned());
        Self { orders, results, control }
    }

    fn worker(&self, more: &[&str]) -> Program {
        let channels = ["--orders", &self.orders, "--results", &self.results, "--control", &self.control];
        start(&[&["worker"][..], &channels].concat(), more)
    }

    fn reduce(&self, more: &[&str]) -> Program {
        start(&["reduce", "--json", "--results", &self.results, "--control", &self.control], more)
    }
}

fn start(arguments: &[&str], more: &[&str]) -> Program {
    Program::start(VALUZ, arguments.iter().chain(more))
}

/// The total of `count` orders of seed 1, worked out here.
fn total(count: u64) -> f64 {
    total_of(1, count)
}

/// The total of `count` orders of this seed, worked out here.
fn total_of(seed: u64, count: u64) -> f64 {
    let orders = valuz::orders::Orders::simulated(seed, count);
    let mut sum = valuz::sums::ExactSum::default();
    let mut notional = valuz::valuation::Valuation::Notional;
    (0..count).for_each(|number| sum.add(notional.value(&orders.get(number).unwrap())));
    sum.round()
}

/// Compares reduce's result with what it must be; returns it.
fn assert_total(finished: &Finished, count: u64) -> serde_json::Value {
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let summary = finished.json();
    assert_eq!(summary["count"], count, "{summary}");
    assert_eq!(summary["missing"], 0, "{summary}");
    assert_eq!(summary["value"].as_f64(), Some(total(count)), "{summary}");
    summary
}

/// Waits for programs that must exit by themselves, with 0.
fn assert_ends(programs: impl IntoIterator<Item = Program>) {
    for program in programs {
        let finished = program.finish_within(Duration::from_secs(10));
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    }
}
