//! The flags of the broker's store.

use std::{path::PathBuf, time::Duration};

use bytesize::ByteSize;
use clap::Args;
use settings::positive_duration;

use crate::{store::Fsync, vault::VaultConfig};

/// Where jobs are kept.
#[derive(Debug, Args)]
#[command(next_help_heading = "Jobs")]
pub struct VaultArgs {
    /// File for accepted jobs and their replies; without it they are in memory, and lost with the broker
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// When a job has to be on the disk: always (before it is accepted), never, or at most this time after it. It matters only if
    /// the machine crashes; a killed broker loses nothing
    #[arg(long, value_name = "always|never|TIME", default_value = "always", value_parser = fsync, requires = "store")]
    pub fsync: Fsync,
    /// How long replies, dead letters and cancelled jobs are kept
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = positive_duration)]
    pub keep: Duration,
    /// How many bytes of jobs and replies are kept [default: 1GiB with --store, otherwise 256MiB]
    #[arg(long, value_name = "SIZE")]
    pub store_max: Option<ByteSize>,
}

impl VaultArgs {
    pub(super) fn config(self) -> VaultConfig {
        let bytes_max =
            self.store_max.unwrap_or(if self.store.is_some() { ByteSize::gib(1) } else { ByteSize::mib(256) });
        VaultConfig { path: self.store, sync: self.fsync, keep: self.keep, bytes_max: bytes_max.as_u64() }
    }
}

/// When a store is synced.
fn fsync(text: &str) -> Result<Fsync, String> {
    match text {
        "always" => Ok(Fsync::Always),
        "never" => Ok(Fsync::Never),
        time => Ok(Fsync::Interval(positive_duration(time)?)),
    }
}
