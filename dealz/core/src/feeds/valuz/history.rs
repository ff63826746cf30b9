//! What earlier batches of this desk came to: their totals, to compare a later run of the same orders with, and their
//! rates, from which follows how many orders make a batch of some seconds. Pure.

use std::{
    collections::{VecDeque, hash_map::DefaultHasher},
    hash::{Hash as _, Hasher as _},
    time::Duration,
};

use valuz::orders::Orders;

use super::{check::Sum, input::COUNT_MAX};
use crate::view::{RecommendedCount, ValuationName, Verification};

/// How many totals are remembered.
const TOTALS_MAX: usize = 64;

/// How long a batch of the recommended size takes.
const BATCH_SECONDS: f64 = 10.0;

/// A batch that took less than this says nothing about a rate.
const MEASURED_FROM: Duration = Duration::from_millis(100);

/// Notional orders a second before the first batch, as two cores of 2026 value them; messages are the limit, whatever the
/// number of workers.
const USUAL_NOTIONAL: f64 = 800_000.0;

/// Values at risk a second and worker before the first batch, on the same cores.
const USUAL_VAR: f64 = 4_500.0;

/// Of simulated orders the first ones tell one seed from another.
const SIMULATED_COMPARED: u64 = 16;

/// What is remembered of earlier batches.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// The last sums of each list of orders, oldest first.
    totals: VecDeque<(OrdersKey, Total)>,
    /// Orders a second in the last notional batch.
    notional: Option<f64>,
    /// Orders a second and worker in the last batch of values at risk.
    var: Option<f64>,
}

/// What distinguishes orders and their valuation from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OrdersKey {
    valuation: ValuationName,
    count: u64,
    content: u64,
}

/// A sum as it is remembered.
#[derive(Debug, Clone, Copy)]
struct Total {
    value: f64,
    /// Of its bits and those of all symbols.
    content: u64,
}

impl History {
    /// Compares the sums of a complete batch with those of the last run of the same orders, and remembers them.
    pub(crate) fn verify(&mut self, orders: &Orders, valuation: ValuationName, sum: &Sum) -> Verification {
        let key = OrdersKey { valuation, count: orders.count(), content: content_of_orders(orders) };
        let total = Total { value: sum.total, content: content_of_sum(sum) };
        let position = self.totals.iter().position(|(other, _)| *other == key);
        let before = position.and_then(|position| self.totals.remove(position)).map(|(_, total)| total);
        self.totals.push_back((key, total));
        if self.totals.len() > TOTALS_MAX {
            self.totals.pop_front();
        }
        match before {
            None => Verification::Unchecked { reason: "this is the first run of these orders".to_owned() },
            Some(before) if before.content == total.content => Verification::Repeated,
            Some(before) => Verification::Differs { expected: before.value.clamp(f64::MIN, f64::MAX) },
        }
    }

    /// A batch has ended: so many of its orders were counted in this time, by so many workers.
    pub(crate) fn note_rate(&mut self, valuation: ValuationName, counted: u64, elapsed: Duration, workers: usize) {
        if counted == 0 || elapsed < MEASURED_FROM {
            return;
        }
        let per_second = counted as f64 / elapsed.as_secs_f64();
        match valuation {
            ValuationName::Notional => self.notional = Some(per_second),
            ValuationName::Var => self.var = Some(per_second / workers.max(1) as f64),
        }
    }

    /// The numbers of orders that take about ten seconds with so many workers.
    pub(crate) fn recommended(&self, workers: usize) -> Vec<RecommendedCount> {
        let of = |valuation, measured: Option<f64>, usual: f64, workers: usize| {
            let per_second = measured.unwrap_or(usual) * workers as f64;
            let count = rounded(per_second * BATCH_SECONDS).clamp(1, COUNT_MAX);
            let time_ms = (count as f64 / per_second * 1000.0).round() as u64;
            RecommendedCount { valuation, count, time_ms, measured: measured.is_some() }
        };
        vec![
            of(ValuationName::Notional, self.notional, USUAL_NOTIONAL, 1),
            of(ValuationName::Var, self.var, USUAL_VAR, workers.max(1)),
        ]
    }
}

/// To two digits.
fn rounded(count: f64) -> u64 {
    let unit = 10_f64.powf((count.max(1.0).log10().floor() - 1.0).max(0.0));
    ((count / unit).round() * unit) as u64
}

