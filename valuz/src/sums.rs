//! Exact sums: they lose no bit, so they do not depend on the order of addition.
//!
//! Each sum is Neal's small superaccumulator (<https://arxiv.org/abs/1505.05571>): a fixed-point number wide
//! enough for every `f64`, rounded once, when it is read.

use std::collections::{BTreeMap, HashMap};

use wire::Symbol;
use xsum::{Xsum as _, XsumSmall};

/// How many symbols a batch may have; a sum takes a little over 1 kB, so all of them about 120 MB.
pub const SYMBOLS_MAX: usize = 100_000;

/// One exact sum.
#[derive(Default)]
pub struct ExactSum {
    sum: XsumSmall,
    /// The sum of the negated values. `xsum` 0.1.6 rounds sums above zero right and sums below zero by one unit
    /// too far (-1 becomes -1.0000000000000002), so a negative sum is read from its mirror.
    mirror: XsumSmall,
}

impl ExactSum {
    /// Adds a finite value.
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.sum.add(value);
        self.mirror.add(-value);
    }

    /// The sum of all that was added, rounded to the nearest `f64`; infinite if it is beyond the largest.
    /// Zero is positive.
    pub fn round(&mut self) -> f64 {
        let sum = self.sum.sum();
        // Adding zero turns -0 into 0.
        (if sum < 0.0 { -self.mirror.sum() } else { sum }) + 0.0
    }
}

/// The total of a batch and that of each symbol.
#[derive(Default)]
pub struct Sums {
    total: ExactSum,
    by_symbol: Vec<(Symbol, ExactSum)>,
    /// The index of each symbol in `by_symbol`.
    places: HashMap<Symbol, usize>,
}

/// One symbol too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManySymbols;

impl Sums {
    /// Adds the value of one order.
    ///
    /// # Errors
    /// The symbol would be the first past [`SYMBOLS_MAX`]; nothing is added.
    #[inline]
    pub fn add(&mut self, symbol: Symbol, value: f64) -> Result<(), TooManySymbols> {
        let place = match self.places.get(&symbol) {
            Some(&place) => place,
            None if self.by_symbol.len() == SYMBOLS_MAX => return Err(TooManySymbols),
            None => {
                self.by_symbol.push((symbol, ExactSum::default()));
                self.places.insert(symbol, self.by_symbol.len() - 1);
                self.by_symbol.len() - 1
            }
        };
        self.by_symbol[place].1.add(value);
        self.total.add(value);
        Ok(())
    }

    /// The total, rounded once.
    pub fn total(&mut self) -> f64 {
        self.total.round()
    }

    /// The sum of each symbol, each rounded once, sorted by symbol.
    pub fn by_symbol(&mut self) -> BTreeMap<String, f64> {
        self.by_symbol.iter_mut().map(|(symbol, sum)| (symbol.to_string(), sum.round())).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(values: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        values.iter().for_each(|&value| sum.add(value));
        sum.round()
    }

    #[test]
    fn what_plain_addition_loses_is_kept() {
        assert_eq!(sum(&[1e300, 1.0, -1e300]), 1.0);
        assert_eq!(sum(&[1e16, 1.0, 1.0]), 1e16 + 2.0);
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]), f64::MAX);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[5e-324, 1e308, -1e308]), 5e-324);
    }

    #[test]
    fn negative_sums_are_rounded_as_positive_ones_and_zero_is_positive() {
        for value in [1.0, 4178.0, 0.1, 1e300, 5e-324, 3.3, 123_456.78] {
            assert_eq!(sum(&[-value]), -value);
        }
        for nothing in [&[][..], &[-0.0], &[1.5, -1.5]] {
            assert_eq!(sum(nothing).to_bits(), 0.0_f64.to_bits());
        }
    }

    #[test]
    fn symbols_are_bounded_and_one_too_many_adds_nothing() {
        let mut sums = Sums::default();
        for number in 0..SYMBOLS_MAX {
            sums.add(format!("S{number}").parse().unwrap(), 1.0).unwrap();
        }
        assert_eq!(sums.add("ZZ".parse().unwrap(), 1.0), Err(TooManySymbols));
        assert_eq!(sums.add("S7".parse().unwrap(), 1.0), Ok(()));
        assert_eq!(sums.total(), SYMBOLS_MAX as f64 + 1.0);
        assert_eq!(sums.by_symbol()["S7"], 2.0);
    }

    /// Any finite float, of any magnitude.
    fn finite() -> impl Strategy<Value = f64> {
        any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite())
    }

    proptest! {
        #[test]
        fn the_sum_does_not_depend_on_the_order(
            (values, shuffled) in prop::collection::vec(finite(), 0..60)
                .prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle())),
        ) {
            prop_assert_eq!(sum(&values).to_bits(), sum(&shuffled).to_bits());
        }

        #[test]
        fn the_sum_of_two_is_rounded_as_ieee_754_says(one in finite(), other in finite()) {
            prop_assert_eq!(sum(&[one, other]), one + other);
        }

        #[test]
        fn the_sum_is_the_exact_one_rounded_once(
            parts in prop::collection::vec((-(1_i64 << 53)..1 << 53, 0..60_i32), 1..200),
        ) {
            let exact: i128 = parts.iter().map(|&(mantissa, exponent)| i128::from(mantissa) << exponent).sum();
            let values: Vec<f64> =
                parts.iter().map(|&(mantissa, exponent)| mantissa as f64 * f64::powi(2.0, exponent)).collect();
            prop_assert_eq!(sum(&values), exact as f64);
        }
    }
}
