//! Commands of other processes (`protocol-docs/desk.md`), on the thread `commands`: what `dealz do` sends.
//!
//! The endpoint may be that of another desk. Then commands reach that one, and this desk takes them over when it has ended.
//! The socket is not observed: it is how the desk is operated, and no part of what it shows.
//!
//! - `server`: the socket, and one command after the other

mod server;

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use dealz_core::Desk;
use sockets::{BindError, Context, Endpoint, SocketError, Stop, Stopper};
use tracing::{error, info, warn};

use self::server::Server;

/// How long after a failure the address is bound again.
const BIND_AGAIN: Duration = Duration::from_secs(2);

/// Where a desk takes commands from other processes.
#[derive(Debug)]
pub struct CommandsConfig {
    /// Makes the socket.
    pub context: Context,
    /// Where it is bound.
    pub endpoint: Endpoint,
    /// Whether commands are executed: otherwise each is refused.
    pub may_control: bool,
}

/// The handle; dropping it ends the thread.
pub(crate) struct Commands {
    stopper: Option<Stopper>,
    thread: Option<JoinHandle<()>>,
}

impl Commands {
    /// Binds the socket, now or when its address is free, and starts the thread.
    ///
    /// # Errors
    /// The system has no more threads or file descriptors.
    pub(crate) fn spawn(config: CommandsConfig, desk: Arc<Desk>) -> anyhow::Result<Self> {
        let (stopper, stop) = Stop::pair()?;
        let server = bind(&config);
        if let Err(error) = &server {
            match error {
                BindError::InUse { .. } => info!("{error}: `dealz do` reaches that desk, not this one"),
                error => warn!("no commands from other processes: {error}"),
            }
        }
        let run = move || run(&config, server.ok(), &desk, &stop);
        let thread = thread::Builder::new().name("commands".to_owned()).spawn(move || {
            run().unwrap_or_else(|error| error!(%error, "commands"));
        })?;
        Ok(Self { stopper: Some(stopper), thread: Some(thread) })
    }
}

impl Drop for Commands {
    fn drop(&mut self) {
        drop(self.stopper.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            error!("the thread commands panicked");
        }
    }
}

fn run(config: &CommandsConfig, mut server: Option<Server>, desk: &Desk, stop: &Stop) -> Result<(), SocketError> {
    loop {
        if let Some(server) = server {
            return server.run(desk, stop);
        }
        if stop.wait_until(Instant::now() + BIND_AGAIN) {
            return Ok(());
        }
        server = bind(config).ok();
    }
}

fn bind(config: &CommandsConfig) -> Result<Server, BindError> {
    Server::bind(&config.context, &config.endpoint, config.may_control)
}
