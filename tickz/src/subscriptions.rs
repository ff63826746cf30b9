//! What a watcher's socket is subscribed to: each symbol in the forms that are wanted.

use sockets::{Socket, SocketError};
use wire::{Symbol, tick::Burst};

use crate::forms::Wanted;

/// The subscriptions of one socket.
#[derive(Debug)]
pub struct Subscriptions {
    symbols: Vec<Symbol>,
    wanted: Wanted,
}

impl Subscriptions {
    /// None yet, and the forms of those that follow.
    #[must_use]
    pub const fn new(wanted: Wanted) -> Self {
        Self { symbols: Vec::new(), wanted }
    }

    /// Subscribes to a symbol.
    ///
    /// # Errors
    /// The context is gone.
    pub fn add(&mut self, socket: &mut Socket, symbol: Symbol) -> Result<(), SocketError> {
        self.symbols.push(symbol);
        for topic in topics(symbol, self.wanted) {
            socket.subscribe(&topic)?;
        }
        Ok(())
    }

    /// Ends the subscription to a symbol.
    ///
    /// # Errors
    /// The context is gone.
    pub fn remove(&mut self, socket: &mut Socket, symbol: Symbol) -> Result<(), SocketError> {
        self.symbols.retain(|other| *other != symbol);
        for topic in topics(symbol, self.wanted) {
            socket.unsubscribe(&topic)?;
        }
        Ok(())
    }

    /// Has all symbols in these forms from now on.
    ///
    /// # Errors
    /// The context is gone.
    pub fn change(&mut self, socket: &mut Socket, wanted: Wanted) -> Result<(), SocketError> {
        if wanted == self.wanted {
            return Ok(());
        }
        let Wanted { ticks, bursts } = self.wanted;
        let begin = Wanted { ticks: wanted.ticks && !ticks, bursts: wanted.bursts && !bursts };
        let end = Wanted { ticks: ticks && !wanted.ticks, bursts: bursts && !wanted.bursts };
        self.wanted = wanted;
        for &symbol in &self.symbols {
            for topic in topics(symbol, begin) {
                socket.subscribe(&topic)?;
            }
            for topic in topics(symbol, end) {
                socket.unsubscribe(&topic)?;
            }
        }
        Ok(())
    }
}

/// The topics of a symbol in these forms.
fn topics(symbol: Symbol, Wanted { ticks, bursts }: Wanted) -> impl Iterator<Item = Vec<u8>> {
    let topics = [bursts.then(|| Burst::topic(symbol)), ticks.then(|| symbol.as_bytes().to_vec())];
    topics.into_iter().flatten()
}
