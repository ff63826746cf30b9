//! Sends messages of several frames, slowly: the peer gets each whole or not at all.
//!
//! ```text
//!   parts                                  pull
//!  ┌────────┐                          ┌────────┐
//!  │  PUSH  │   | 1 of 3 |             │  PULL  │
//!  │        │   | 2 of 3 |   nothing   │        │
//!  │        │   | 3 of 3 | ──────────▶ │        │  all three
//!  └────────┘                          └────────┘
//! ```
//!
//! All frames but the last are sent with "more follows". libzmq keeps them until it has the last,
//! and only then sends them, so a program that dies in the middle (`--die-in 3`) leaves nothing
//! half sent. The price: a message must fit into memory.

use std::{process::abort, time::Duration};

use clap::Args;
use sockets::Role;
use wire::{
    Frames,
    report::{Declaration, DeclaredSocket, DeclaredValue},
};

use crate::{Ends, Node, reports, socket, value};

/// What observers see of it.
pub const REPORTS: Declaration = reports("parts", &[PUSH], &[MESSAGES, FRAMES]);
const PUSH: DeclaredSocket = socket("push", Role::Push);
const MESSAGES: DeclaredValue = value("messages", "messages");
const FRAMES: DeclaredValue = value("frames", "frames");

/// Send multipart messages frame by frame, with pauses between (PUSH); its peer is pull
#[derive(Debug, Args)]
pub struct Parts {
    #[command(flatten)]
    ends: Ends,
    /// The frames of each message
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    frames: u8,
    /// The time before each frame
    #[arg(long, value_name = "TIME", default_value = "300ms", value_parser = crate::time)]
    pause: Duration,
    /// Die before the last frame of message N, as a crash would
    #[arg(long, value_name = "N")]
    die_in: Option<u64>,
}

impl Parts {
    pub(crate) fn run(&self, node: &Node) -> anyhow::Result<()> {
        let mut push = node.socket(Role::Push, PUSH, &self.ends)?;
        let (mut messages, mut frames) = (node.counter(MESSAGES), node.counter(FRAMES));
        push.await_peers(1)?;
        for number in 1.. {
            let message: Frames =
                (1..=self.frames).map(|part| format!("{number}: {part} of {}", self.frames)).collect();
            let mut paused = Ok(());
            let is_sent = push.socket().send_in_steps(&message, |index| {
                // A stopped program finishes its message at once, and sends no other.
                paused = node.pause(self.pause);
                if self.die_in == Some(number) && index + 1 == message.len() {
                    abort();
                }
                frames.add(1);
            })?;
            if !is_sent {
                push.send(message.iter())?;
            }
            messages.add(1);
            node.say(format_args!("{number}: sent"))?;
            paused?;
        }
        Ok(())
    }
}
