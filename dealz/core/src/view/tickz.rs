//! Prices.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The panel of tickz.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TickzView {
    /// The followed symbols, in the order in which they were followed.
    pub quotes: Vec<Quote>,
    /// Ticks of followed symbols received.
    #[ts(type = "number")]
    pub received: u64,
    /// Ticks lost.
    #[ts(type = "number")]
    pub lost: u64,
    /// Ticks that arrived after one with a greater number, or twice.
    #[ts(type = "number")]
    pub out_of_order: u64,
    /// Restarts of the publisher.
    #[ts(type = "number")]
    pub restarts: u64,
}

/// One followed symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// The symbol.
    pub symbol: String,
    /// The last price; none before the first tick.
    pub last: Option<f64>,
    /// The last tick's own time.
    pub tick_ms: Option<f64>,
    /// The price that the change is relative to; none before the first tick.
    pub reference: Option<PriceReference>,
    /// The change from the reference, in percent.
    pub change_percent: Option<f64>,
    /// Ticks a second, over the last second.
    pub per_second: f64,
    /// Ticks received.
    #[ts(type = "number")]
    pub received: u64,
    /// Ticks lost.
    #[ts(type = "number")]
    pub lost: u64,
}

/// The price that a change is relative to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PriceReference {
    /// The price.
    pub price: f64,
    /// Its tick's own time.
    pub tick_ms: Option<f64>,
    /// Why it is this one.
    pub since: PriceStart,
}

/// Why prices start at a tick: a line before it does not continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum PriceStart {
    /// It was the first tick received.
    FirstSeen,
    /// The history started again: the time of ticks stepped back to its start.
    Loop,
    /// The publisher was restarted.
    Restart,
}

/// One point of a price chart: the last price of a tenth of a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PricePoint {
    /// The symbol.
    pub symbol: String,
    /// When it arrived; rises strictly for each symbol.
    pub time_ms: f64,
    /// The price.
    pub price: f64,
    /// Ticks lost since the point before: above zero, there is a gap to mark.
    #[ts(type = "number")]
    pub lost: u64,
    /// Why the line starts again at this point; none if it continues the line before.
    pub start: Option<PriceStart>,
}
