//! The ticks that are due at one moment, by symbol, until they are sent as bursts. Pure.

use wire::tick::{Pack, Tick};

/// Packs the ticks of one round.
#[derive(Debug, Default)]
pub struct Packer {
    /// In the order of their first ticks; those after the first `used` are only memory.
    packs: Vec<Pack>,
    used: usize,
    /// By the place of a symbol: the position of the pack that takes its next tick, if there is one.
    positions: Vec<Option<usize>>,
    /// The places that have one.
    places: Vec<usize>,
}

impl Packer {
    /// Adds a tick of the symbol at this place, a number from 0; `false` if there is no pack that takes it.
    #[inline]
    pub fn add(&mut self, place: usize, timestamp: f64, price: f64) -> bool {
        let Some(Some(position)) = self.positions.get(place) else { return false };
        let Some(pack) = self.packs.get_mut(*position).filter(|pack| !pack.is_full()) else { return false };
        pack.push(timestamp, price);
        true
    }

    /// Begins a pack with a tick of the symbol at this place.
    pub fn begin(&mut self, place: usize, tick: &Tick) {
        if self.positions.len() <= place {
            self.positions.resize(place + 1, None);
        }
        self.positions[place] = Some(self.used);
        self.places.push(place);
        match self.packs.get_mut(self.used) {
            Some(pack) => pack.begin(tick),
            None => self.packs.push(Pack::new(tick)),
        }
        self.used += 1;
    }

    /// The packs, in the order of their first ticks.
    #[must_use]
    pub fn packs(&self) -> &[Pack] {
        &self.packs[..self.used]
    }

    /// Has no ticks any more, and keeps the memory.
    pub fn clear(&mut self) {
        self.used = 0;
        for place in self.places.drain(..) {
            self.positions[place] = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::{Frames, Symbol, tick::Burst};

    use super::*;

    fn add(packer: &mut Packer, place: usize, sequence: u64) {
        let symbol = Symbol::decode([b"AA", b"BB"][place]).unwrap();
        if !packer.add(place, 0.0, 1.0) {
            packer.begin(place, &Tick { symbol, timestamp: 0.0, price: 1.0, sequence: Some(sequence) });
        }
    }

    /// Symbol, first number and length of each burst.
    fn bursts(packer: &Packer) -> Vec<(String, u64, usize)> {
        let burst = |pack: &Pack| {
            let mut frames = Frames::new();
            pack.encode(&mut frames);
            let burst = Burst::decode(&frames).unwrap();
            (burst.symbol.to_string(), burst.sequence.unwrap(), burst.len())
        };
        packer.packs().iter().map(burst).collect()
    }

    #[test]
    fn a_round_is_one_burst_of_each_symbol_in_the_order_of_their_first_ticks() {
        let mut packer = Packer::default();
        assert!(packer.packs().is_empty());
        for (place, sequence) in [(1, 7), (0, 0), (1, 8), (1, 9)] {
            add(&mut packer, place, sequence);
        }
        assert_eq!(bursts(&packer), [("BB".to_owned(), 7, 3), ("AA".to_owned(), 0, 1)]);
        packer.clear();
        add(&mut packer, 0, 1);
        assert_eq!(bursts(&packer), [("AA".to_owned(), 1, 1)]);
    }

    #[test]
    fn a_burst_that_is_full_is_followed_by_another() {
        let mut packer = Packer::default();
        (0..600).for_each(|sequence| add(&mut packer, 0, sequence));
        let lengths: Vec<_> = bursts(&packer).into_iter().map(|(_, first, length)| (first, length)).collect();
        assert_eq!(lengths, [(0, 256), (256, 256), (512, 88)]);
    }
}
