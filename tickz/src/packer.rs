//! The ticks that are due at one moment, by symbol, until they are sent as bursts. Pure.

use rustc_hash::FxHashMap;
use wire::{
    Symbol,
    tick::{Pack, Tick},
};

/// Packs the ticks of one round.
#[derive(Debug, Default)]
pub struct Packer {
    /// In the order of their first ticks; those after the first `used` are only memory.
    packs: Vec<Pack>,
    used: usize,
    /// The position of the pack that takes the next tick of a symbol.
    positions: FxHashMap<Symbol, usize>,
}

impl Packer {
    /// Adds a tick.
    #[inline]
    pub fn add(&mut self, tick: &Tick) {
        if let Some(pack) = self.positions.get(&tick.symbol).and_then(|&position| self.packs.get_mut(position))
            && !pack.is_full()
        {
            pack.push(tick);
            return;
        }
        self.begin(tick);
    }

    fn begin(&mut self, tick: &Tick) {
        self.positions.insert(tick.symbol, self.used);
        match self.packs.get_mut(self.used) {
            Some(pack) => pack.begin(tick),
            None => self.packs.push(Pack::new(tick)),
        }
        self.used += 1;
    }

    /// The packs, in the order of their first ticks.
    pub fn packs(&self) -> &[Pack] {
        &self.packs[..self.used]
    }

    /// Has no ticks any more, and keeps the memory.
    pub fn clear(&mut self) {
        self.used = 0;
        self.positions.clear();
    }
}
