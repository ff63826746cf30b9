//! The orders of a batch, from what a page sends.

use std::{collections::HashSet, path::PathBuf};

use records::Origin;
use valuz::{
    listing::{Listing, ListingError, Reading},
    orders::Orders,
    sums::SYMBOLS_MAX,
};
use wire::{Symbol, foreign};

use crate::command::{OrdersInput, Refusal};

/// The most orders in a batch. Their numbers stay below those of a batch that starts a millisecond later, by which the
/// wire view distinguishes batches.
pub(crate) const COUNT_MAX: u64 = 4_000_000;

/// How large a list of orders may be.
const CSV_BYTES_MAX: usize = 16 << 20;

/// How much of a file's name is shown.
const NAME_CHARS_MAX: usize = 80;

/// Reads the orders, and describes where they come from.
///
/// # Errors
/// The number of orders is 0 or above 4,000,000; the list is larger than 16 MiB or names more than 100,000 symbols, or a
/// line of it is no order.
pub(crate) fn orders_of(input: &OrdersInput) -> Result<(Orders, String), Refusal> {
    match input {
        OrdersInput::Seed { seed, count } if (1..=COUNT_MAX).contains(count) => {
            Ok((Orders::simulated(*seed, *count), format!("seed {seed}")))
        }
        OrdersInput::Seed { .. } => Err(invalid("count", format!("a number from 1 to {COUNT_MAX} is expected"))),
        OrdersInput::File { csv, .. } if csv.len() > CSV_BYTES_MAX => {
            Err(invalid("orders", format!("the list is larger than {} MiB", CSV_BYTES_MAX >> 20)))
        }
        OrdersInput::File { name, csv } => {
            let reading = Reading { strict: true, count: None };
            let listing = Listing::parse(&Origin::from(PathBuf::from(name)), csv.as_bytes(), reading)
                .map_err(|error| invalid("orders", sentence(error)))?;
            if listing.orders.is_empty() {
                return Err(invalid("orders", "there is no order in the list".to_owned()));
            }
            if listing.orders.len() as u64 > COUNT_MAX {
                return Err(invalid("orders", format!("more than {COUNT_MAX} orders")));
            }
            let symbols: HashSet<Symbol> = listing.orders.iter().map(|order| order.symbol).collect();
            if symbols.len() > SYMBOLS_MAX {
                return Err(invalid("orders", format!("more than {SYMBOLS_MAX} symbols")));
            }
            Ok((Orders::Listed(listing.orders), short(name)))
        }
    }
}

fn invalid(field: &str, reason: String) -> Refusal {
    Refusal::Invalid { field: field.to_owned(), reason }
}

/// What is wrong with a list, without its name, which the page shows already.
fn sentence(error: ListingError) -> String {
    match error {
        ListingError::Refused { line, reason, .. } => format!("line {line}: {reason}"),
        ListingError::Header { reason, .. } => reason.to_string(),
        error => error.to_string(),
    }
}

/// Enough of a file's name to recognise it.
fn short(name: &str) -> String {
    foreign(name).at_most(NAME_CHARS_MAX).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(csv: &str) -> Result<(Orders, String), Refusal> {
        orders_of(&OrdersInput::File { name: "my\norders.csv".to_owned(), csv: csv.to_owned() })
    }

    fn refusal(input: Result<(Orders, String), Refusal>) -> String {
        input.unwrap_err().to_string()
    }

    #[test]
    fn a_seed_gives_as_many_orders_as_asked_for_within_limits() {
        let (orders, origin) = orders_of(&OrdersInput::Seed { seed: 7, count: COUNT_MAX }).unwrap();
        assert_eq!((orders.count(), origin.as_str()), (COUNT_MAX, "seed 7"));
        for count in [0, COUNT_MAX + 1] {
            let refused = refusal(orders_of(&OrdersInput::Seed { seed: 7, count }));
            assert_eq!(refused, "count: a number from 1 to 4000000 is expected");
        }
    }

    #[test]
    fn a_list_gives_its_orders_or_names_the_line_that_is_none() {
        let (orders, origin) = file("symbol,action,shares,price\nMSFT,BUY,100,41.78\nGOOG,sell,1,2\n").unwrap();
        assert_eq!((orders.count(), origin.as_str()), (2, "my\\norders.csv"));
        assert_eq!(
            refusal(file("symbol,action,shares,price\nMSFT,BUY,100,41.78\nMSFT,HOLD,1,1\n")),
            "orders: line 3: action 'HOLD' is neither BUY nor SELL"
        );
        assert_eq!(
            refusal(file("symbol,action\n")),
            "orders: line 1: the header names no column 'shares'; found: symbol, action (separated by commas)"
        );
        assert_eq!(refusal(file("symbol,action,shares,price\n")), "orders: there is no order in the list");
        assert_eq!(refusal(file(&" ".repeat(CSV_BYTES_MAX + 1))), "orders: the list is larger than 16 MiB");
        let many: String = (0..=SYMBOLS_MAX).map(|number| format!("S{number},BUY,1,1\n")).collect();
        assert_eq!(refusal(file(&format!("symbol,action,shares,price\n{many}"))), "orders: more than 100000 symbols");
        let long = refusal(file(&format!("symbol,action,shares,price\n{},BUY,1,1\n", "x".repeat(5000))));
        assert!(long.chars().count() < 120 && long.contains('…'), "{long}");
    }
}
