//! The orders of a batch: made from a seed, or read from a file or stream ([`crate::listing`]).
//!
//! Either way any order can be had again by its place, so a source can send the orders again that a killed worker lost. The
//! generator holds no orders: each is a pure function of the seed and the place.

use wire::{
    Symbol,
    value::{Action, Order, Tail},
};

use crate::random::SplitMix64;

/// The stocks of simulated orders and their usual prices in cents.
const STOCKS: [(&str, u64); 5] = [("MSFT", 4_178), ("AAPL", 9_535), ("GOOG", 57_109), ("YHOO", 3_453), ("BBRY", 1_090)];

/// The most shares of a simulated order.
const SHARES_MAX: u64 = 1_000;

/// All orders of a batch, with places from 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Orders {
    /// Simulated.
    Simulated(Simulated),
    /// Held in memory.
    Listed(Vec<Listed>),
}

/// An order without its number; 40 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listed {
    /// Which stock.
    pub symbol: Symbol,
    /// Which way.
    pub action: Action,
    /// How many, above zero.
    pub shares: i32,
    /// Price of one share, finite and above zero.
    pub price: f64,
}

/// Orders made from a seed: BUY or SELL, 1 to 1,000 shares, a price within a tenth of the stock's usual one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Simulated {
    random: SplitMix64,
    count: u64,
    stocks: [(Symbol, u64); STOCKS.len()],
}

impl Orders {
    /// `count` simulated orders; the same seed gives the same orders.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the symbols are constants, and a test makes orders of all of them")]
    pub fn simulated(seed: u64, count: u64) -> Self {
        let stocks = STOCKS.map(|(symbol, cents)| (symbol.parse().expect("a valid symbol"), cents));
        Self::Simulated(Simulated { random: SplitMix64::new(seed), count, stocks })
    }

    /// How many orders there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        match self {
            Self::Simulated(simulated) => simulated.count,
            Self::Listed(listed) => listed.len() as u64,
        }
    }

    /// The order at this place, from 0, without a tail; `None` past the end of the batch.
    #[inline]
    #[must_use]
    pub fn get(&self, place: u64) -> Option<Order> {
        let Listed { symbol, action, shares, price } = match self {
            Self::Simulated(simulated) => simulated.get(place)?,
            Self::Listed(listed) => *listed.get(usize::try_from(place).ok()?)?,
        };
        Some(Order { symbol, action, shares, price, tail: Tail::Empty })
    }
}

impl Simulated {
    /// 64 random bits an order: 13 say which stock, 1 which way, 20 how many, 30 the price.
    #[inline]
    fn get(&self, place: u64) -> Option<Listed> {
        if place >= self.count {
            return None;
        }
        let bits = self.random.nth(place);
        let (symbol, cents) = self.stocks[scaled(bits >> 51, 13, STOCKS.len() as u64) as usize];
        let action = if bits >> 50 & 1 == 0 { Action::Buy } else { Action::Sell };
        let shares = 1 + scaled(bits >> 30 & 0xf_ffff, 20, SHARES_MAX) as i32;
        let lowest = cents - cents / 10;
        let cents = lowest + scaled(bits & 0x3fff_ffff, 30, cents / 5 + 1);
        Some(Listed { symbol, action, shares, price: cents as f64 / 100.0 })
    }
}

/// Maps `width` random bits evenly to 0 up to below `bound`.
#[inline]
const fn scaled(bits: u64, width: u32, bound: u64) -> u64 {
    (bits * bound) >> width
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_same_seed_and_number_give_the_same_order() {
        let (one, same, other) = (Orders::simulated(42, 100), Orders::simulated(42, 1_000), Orders::simulated(43, 100));
        assert!((0..100).rev().all(|number| one.get(number) == same.get(number)));
        assert!((0..100).any(|number| one.get(number) != other.get(number)));
        assert_eq!(one.get(100), None);
    }

    #[test]
    fn orders_are_spread_over_stocks_sides_shares_and_prices() {
        let orders = Orders::simulated(1, 100_000);
        let mut stocks = BTreeMap::<String, (u32, f64, f64)>::new();
        let (mut buys, mut fewest, mut most) = (0, i32::MAX, 0);
        for order in (0..100_000).map(|number| orders.get(number).unwrap()) {
            let stock = stocks.entry(order.symbol.to_string()).or_insert((0, f64::MAX, 0.0));
            *stock = (stock.0 + 1, stock.1.min(order.price), stock.2.max(order.price));
            buys += u32::from(order.action == Action::Buy);
            (fewest, most) = (fewest.min(order.shares), most.max(order.shares));
        }
        assert_eq!((fewest, most), (1, 1_000));
        assert!((49_000..51_000).contains(&buys), "{buys}");
        for (symbol, cents) in STOCKS {
            let (count, low, high) = stocks[symbol];
            let usual = cents as f64 / 100.0;
            assert!((19_000..21_000).contains(&count), "{symbol}: {count}");
            assert!(low >= 0.899 * usual && low < 0.91 * usual, "{symbol}: {low}");
            assert!(high <= 1.101 * usual && high > 1.09 * usual, "{symbol}: {high}");
        }
    }
}
