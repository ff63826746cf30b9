//! Verifies the total of a batch: dealz computes it again on the thread `valuz.check`.
//!
//! It values every order without the workers and adds up exactly: the sums must agree to the last bit, in total and by
//! symbol.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, sync_channel},
    },
    thread::{self, JoinHandle},
};

use sockets::{Interest, SocketError, Stop};
use valuz::{orders::Orders, sums::Sums, valuation::Valuation};

/// The number of orders between two checks whether the result is still needed.
const BURST: u64 = 4_096;

/// The exact sums, each rounded once.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sum {
    pub(crate) total: f64,
    pub(crate) by_symbol: BTreeMap<String, f64>,
}

impl Sum {
    /// The sums so far.
    pub(crate) fn of(sums: &mut Sums) -> Self {
        Self { total: sums.total(), by_symbol: sums.by_symbol() }
    }

    /// Whether all bits are the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let bits = |sum: &Self| -> Vec<u64> { sum.by_symbol.values().map(|value| value.to_bits()).collect() };
        self.total.to_bits() == other.total.to_bits()
            && self.by_symbol.keys().eq(other.by_symbol.keys())
            && bits(self) == bits(other)
    }
}

/// A sum that is being computed; dropping it cancels it.
pub(crate) struct Check {
    sum: Receiver<Sum>,
    /// The signal that the sum is complete.
    done: Stop,
    cancelled: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Check {
    /// Starts to add up the values of `orders`.
    ///
    /// # Errors
    /// The system has no more threads or file descriptors.
    pub(crate) fn spawn(orders: Arc<Orders>) -> Result<Self, SocketError> {
        let (sender, sum) = sync_channel(1);
        let (end, done) = Stop::pair()?;
        let cancelled = Arc::new(AtomicBool::new(false));
        let is_cancelled = Arc::clone(&cancelled);
        let run = move || {
            if let Some(sum) = add_up(&orders, &is_cancelled) {
                // If this fails, the sum is no longer needed.
                let _ = sender.send(sum);
            }
            end.stop();
        };
        let thread = thread::Builder::new()
            .name("valuz.check".to_owned())
            .spawn(run)
            .map_err(|reason| SocketError::System { operation: "start a thread", reason })?;
        Ok(Self { sum, done, cancelled, thread: Some(thread) })
    }

    /// To wait for the sum.
    pub(crate) fn interest(&self) -> Interest<'static> {
        self.done.interest()
    }

    /// Whether it has ended.
    pub(crate) fn is_done(&self) -> bool {
        self.done.is_stopped()
    }

    /// The sum, once it is complete; `None` if the value of an order is not finite.
    pub(crate) fn take_sum(&self) -> Option<Sum> {
        self.sum.try_recv().ok()
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It ends within a few thousand additions.
            let _ = thread.join();
        }
    }
}

/// `None` if it is cancelled.
fn add_up(orders: &Orders, cancelled: &AtomicBool) -> Option<Sum> {
    let (mut sums, mut notional) = (Sums::default(), Valuation::Notional);
    for number in 0..orders.count() {
        if number % BURST == 0 && cancelled.load(Ordering::Relaxed) {
            return None;
        }
        let order = orders.get(number)?;
        let value = notional.value(&order);
        // A worker drops an order whose value is not finite, so such a batch is never complete.
        if !value.is_finite() || sums.add(order.symbol, value).is_err() {
            return None;
        }
    }
    Some(Sum::of(&mut sums))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_equal_if_every_bit_is() {
        let sum = |total: f64, symbol: &str, value: f64| Sum { total, by_symbol: [(symbol.to_owned(), value)].into() };
        let one = sum(0.3, "MSFT", 0.3);
        assert!(one.is_same(&one.clone()));
        for other in [sum(0.1 + 0.2, "MSFT", 0.3), sum(0.3, "MSFT", 0.1 + 0.2), sum(0.3, "GOOG", 0.3)] {
            assert!(!one.is_same(&other), "{other:?}");
        }
    }

    #[test]
    fn a_check_signals_its_end_and_ends_when_it_is_cancelled() {
        let check = Check::spawn(Arc::new(Orders::simulated(1, 1_000))).unwrap();
        assert!(check.done.wait_until(std::time::Instant::now() + testkit::BOUND));
        let sum = check.take_sum().unwrap();
        assert_eq!((sum.by_symbol.len(), sum.by_symbol.values().sum::<f64>().round()), (5, sum.total.round()));
        drop(Check::spawn(Arc::new(Orders::simulated(1, u64::MAX))).unwrap());
    }
}
