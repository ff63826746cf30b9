//! How every program starts and ends.

use std::{
    env,
    ffi::OsString,
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::{Context as _, bail};
#[cfg(target_os = "linux")]
use rustix::process::set_parent_process_death_signal;
use rustix::process::{Pid, Signal, getpid, getppid, kill_process, test_kill_process};
use signal_hook::{
    consts::{SIGINT, SIGQUIT, SIGTERM},
    flag::register_conditional_default,
};
use sockets::limits;
use thiserror::Error;
use tracing::warn;
use wire::foreign;

/// Parses the command line. Help, and wrong usage, end the program here; the latter with exit code 2.
///
/// An empty environment variable counts as unset, and an error in a variable names the variable.
#[must_use]
pub fn parse<T: clap::Parser>() -> T {
    crate::command_line::parse()
}

/// The same for these arguments, of which the first is the program's name.
#[must_use]
pub fn parse_from<T: clap::Parser>(arguments: Vec<OsString>) -> T {
    crate::command_line::parse_from(arguments)
}

/// Sends the log to standard error, away from the data. `RUST_LOG` sets its level (`info` without it). A line that
/// cannot be written (a full disk, a reader that has left) is dropped.
pub fn log_to_stderr() {
    crate::log::to_stderr();
}

/// Raises the limit of open files to the most that the system allows, for a program that accepts connections: each is one
/// file. If that fails, fewer of them are possible, which is logged.
pub fn raise_open_files() {
    if let Err(error) = limits::raise_open_files() {
        warn!(%error, "fewer peers can connect");
    }
}

/// The variable in which a program passes its process id to children that must exit when it does.
pub const END_WITH_PARENT: &str = "SUITE_END_WITH_PARENT";

/// Makes a program of the suite started by `command` exit when this process does, however this one ends. Start it from
/// the thread that lives longest: Linux ends a child with the thread that started it.
pub fn end_child_with_us(command: &mut Command) -> &mut Command {
    command.env(END_WITH_PARENT, std::process::id().to_string())
}

/// As [`end_child_with_us`], by SIGKILL: for a child that may be suspended, which would not see SIGTERM.
pub fn kill_child_with_us(command: &mut Command) -> &mut Command {
    command.env(END_WITH_PARENT, format!("{} {KILL}", std::process::id()))
}

/// Follows the process id in [`END_WITH_PARENT`]: exit by SIGKILL.
const KILL: &str = "KILL";

/// If [`END_WITH_PARENT`] is set, has the kernel send SIGTERM (or SIGKILL, if the variable says so) to this process when
/// its parent exits. Only Linux can; elsewhere this notices only a parent that has already exited. Call it first.
pub fn end_with_parent() {
    let Ok(parent) = env::var(END_WITH_PARENT) else {
        return;
    };
    let (pid, signal) = match parent.split_once(' ') {
        Some((pid, KILL)) => (pid, Signal::KILL),
        _ => (parent.as_str(), Signal::TERM),
    };
    // It fails only for an invalid signal number.
    #[cfg(target_os = "linux")]
    let _ = set_parent_process_death_signal(Some(signal));
    let Some(started_by) = pid.parse().ok().and_then(Pid::from_raw).filter(|pid| getppid() != Some(*pid)) else {
        return;
    };
    if test_kill_process(started_by).is_ok() {
        // The variable is for a program between the two, such as a script: this process has another parent.
        #[cfg(target_os = "linux")]
        let _ = set_parent_process_death_signal(None);
    } else {
        // The parent exited before that.
        let _ = kill_process(getpid(), signal);
    }
}

/// Becomes another program. What the kernel was asked for in [`end_with_parent`] stays: so a program that knows nothing of it ends
/// with the parent as well. SIGINT, SIGQUIT and SIGTERM have their default actions in it.
///
/// # Errors
/// There is no such program, or none is named.
pub fn exec(words: &[OsString]) -> anyhow::Result<()> {
    let Some((name, arguments)) = words.split_first() else { bail!("no program is named") };
    handle_signals_by_default()?;
    // What that one starts has another parent.
    let error = Command::new(name).args(arguments).env_remove(END_WITH_PARENT).exec();
    Err(error).with_context(|| format!("cannot run {}", foreign(&name.to_string_lossy())))
}

/// Gives signals their default actions in the program that this one becomes. A script starts what it runs in the background with
/// SIGINT ignored, and that stays so when a program becomes another one; what has a handler returns to the default. Programs of the
/// suite set handlers, but a Java virtual machine then never ends at SIGINT. SIGHUP stays ignored, for `nohup`.
fn handle_signals_by_default() -> anyhow::Result<()> {
    for signal in [SIGINT, SIGQUIT, SIGTERM] {
        // Until then the handler does what the default does.
        register_conditional_default(signal, Arc::new(AtomicBool::new(true))).context("cannot set a signal handler")?;
    }
    Ok(())
}

/// Wrong usage that shows only after the command line was parsed: it ends a program with exit code 2.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Turns a program's result into its exit code, 0, 1, or 2 for [`Usage`], and an error into one line on standard error. A reader
/// that closed standard output has read enough: that is no failure.
#[must_use]
pub fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&error);
            if error.chain().any(|cause| cause.is::<Usage>()) { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Prints the one error line of a program, if standard error takes it. A reason of several lines, such as an excerpt
/// of a file, keeps them.
pub fn print_error(error: &anyhow::Error) {
    let mut stderr = io::stderr().lock();
    for line in format!("error: {error:#}").lines() {
        let _ = writeln!(stderr, "{}", foreign(line));
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
