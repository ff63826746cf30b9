//! The workers that `run` starts: how many, and in which languages.

use std::{num::ParseIntError, str::FromStr};

use languages::{PeerError, Registry};
use settings::program::Usage;
use thiserror::Error;

/// The word for workers that are processes of this same program.
const RUST: &str = "rust";

/// The most workers.
const WORKERS_MAX: u32 = 1000;

/// How many workers of which language: `2`, or `rust:2,python:1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workforce(Vec<(String, u32)>);

/// Why a text names no workers.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum WorkforceError {
    #[error("`{0}` is no number of workers ({1}): write 2, or rust:2,python:1")]
    Number(String, ParseIntError),
    #[error("there must be 1 to {WORKERS_MAX} workers, and of each language at least one")]
    Count,
    #[error("{0} is named twice")]
    Twice(String),
}

/// How workers of a kind are started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As processes of this same program.
    Rust,
    /// As a program of another language: the words that start it.
    Peer { language: String, words: Vec<String> },
}

impl Workforce {
    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// Whether some are of another language.
    pub(crate) fn has_peers(&self) -> bool {
        self.0.iter().any(|(language, _)| language != RUST)
    }

    /// How each kind is started, and how many there are of it. Their programs are built.
    ///
    /// # Errors
    /// A language is unknown, missing on this machine, or has no worker.
    pub(crate) fn prepare(&self) -> anyhow::Result<Vec<(Kind, u32)>> {
        let registry = if self.has_peers() { Some(Registry::find(None)?) } else { None };
        let kind = |id: &str| match &registry {
            Some(registry) if id != RUST => {
                let words = registry.language(id).and_then(|language| language.command("worker")).map_err(usage)?;
                anyhow::Ok(Kind::Peer { language: id.to_owned(), words })
            }
            _ => Ok(Kind::Rust),
        };
        self.0.iter().map(|(language, count)| Ok((kind(language)?, *count))).collect()
    }
}

impl FromStr for Workforce {
    type Err = WorkforceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut workers: Vec<(String, u32)> = Vec::new();
        let mut total = 0_u32;
        for part in text.split(',') {
            let (language, count) = part.split_once(':').unwrap_or((RUST, part));
            let count = count.parse().map_err(|error| WorkforceError::Number(count.to_owned(), error))?;
            total = total.saturating_add(count);
            if count == 0 || total > WORKERS_MAX {
                return Err(WorkforceError::Count);
            }
            if workers.iter().any(|(known, _)| known == language) {
                return Err(WorkforceError::Twice(language.to_owned()));
            }
            workers.push((language.to_owned(), count));
        }
        Ok(Self(workers))
    }
}

/// Ends the program with the exit code of wrong usage if another language or role avoids it.
fn usage(error: PeerError) -> anyhow::Error {
    if error.is_usage() { Usage(error.to_string()).into() } else { error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, u32)>, String> {
        text.parse().map(|Workforce(workers)| workers).map_err(|error: WorkforceError| error.to_string())
    }

    #[test]
    fn a_number_is_that_of_rust_workers() {
        assert_eq!(read("2").unwrap(), [("rust".to_owned(), 2)]);
        let three = [("rust", 2), ("python", 1), ("haskell", 1)].map(|(language, count)| (language.to_owned(), count));
        assert_eq!(read("rust:2,python:1,haskell:1").unwrap(), three);
        assert_eq!("rust:2,python:1".parse::<Workforce>().unwrap().count(), 3);
    }

    #[test]
    fn what_names_no_workers_is_refused() {
        for (text, reason) in [
            ("0", "1 to 1000"),
            ("1001", "1 to 1000"),
            ("rust:999,python:2", "1 to 1000"),
            ("python:0", "1 to 1000"),
            ("", "`` is no number"),
            ("python", "`python` is no number"),
            ("python:", "`` is no number"),
            ("python:1,", "`` is no number"),
            ("2,rust:1", "rust is named twice"),
            ("c:4294967295", "1 to 1000"),
            ("c:-1", "`-1` is no number"),
        ] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }
}
