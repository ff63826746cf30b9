//! The result of a batch: a text for people, a JSON object for programs.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;
use thiserror::Error;
use wire::{WorkerName, foreign, plural};

use crate::tally::Tally;

/// The result of a complete batch. As JSON it is one object with these keys in this order; `workers` is only in the
/// text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Orders counted.
    pub count: u64,
    /// The total of their values.
    pub value: f64,
    /// The total of each symbol.
    pub by_symbol: BTreeMap<String, f64>,
    /// From START to the last result, in milliseconds.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// Results dropped because their order had been counted.
    pub duplicates: u64,
    /// Orders asked for again.
    pub repeated: u64,
    /// Orders without a result: always 0, since otherwise there is no summary.
    pub missing: u64,
    /// Lines of the input that were refused, if the orders come from a file or stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_lines: Option<u64>,
    /// Orders valued by each worker that reported.
    #[serde(skip)]
    pub workers: Vec<(WorkerName, u64)>,
}

/// Why there is no total.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoTotal {
    /// No more results came.
    #[error("{missing} of {} got no result, so there is no total{hint}", plural(*count, "order"))]
    Missing {
        /// How many orders have no result.
        missing: u64,
        /// How many the batch has.
        count: u64,
        /// The likely cause, in parentheses, if there is one.
        hint: &'static str,
    },
    /// Reduce was stopped in mid-batch.
    #[error("stopped while {missing} of {} had no result, so there is no total", plural(*count, "order"))]
    Stopped {
        /// How many orders have no result.
        missing: u64,
        /// How many the batch has.
        count: u64,
    },
    /// A sum is beyond the largest `f64`.
    #[error("the sum of {of} is beyond the largest number, so there is no total")]
    TooLarge {
        /// Of all orders, or of a symbol's.
        of: String,
    },
}

impl Summary {
    /// Sums up a complete batch.
    ///
    /// # Errors
    /// A sum is not finite.
    pub fn of(tally: &mut Tally) -> Result<Self, NoTotal> {
        let value = tally.sums().total();
        let by_symbol = tally.sums().by_symbol();
        let too_large = |of: String| Err(NoTotal::TooLarge { of });
        if !value.is_finite() {
            return too_large("all orders".to_owned());
        }
        if let Some((symbol, _)) = by_symbol.iter().find(|(_, sum)| !sum.is_finite()) {
            return too_large(format!("the orders of {symbol}"));
        }
        let counts = tally.counts();
        Ok(Self {
            count: counts.numbered + counts.unnumbered,
            value,
            by_symbol,
            elapsed: tally.elapsed(),
            duplicates: counts.duplicates,
            repeated: counts.repeated,
            missing: tally.missing(),
            refused_lines: None,
            workers: tally.roster().iter().map(|(name, done)| (name.clone(), done)).collect(),
        })
    }
}

impl Summary {
    /// For each language of workers that reported: how many workers it has, and the orders that they have valued.
    fn languages(&self) -> BTreeMap<&str, (u64, u64)> {
        let mut languages = BTreeMap::new();
        for (name, done) in &self.workers {
            if let Some(parts) = name.parts() {
                let (workers, sum) = languages.entry(parts.language).or_insert((0, 0_u64));
                (*workers, *sum) = (*workers + 1, sum.saturating_add(*done));
            }
        }
        languages
    }
}

impl NoTotal {
    /// Why a batch that was given up has no total.
    #[must_use]
    pub const fn given_up(tally: &Tally, count: u64) -> Self {
        let counts = tally.counts();
        let hint = if counts.unnumbered > 0 {
            " (results without order numbers came, so none could be asked for again)"
        } else if tally.is_sent_again() && counts.foreign > 0 {
            " (results without order numbers came after orders had been asked for again: a longer --patience helps \
             slow workers of this kind)"
        } else {
            ""
        };
        Self::Missing { missing: tally.missing(), count, hint }
    }
}

