//! A request from the command line or standard input, and its replies on standard output.

use std::{
    io::{self, IsTerminal as _, Read as _},
    path::Path,
};

use anyhow::Context as _;
use settings::Input;
use sockets::Stop;
use tracing::info;
use wire::{Frames, job::Body};

/// The most bytes that are read from standard input: a frame of the channel.
const INPUT_BYTES_MAX: u64 = wire::job::JOBS.limits.frame_bytes as u64;

/// The body of a request: these parts, or standard input if there is none.
///
/// # Errors
/// Standard input cannot be read, or is too large; or `stop` came before its end.
pub fn body(parts: &[String], stop: &Stop) -> anyhow::Result<Frames> {
    if !parts.is_empty() {
        return Ok(parts.iter().collect());
    }
    if io::stdin().is_terminal() {
        info!("reading the request from the terminal, until Ctrl-D");
    }
    let mut bytes = Vec::new();
    let input = Input::open(Path::new("-"), stop);
    let read = input.and_then(|input| input.take(INPUT_BYTES_MAX + 1).read_to_end(&mut bytes));
    read.context("cannot read standard input")?;
    anyhow::ensure!(bytes.len() as u64 <= INPUT_BYTES_MAX, "a request has at most {INPUT_BYTES_MAX} bytes");
    Ok([bytes].into_iter().collect())
}

/// Prints replies: a line for each frame.
#[derive(Debug)]
pub struct Printer {
    /// Whether the last frame of a final reply gets a newline that it does not have.
    ends_with_newline: bool,
    failed: Option<io::Error>,
}

impl Printer {
    /// A printer of one reply, to whose last frame nothing is added, unless it is shown in a terminal: a file of any bytes stays as
    /// it is.
    #[must_use]
    pub fn of_one() -> Self {
        Self { ends_with_newline: io::stdout().is_terminal(), failed: None }
    }

    /// A printer of several replies, which are lines.
    #[must_use]
    pub const fn of_many() -> Self {
        Self { ends_with_newline: true, failed: None }
    }

    /// Prints a partial reply.
    pub fn partial(&mut self, reply: Body<'_>) {
        if self.failed.is_none() {
            self.failed = write(&mut io::stdout().lock(), reply.iter(), true).err();
        }
    }

    /// Prints the final reply.
    ///
    /// # Errors
    /// Standard output could not be written, now or before.
    pub fn last(&mut self, reply: &Frames) -> io::Result<()> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => write(&mut io::stdout().lock(), reply.iter(), self.ends_with_newline),
        }
    }
}

fn write<'a>(
    output: &mut impl io::Write,
    frames: impl Iterator<Item = &'a [u8]>,
    ends_with_newline: bool,
) -> io::Result<()> {
    let mut frames = frames.peekable();
    while let Some(frame) = frames.next() {
        output.write_all(frame)?;
        if !frame.ends_with(b"\n") && (ends_with_newline || frames.peek().is_some()) {
            output.write_all(b"\n")?;
        }
    }
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(frames: &[&str], ends_with_newline: bool) -> String {
        let mut output = Vec::new();
        write(&mut output, frames.iter().map(|frame| frame.as_bytes()), ends_with_newline).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn a_frame_is_a_line_and_the_last_one_stays_as_it_is() {
        assert_eq!(written(&["a", "b\n", "c"], false), "a\nb\nc");
        assert_eq!(written(&["a", "b\n", "c"], true), "a\nb\nc\n");
        assert_eq!(written(&["a\n"], true), "a\n");
        assert_eq!(written(&[""], false), "");
    }
}
