//! What was typed becomes the configuration of one role, and the role runs.

use std::io::{self, Write as _};

use anyhow::ensure;
use clap::error::ErrorKind;
use settings::SuiteArgs;
use sockets::Stop;
use tracing::warn;
use wire::Channel;

use crate::{
    args::{BatchArgs, Cli, ReduceArgs, RoleArgs, RunArgs, SourceArgs, ValuationName, WaitingArgs, WorkerArgs},
    batch,
    listing::Listing,
    orders::Orders,
    progress::Progress,
    reduce::{Reduce, ReduceConfig},
    run::{self, RunConfig},
    source::{Source, SourceConfig},
    tally::Plan,
    valuation::{Valuation, ValueAtRisk},
    worker::{self, Worker, WorkerConfig},
};

impl Cli {
    /// Runs the role that was asked for, to its end or until SIGINT or SIGTERM.
    ///
    /// # Errors
    /// As one line: what could not be used, bound or done.
    pub fn run(self) -> anyhow::Result<()> {
        let stop = Stop::on_signals()?;
        match self.role {
            RoleArgs::Source(args) => args.run(self.suite, &stop),
            RoleArgs::Worker(args) => args.run(self.suite, &stop),
            RoleArgs::Reduce(args) => args.run(self.suite, &stop),
            RoleArgs::Run(args) => args.run(&self.suite, &stop),
        }
    }
}

impl SourceArgs {
    fn run(self, suite: SuiteArgs, stop: &Stop) -> anyhow::Result<()> {
        let suite = suite.load()?;
        let (batch, refused) = self.batch.orders()?;
        let config = SourceConfig {
            orders: suite.to_bind(Channel::Orders, self.orders),
            control: suite.to_connect(Channel::Control, self.control, &self.host),
            batch,
        };
        let source = Source::bind(&suite.context()?, config)?;
        if self.progress {
            Progress::listening(Channel::Orders, source.endpoint()).print()?;
        }
        source.run(stop)?;
        if refused > 0 {
            warn!(lines = refused, "lines of the input were refused");
        }
        Ok(())
    }
}

impl BatchArgs {
    /// The orders, and how many lines of the file were refused; logs each of these.
    fn orders(&self) -> anyhow::Result<(Orders, usize)> {
        let Some(file) = &self.input else {
            return Ok((Orders::simulated(self.seed, self.count.unwrap_or_default()), 0));
        };
        let Listing { mut orders, refused } = Listing::read(file, self.strict)?;
        for line in &refused {
            warn!(file = %line.file.display(), line = line.line, reason = line.reason, "line refused");
        }
        if let Some(count) = self.count {
            let held = orders.len() as u64;
            ensure!(count <= held, "{} holds {held} orders, fewer than --count {count}", file.display());
            orders.truncate(usize::try_from(count)?);
        }
        Ok((Orders::Listed(orders), refused.len()))
    }
}

impl WorkerArgs {
    fn run(self, suite: SuiteArgs, stop: &Stop) -> anyhow::Result<()> {
        let suite = suite.load()?;
        let config = WorkerConfig {
            orders: suite.to_connect(Channel::Orders, self.orders, &self.host),
            results: suite.to_connect(Channel::Results, self.results, &self.host),
            control: suite.to_connect(Channel::Control, self.control, &self.host),
            valuation: match self.work.valuation {
                ValuationName::Notional => Valuation::Notional,
                ValuationName::Var => Valuation::ValueAtRisk(ValueAtRisk::new(self.work.scenarios)),
            },
            delay: self.work.delay,
            name: self.report.then(worker::own_name).transpose()?,
        };
        Worker::connect(&suite.context()?, config)?.run(stop)?;
        Ok(())
    }
}

impl ReduceArgs {
    fn run(self, suite: SuiteArgs, stop: &Stop) -> anyhow::Result<()> {
        let suite = suite.load()?;
        let config = ReduceConfig {
            results: suite.to_bind(Channel::Results, self.results),
            control: suite.to_bind(Channel::Control, self.control),
            plan: self.waiting.plan(self.workers, self.count),
            progress: self.progress,
        };
        let reduce = Reduce::bind(&suite.context()?, &config)?;
        if self.progress {
            for (channel, endpoint) in [Channel::Results, Channel::Control].into_iter().zip(reduce.endpoints()) {
                Progress::listening(channel, endpoint).print()?;
            }
        }
        let Some(summary) = reduce.run(stop)? else {
            return Ok(());
        };
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
    /// Ends the process with the code of a wrong command line where the two do not fit.
    fn plan(self, workers: u32, count: u64) -> Plan {
        let Self { patience, give_up } = self;
        if patience >= give_up {
            let message = format!("--patience {patience:?} must be shorter than --give-up {give_up:?}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).exit();
        }
        Plan { workers, count, base: batch::new_base(), patience, give_up }
    }
}

impl RunArgs {
    fn run(self, suite: &SuiteArgs, stop: &Stop) -> anyhow::Result<()> {
        let count = match &self.batch {
            BatchArgs { input: Some(file), strict, count: None, .. } => {
                Listing::read(file, *strict)?.orders.len() as u64
            }
            BatchArgs { count, .. } => count.unwrap_or_default(),
        };
        let config = RunConfig {
            plan: self.waiting.plan(self.workers, count),
            batch: self.batch,
            work: self.work,
            json: self.json,
            orders: self.orders,
            results: self.results,
            control: self.control,
        };
        run::run(&config, suite, stop)
    }
}
