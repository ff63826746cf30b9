//! A client's connection and the one that is made for it, on a task that passes bytes on in both directions until both have
//! ended.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rustix::net::{Shutdown, shutdown, sockopt};
use sockets::{Endpoint, LinkReport};
use tokio::{
    net::{TcpSocket, TcpStream, lookup_host},
    select,
    sync::watch,
    time::{sleep_until, timeout},
    try_join,
};
use tracing::{info, warn};

use crate::{
    faults::Effect,
    find::{Find, Finder},
    held::{Held, Next},
};

/// How many bytes are read at a time.
const READ_BYTES: usize = 16 * 1024;

/// How long an attempt to connect may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// The probes of a silent connection, as of every connection of the suite: after how long, how often, how many.
const KEEP_ALIVE: (Duration, Duration, u32) = (Duration::from_secs(2), Duration::from_secs(1), 3);

/// What all connections of a link share.
#[derive(Debug, Clone)]
pub(crate) struct Passage {
    /// Where clients connect.
    pub(crate) from: Endpoint,
    /// Where their connections lead.
    pub(crate) to: Endpoint,
    pub(crate) effect: watch::Receiver<Effect>,
    pub(crate) report: Arc<LinkReport>,
    /// Whether the last attempt to connect failed: that is logged once.
    pub(crate) is_unreachable: Arc<AtomicBool>,
    /// A text that is looked for in what passes.
    pub(crate) find: Option<Arc<Find>>,
}

/// One of the two connections. It is reset if that is what the faults want when it is dropped.
#[derive(Debug)]
struct End {
    stream: TcpStream,
    endpoint: Endpoint,
    effect: watch::Receiver<Effect>,
    report: Arc<LinkReport>,
}

/// The task that passes on what a client and the server exchange. It may be aborted, even before it begins: both
/// connections are closed or reset then.
pub(crate) fn task(client: TcpStream, passage: Passage) -> impl Future<Output = ()> {
    passage.report.accepted(&passage.from, &client);
    run(End::new(client, &passage.from, &passage), passage)
}

async fn run(client: End, mut passage: Passage) {
    // A link whose bytes have stopped notifies no one, so it does not connect either. Its sender lives as long as the task.
    let Ok(_) = passage.effect.wait_for(|effect| !effect.is_silent).await else { return };
    let Some(server) = connect(&passage).await else { return };
    let directions = (pass(&client, &server, &passage), pass(&server, &client, &passage));
    if try_join!(directions.0, directions.1).is_err() {
        // One of them was reset, and the other peer learns that too.
        client.reset();
        server.reset();
    }
}

async fn connect(passage: &Passage) -> Option<End> {
    let Passage { to, report, is_unreachable, .. } = passage;
    report.connecting(to);
    let reached = timeout(CONNECT_WITHIN, reach(to)).await;
    match reached.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(stream) => {
            report.connected(to, &stream);
            if is_unreachable.swap(false, Relaxed) {
                info!(%to, "reached again");
            }
            Some(End::new(stream, to, passage))
        }
        Err(error) => {
            report.failed(to);
            if !is_unreachable.swap(true, Relaxed) {
                warn!(%to, %error, "cannot connect; clients are disconnected until that works");
            }
            None
        }
    }
}

/// A connection to the first address of an endpoint that takes it.
async fn reach(to: &Endpoint) -> io::Result<TcpStream> {
    let mut refused = io::ErrorKind::NotFound.into();
    for address in lookup_host((to.host().unwrap_or_default(), to.port().unwrap_or(0))).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // If the task is aborted meanwhile, the server may have accepted the connection: it is reset then.
        socket.set_zero_linger()?;
        match socket.connect(address).await {
            Ok(stream) => {
                sockopt::set_socket_linger(&stream, None)?;
                return Ok(stream);
            }
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// Passes on one direction until its end, which is passed on too.
async fn pass(from: &End, to: &End, passage: &Passage) -> io::Result<()> {
    let Passage { effect, report, find, .. } = passage;
    let (mut effect, mut finder) = (effect.clone(), Finder::new(Instant::now()));
    let (mut held, mut buffer) = (Held::new(), vec![0; READ_BYTES]);
    loop {
        let now_on = *effect.borrow_and_update();
        let next = held.next(Instant::now(), &now_on);
        let room = held.room(&now_on).min(READ_BYTES);
        let (bytes, at) = match next {
            Next::Write(bytes) => (bytes, None),
            Next::At(at) => (0, Some(at)),
            Next::Nothing => (0, None),
            Next::End => return Ok(shutdown(&to.stream, Shutdown::Write)?),
        };
        select! {
            changed = effect.changed() => match changed {
                Ok(()) => held.reconsider(),
                Err(_) => return Ok(()),
            },
            ready = to.stream.writable(), if bytes > 0 => {
                ready?;
                if let Some(written) = unless_blocked(to.stream.try_write(held.front(bytes)))? {
                    held.wrote(written);
                    report.sent(written);
                }
            }
            ready = from.stream.readable(), if room > 0 => {
                ready?;
                match unless_blocked(from.stream.try_read(&mut buffer[..room]))? {
                    Some(0) => held.end(Instant::now()),
                    Some(read) => {
                        held.arrive(Instant::now(), &buffer[..read]);
                        report.received(read);
                        if let Some(find) = find {
                            finder.read(Instant::now(), &buffer[..read], find);
                        }
                    }
                    None => {}
                }
            }
            () = sleep_until(at.unwrap_or_else(Instant::now).into()), if at.is_some() => {}
        }
    }
}

/// `None` if it was not ready after all.
fn unless_blocked(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

impl End {
    fn new(stream: TcpStream, endpoint: &Endpoint, passage: &Passage) -> Self {
        // They fail only if the connection has ended already.
        let _ = stream.set_nodelay(true);
        let _ = keep_alive(&stream);
        let Passage { effect, report, .. } = passage;
        Self { stream, endpoint: endpoint.clone(), effect: effect.clone(), report: Arc::clone(report) }
    }

    /// Has it end by a reset when it is dropped.
    fn reset(&self) {
        let _ = self.stream.set_zero_linger();
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if self.effect.borrow().resets {
            self.reset();
        }
        self.report.ending(&self.endpoint, &self.stream);
    }
}

fn keep_alive(stream: &TcpStream) -> rustix::io::Result<()> {
    let (after, every, count) = KEEP_ALIVE;
    sockopt::set_tcp_keepidle(stream, after)?;
    sockopt::set_tcp_keepintvl(stream, every)?;
    sockopt::set_tcp_keepcnt(stream, count)?;
    sockopt::set_socket_keepalive(stream, true)
}
