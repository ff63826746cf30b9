//! Alternating measurements, A B B A, and their medians with ranges, of each side and of the ratio.

use anyhow::Result;

use crate::programs::Side;

/// A median with the smallest and the largest value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// The spread of at least one value; all NaN if there is none.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else {
            return Self { median: f64::NAN, low: f64::NAN, high: f64::NAN };
        };
        let middle = sorted.len() / 2;
        let median =
            if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) };
        Self { median, low, high }
    }
}

/// The order of the sides in a round: each is as often the first, since what runs second may find the machine in another state.
pub(crate) const fn order(round: u32) -> [Side; 2] {
    if round % 2 == 1 { [Side::Ours, Side::Reference] } else { [Side::Reference, Side::Ours] }
}

/// The measurements of both sides, one pair per round.
#[derive(Debug)]
pub(crate) struct Pairs<T> {
    rounds: Vec<(T, T)>,
}

impl<T> Pairs<T> {
    /// Runs `measure` for the suite and for the reference alternately.
    ///
    /// # Errors
    /// Stops at the first measurement that fails.
    pub(crate) fn alternate(rounds: u32, mut measure: impl FnMut(u32, Side) -> Result<T>) -> Result<Self> {
        let rounds = (1..=rounds).map(|round| {
            let [first, second] = order(round);
            let measured = (measure(round, first)?, measure(round, second)?);
            Ok(if first == Side::Ours { measured } else { (measured.1, measured.0) })
        });
        Ok(Self { rounds: rounds.collect::<Result<_>>()? })
    }

    /// One quantity of the suite.
    pub(crate) fn ours(&self, quantity: impl Fn(&T) -> f64) -> Spread {
        Spread::of(self.rounds.iter().map(|(ours, _)| quantity(ours)))
    }

    /// One quantity of the reference.
    pub(crate) fn reference(&self, quantity: impl Fn(&T) -> f64) -> Spread {
        Spread::of(self.rounds.iter().map(|(_, reference)| quantity(reference)))
    }

    /// The suite's quantity divided by the reference's, round by round, so that a disturbance affects both.
    pub(crate) fn ratio(&self, quantity: impl Fn(&T) -> f64) -> Spread {
        Spread::of(self.rounds.iter().map(|(ours, reference)| quantity(ours) / quantity(reference)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Pairs, Spread};
    use crate::programs::Side;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]), Spread { median: 2.5, low: 1.0, high: 4.0 });
    }

    #[test]
    fn ratios_are_taken_within_a_round_whichever_side_is_first() {
        let slow_machine = [1.0, 2.0, 4.0];
        let mut sides = Vec::new();
        let pairs = Pairs::alternate(3, |round, side| {
            sides.push(side);
            let speed = slow_machine[round as usize - 1];
            Ok(if side == Side::Ours { 3.0 * speed } else { speed })
        });
        assert_eq!(pairs.unwrap().ratio(|&speed| speed), Spread { median: 3.0, low: 3.0, high: 3.0 });
        let expected = [1, 2, 2, 1, 1, 2].map(|turn| if turn == 1 { Side::Ours } else { Side::Reference });
        assert_eq!(sides, expected);
    }
}
