//! A number with its noun, for sentences.

use std::fmt;

/// A number of things with their noun, which has a regular plural: `1 order`, `2 orders`.
#[must_use]
pub fn plural<N: fmt::Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        let orders = [0, 1, 2].map(|count: u64| plural(count, "order"));
        assert_eq!(orders, ["0 orders", "1 order", "2 orders"]);
    }
}
