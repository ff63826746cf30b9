//! The `jobz` program: parse, log, run one role, turn the result into an exit code.

use std::{process::ExitCode, sync::Arc};

use anyhow::Context as _;
use jobz::{
    Broker, Drain, Metrics, Worker,
    args::{Cli, Command},
    ask, drain, exec, job_commands, scale,
};
use settings::program;
use sockets::Stop;

fn main() -> ExitCode {
    program::end_with_parent();
    let Cli { suite, command } = program::parse();
    program::log_to_stderr();
    program::exit_code(run(suite, command))
}

fn run(args: settings::ReportingArgs, command: Command) -> anyhow::Result<()> {
    let suite = args.clone().load()?;
    let context = suite.observable_context("jobz", command.name())?;
    let stop = Stop::on_signals()?;
    match command {
        Command::Broker(args) => {
            let metrics = args.metrics;
            let broker = Broker::bind(&context, &args.config(&suite)?)?;
            let serve = |address| Metrics::serve(address).with_context(|| format!("cannot serve metrics at {address}"));
            broker.with_metrics(metrics.map(serve).transpose()?).run(&stop)?;
        }
        Command::Worker(args) => {
            let drain = Drain { time: args.drain, second_stop: Stop::on_signals };
            exec::check(&args.command)?;
            let (config, exec) = args.config(&suite);
            Worker::new(&context, config, Arc::new(exec))?.with_drain(drain).run(&stop)?;
        }
        Command::Scale(scaled) => {
            exec::check(&scaled.worker.command)?;
            scale::run(&context, scaled.config(&suite, &args)?, &stop)?;
        }
        Command::Drain(args) => drain::run(&context, args.config(&suite), &stop)?,
        Command::Ask(args) => ask::run(&context, args.config(&suite), &stop)?,
        Command::Job(command) => job_commands::run(&context, command.config(&suite), &stop)?,
    }
    Ok(context.close(&stop)?)
}
