//! Talks to peers that know nothing of ZeroMQ, such as telnet: what one types, all of them get.
//!
//! ```text
//!                           stream
//!   telnet            ┌────────────────┐
//!  ┌──────┐   TCP     │                │
//!  │      │ ────────▶ │     STREAM     │   a message:
//!  └──────┘           │                │   | connection | bytes |
//!   telnet            │                │
//!  ┌──────┐           │                │   no bytes: the connection
//!  │      │ ◀──────── │                │   begins or has ended
//!  └──────┘           └────────────────┘
//! ```
//!
//! TCP is a stream of bytes: there are no messages, no topics and no handshake, and a line may
//! arrive in pieces. So this is where ZeroMQ ends, and where it can be joined to anything else.

use std::collections::BTreeSet;

use clap::Args;
use sockets::Role;
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, text, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("stream", &[STREAM], &[CONNECTIONS, BYTES]);
const STREAM: DeclaredSocket = socket("stream", Role::Stream);
const CONNECTIONS: DeclaredValue = value("connections", "connections");
const BYTES: DeclaredValue = value("bytes", "bytes");

/// The most connections that are served.
const CONNECTIONS_MAX: usize = 100;

/// Exchange bytes with telnet (STREAM); its peers are any TCP clients
#[derive(Debug, Args)]
pub struct Stream {
    #[command(flatten)]
    ends: Ends,
}

impl Stream {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut stream = node.socket(Role::Stream, STREAM, &self.ends)?;
        let (mut count, mut bytes) = (node.counter(CONNECTIONS), node.counter(BYTES));
        let mut connections = BTreeSet::<Vec<u8>>::new();
        loop {
            let message = stream.receive()?;
            let (connection, typed) = (message.get(0).unwrap_or_default(), message.get(1).unwrap_or_default());
            if !typed.is_empty() {
                bytes.add(typed.len() as u64);
                node.say(text(typed))?;
                for other in &connections {
                    // One that does not read misses it.
                    stream.try_send([other.as_slice(), typed])?;
                }
            } else if connections.remove(connection) {
                node.say("a connection has ended")?;
            } else if connections.len() < CONNECTIONS_MAX {
                connections.insert(connection.to_vec());
                stream.try_send([connection, b"hello from a ZeroMQ socket\r\n".as_slice()])?;
            } else {
                stream.try_send([connection, b"".as_slice()])?;
            }
            count.set(connections.len() as u64);
        }
    }
}
