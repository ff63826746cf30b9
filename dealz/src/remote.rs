//! `dealz do …`: one command to a desk that runs, and its answer, on the main thread.
//!
//! - [`args`]: what was typed, as a command

pub mod args;

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow, bail};
use settings::SuiteArgs;
use sockets::{Endpoint, RequestConfig, RequestError, State, Stop, request};
use wire::{
    Frames,
    desk::{Answer, COMMANDS, Command},
    foreign,
};

use self::args::RemoteArgs;

/// How long it may take to reach the desk.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// How long the desk may take to answer: as long as the longest of its commands, behind another one.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Sends the command, and waits for the answer.
///
/// # Errors
/// There is no desk, it refuses, or it does not answer in time.
pub fn run(args: &RemoteArgs, suite: &SuiteArgs, stop: &Stop) -> anyhow::Result<ExitCode> {
    let suite = suite.clone().load()?;
    let endpoint = suite.to_bind(COMMANDS, args.commands.clone()).reachable();
    let mut frames: Frames = [serde_json::to_string(&args.command.to_command())?].into_iter().collect();
    Command::decode(&frames)?;
    let context = suite.context()?;
    let connect_by = Instant::now() + CONNECT_WITHIN;
    let asked = RequestConfig {
        channel: COMMANDS,
        endpoint: endpoint.clone(),
        name: "dealz.do",
        connect_by,
        reply_by: connect_by + ANSWER_WITHIN,
    };
    request(&context, &asked, &mut frames, stop).map_err(|error| in_words(error, &endpoint))?;
    match Answer::decode(&frames).with_context(|| format!("the answer of {endpoint} is malformed"))? {
        Answer::Done => {}
        Answer::Refused(refusal) => {
            let field = refusal.field.as_ref().filter(|field| field.as_str() != "command");
            let field = field.map_or_else(String::new, |field| format!("{}: ", foreign(field.as_str())));
            bail!("refused: {field}{}", foreign(&refusal.reason));
        }
    }
    writeln!(io::stdout(), "done")?;
    context.close(stop)?;
    Ok(ExitCode::SUCCESS)
}

fn in_words(error: RequestError, endpoint: &Endpoint) -> anyhow::Error {
    match error {
        RequestError::NoConnection(state @ State::Refused(_)) => {
            anyhow!("no desk can be reached at {endpoint}: {state}")
        }
        RequestError::NoConnection(State::Connecting) => {
            anyhow!("{endpoint} accepts the connection but does not answer: the desk is suspended, or it is no desk")
        }
        RequestError::NoConnection(_) => {
            anyhow!("no desk takes commands at {endpoint}: none is running there, or it plays a recording")
        }
        RequestError::NoReply => anyhow!(
            "no answer from {endpoint} within {} s: the command may or may not have been executed",
            ANSWER_WITHIN.as_secs()
        ),
        RequestError::StoppedBeforeSending => anyhow!("stopped before the command was sent"),
        RequestError::Stopped => anyhow!("stopped before the answer: the command may or may not have been executed"),
        RequestError::Socket(error) => error.into(),
    }
}
