//! Simulated prices: geometric Brownian motion, the same from the same seed on any machine.
//!
//! Each step is exact for the time that it covers, whatever that is: over `dt` years a price is multiplied by
//! `exp((drift - volatility²/2) dt + volatility √dt z)` with `z` standard normal. The random numbers are those of xoshiro256++,
//! and `exp` is its series or `libm`'s rather than the system's, so the bits agree everywhere. The stocks tick round-robin.

use std::{fmt, str::FromStr};

use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use wire::Symbol;

/// Seconds in a year of 365.25 days, round the clock.
const YEAR_SECS: f64 = 365.25 * 86_400.0;

/// The default drift: an expected growth of 5 % per year.
const DRIFT: f64 = 0.05;

/// The default volatility: a standard deviation of 30 % per year.
const VOLATILITY: f64 = 0.30;

/// The largest drift and volatility: beyond it, prices only stay at their bounds.
const RATE_MAX: f64 = 100.0;

/// The longest step: by then every price is at one of its bounds, and the arithmetic is still finite.
const STEP_YEARS_MAX: f64 = 1e6;

/// Prices are clamped to this range: above zero, and exact to a cent.
const PRICE_RANGE: (f64, f64) = (1e-4, 1e12);

/// The parameters of one symbol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stock {
    /// The symbol.
    pub symbol: Symbol,
    /// The first price.
    pub price: f64,
    /// Expected growth per year; 0.05 is 5 %.
    pub drift: f64,
    /// Standard deviation of the growth per year; 0.3 is 30 %.
    pub volatility: f64,
}

impl FromStr for Stock {
    type Err = String;

    /// Reads `SYMBOL=PRICE[:DRIFT[:VOLATILITY]]`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (symbol, numbers) = text.split_once('=').ok_or(format!("'{text}' is not SYMBOL=PRICE"))?;
        let symbol = symbol.parse().map_err(|error| format!("'{symbol}': {error}"))?;
        let mut numbers = numbers.split(':');
        let mut number = |name: &str, default: Option<f64>, least: f64, most: f64| match numbers.next() {
            None => default.ok_or(format!("'{text}' has no {name}")),
            Some(word) => {
                let value = word.parse::<f64>().map_err(|_| format!("{name} '{word}' is not a number"))?;
                let within = (least..=most).contains(&value);
                within.then_some(value).ok_or(format!("{name} {word} is not between {least} and {most}"))
            }
        };
        let stock = Self {
            symbol,
            price: number("price", None, PRICE_RANGE.0, PRICE_RANGE.1)?,
            drift: number("drift", Some(DRIFT), -RATE_MAX, RATE_MAX)?,
            volatility: number("volatility", Some(VOLATILITY), 0.0, RATE_MAX)?,
        };
        if numbers.next().is_some() {
            return Err(format!("'{text}' has more than PRICE:DRIFT:VOLATILITY"));
        }
        Ok(stock)
    }
}

/// A list of stocks, each symbol once; never empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Stocks(Vec<Stock>);

impl Default for Stocks {
    /// The five stocks of the talk.
    fn default() -> Self {
        let five = [(*b"MSFT", 41.78), (*b"AAPL", 95.35), (*b"GOOG", 571.09), (*b"YHOO", 34.53), (*b"BBRY", 10.90)];
        let stock = |(letters, price): ([u8; 4], f64)| {
            let symbol = Symbol::decode(&letters).ok()?;
            Some(Stock { symbol, price, drift: DRIFT, volatility: VOLATILITY })
        };
        Self(five.into_iter().filter_map(stock).collect())
    }
}

impl FromStr for Stocks {
    type Err = String;

    /// Reads stocks separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut stocks: Vec<Stock> = Vec::new();
        for word in text.split(',') {
            let stock: Stock = word.trim().parse()?;
            if stocks.iter().any(|other| other.symbol == stock.symbol) {
                return Err(format!("{} is listed twice", stock.symbol));
            }
            stocks.push(stock);
        }
        Ok(Self(stocks))
    }
}

impl fmt::Display for Stocks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, stock) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(formatter, "{comma}{}={}", stock.symbol, stock.price)?;
        }
        Ok(())
    }
}

/// Up to this size of `x` the series of `e^x` to the fourth power is exact to a hundredth of the last bit.
const SMALL: f64 = 1e-3;

/// One new price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote<'a> {
    /// The place of the stock in the list.
    pub place: usize,
    /// Its symbol.
    pub symbol: &'a Symbol,
    /// Finite and above zero.
    pub price: f64,
    /// The number of earlier prices of this symbol.
    pub sequence: u64,
}

/// The state of one stock.
#[derive(Debug)]
struct Trajectory {
    symbol: Symbol,
    price: f64,
    sequence: u64,
    /// The mean of what a step adds to the logarithm of the price.
    step_mean: f64,
    /// The standard deviation of what a step adds.
    step_spread: f64,
}

/// The simulated stocks.
#[derive(Debug)]
pub struct Market {
    random: Xoshiro256PlusPlus,
    trajectories: Vec<Trajectory>,
    /// The index of the stock that ticks next.
    next: usize,
}

impl Market {
    /// A market in which some stock ticks every `tick_secs` seconds.
    #[must_use]
    pub fn new(stocks: &Stocks, seed: u64, tick_secs: f64) -> Self {
        let step_years = (tick_secs * stocks.0.len() as f64 / YEAR_SECS).min(STEP_YEARS_MAX);
        let trajectory = |stock: &Stock| Trajectory {
            symbol: stock.symbol,
            price: stock.price,
            sequence: 0,
            step_mean: (stock.drift - 0.5 * stock.volatility * stock.volatility) * step_years,
            step_spread: stock.volatility * step_years.sqrt(),
        };
        let trajectories = stocks.0.iter().map(trajectory).collect();
        Self { random: Xoshiro256PlusPlus::seed_from_u64(seed), trajectories, next: 0 }
    }

