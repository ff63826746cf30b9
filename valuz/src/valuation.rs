//! What a worker computes. Every valuation is a pure function of the order: the same order gives the same number
//! anywhere, on any machine and in any language (`protocol-docs/valuz.md`).

use wire::value::{Action, Order};

use crate::random::SplitMix64;

/// The default number of scenarios of [`ValueAtRisk`].
pub const SCENARIOS: u32 = 100_000;

/// The fewest scenarios of which one is in the worst hundredth.
pub const SCENARIOS_MIN: u32 = 100;

/// The most scenarios: a worker that is to stop finishes its order within a second.
pub const SCENARIOS_MAX: u32 = 5_000_000;

/// A stock's volatility a year: 30 %.
const VOLATILITY: f64 = 0.30;

/// Trading days a year.
const DAYS: f64 = 252.0;

/// One scenario in this many is worse than the value at risk: 99 %.
const TAIL: usize = 100;

/// One of the valuations.
#[derive(Debug, Clone)]
pub enum Valuation {
    /// `s * shares * price`, s being 1 for BUY and -1 for SELL.
    Notional,
    /// What the position may lose in a day.
    ValueAtRisk(ValueAtRisk),
}

impl Valuation {
    /// The value of an order in the price's currency; infinite where `shares * price` overflows.
    #[inline]
    pub fn value(&mut self, order: &Order) -> f64 {
        match self {
            Self::Notional => notional(order),
            Self::ValueAtRisk(value_at_risk) => value_at_risk.value(order),
        }
    }

    /// Whether an order takes so long that a loop should value one at a time.
    #[must_use]
    pub const fn is_heavy(&self) -> bool {
        matches!(self, Self::ValueAtRisk(_))
    }
}

#[inline]
fn notional(order: &Order) -> f64 {
    let worth = f64::from(order.shares) * order.price;
    match order.action {
        Action::Buy => worth,
        Action::Sell => -worth,
    }
}

/// The 1-day value at risk at 99 %, by Monte Carlo: the loss that one scenario in a hundred exceeds.
#[derive(Debug, Clone)]
pub struct ValueAtRisk {
    /// Gain or loss in each scenario; kept, so that an order allocates nothing.
    gains: Vec<f64>,
    scenarios: usize,
}

impl ValueAtRisk {
    /// With this many scenarios an order, at least [`SCENARIOS_MIN`].
    #[must_use]
    pub fn new(scenarios: u32) -> Self {
        let scenarios = scenarios.max(SCENARIOS_MIN) as usize;
        Self { gains: Vec::with_capacity(scenarios + 1), scenarios }
    }

    fn value(&mut self, order: &Order) -> f64 {
        let daily = notional(order) * (VOLATILITY / DAYS.sqrt());
        if !daily.is_finite() {
            return daily;
        }
        let mut random = SplitMix64::new(seed(order));
        self.gains.clear();
        while self.gains.len() < self.scenarios {
            let (one, other) = normals(&mut random);
            self.gains.push(daily * one);
            self.gains.push(daily * other);
        }
        self.gains.truncate(self.scenarios);
        let rank = self.scenarios.div_ceil(TAIL) - 1;
        let (_, worst, _) = self.gains.select_nth_unstable_by(rank, f64::total_cmp);
        // A loss, so a positive number. With few scenarios the worst of them may still be a gain: nothing at risk.
        (-*worst).max(0.0)
    }
}

