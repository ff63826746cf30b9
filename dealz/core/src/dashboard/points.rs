//! The points of the price charts: for each followed symbol the last 1,200, which is two minutes.

use std::collections::VecDeque;

use crate::view::{PricePoint, Quote};

/// How many points of a symbol are kept.
const POINTS_MAX: usize = 1_200;

/// How many symbols have points.
const SYMBOLS_MAX: usize = 16;

/// The points of all followed symbols.
#[derive(Debug, Default)]
pub(crate) struct Points {
    charts: Vec<Chart>,
    /// The number of the next point; they count over all symbols.
    next: u64,
}

#[derive(Debug)]
struct Chart {
    symbol: String,
    points: VecDeque<(u64, PricePoint)>,
}

impl Points {
    /// Takes new points; those of symbols that are not among `quotes` are forgotten.
    pub(crate) fn handle(&mut self, quotes: &[Quote], points: Vec<PricePoint>) {
        let followed = &quotes[..quotes.len().min(SYMBOLS_MAX)];
        self.charts.retain(|chart| followed.iter().any(|quote| quote.symbol == chart.symbol));
        for point in points {
            if !followed.iter().any(|quote| quote.symbol == point.symbol) {
                continue;
            }
            let index = self.charts.iter().position(|chart| chart.symbol == point.symbol).unwrap_or_else(|| {
                self.charts.push(Chart { symbol: point.symbol.clone(), points: VecDeque::new() });
                self.charts.len() - 1
            });
            let chart = &mut self.charts[index].points;
            if chart.len() == POINTS_MAX {
                chart.pop_front();
            }
            chart.push_back((self.next, point));
            self.next += 1;
        }
    }

    /// The points from the number `seen` on, oldest first; `seen` is advanced.
    pub(crate) fn unseen(&self, seen: &mut u64) -> Vec<PricePoint> {
        let from = std::mem::replace(seen, self.next);
        let new = |chart: &Chart| chart.points.partition_point(|&(number, _)| number < from);
        let mut points: Vec<_> = self.charts.iter().flat_map(|chart| chart.points.range(new(chart)..)).collect();
        points.sort_unstable_by_key(|&&(number, _)| number);
        points.into_iter().map(|(_, point)| point.clone()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.charts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotes(symbols: &[&str]) -> Vec<Quote> {
        let quote = |&symbol: &&str| Quote {
            symbol: symbol.to_owned(),
            last: None,
            tick_ms: None,
            reference: None,
            change_percent: None,
            per_second: 0.0,
            received: 0,
            lost: 0,
        };
        symbols.iter().map(quote).collect()
    }

    fn point(symbol: &str, time_ms: f64) -> PricePoint {
        PricePoint { symbol: symbol.to_owned(), time_ms, price: 1.0, lost: 0, start: None }
    }

    #[test]
    fn points_of_each_symbol_are_bounded_and_come_in_order() {
        let (mut points, mut seen) = (Points::default(), 0);
        for step in 0..5_000 {
            let time = f64::from(step);
            points.handle(&quotes(&["MSFT", "AAPL"]), vec![point("MSFT", time), point("AAPL", time)]);
        }
        let all = points.unseen(&mut seen);
        assert_eq!(all.len(), 2 * POINTS_MAX);
        assert!(all.is_sorted_by_key(|point| point.time_ms) && all[0].time_ms == 3_800.0);
        assert!(points.unseen(&mut seen).is_empty());
        points.handle(&quotes(&["MSFT"]), vec![point("MSFT", 1e6), point("AAPL", 1e6)]);
        assert_eq!(points.unseen(&mut seen), [point("MSFT", 1e6)]);
        assert_eq!(points.unseen(&mut 0).len(), POINTS_MAX);
    }

    #[test]
    fn no_more_symbols_have_points_than_can_be_followed() {
        let names: Vec<String> = (0..40).map(|number| format!("S{number}")).collect();
        let quotes = quotes(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let mut points = Points::default();
        points.handle(&quotes, names.iter().map(|name| point(name, 1.0)).collect());
        assert_eq!(points.unseen(&mut 0).len(), SYMBOLS_MAX);
    }
}
