//! Parses the command line and the environment variables that replace flags.

use std::{env, ffi::OsString};

use clap::{
    Arg, Command, Error, Parser,
    error::{ContextKind, ContextValue},
};
use wire::foreign;

/// Parses the command line of this process. Help, and wrong usage, end it here; the latter with exit code 2.
///
/// An empty environment variable counts as unset, and an error in a variable names the variable.
#[must_use]
pub(crate) fn parse<T: Parser>() -> T {
    parse_from(env::args_os().collect())
}

/// Parses these arguments as [`parse`] does.
pub(crate) fn parse_from<T: Parser>(arguments: Vec<OsString>) -> T {
    try_parse(arguments).unwrap_or_else(|error| error.exit())
}

fn try_parse<T: Parser>(arguments: Vec<OsString>) -> Result<T, Error> {
    let mut command = without_empty_variables(T::command());
    let given = arguments.clone();
    command
        .try_get_matches_from_mut(arguments)
        .and_then(|mut matches| T::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command)))
        .map_err(|error| in_terms_of_its_source(error, &command, &given))
}

fn without_empty_variables(command: Command) -> Command {
    command
        .mut_args(|argument| {
            let value = argument.get_env().and_then(env::var_os);
            if value.is_some_and(|value| value.is_empty()) { argument.env(None) } else { argument }
        })
        .mut_subcommands(without_empty_variables)
}

/// The error with each flag that was not given, but whose variable is set, replaced by the name of that variable; and
/// with a bad value made safe to show.
fn in_terms_of_its_source(mut error: Error, command: &Command, given: &[OsString]) -> Error {
    for kind in [ContextKind::InvalidArg, ContextKind::PriorArg] {
        if let Some(ContextValue::String(flag)) = error.get(kind)
            && let Some(variable) = variable_of(flag, command, given)
        {
            error.insert(kind, ContextValue::String(variable));
        }
    }
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) {
        let value = foreign(value).to_string();
        error.insert(ContextKind::InvalidValue, ContextValue::String(value));
    }
    error
}

/// The variable that supplied the value of `flag`, which is written as in an error: `--ticks <ENDPOINT>`.
fn variable_of(flag: &str, command: &Command, given: &[OsString]) -> Option<String> {
    let name = flag.split([' ', '=', '[']).next()?.strip_prefix("--")?;
    let is_given = given.iter().filter_map(|text| text.to_str()?.strip_prefix("--")).any(|text| {
        let rest = text.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    });
    if is_given { None } else { set_variable(name, command) }
}

/// The variable of the flag `--name` in any role of `command`, if it is set.
fn set_variable(name: &str, command: &Command) -> Option<String> {
    let own = command.get_arguments().find(|argument| argument.get_long() == Some(name)).and_then(Arg::get_env);
    let own = own.filter(|variable| env::var_os(variable).is_some()).map(|name| name.to_string_lossy().into_owned());
    own.or_else(|| command.get_subcommands().find_map(|role| set_variable(name, role)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `PATH` is a variable that is set: a test cannot set one without unsafe code.
    #[derive(Debug, Parser)]
    enum Cli {
        Watch {
            #[arg(required = true)]
            symbols: Vec<u32>,
            #[arg(long, value_name = "N", env = "PATH")]
            count: Option<u32>,
        },
    }

    fn error(arguments: &[&str]) -> String {
        let arguments = [&["program", "watch", "1"], arguments].concat().into_iter().map(OsString::from).collect();
        try_parse::<Cli>(arguments).unwrap_err().to_string()
    }

    #[test]
    fn an_error_names_the_variable_or_the_flag_that_it_came_from() {
        assert!(error(&[]).contains("for 'PATH'"), "{}", error(&[]));
        assert!(error(&["--count", "one"]).contains("for '--count <N>'"), "{}", error(&["--count", "one"]));
        assert!(error(&["--count=one"]).contains("for '--count <N>'"));
    }

    #[test]
    fn a_bad_value_cannot_control_the_terminal() {
        assert!(error(&["--count", "\u{1b}[2J"]).contains("'\\u{1b}[2J'"));
    }
}
