//! Misbehaves: tries to enter a CURVE server with a wrong key, or none.
//!
//! ```text
//!   bad-key                          any server under CURVE
//!  ┌──────────┐  no key            ┌──────────┐
//!  │          │  a stranger's key  │          │  allow-list:
//!  │  DEALER  │ ──────────────── ✗ │  socket  │  ada, bob
//!  │          │  a wrong server    │          │
//!  └──────────┘                    └──────────┘
//! ```
//!
//! Without CURVE the handshakes do not match. A key that is not on the allow-list is refused. With
//! another server's key the two cannot even read each other. The server is not disturbed, and logs
//! each refusal; no message gets in.

use std::time::Duration;

use clap::{Args, ValueEnum};
use sockets::{Endpoint, KeyPair, Mechanism, PublicKey, Role, Security};
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("bad-key", &[DEALER], &[REFUSED, ADMITTED]);
const DEALER: DeclaredSocket = socket("dealer", Role::Dealer);
const REFUSED: DeclaredValue = value("refused", "connections");
const ADMITTED: DeclaredValue = value("admitted", "connections");

/// Misbehave: enter with a wrong key or none (DEALER); its peer is any server under CURVE
#[derive(Debug, Args)]
pub struct BadKey {
    /// Connect to this
    #[arg(long, value_name = "ADDRESS")]
    connect: Endpoint,
    /// What is wrong
    #[arg(long)]
    with: Wrong,
    /// The public key of the server, a file or its 40 characters; for a stranger
    #[arg(long, value_name = "KEY", required_if_eq("with", "stranger"), allow_hyphen_values = true)]
    door: Option<String>,
    /// The time that an attempt has
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = crate::time)]
    pause: Duration,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Wrong {
    /// No key at all
    NoKey,
    /// A new key, which is on no allow-list
    Stranger,
    /// The key of another server
    Server,
}

impl BadKey {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let node = node.with_security(Security { mechanism: self.mechanism()?, allow: None })?;
        let (mut refused, mut admitted) = (node.counter(REFUSED), node.counter(ADMITTED));
        loop {
            // libzmq does not try again after a refusal, so each attempt has a new socket.
            let mut dealer = node.socket(Role::Dealer, DEALER, &Ends::connected(&self.connect))?;
            dealer.pause(self.pause)?;
            refused.add(dealer.refused().min(1));
            admitted.add(dealer.peers().min(1) as u64);
        }
    }

    fn mechanism(&self) -> anyhow::Result<Mechanism> {
        let server = match (self.with, &self.door) {
            (Wrong::NoKey, _) => return Ok(Mechanism::Null),
            (Wrong::Stranger, Some(door)) => PublicKey::from_text_or_file(door)?,
            (Wrong::Stranger, None) | (Wrong::Server, _) => KeyPair::generate()?.public,
        };
        Ok(Mechanism::Curve { own: KeyPair::generate()?, server: Some(server) })
    }
}
