//! `jobz ask`: one request, its replies on standard output.

use std::io::{self, Read as _, Write as _};

use anyhow::Context as _;
use sockets::{Context, Stop};
use wire::{Frames, job::Body};

use crate::client::{Client, ClientConfig};

/// The most bytes that are read from standard input: a frame of the channel.
const INPUT_BYTES_MAX: u64 = wire::job::JOBS.limits.frame_bytes as u64;

/// What is asked.
#[derive(Debug, Clone)]
pub struct AskConfig {
    /// Whom.
    pub client: ClientConfig,
    /// The service.
    pub service: String,
    /// The parts of the body; none if standard input is the body.
    pub parts: Vec<String>,
}

/// Asks once, and prints each frame of each reply on a line.
///
/// # Errors
/// Standard input cannot be read or is too large, standard output cannot be written, or there is no reply.
pub fn run(context: &Context, config: AskConfig, stop: &Stop) -> anyhow::Result<()> {
    let body: Frames = if config.parts.is_empty() { read_input()? } else { config.parts.iter().collect() };
    let mut written = Ok(());
    let mut client = Client::new(context.clone(), config.client);
    let reply = client.ask(&config.service, &body, |partial| written = print(partial), stop)?;
    written.and_then(|()| print(Body::of(&reply, 0).map_err(io::Error::other)?)).context("cannot write the reply")
}

fn read_input() -> anyhow::Result<Frames> {
    let mut input = Vec::new();
    io::stdin().take(INPUT_BYTES_MAX + 1).read_to_end(&mut input).context("cannot read standard input")?;
    anyhow::ensure!(input.len() as u64 <= INPUT_BYTES_MAX, "a request has at most {INPUT_BYTES_MAX} bytes");
    Ok([input].into_iter().collect())
}

fn print(body: Body<'_>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for frame in body.iter() {
        output.write_all(frame)?;
        if !frame.ends_with(b"\n") {
            output.write_all(b"\n")?;
        }
    }
    output.flush()
}
