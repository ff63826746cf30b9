//! Exchanges letters with its peer: open, or sealed with CURVE.
//!
//! ```text
//!  sealed --bind                       sealed --connect
//!  ┌────────┐                            ┌────────┐
//!  │ DEALER │   "dear ada": open, or     │ DEALER │
//!  │        │ ◀────────────────────────▶ │        │
//!  │        │   7f 03 c4 …: sealed       │        │
//!  └────────┘                            └────────┘
//!   its secret key,                   its secret key,
//!   a list of guests                  the server's public key
//! ```
//!
//! Nothing in the exchange differs: the keys are options of the socket, set before it binds or
//! connects. A server asks its list of guests for each key; without a list CURVE admits any key.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Args;
use sockets::{KeyPair, Mechanism, PublicKey, Role, Security};
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, reports, socket, texts, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("sealed", &[DEALER], &[LETTERS]);
const DEALER: DeclaredSocket = socket("dealer", Role::Dealer);
const LETTERS: DeclaredValue = value("letters", "letters");

/// Exchange letters, open or sealed with CURVE (DEALER); its peer is another sealed
#[derive(Debug, Args)]
pub struct Sealed {
    #[command(flatten)]
    ends: Ends,
    /// The letter
    #[arg(long, value_name = "TEXT", default_value = "dear ada")]
    letter: String,
    /// Seal: the file with the secret key of this side
    #[arg(long, value_name = "FILE")]
    secret: Option<PathBuf>,
    /// The public key of the server, a file or its 40 characters; for the side that connects
    #[arg(long, value_name = "KEY", requires = "secret", allow_hyphen_values = true)]
    door: Option<String>,
    /// The names and public keys that are admitted; for the side that binds
    #[arg(long, value_name = "FILE", requires = "secret")]
    guests: Option<PathBuf>,
    /// The time between two letters
    #[arg(long, value_name = "TIME", default_value = "50ms", value_parser = crate::time)]
    pause: Duration,
}

impl Sealed {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let node = node.with_security(Security { mechanism: self.mechanism()?, allow: self.guests.clone() })?;
        let mut dealer = node.socket(Role::Dealer, DEALER, &self.ends)?;
        let mut letters = node.counter(LETTERS);
        loop {
            dealer.try_send([&self.letter])?;
            let next = Instant::now() + self.pause;
            while let Some(letter) = dealer.receive_until(next)? {
                letters.add(1);
                node.say(texts(&letter))?;
            }
        }
    }

    fn mechanism(&self) -> anyhow::Result<Mechanism> {
        let Some(secret) = &self.secret else { return Ok(Mechanism::Null) };
        let server = self.door.as_deref().map(PublicKey::from_text_or_file).transpose()?;
        Ok(Mechanism::Curve { own: KeyPair::read(secret)?, server })
    }
}
