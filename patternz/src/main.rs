//! The program `patternz`: parses the command line, runs one pattern or several, turns the result
//! into an exit code.

use std::{process::ExitCode, sync::mpsc::channel, thread};

use patternz::{Node, Pattern, args};
use settings::{Suite, program};
use sockets::{Context, Ended, Stop};

fn main() -> ExitCode {
    program::end_with_parent();
    let (suite, patterns) = args::parse_or_exit();
    program::log_to_stderr();
    program::exit_code(suite.load().and_then(|suite| run(&suite, patterns)))
}

fn run(suite: &Suite, patterns: Vec<Pattern>) -> anyhow::Result<()> {
    let roles: Vec<_> = patterns.iter().map(|pattern| pattern.reports().role).collect();
    let context = suite.observable_context(patternz::PROGRAM, &roles.join(" and "))?;
    let stop = Stop::on_signals()?;
    run_all(&context, &stop, patterns)?;
    Ok(context.close(&stop)?)
}

/// Runs each pattern on its own thread, until all have ended or one has failed.
fn run_all(context: &Context, stop: &Stop, patterns: Vec<Pattern>) -> anyhow::Result<()> {
    let (sender, results) = channel();
    for pattern in patterns {
        let node = Node::new(context, stop);
        let sender = sender.clone();
        thread::Builder::new().name(pattern.reports().role.to_owned()).spawn(move || {
            // It fails only if another pattern has failed, and the program ends.
            let _ = sender.send(pattern.run(&node));
        })?;
    }
    drop(sender);
    results.iter().try_for_each(|result| match result {
        Err(error) if matches!(error.downcast_ref(), Some(Ended::Stopped)) => Ok(()),
        result => result,
    })
}
