//! What a link reads of the bytes that pass: how often they contain a text. Every machine on the way of a message can do this.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use sockets::Value;
use tracing::info;

/// The longest text to find, in bytes.
const TEXT_BYTES_MAX: usize = 64;

/// The time between two lines that show what passes.
const SHOW_EVERY: Duration = Duration::from_secs(1);

/// How many bytes a line shows.
const SHOWN: usize = 48;

/// A text that is looked for on all connections.
#[derive(Debug)]
pub(crate) struct Find {
    text: Vec<u8>,
    count: AtomicU64,
    value: Value,
}

/// What passes in one direction of a connection.
#[derive(Debug)]
pub(crate) struct Finder {
    /// The end of what has passed: a text may arrive in two pieces.
    tail: Vec<u8>,
    next_shown: Instant,
}

impl Find {
    pub(crate) fn new(text: &str, value: Value) -> Self {
        value.set(0.0);
        Self { text: text.as_bytes().to_vec(), count: AtomicU64::new(0), value }
    }
}

impl Finder {
    pub(crate) fn new(now: Instant) -> Self {
        Self { tail: Vec::new(), next_shown: now }
    }

    /// Counts the text in bytes that pass, and shows some of them now and then.
    pub(crate) fn read(&mut self, now: Instant, bytes: &[u8], find: &Find) {
        let found = self.count(bytes, &find.text);
        if found > 0 {
            find.value.set((find.count.fetch_add(found, Relaxed) + found) as f64);
        }
        if now >= self.next_shown {
            self.next_shown = now + SHOW_EVERY;
            info!("passes: {}", readable(&bytes[bytes.len().saturating_sub(SHOWN)..]));
        }
    }

    fn count(&mut self, bytes: &[u8], text: &[u8]) -> u64 {
        self.tail.extend_from_slice(bytes);
        let found = self.tail.windows(text.len()).filter(|window| *window == text).count();
        self.tail.drain(..self.tail.len().saturating_sub(text.len() - 1));
        found as u64
    }
}

/// Bytes as text, with a dot for each that is none.
fn readable(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| if byte.is_ascii_graphic() { char::from(byte) } else { '.' }).collect()
}

/// A text to find.
///
/// # Errors
/// It is empty or too long.
pub(crate) fn text(text: &str) -> Result<String, String> {
    match text.len() {
        1..=TEXT_BYTES_MAX => Ok(text.to_owned()),
        _ => Err(format!("a text of 1 to {TEXT_BYTES_MAX} bytes is needed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_also_in_pieces() {
        let mut finder = Finder::new(Instant::now());
        let found: Vec<_> = [&b"MSFT.MS"[..], b"F", b"TMSF", b"MSFT"].map(|bytes| finder.count(bytes, b"MSFT")).into();
        assert_eq!(found, [1, 0, 1, 1]);
        assert_eq!(Finder::new(Instant::now()).count(b"aaa", b"a"), 3);
    }

    #[test]
    fn what_is_no_text_is_a_dot() {
        assert_eq!(readable(b"\x04\x26\x05READY\x1b[2J\xff"), ".&.READY.[2J.");
    }
}
