//! SplitMix64 (Steele, Lea, Flood 2014): a random number from any 64 bits in three multiplications.
//!
//! Orders and scenarios both come from it. It uses only wrapping integer arithmetic, so the same seed gives the
//! same numbers on every machine and in every language.

/// The step of the sequence: 2^64 divided by the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The sequence of a seed; any seed is as good as another.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    #[inline]
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// The next number from 0 to below 1, a multiple of 2^-53.
    #[inline]
    pub const fn next_unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The number that `next_u64` gives after `skipped` others, without making those.
    #[inline]
    #[must_use]
    pub const fn nth(self, skipped: u64) -> u64 {
        mix(self.0.wrapping_add(GAMMA.wrapping_mul(skipped.wrapping_add(1))))
    }
}

#[inline]
const fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        let mut random = SplitMix64::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn any_number_can_be_made_without_those_before_it() {
        let seed = SplitMix64::new(7);
        let mut random = seed;
        for skipped in 0..100 {
            assert_eq!(seed.nth(skipped), random.next_u64());
        }
    }

    #[test]
    fn units_are_below_one() {
        let mut random = SplitMix64::new(0);
        assert!((0..10_000).map(|_| random.next_unit()).all(|unit| (0.0..1.0).contains(&unit)));
    }
}
