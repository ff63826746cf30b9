//! How many orders a second a worker values in a real batch: alone, between the suite's own source and reduce.

use std::{env, process::Command, time::Duration};

use anyhow::{Context as _, ensure};
use children::capture;
use serde::Deserialize;

/// How many orders the batch has.
const ORDERS: &str = "100000";

/// How long it may take: the slowest language does some thousands a second.
const BOUND: Duration = Duration::from_secs(120);

/// What `valuz run` prints, as much as is needed.
#[derive(Debug, Deserialize)]
struct Summary {
    count: u64,
    missing: u64,
    elapsed_ms: f64,
}

/// The rate of a language's worker, as people read it.
///
/// # Errors
/// The batch fails.
pub(super) fn of(language: &str) -> anyhow::Result<String> {
    let own = env::current_exe().context("cannot find this program")?;
    let mut valuz = Command::new(own.with_file_name("valuz"));
    valuz.args(["run", "--json", "--count", ORDERS, "--workers", &format!("{language}:1")]);
    valuz.env("RUST_LOG", "warn");
    let done = capture(&mut valuz, BOUND).context("cannot measure with valuz, which must be next to this program")?;
    let reason = || done.logged.iter().last().map_or_else(String::new, |line| wire::foreign(line).to_string());
    ensure!(done.exit.is_success(), "the batch of a worker in {language} failed: {}", reason());
    let summary = done.printed.iter().last().map_or("", |line| line);
    let Summary { count, missing, elapsed_ms } = serde_json::from_str(summary).context("valuz prints no summary")?;
    ensure!(missing == 0 && elapsed_ms > 0.0, "the batch of a worker in {language} lacks {missing} orders");
    Ok(in_words(count as f64 / elapsed_ms * 1e3))
}

/// Two digits, since no two runs agree in the third, and commas between thousands.
fn in_words(rate: f64) -> String {
    let unit = 10_f64.powf((rate.max(1.0).log10().floor() - 1.0).max(0.0));
    let digits = format!("{:.0}", (rate / unit).round() * unit);
    let mut words = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_two_digits() {
        let words = [0.4, 7.2, 43.0, 999.0, 12_345.6, 987_654.0, 1_234_567.0].map(in_words);
        assert_eq!(words, ["0", "7", "43", "1,000", "12,000", "990,000", "1,200,000"]);
    }
}
