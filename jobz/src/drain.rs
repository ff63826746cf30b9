//! `jobz drain`: the workers of a service take nothing more, and end.

use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use sockets::{Context, Stop};
use wire::{Frames, foreign, plural, report::Declaration};

use crate::{
    client::{self, Client, ClientConfig},
    dispatcher::DRAIN,
};

/// What `jobz drain` reports to observers.
pub const REPORTS: Declaration =
    Declaration { program: "jobz", role: "drain", sockets: &[client::DEALER], values: &[] };

/// What is drained, and where.
#[derive(Debug, Clone)]
pub struct DrainConfig {
    /// How the broker is asked.
    pub client: ClientConfig,
    /// The service; none for all.
    pub service: Option<String>,
}

/// Drains, and prints how many workers it concerns.
///
/// # Errors
/// The broker does not answer, does not allow it, or has no such worker; or standard output cannot be written.
pub fn run(context: &Context, config: DrainConfig, stop: &Stop) -> anyhow::Result<()> {
    let DrainConfig { client, service } = config;
    let body: Frames = [service.as_deref().unwrap_or_default()].into_iter().collect();
    let reply = Client::new(context.clone(), client).ask(DRAIN, &body, |_| {}, stop)?;
    match reply.get(0) {
        Some(b"200") => {}
        Some(b"403") => {
            bail!("the broker does not let this user drain {}", service.as_deref().unwrap_or("all services"))
        }
        Some(b"404") => {
            bail!("no worker is registered{}", service.map(|name| format!(" for {name}")).unwrap_or_default())
        }
        Some(b"501") => bail!("the broker knows no {DRAIN}"),
        status => {
            bail!("the broker's answer is unknown: {}", foreign(&String::from_utf8_lossy(status.unwrap_or_default())))
        }
    }
    let count = reply.get(1).and_then(|count| str::from_utf8(count).ok()?.parse::<usize>().ok());
    let count = count.context("the broker's answer has no number")?;
    writeln!(io::stdout(), "{}", plural(count, "worker")).context("cannot write the answer")
}