fn content_of_orders(orders: &Orders) -> u64 {
    let compared = match orders {
        Orders::Simulated(_) => SIMULATED_COMPARED.min(orders.count()),
        Orders::Listed(_) => orders.count(),
    };
    let mut hasher = DefaultHasher::new();
    for order in (0..compared).filter_map(|place| orders.get(place)) {
        (order.symbol.as_bytes(), order.action as u8, order.shares, order.price.to_bits()).hash(&mut hasher);
    }
    hasher.finish()
}

fn content_of_sum(sum: &Sum) -> u64 {
    let mut hasher = DefaultHasher::new();
    sum.total.to_bits().hash(&mut hasher);
    for (symbol, value) in &sum.by_symbol {
        (symbol, value.to_bits()).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(total: f64) -> Sum {
        Sum { total, by_symbol: [("MSFT".to_owned(), total)].into() }
    }

    fn verify(history: &mut History, seed: u64, count: u64, total: f64) -> Verification {
        history.verify(&Orders::simulated(seed, count), ValuationName::Var, &sum(total))
    }

    #[test]
    fn a_second_run_of_the_same_orders_must_have_the_same_sums_to_the_last_bit() {
        let mut history = History::default();
        assert!(matches!(verify(&mut history, 1, 100, 0.3), Verification::Unchecked { .. }));
        assert_eq!(verify(&mut history, 1, 100, 0.3), Verification::Repeated);
        assert_eq!(verify(&mut history, 1, 100, 0.1 + 0.2), Verification::Differs { expected: 0.3 });
        for (seed, count) in [(2, 100), (1, 99), (1, 1)] {
            assert!(matches!(verify(&mut history, seed, count, 0.3), Verification::Unchecked { .. }));
        }
        let notional = history.verify(&Orders::simulated(1, 100), ValuationName::Notional, &sum(0.3));
        assert!(matches!(notional, Verification::Unchecked { .. }));
    }

    #[test]
    fn lists_are_compared_by_their_orders() {
        let (mut history, listed) = (History::default(), |count| {
            let orders = Orders::simulated(1, 30);
            let order = |place| orders.get(place).unwrap();
            let listed = |place| {
                let wire::value::Order { symbol, action, shares, price, .. } = order(place);
                valuz::orders::Listed { symbol, action, shares, price }
            };
            Orders::Listed((0..29).chain([count]).map(listed).collect())
        });
        let mut verify = |last| history.verify(&listed(last), ValuationName::Var, &sum(1.0));
        assert!(matches!(verify(29), Verification::Unchecked { .. }));
        assert!(matches!(verify(3), Verification::Unchecked { .. }));
        assert_eq!(verify(29), Verification::Repeated);
    }

    #[test]
    fn totals_are_bounded_and_the_oldest_makes_room() {
        let mut history = History::default();
        (0..=TOTALS_MAX as u64).for_each(|seed| drop(verify(&mut history, seed, 10, 1.0)));
        assert_eq!(history.totals.len(), TOTALS_MAX);
        assert_eq!(verify(&mut history, 1, 10, 1.0), Verification::Repeated);
        assert!(matches!(verify(&mut history, 0, 10, 1.0), Verification::Unchecked { .. }));
    }

    #[test]
    fn a_recommended_batch_takes_ten_seconds_at_the_measured_rate() {
        let counts = |history: &History, workers| -> Vec<(u64, bool)> {
            history.recommended(workers).iter().map(|it| (it.count, it.measured)).collect()
        };
        let mut history = History::default();
        assert_eq!(counts(&history, 0), [(COUNT_MAX, false), (45_000, false)]);
        history.note_rate(ValuationName::Notional, 333_333, Duration::from_secs(1), 2);
        history.note_rate(ValuationName::Var, 1_234, Duration::from_secs(2), 2);
        assert_eq!(counts(&history, 3), [(3_300_000, true), (9_300, true)]);
        history.note_rate(ValuationName::Notional, 9, Duration::from_millis(99), 2);
        history.note_rate(ValuationName::Var, 1, Duration::from_secs(100), 1);
        assert_eq!(counts(&history, 1), [(3_300_000, true), (1, true)]);
        history.note_rate(ValuationName::Notional, 9_000_000, Duration::from_secs(1), 2);
        let most = &history.recommended(1)[0];
        assert_eq!((most.count, most.time_ms), (COUNT_MAX, COUNT_MAX / 9_000));
    }
}
