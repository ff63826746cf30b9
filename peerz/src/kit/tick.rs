//! Ticks as bytes, and the lines on which a watcher prints them.

use serde_json::Value;

use super::Frames;

/// The variable that names the endpoint of ticks.
pub(super) const TICKS: &str = "TICKZ_TICKS";

/// The timestamp of the kit's ticks: 17 November 2014, 00:00:00.25 UTC.
pub(super) const TIME: f64 = 1_416_182_400.25;

/// A tick of the base protocol.
pub(super) fn tick(symbol: &str, price: f64) -> Frames {
    tick_at(symbol, TIME, price)
}

/// A tick with this timestamp.
pub(super) fn tick_at(symbol: &str, time: f64, price: f64) -> Frames {
    vec![symbol.into(), time.to_le_bytes().into(), price.to_le_bytes().into()]
}

/// A tick with a sequence.
pub(super) fn numbered_tick(symbol: &str, price: f64, sequence: u64) -> Frames {
    let mut frames = tick(symbol, price);
    frames.push(sequence.to_le_bytes().into());
    frames
}

/// The topic of a symbol's bursts.
pub(super) fn burst_topic(symbol: &str) -> Vec<u8> {
    format!("+{symbol}").into()
}

/// A burst of ticks at these prices.
pub(super) fn burst(symbol: &str, prices: &[f64]) -> Frames {
    let ticks = prices.iter().flat_map(|price| [TIME.to_le_bytes(), price.to_le_bytes()].concat());
    vec![burst_topic(symbol), ticks.collect()]
}

/// A tick as a watcher printed it.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) symbol: String,
    /// The numbers of the line, one of which is the price.
    numbers: Vec<f64>,
    pub(super) line: String,
}

impl Printed {
    /// The tick on a line: a JSON object with `symbol` and `price`, or words of which the first is the symbol and another
    /// the price. `None` for any other line.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (symbol, numbers) = match serde_json::from_str::<Value>(line) {
            Ok(Value::Object(object)) => {
                (object.get("symbol")?.as_str()?.to_owned(), vec![object.get("price")?.as_f64()?])
            }
            _ => {
                let mut words = line.split_whitespace();
                (words.next()?.to_owned(), words.filter_map(|word| word.parse().ok()).collect())
            }
        };
        (!numbers.is_empty()).then(|| Self { symbol, numbers, line: line.to_owned() })
    }

    /// Whether it is a tick of this symbol at exactly this price.
    pub(super) fn is(&self, symbol: &str, price: f64) -> bool {
        self.symbol == symbol && self.numbers.iter().any(|number| number.to_bits() == price.to_bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_found_on_a_line_of_words_or_of_json() {
        for line in
            ["MSFT 41.78", "MSFT 2014-11-17T00:00:00Z 41.7800 #7", r#"{"symbol":"MSFT","price":41.78,"sequence":7}"#]
        {
            let printed = Printed::parse(line).unwrap();
            assert!(printed.is("MSFT", 41.78) && !printed.is("MSFT", 41.79) && !printed.is("MS", 41.78), "{line}");
        }
        for line in ["", "MSFT", "connected to the publisher", r#"{"received":7}"#, r#"{"symbol":"MSFT"}"#] {
            assert!(Printed::parse(line).is_none(), "{line}");
        }
    }
}
