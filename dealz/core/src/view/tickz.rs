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
    /// Ticks whose numbers never came.
    #[ts(type = "number")]
    pub lost: u64,
    /// Ticks that came after one with a greater number, or twice.
    #[ts(type = "number")]
    pub out_of_order: u64,
    /// How many times the publisher began anew.
    #[ts(type = "number")]
    pub restarts: u64,
}

/// One followed symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// Which.
    pub symbol: String,
    /// The last price; none before the first tick.
    pub last: Option<f64>,
    /// The last tick's own time.
    pub tick_ms: Option<f64>,
    /// The change from the first price since it was followed, in percent.
    pub change_percent: Option<f64>,
    /// Ticks a second, over the last second.
    pub per_second: f64,
    /// Ticks received.
    #[ts(type = "number")]
    pub received: u64,
    /// Ticks whose numbers never came.
    #[ts(type = "number")]
    pub lost: u64,
}

/// One point of a price chart: the last price of a tenth of a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PricePoint {
    /// Of which symbol.
    pub symbol: String,
    /// When it arrived; rises strictly for each symbol.
    pub time_ms: f64,
    /// The price.
    pub price: f64,
    /// Ticks lost since the point before: above zero, there is a gap to mark.
    #[ts(type = "number")]
    pub lost: u64,
}