    /// The next price; never `None`, because there is always a stock.
    #[inline]
    pub fn step(&mut self) -> Option<Quote<'_>> {
        let place = self.next;
        self.next = if place + 1 < self.trajectories.len() { place + 1 } else { 0 };
        let stock = self.trajectories.get_mut(place)?;
        let normal: f64 = StandardNormal.sample(&mut self.random);
        let moved = stock.price * exp(stock.step_mean + stock.step_spread * normal);
        stock.price = moved.clamp(PRICE_RANGE.0, PRICE_RANGE.1);
        let sequence = stock.sequence;
        stock.sequence += 1;
        Some(Quote { place, symbol: &stock.symbol, price: stock.price, sequence })
    }
}

/// `e^x`. The steps of a fast feed are small, and `libm`'s would be a third of their cost. The terms of the series are computed side
/// by side: each operation waits for those before it.
#[inline]
fn exp(x: f64) -> f64 {
    if x.abs() >= SMALL {
        return libm::exp(x);
    }
    let square = x * x;
    1.0 + (x + square * ((1.0 / 2.0 + x * (1.0 / 6.0)) + square * (1.0 / 24.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place, the price and the sequence number of each.
    fn quotes(stocks: &str, seed: u64, tick_secs: f64, count: usize) -> Vec<(usize, f64, u64)> {
        let mut market = Market::new(&stocks.parse().unwrap(), seed, tick_secs);
        let mut quote = || market.step().map(|Quote { place, price, sequence, .. }| (place, price, sequence));
        (0..count).filter_map(|_| quote()).collect()
    }

    fn prices(stocks: &str, seed: u64, tick_secs: f64, count: usize) -> Vec<f64> {
        quotes(stocks, seed, tick_secs, count).into_iter().map(|(_, price, _)| price).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_prices_and_another_seed_others() {
        let stocks = Stocks::default().to_string();
        assert_eq!(prices(&stocks, 7, 0.5, 1000), prices(&stocks, 7, 0.5, 1000));
        assert_ne!(prices(&stocks, 7, 0.5, 1000), prices(&stocks, 8, 0.5, 1000));
    }

    #[test]
    fn the_bits_of_a_seed_are_these_on_every_machine() {
        let bits: Vec<u64> = prices("MSFT=41.78,AAPL=95.35", 1, 0.5, 4).iter().map(|price| price.to_bits()).collect();
        expect_test::expect!["[4044e414bf75a5fd, 4057d6a21953005d, 4044e388ad148d31, 4057d6c7da0e1362]"]
            .assert_eq(&format!("{bits:x?}"));
    }

    #[test]
    fn the_series_is_exp() {
        for step in -2_000..=2_000 {
            let x = f64::from(step) * SMALL / 1_500.0;
            let difference = (exp(x) - libm::exp(x)).abs();
            assert!(difference <= f64::EPSILON, "{x}: {difference}");
        }
    }

    #[test]
    fn stocks_tick_round_robin_and_each_has_its_own_sequence() {
        let ticks: Vec<_> = quotes("AA=1,BB=2", 1, 1.0, 4).iter().map(|&(place, _, number)| (place, number)).collect();
        assert_eq!(ticks, [(0, 0), (1, 0), (0, 1), (1, 1)]);
        let mut market = Market::new(&"AA=1,BB=2".parse().unwrap(), 1, 1.0);
        let symbols = [(); 3].map(|()| market.step().unwrap().symbol.to_string());
        assert_eq!(symbols, ["AA", "BB", "AA"]);
    }

    #[test]
    fn drift_and_volatility_are_per_year() {
        // Steps of a quarter of a day: 1,461 of them make a year.
        let logs: Vec<f64> = (0..400)
            .map(|seed| (prices("AA=100:0.1:0.2", seed, 21_600.0, 1461).last().unwrap() / 100.0).ln())
            .collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let spread = (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / logs.len() as f64).sqrt();
        assert!((mean - (0.1 - 0.02)).abs() < 0.04, "mean {mean}");
        assert!((spread - 0.2).abs() < 0.03, "spread {spread}");
    }

    #[test]
    fn prices_stay_finite_and_above_zero_whatever_the_step() {
        for tick_secs in [1e-9, 1.0, 1e12, f64::MAX] {
            for price in prices("AA=1:100:100,BB=0.0001:-100:100", 3, tick_secs, 2000) {
                assert!(price.is_finite() && price > 0.0, "{price} at {tick_secs}");
            }
        }
    }

    #[test]
    fn a_bad_list_is_refused_with_a_reason() {
        for (text, why) in [
            ("MSFT", "not SYMBOL=PRICE"),
            ("msft=1", "not allowed"),
            ("MSFT=x", "price 'x' is not a number"),
            ("MSFT=0", "price 0 is not between"),
            ("MSFT=NaN", "price NaN is not between"),
            ("MSFT=1:inf", "drift inf is not between"),
            ("MSFT=1:0:-1", "volatility -1 is not between"),
            ("MSFT=1:0:1:2", "more than PRICE:DRIFT:VOLATILITY"),
            ("MSFT=1,MSFT=2", "MSFT is listed twice"),
            ("", "not SYMBOL=PRICE"),
        ] {
            let error = text.parse::<Stocks>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
