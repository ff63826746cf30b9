//! Two threads that share nothing and exchange messages: PAIR over inproc.
//!
//! ```text
//!                  one process
//!  ┌─────────────────────────────────────────┐
//!  │  this thread             another thread │
//!  │  ┌────────┐   inproc 7    ┌────────┐    │
//!  │  │  PAIR  │ ────────────▶ │  PAIR  │    │
//!  │  │        │ ◀──────────── │        │    │
//!  │  └────────┘      49       └────────┘    │
//!  └─────────────────────────────────────────┘
//! ```
//!
//! Sockets belong to one thread each. They need one context in common, because the context is the
//! transport: inproc copies no byte to the kernel. Instead of locking what they share, threads send
//! it.

use std::{thread, time::Duration};

use clap::Args;
use sockets::{BlockingSocket, Ended, Endpoint, Role};
use wire::report::{Declaration, DeclaredSocket, DeclaredValue};

use crate::{Ends, Node, number, reports, socket, texts, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("pair", &[ASKING, SQUARING], &[SQUARES]);
const ASKING: DeclaredSocket = socket("asking", Role::Pair);
const SQUARING: DeclaredSocket = socket("squaring", Role::Pair);
const SQUARES: DeclaredValue = value("squares", "numbers");

/// Let one thread square the numbers of another (PAIR over inproc); needs no peer
#[derive(Debug, Args)]
pub struct Pair {
    /// The time between two numbers
    #[arg(long, value_name = "TIME", default_value = "200ms", value_parser = crate::time)]
    pause: Duration,
}

impl Pair {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let address: Endpoint = "inproc://squares".parse()?;
        let mut asking = node.socket(Role::Pair, ASKING, &Ends::bound(&address))?;
        let squaring = node.socket(Role::Pair, SQUARING, &Ends::connected(&address))?;
        // It ends as this thread does: by the stop signal.
        thread::Builder::new().name("square".to_owned()).spawn(|| square(squaring))?;
        let mut squares = node.counter(SQUARES);
        loop {
            asking.send([squares.get().to_string()])?;
            let square = asking.receive()?;
            node.say(format_args!("{} squared is {}", squares.get(), texts(&square)))?;
            squares.add(1);
            asking.pause(self.pause)?;
        }
    }
}

/// The other thread.
fn square(mut squaring: BlockingSocket) -> Result<(), Ended> {
    loop {
        let message = squaring.receive()?;
        if let Some(number) = number(message.get(0)) {
            squaring.send([number.saturating_mul(number).to_string()])?;
        }
    }
}