/// FNV-1a, 64 bits, over frames 1 to 4 of the order.
fn seed(order: &Order) -> u64 {
    let frames: [&[u8]; 4] =
        [order.symbol.as_bytes(), &[order.action as u8], &order.shares.to_le_bytes(), &order.price.to_le_bytes()];
    frames
        .concat()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Two independent standard normal numbers, by Marsaglia's polar method.
///
/// It needs a logarithm and a square root, and no sine: with [`natural_log`] only operations that IEEE 754 rounds
/// exactly, so no two mathematics libraries can disagree about the last bit.
#[inline]
fn normals(random: &mut SplitMix64) -> (f64, f64) {
    loop {
        let x = 2.0 * random.next_unit() - 1.0;
        let y = 2.0 * random.next_unit() - 1.0;
        let square = x * x + y * y;
        if square < 1.0 && square > 0.0 {
            let scale = (-2.0 * natural_log(square) / square).sqrt();
            return (x * scale, y * scale);
        }
    }
}

/// The natural logarithm of a normal number above zero, to about one part in 10^15.
///
/// `value = mantissa * 2^exponent` with a mantissa from √½ to √2, and ln(mantissa) = 2 artanh(t) with
/// t = (mantissa - 1) / (mantissa + 1); |t| < 0.172, so eleven terms of the series are enough.
#[inline]
fn natural_log(value: f64) -> f64 {
    let bits = value.to_bits();
    let mut exponent = (bits >> 52) as i32 - 1023;
    let mut mantissa = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let t2 = t * t;
    let mut series = 1.0 / 21.0;
    for odd in [19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        series = series * t2 + 1.0 / odd;
    }
    f64::from(exponent) * std::f64::consts::LN_2 + 2.0 * t * series
}

#[cfg(test)]
mod tests {
    use wire::value::Tail;

    use super::*;

    fn order(symbol: &str, action: Action, shares: i32, price: f64) -> Order {
        Order { symbol: symbol.parse().unwrap(), action, shares, price, tail: Tail::Empty }
    }

    #[test]
    fn notional_has_the_sign_of_the_action() {
        assert_eq!(Valuation::Notional.value(&order("MSFT", Action::Buy, 100, 41.78)), 4178.0);
        assert_eq!(Valuation::Notional.value(&order("AAPL", Action::Sell, 50, 95.35)), -4767.5);
        assert_eq!(Valuation::Notional.value(&order("AAPL", Action::Buy, i32::MAX, f64::MAX)), f64::INFINITY);
    }

    #[test]
    fn seeds_are_those_of_the_specification() {
        assert_eq!(seed(&order("MSFT", Action::Buy, 100, 41.78)), 0x7180_00df_a878_4be8);
        assert_eq!(seed(&order("AAPL", Action::Sell, 50, 95.35)), 0xa396_2f6f_6582_117f);
        assert_eq!(seed(&order("BBRY", Action::Buy, 200, 10.9)), 0xa500_99b4_aaa6_ff40);
    }

    #[test]
    fn the_logarithm_is_right_over_the_range_of_the_polar_method() {
        let mut random = SplitMix64::new(5);
        for exponent in 0..60 {
            for _ in 0..200 {
                let value = (1.0 - random.next_unit()) * f64::powi(2.0, -exponent);
                let (ours, exact) = (natural_log(value), value.ln());
                assert!((ours - exact).abs() <= 2e-15 * exact.abs(), "{value:e}: {ours:e} {exact:e}");
            }
        }
        for value in [1.0 - f64::EPSILON, f64::MIN_POSITIVE, 0.5, std::f64::consts::FRAC_1_SQRT_2] {
            assert!((natural_log(value) / value.ln() - 1.0).abs() < 1e-14, "{value:e}");
        }
    }

    #[test]
    fn the_normals_are_normal() {
        let mut random = SplitMix64::new(9);
        let mut all: Vec<f64> = (0..500_000).flat_map(|_| <[f64; 2]>::from(normals(&mut random))).collect();
        let count = all.len() as f64;
        let mean = all.iter().sum::<f64>() / count;
        let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        all.sort_by(f64::total_cmp);
        assert!(mean.abs() < 0.004 && (variance - 1.0).abs() < 0.006, "{mean} {variance}");
        assert!((all[10_000] + 2.3263).abs() < 0.02, "the 1 % quantile: {}", all[10_000]);
    }

    #[test]
    fn value_at_risk_is_near_the_closed_form_and_repeats() {
        let mut valuation = ValueAtRisk::new(SCENARIOS);
        for action in [Action::Buy, Action::Sell] {
            let order = order("MSFT", action, 100, 41.78);
            let value = valuation.value(&order);
            let closed = 4178.0 * 0.30 / 252_f64.sqrt() * 2.326_347_9;
            assert!((value / closed - 1.0).abs() < 0.05, "{value} {closed}");
            assert_eq!(value, ValueAtRisk::new(SCENARIOS).value(&order));
        }
        assert_eq!(valuation.value(&order("MSFT", Action::Buy, i32::MAX, f64::MAX)), f64::INFINITY);
    }

    #[test]
    fn values_at_risk_are_those_of_the_specification_to_the_last_bit() {
        for (order, value, of_100_scenarios) in [
            (order("MSFT", Action::Buy, 100, 41.78), 186.16082402053348, 185.39127394286035),
            (order("AAPL", Action::Sell, 50, 95.35), 207.38661316644524, 200.72251560691112),
            (order("BBRY", Action::Buy, 200, 10.9), 96.51484819725785, 110.02781150134028),
        ] {
            assert_eq!(ValueAtRisk::new(20_000).value(&order), value);
            assert_eq!(ValueAtRisk::new(100).value(&order), of_100_scenarios);
        }
    }

    #[test]
    fn the_tail_plays_no_part() {
        let mut valuation = ValueAtRisk::new(SCENARIOS_MIN);
        let plain = order("MSFT", Action::Buy, 1, 1.0);
        let numbered = Order { tail: Tail::Number(5), ..plain.clone() };
        assert_eq!(valuation.value(&plain), valuation.value(&numbered));
    }
}
