//! Turns the command line into the configuration of one role, and runs it.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::{bail, ensure};
use clap::error::ErrorKind;
use records::Origin;
use settings::{
    ReportingArgs,
    program::{self, Usage},
};
use sockets::{Mechanism, Stop};
use tracing::warn;
use wire::{
    plural,
    value::{CONTROL, ORDERS, RESULTS},
};

use crate::{
    args::{BatchArgs, Cli, ReduceArgs, RoleArgs, RunArgs, SourceArgs, ValuationName, WaitingArgs, WorkerArgs},
    batch,
    listing::{Listing, Reading},
    orders::Orders,
    progress::Progress,
    reduce::{self, Reduce, ReduceConfig},
    run::{self, RunConfig},
    source::{self, Source, SourceConfig},
    tally::Plan,
    valuation::{Valuation, ValueAtRisk},
    worker::{self, Worker, WorkerConfig},
};

impl Cli {
    /// Runs the role, to its end or until a signal stops it.
    ///
    /// # Errors
    /// What failed, as one line.
    pub fn run(self) -> anyhow::Result<()> {
        let stop = Stop::on_signals;
        match self.role {
            RoleArgs::Source(args) => args.run(self.suite, &stop()?),
            RoleArgs::Worker(args) => args.run(self.suite, &stop()?),
            RoleArgs::Reduce(args) => args.run(self.suite, &stop()?),
            RoleArgs::Run(args) => args.run(&self.suite, &stop()?),
            RoleArgs::Exec(args) => program::exec(&args.words),
        }
    }
}

impl SourceArgs {
    fn run(self, suite: ReportingArgs, stop: &Stop) -> anyhow::Result<()> {
        let suite = suite.load()?;
        let (batch, refused) = match &self.batch.input {
            None => (Orders::simulated(self.batch.seed, self.batch.count.unwrap_or_default()), 0),
            Some(input) => match self.batch.read(input, stop) {
                Err(_) if stop.is_stopped() => return Ok(()),
                listing => {
                    let Listing { orders, refused } = listing?;
                    (Orders::Listed(orders), refused)
                }
            },
        };
        let config = SourceConfig {
            orders: suite.to_bind(ORDERS, self.orders.endpoint),
            control: suite.to_connect(CONTROL, self.control.endpoint, &self.host),
            batch,
            pace: self.batch.rate,
        };
        let source = Source::bind(&suite.observable_context(source::REPORTS.program, source::REPORTS.role)?, config)?;
        if self.progress {
            Progress::listening(ORDERS, source.endpoint()).print()?;
        }
        source.run(stop)?;
        if refused > 0 {
            warn!(lines = refused, "lines of the input were refused");
        }
        Ok(())
    }
}

impl BatchArgs {
    /// The orders of a file or stream: as many as are asked for, or all.
    fn read(&self, input: &Origin, stop: &Stop) -> anyhow::Result<Listing> {
        let listing = Listing::read(input, Reading { strict: self.strict, count: self.count }, stop)?;
        let held = listing.orders.len() as u64;
        if let Some(count) = self.count {
            ensure!(count <= held, "{input} holds {}, fewer than --count {count}", plural(held, "order"));
        }
        Ok(listing)
    }
}

impl WorkerArgs {
    fn run(self, suite: ReportingArgs, stop: &Stop) -> anyhow::Result<()> {
        let suite = suite.load()?;
        let config = WorkerConfig {
            orders: suite.to_connect(ORDERS, self.orders.endpoint, &self.host),
            results: suite.to_connect(RESULTS, self.results.endpoint, &self.host),
            control: suite.to_connect(CONTROL, self.control.endpoint, &self.host),
            valuation: match self.work.valuation {
                ValuationName::Notional => Valuation::Notional,
                ValuationName::Var => Valuation::ValueAtRisk(ValueAtRisk::new(self.work.scenarios)),
            },
            delay: self.work.delay,
            packs: !self.work.no_packs,
            name: self.report.then(worker::own_name).transpose()?,
        };
        Worker::connect(&suite.observable_context(worker::REPORTS.program, worker::REPORTS.role)?, config)?
            .run(stop)?;
        Ok(())
    }
}

impl ReduceArgs {
    fn run(self, suite: ReportingArgs, stop: &Stop) -> anyhow::Result<()> {
        let suite = suite.load()?;
        let config = ReduceConfig {
            results: suite.to_bind(RESULTS, self.results.endpoint),
            control: suite.to_bind(CONTROL, self.control.endpoint),
            plan: self.waiting.plan(self.workers, self.count, Duration::ZERO),
            packs: !self.no_packs,
            progress: self.progress,
        };
        let reduce = Reduce::bind(&suite.observable_context(reduce::REPORTS.program, reduce::REPORTS.role)?, &config)?;
        if self.progress {
            for (channel, endpoint) in [RESULTS, CONTROL].into_iter().zip(reduce.endpoints()) {
                Progress::listening(channel, endpoint).print()?;
            }
        }
        let Some(mut summary) = reduce.run(stop)? else {
            return Ok(());
        };
        summary.refused_lines = self.refused_lines;
        let mut stdout = io::stdout().lock();
        if self.json {
            writeln!(stdout, "{}", serde_json::to_string(&summary)?)?;
        } else {
            write!(stdout, "{summary}")?;
        }
        Ok(stdout.flush()?)
    }
}

impl WaitingArgs {
    /// Exits with the code of a usage error if the two do not fit. `period` is the time that a source is known to leave
    /// between two orders: no result can be expected sooner.
    fn plan(self, workers: u32, count: u64, period: Duration) -> Plan {
        let Self { patience, give_up } = self;
        if patience >= give_up {
            let message = format!("--patience {patience:?} must be shorter than --give-up {give_up:?}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).exit();
        }
        Plan { workers, count, base: batch::new_base(), patience: patience + period, give_up: give_up + period }
    }
}

impl RunArgs {
    fn run(self, suite: &ReportingArgs, stop: &Stop) -> anyhow::Result<()> {
        self.check_peers(suite)?;
        let workers = self.workers.prepare()?;
        // Read here and only here: the source could not read a stream again.
        let listing = self.batch.input.as_ref().map(|input| self.batch.read(input, stop)).transpose()?;
        let listed = listing.as_ref().map(|listing| listing.orders.len() as u64);
        let count = listed.or(self.batch.count).unwrap_or_default();
        let config = RunConfig {
            plan: self.waiting.plan(self.workers.count(), count, self.batch.rate.period()),
            workers,
            pace: self.batch.rate,
            seed: self.batch.seed,
            work: self.work,
            json: self.json,
            orders: self.orders.endpoint,
            results: self.results.endpoint,
            control: self.control.endpoint,
        };
        run::run(&config, listing, suite, stop)
    }

    /// Whether workers in other languages, if there are some, can do what is asked for: a batch of two different valuations would have
    /// a total that means nothing.
    fn check_peers(&self, suite: &ReportingArgs) -> anyhow::Result<()> {
        if !self.workers.has_peers() {
            return Ok(());
        }
        if self.work.valuation != ValuationName::Notional {
            bail!(Usage("workers in other languages compute the notional value only".to_owned()));
        }
        if !matches!(suite.clone().load()?.security()?.mechanism, Mechanism::Null) {
            bail!(Usage("workers in other languages know no security: --security must be null".to_owned()));
        }
        Ok(())
    }
}
