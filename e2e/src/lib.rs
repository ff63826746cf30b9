//! Shared by the whole-system tests: the programs, the length of a run, a batch of separate processes.
//!
//! The tests run the built programs as processes, on ports that the system chooses. `just soak` runs them at full
//! length, by `SOAK`; without it they are short.

#![expect(clippy::expect_used, reason = "a test that cannot continue fails")]

pub mod blows;
pub mod cast;
pub mod desk;
pub mod doubles;
pub mod garbage;
pub mod good;
pub mod journal;
pub mod lies;
pub mod observer;
pub mod roles;
pub mod truth;

use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng as _};
use testkit::{Peer, Program, peer, sibling};

/// `full` in a soak, `short` otherwise.
#[must_use]
pub fn length(short: usize, full: usize) -> usize {
    length_up_to(short, full, full)
}

/// `longest` in a soak that may take an hour (`SOAK=long`), `full` in another one, `short` otherwise.
#[must_use]
pub fn length_up_to(short: usize, full: usize, longest: usize) -> usize {
    match std::env::var("SOAK") {
        Ok(long) if long == "long" => longest,
        Ok(_) => full,
        Err(_) => short,
    }
}

/// A random number generator whose seed is printed, so that a failure can be reproduced (`SEED=…`).
///
/// # Panics
/// `SEED` is not a number.
#[must_use]
pub fn chance() -> Xoshiro256PlusPlus {
    let seed = std::env::var("SEED")
        .map_or_else(|_| std::process::id().into(), |text| text.parse().expect("SEED is a number"));
    println_seed(seed);
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

#[expect(clippy::print_stdout, reason = "shown by the test runner when the test fails")]
fn println_seed(seed: u64) {
    println!("SEED={seed}");
}

/// Any free port of the loopback interface.
pub const ANY: &str = "tcp://127.0.0.1:*";

/// Starts `tickz` with these arguments.
#[must_use]
pub fn tickz(arguments: &[&str]) -> Program {
    Program::start(sibling("tickz"), arguments)
}

/// Starts `chatz` with these arguments.
#[must_use]
pub fn chatz(arguments: &[&str]) -> Program {
    Program::start(sibling("chatz"), arguments)
}

/// Starts `valuz` with these arguments.
#[must_use]
pub fn valuz(arguments: &[&str]) -> Program {
    Program::start(sibling("valuz"), arguments)
}

/// Source and reduce of one batch, and their endpoints.
pub struct Batch {
    /// Sends the orders.
    pub source: Program,
    /// Collects the results.
    pub reduce: Program,
    orders: String,
    results: String,
    control: String,
}

impl Batch {
    /// Starts reduce and source for `count` orders and `workers` workers.
    #[must_use]
    pub fn start(count: usize, workers: usize, patience: &str) -> Self {
        let (count, workers) = (count.to_string(), workers.to_string());
        let reduce = valuz(&[
            "reduce",
            "--workers",
            &workers,
            "--count",
            &count,
            "--json",
            "--patience",
            patience,
            "--give-up",
            "2m",
            "--results",
            ANY,
            "--control",
            ANY,
        ]);
        let (results, control) = (reduce.endpoint("results"), reduce.endpoint("control"));
        let source = valuz(&["source", "--count", &count, "--seed", "7", "--orders", ANY, "--control", &control]);
        let orders = source.endpoint("orders");
        Self { source, reduce, orders, results, control }
    }

    /// Its endpoints: orders, results and control.
    #[must_use]
    pub fn endpoints(&self) -> [&str; 3] {
        [&self.orders, &self.results, &self.control]
    }

    /// Starts a worker of this batch.
    #[must_use]
    pub fn worker(&self, more: &[&str]) -> Program {
        let mut arguments =
            vec!["worker", "--orders", &self.orders, "--results", &self.results, "--control", &self.control];
        arguments.extend(more);
        valuz(&arguments)
    }
}

/// A single worker, with raw peers instead of source and reduce.
pub struct LoneWorker {
    /// The worker, which has sent READY.
    pub worker: Program,
    /// Sends orders.
    pub orders: Peer,
    /// Receives results.
    pub results: Peer,
    /// Sends commands.
    pub control: Peer,
}

impl LoneWorker {
    /// Starts the worker and receives its READY.
    ///
    /// # Panics
    /// It sends something else, or nothing.
    #[must_use]
    pub fn start() -> Self {
        let (orders, results, control) = (Peer::bind(peer::PUSH), Peer::bind(peer::PULL), Peer::bind(peer::PUB));
        let worker = valuz(&[
            "worker",
            "--orders",
            orders.endpoint(),
            "--results",
            results.endpoint(),
            "--control",
            control.endpoint(),
        ]);
        assert_eq!(results.receive(), [[2]]);
        Self { worker, orders, results, control }
    }
}
