//! Peers of the suite with one fault each, for the tests of the kit: `broken ROLE [--fault NAME] [ARGUMENT...]`. Without a
//! fault a peer passes. Each is one loop on plain libzmq, as someone would write it who follows the pages.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a peer that cannot continue is broken in a way that no test expects"
)]

mod jobz_broker;
mod jobz_client;
mod jobz_worker;
mod join;
mod node;
mod ppp_queue;
mod ppp_worker;
mod publish;
mod raw;
mod reduce;
mod serve;
mod source;
mod watch;
mod worker;

use clap::{Parser, ValueEnum};

use node::Node;

#[derive(Parser)]
struct Cli {
    role: RoleName,
    /// Symbols to watch, the name of a user, or a service and the parts of a request
    words: Vec<String>,
    /// What it gets wrong
    #[arg(long, default_value = "")]
    fault: String,
    /// The orders of a batch
    #[arg(long, default_value_t = 0)]
    count: u64,
    /// How many workers a batch has, or where a queue binds for workers
    #[arg(long, default_value = "1")]
    workers: String,
    /// Where a queue binds for clients
    #[arg(long, default_value = "")]
    clients: String,
    /// The queue of a worker
    #[arg(long, default_value = "")]
    connect: String,
    #[command(flatten)]
    limits: jobz_broker::Limits,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Publish,
    Watch,
    Serve,
    Join,
    Source,
    Worker,
    Reduce,
    JobzClient,
    JobzWorker,
    JobzBroker,
    PppWorker,
    PppQueue,
}

fn main() {
    let accepts_all = |arguments: &[String]| arguments.iter().any(|argument| argument == "accepts-any-argument");
    let mut arguments: Vec<String> = std::env::args().collect();
    if accepts_all(&arguments) {
        arguments.retain(|argument| argument != "--no-such-argument");
    }
    let cli = Cli::parse_from(arguments);
    let node = Node::new(cli.fault);
    match cli.role {
        RoleName::Publish => publish::run(node),
        RoleName::Watch => watch::run(node, &cli.words),
        RoleName::Serve => serve::run(node),
        RoleName::Join => join::run(node, cli.words.first().map_or("", String::as_str)),
        RoleName::Source => source::run(node, cli.count),
        RoleName::Worker => worker::run(node),
        RoleName::Reduce => reduce::run(node, cli.workers.parse().expect("a number"), cli.count),
        RoleName::JobzClient => jobz_client::run(node, &cli.words),
        RoleName::JobzWorker => jobz_worker::run(node),
        RoleName::JobzBroker => jobz_broker::run(node, cli.limits),
        RoleName::PppWorker => ppp_worker::run(node, &cli.connect),
        RoleName::PppQueue => ppp_queue::run(node, &cli.clients, &cli.workers),
    }
}
