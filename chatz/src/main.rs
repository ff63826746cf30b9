//! The `chatz` program: parse, log, run one role, turn the result into an exit code.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use chatz::{
    Server,
    args::{Cli, Command},
    join,
    say::say,
};
use settings::program;
use sockets::Stop;

fn main() -> ExitCode {
    program::end_with_parent();
    let Cli { suite, command } = program::parse();
    // A log line would tear the line being typed; there the events show what matters.
    if !matches!(&command, Command::Join(args) if join::shares_terminal_with_log(args.json)) {
        program::log_to_stderr();
    }
    program::exit_code(run(suite, command))
}

fn run(suite: settings::ReportingArgs, command: Command) -> anyhow::Result<()> {
    let suite = suite.load()?;
    let context = suite.observable_context("chatz", command.name())?;
    let stop = Stop::on_signals()?;
    match command {
        Command::Serve(args) => {
            Server::bind(&context, &args.config(&suite))?.run(&stop)?;
        }
        Command::Join(args) => join::run(&context, args.json, &args.config(&suite), &stop)?,
        Command::Say(args) => {
            let json = args.json;
            let users = say(&context, &args.config(&suite), &stop)?;
            print_users(&users, json).context("the text is said, but standard output cannot be written")?;
        }
    }
    Ok(context.close(&stop)?)
}

fn print_users(users: &[wire::User], json: bool) -> io::Result<()> {
    let mut output = io::stdout().lock();
    if json {
        let users: Vec<_> = users.iter().map(wire::User::as_str).collect();
        return writeln!(output, "{}", serde_json::json!({ "users": users }));
    }
    users.iter().try_for_each(|user| writeln!(output, "{user}"))
}