fn milliseconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // To the microsecond: the measurement is no finer.
    serializer.serialize_f64(duration.as_micros() as f64 / 1e3)
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        let rate = |count: u64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
        writeln!(formatter, "{} in {seconds:.3} s, {:.0} a second", plural(self.count, "order"), rate(self.count))?;
        if self.duplicates > 0 || self.repeated > 0 {
            writeln!(formatter, "{} asked for again, {} dropped", self.repeated, plural(self.duplicates, "duplicate"))?;
        }
        let values = self.by_symbol.iter().map(|(symbol, &value)| (symbol.as_str(), value));
        let rows: Vec<(&str, String)> =
            values.chain([("total", self.value)]).map(|(name, value)| (name, format!("{value:.2}"))).collect();
        let width = |of: fn(&(&str, String)) -> usize| rows.iter().map(of).max().unwrap_or(0);
        let (names, numbers) = (width(|row| row.0.len()), width(|row| row.1.len()));
        for (name, value) in &rows {
            writeln!(formatter, "{name:<names$}  {value:>numbers$}")?;
        }
        if let Some(lines @ 1..) = self.refused_lines {
            writeln!(formatter, "refused lines of the input, not in the total: {lines}")?;
        }
        for (name, done) in &self.workers {
            let orders = plural(*done, "order");
            writeln!(formatter, "{}: {orders}, {:.0} a second", foreign(name.as_str()), rate(*done))?;
        }
        let languages = self.languages();
        // All workers of one language are the whole batch, which is in the first line.
        for (language, (workers, done)) in languages.iter().filter(|_| languages.len() > 1) {
            let (workers, orders) = (plural(*workers, "worker"), plural(*done, "order"));
            writeln!(formatter, "{}: {workers}, {orders}, {:.0} a second", foreign(language), rate(*done))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn worker(name: &str, done: u64) -> (WorkerName, u64) {
        (name.parse().unwrap(), done)
    }

    fn summary() -> Summary {
        Summary {
            count: 3,
            value: 1590.5,
            by_symbol: [("MSFT", 4178.0), ("AAPL", -4767.5), ("BBRY", 2180.0)]
                .map(|(symbol, value)| (symbol.to_owned(), value))
                .into(),
            elapsed: Duration::from_micros(1_500_250),
            duplicates: 1,
            repeated: 2,
            missing: 0,
            refused_lines: None,
            workers: vec![worker("rust:desk:4711", 3)],
        }
    }

    #[test]
    fn the_json_has_its_keys_in_their_order() {
        expect![[r#"{"count":3,"value":1590.5,"by_symbol":{"AAPL":-4767.5,"BBRY":2180.0,"MSFT":4178.0},"elapsed_ms":1500.25,"duplicates":1,"repeated":2,"missing":0}"#]]
            .assert_eq(&serde_json::to_string(&summary()).unwrap());
        let listed = Summary { refused_lines: Some(2), ..summary() };
        assert!(serde_json::to_string(&listed).unwrap().ends_with(r#""missing":0,"refused_lines":2}"#));
        assert!(listed.to_string().contains("refused lines of the input, not in the total: 2"));
    }

    #[test]
    fn a_workers_name_does_not_reverse_the_text() {
        let workers = vec![worker("rust:\u{202e}ksed:1", 3)];
        assert!(!Summary { workers, ..summary() }.to_string().contains('\u{202e}'));
    }

    #[test]
    fn the_text_is_aligned() {
        expect![[r#"
            3 orders in 1.500 s, 2 a second
            2 asked for again, 1 duplicate dropped
            AAPL   -4767.50
            BBRY    2180.00
            MSFT    4178.00
            total   1590.50
            rust:desk:4711: 3 orders, 2 a second
        "#]]
        .assert_eq(&summary().to_string());
    }

    #[test]
    fn rates_are_by_language_if_there_are_several() {
        let workers = ["rust:desk:1", "python:desk:2", "python:desk:3", "nameless"];
        let workers = workers.iter().zip([9, 1, 2, 5]).map(|(name, done)| worker(name, done)).collect();
        let text = Summary { workers, ..summary() }.to_string();
        expect![[r#"
            rust:desk:1: 9 orders, 6 a second
            python:desk:2: 1 order, 1 a second
            python:desk:3: 2 orders, 1 a second
            nameless: 5 orders, 3 a second
            python: 2 workers, 3 orders, 2 a second
            rust: 1 worker, 9 orders, 6 a second
        "#]]
        .assert_eq(text.split_once("1590.50\n").unwrap().1);
    }
}
