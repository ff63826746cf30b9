//! Misbehaves: sends random bytes instead of ZeroMQ's protocol.
//!
//! ```text
//!   bad-garbage                    any server
//!  ┌────────────┐  9f 03 c4 …   ┌──────────────┐
//!  │  plain TCP │ ────────────▶ │  any socket  │
//!  │            │ ◀──── FIN ─── │              │
//!  └────────────┘               └──────────────┘
//! ```
//!
//! libzmq takes bytes that do not begin with its greeting for the first version of its protocol,
//! which had none. Most connections end at once, but some of the bytes may arrive as messages, so a
//! program must expect any. A REP may even lose one reply to another client over it (libzmq 4.3): a
//! `ping` waits for ever then, and a `lazy-pirate` asks again.

use std::{
    fs::File,
    io::{self, ErrorKind, Read as _},
    net::{TcpStream, ToSocketAddrs as _},
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use sockets::Endpoint;
use wire::report::{Declaration, DeclaredValue};

use crate::{Node, reports, value};

/// What observers see of it. Its connection is no ZeroMQ socket.
pub const REPORTS: Declaration = reports("bad-garbage", &[], &[BYTES, ENDED]);
const BYTES: DeclaredValue = value("bytes", "bytes");
const ENDED: DeclaredValue = value("ended", "connections");

/// How long the server may take to do something.
const PATIENCE: Duration = Duration::from_millis(500);

/// How many bytes are sent on each connection.
const BYTES_EACH: u64 = 4_096;

/// Misbehave: send random bytes over TCP; its peer is any server
#[derive(Debug, Args)]
pub struct BadGarbage {
    /// Connect to this, over TCP
    #[arg(long, value_name = "ADDRESS")]
    connect: Endpoint,
    /// The time between two connections
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = crate::time)]
    pause: Duration,
}

impl BadGarbage {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let address = self.connect.as_str().strip_prefix("tcp://").context("garbage is sent over tcp:// only")?;
        let address = address.to_socket_addrs().ok().and_then(|mut found| found.next());
        let address = address.with_context(|| format!("{} is no address", self.connect))?;
        let (mut bytes, mut ended) = (node.counter(BYTES), node.counter(ENDED));
        loop {
            if let Ok(mut stream) = TcpStream::connect_timeout(&address, PATIENCE) {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                let mut random = File::open("/dev/urandom")?.take(BYTES_EACH);
                bytes.add(io::copy(&mut random, &mut stream).unwrap_or(0));
                if has_ended(&mut stream) {
                    ended.add(1);
                }
            }
            node.pause(self.pause)?;
        }
    }
}

/// Whether the server ends the connection, after what it has to say.
fn has_ended(stream: &mut TcpStream) -> bool {
    match io::copy(&mut stream.take(BYTES_EACH), &mut io::sink()) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}
