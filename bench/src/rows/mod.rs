//! The rows of the table, by name; each module measures one service.

mod chat;
mod clients;
mod desk;
mod footprint;
mod jobs;
mod reports;
mod stored;
mod ticks;
mod values;

use anyhow::Result;
use clap::ValueEnum;

use crate::{
    pairs::order,
    programs::{Programs, Side},
    progress::Progress,
    table::Table,
};

/// The names that `--only` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Name {
    /// Ticks a second to one watcher, nothing dropped
    TicksThroughput,
    /// Latency of 10,000 ticks a second
    TicksLatency,
    /// Ticks a second to one watcher, those that are due together in one message
    TicksBursts,
    /// The same to four watchers
    TicksFourWatchers,
    /// Latency of ticks in bursts, compared with single ones
    TicksBurstLatency,
    /// The cost of reports to a hub at full speed
    Reports,
    /// A batch of notional values with one worker
    ValuesOneWorker,
    /// The same with two workers
    ValuesTwoWorkers,
    /// The batch with packs of results, compared with a reference without checks, one worker
    ValuesPacked,
    /// The same with two workers
    ValuesPackedTwoWorkers,
    /// The speed-up from a second worker on heavy work
    ValuesSpeedUp,
    /// 10,000 users present, 100 messages a second
    ChatCrowd,
    /// The cost of a reply that names 1,000 users
    ChatReply,
    /// Round trips through a broker of jobs with one worker
    JobsOneWorker,
    /// The same with two workers
    JobsTwoWorkers,
    /// The same compared with queue groups of NATS
    JobsNats,
    /// Jobs accepted by a store, compared with JetStream and Redis
    JobsStored,
    /// 8,000 clients and 200 workers at one broker
    JobsClients,
    /// Memory of each service at work
    Memory,
    /// From the start of a publisher to its first tick
    StartUp,
    /// The desk's page under 100,000 ticks a second
    DeskPage,
    /// The same under 1,000,000
    DeskMillion,
    /// The desk's page with sixty programs that it does not know
    DeskMany,
    /// The cost of a tick in the desk
    DeskTick,
    /// The cost of the desk with the demo at rest
    DeskRest,
}

impl Name {
    /// All of them, in the table's order.
    pub(crate) fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// Whether there is a reference program in C.
    pub(crate) fn has_reference(self) -> bool {
        !matches!(
            self,
            Self::Reports
                | Self::TicksBurstLatency
                | Self::DeskMillion
                | Self::ValuesSpeedUp
                | Self::ChatCrowd
                | Self::JobsNats
                | Self::JobsStored
                | Self::JobsClients
                | Self::DeskPage
                | Self::DeskMany
                | Self::DeskTick
                | Self::DeskRest
        )
    }

    /// How many times as many rounds as others it takes, since its ratio strays more from round to round.
    pub(crate) const fn rounds_factor(self) -> u32 {
        match self {
            Self::TicksBursts => 2,
            Self::JobsOneWorker | Self::JobsTwoWorkers => 6,
            _ => 1,
        }
    }
}

/// The context of every row.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) programs: Programs,
    pub(crate) progress: Progress,
    /// Rounds of each comparison.
    pub(crate) rounds: u32,
    /// Shorter measurements.
    pub(crate) quick: bool,
}

impl Bench {
    /// Measures one row into the table; if that fails, the table gives the reason.
    pub(crate) fn run(&self, name: Name, table: &mut Table) {
        let title = name.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        self.progress.say(&title);
        if let Err(error) = self.measure(name, table) {
            table.fail(format!("{title}: {error:#}"));
        }
    }

    fn measure(&self, name: Name, table: &mut Table) -> Result<()> {
        match name {
            Name::TicksThroughput => ticks::throughput(self, table),
            Name::TicksLatency => ticks::latency(self, table),
            Name::TicksBursts => ticks::bursts(self, table),
            Name::TicksFourWatchers => ticks::four_watchers(self, table),
            Name::TicksBurstLatency => ticks::latency_in_bursts(self, table),
            Name::Reports => reports::cost(self, table),
            Name::ValuesOneWorker => values::notional(self, 1, table),
            Name::ValuesTwoWorkers => values::notional(self, 2, table),
            Name::ValuesPacked => values::packed(self, 1, table),
            Name::ValuesPackedTwoWorkers => values::packed(self, 2, table),
            Name::ValuesSpeedUp => values::speed_up(self, table),
            Name::ChatCrowd => chat::crowd(self, table),
            Name::ChatReply => chat::reply(self, table),
            Name::JobsOneWorker => jobs::round_trips(self, 1, table),
            Name::JobsTwoWorkers => jobs::round_trips(self, 2, table),
            Name::JobsNats => jobs::queue_groups(self, table),
            Name::JobsStored => stored::accepted(self, table),
            Name::JobsClients => clients::many(self, table),
            Name::Memory => footprint::memory(self, table),
            Name::StartUp => footprint::start_up(self, table),
            Name::DeskPage => desk::page(self, table),
            Name::DeskMillion => desk::page_at_a_million(self, table),
            Name::DeskMany => desk::many(self, table),
            Name::DeskTick => desk::cost(self, table),
            Name::DeskRest => desk::rest(self, table),
        }
    }

    /// Shows which round of a comparison runs.
    fn step(&self, what: &str, round: u32, side: Side) {
        let turn = if side == order(round)[0] { 1 } else { 2 };
        self.progress.step(what, 2 * (round - 1) + turn, 2 * self.rounds);
    }

    /// `full`, or a quarter of it in a quick run.
    fn scaled(&self, full: u64) -> u64 {
        if self.quick { full / 4 } else { full }
    }
}
