//! The thread that reads commands from standard input, and prints what they ask for.

use std::{io, path::Path, thread};

use records::lines::{Line, Lines};
use settings::{Input, program};
use sockets::{Output, Stop};
use tokio::sync::{mpsc, oneshot};

use crate::command::{Command, CommandError};

/// A command, and where the faults that are on are expected after it.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) command: Command,
    pub(crate) status: oneshot::Sender<String>,
}

/// Starts the thread. It ends with the input, at the stop signal, or when the link does.
pub(crate) fn read(stop: &Stop) -> io::Result<mpsc::Receiver<Ask>> {
    let input = Input::open(Path::new("-"), stop)?;
    let mut output = Output::new(stop);
    // A line is read when the one before it is done.
    let (asks, asked) = mpsc::channel(1);
    let mut lines = Lines::new(input);
    let run = move || {
        while let Ok(Some(line)) = lines.next() {
            let command = match line {
                Line::Whole(bytes) if bytes.trim_ascii().is_empty() => continue,
                Line::Whole(bytes) => String::from_utf8_lossy(bytes).parse(),
                Line::TooLong => Err(CommandError::TooLong),
            };
            match command.map(|command| (command, ask(&asks, command))) {
                Ok((Command::Status, Some(status))) => print(&mut output, &status),
                Ok((_, Some(_))) => {}
                Ok((_, None)) => return,
                Err(error) => program::print_error(&error.into()),
            }
        }
    };
    thread::Builder::new().name("stdin".to_owned()).spawn(run)?;
    Ok(asked)
}

/// Has the link do it; `None` if that has ended.
fn ask(asks: &mpsc::Sender<Ask>, command: Command) -> Option<String> {
    let (status, answer) = oneshot::channel();
    asks.blocking_send(Ask { command, status }).ok()?;
    answer.blocking_recv().ok()
}

/// A reader that has left needs no status; the link continues.
fn print(output: &mut Output, status: &str) {
    if let Ok(line) = output.line() {
        line.extend_from_slice(format!("faults: {status}\n").as_bytes());
    }
    let _ = output.flush();
}
