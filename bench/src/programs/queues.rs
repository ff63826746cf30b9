//! The command lines of the request rows: brokers of the Majordomo Protocol, which share clients and workers in C; NATS; Redis.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use super::{Programs, Side, program};

/// When a server that stores requests waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sync {
    /// Before it says that a request is accepted.
    Always,
    /// When the system likes.
    Never,
}

impl Programs {
    pub(crate) fn job_broker(&self, side: Side, endpoint: &str) -> Command {
        if self.is_ours(side) {
            let mut command = program(&self.ours, "jobz");
            command.args(["broker", "--jobs", endpoint]);
            command
        } else {
            let mut command = program(&self.reference, "job_broker");
            command.arg(endpoint);
            command
        }
    }

    /// The suite's broker with a store.
    pub(crate) fn storing_broker(&self, endpoint: &str, file: &Path, sync: Sync) -> Command {
        let mut command = self.job_broker(Side::Ours, endpoint);
        command.arg("--store").arg(file);
        // It may accept them faster than a worker does them, as the others do without a limit.
        command.args(["--service", "echo:waiting=1000000"]);
        command.args(["--fsync", if sync == Sync::Always { "always" } else { "never" }]);
        command
    }

    /// A worker that takes `credit` requests at once, and ends by itself if it is given a number of requests.
    pub(crate) fn job_worker(&self, endpoint: &str, credit: u32, until: Option<u64>) -> Command {
        let mut command = program(&self.reference, "job_worker");
        command.args([endpoint, &credit.to_string()]).args(until.map(|until| until.to_string()));
        command
    }

    pub(crate) fn job_client(&self, endpoint: &str, count: u64, stored: bool) -> Command {
        let mut command = program(&self.reference, "job_client");
        command.args([endpoint, &count.to_string()]).args(stored.then_some("--stored"));
        command
    }

    /// A member of a queue group; with a number of requests, a consumer of the stream, which ends after them.
    pub(crate) fn nats_worker(&self, url: &str, until: Option<u64>) -> Command {
        let mut command = program(&self.reference, "nats_worker");
        command.arg(url).args(until.map(|until| until.to_string()));
        command
    }

    pub(crate) fn nats_client(&self, url: &str, count: u64, stored: bool) -> Command {
        let mut command = program(&self.reference, "nats_client");
        command.args([url, &count.to_string()]).args(stored.then_some("--stored"));
        command
    }

    pub(crate) fn redis_worker(&self, port: u16, until: u64) -> Command {
        let mut command = program(&self.reference, "redis_worker");
        command.args([port.to_string(), until.to_string()]);
        command
    }

    pub(crate) fn redis_client(&self, port: u16, count: u64) -> Command {
        let mut command = program(&self.reference, "redis_client");
        command.args([port.to_string(), count.to_string()]);
        command
    }
}

/// The server of NATS; with a folder it has JetStream.
pub(crate) fn nats_server(port: u16, folder: Option<&Path>) -> Result<Command> {
    let mut command = Command::new(installed("nats-server")?);
    command.args(["--addr", "127.0.0.1", "--port", &port.to_string()]);
    if let Some(folder) = folder {
        command.arg("--jetstream").arg("--store_dir").arg(folder);
    }
    Ok(command)
}

/// The server of Redis with an append-only file in this folder.
pub(crate) fn redis_server(port: u16, folder: &Path, sync: Sync) -> Result<Command> {
    let mut command = Command::new(installed("redis-server")?);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "yes"]);
    command.args(["--appendfsync", if sync == Sync::Always { "always" } else { "no" }]).arg("--dir").arg(folder);
    Ok(command)
}

/// Where a program of the system is: servers are where the paths of users often do not lead.
fn installed(name: &str) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    let mut files = folders.map(|folder| folder.join(name));
    files.find(|file| file.is_file()).with_context(|| format!("there is no {name}: install its package"))
}
