//! Which processes are at the addresses of peers that do not report. Pure: it decides when the system is asked, and about
//! which of them.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use scenez::stage::Holder;

use crate::event::Event;

/// The least time between two questions to the system, which take some milliseconds each.
const ASK: Duration = Duration::from_secs(1);

/// How long an address without an answer is not asked for again: most are on other machines.
const AGAIN: Duration = Duration::from_secs(10);

/// How many addresses are asked for at once.
const ADDRESSES_MAX: usize = 64;

/// How many answers are kept.
const ANSWERS_MAX: usize = 1_024;

/// The addresses that the system was asked for.
#[derive(Debug, Default)]
pub(super) struct Holders {
    /// When the system knew no process there.
    unknown: HashMap<String, Instant>,
    next: Option<Instant>,
}

impl Holders {
    /// Asks about those of the `wanted` addresses whose turn it is, and returns the answers.
    pub(super) fn look(
        &mut self,
        now: Instant,
        wanted: &[String],
        ask: impl FnOnce(&[&str]) -> Vec<Option<Holder>>,
    ) -> Vec<Event> {
        if self.next.is_some_and(|next| now < next) {
            return Vec::new();
        }
        self.unknown.retain(|_, asked_at| now.saturating_duration_since(*asked_at) < AGAIN);
        let is_due = |address: &&str| !self.unknown.contains_key(*address);
        let due: Vec<&str> = wanted.iter().map(String::as_str).filter(is_due).take(ADDRESSES_MAX).collect();
        if due.is_empty() {
            return Vec::new();
        }
        self.next = Some(now + ASK);
        let mut events = Vec::new();
        for (address, holder) in due.iter().zip(ask(&due)) {
            if holder.is_none() && self.unknown.len() < ANSWERS_MAX {
                self.unknown.insert((*address).to_owned(), now);
            }
            events.push(Event::Holder((*address).to_owned(), holder));
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_asked_for_once_and_again_later_if_nothing_is_there() {
        let (mut holders, start) = (Holders::default(), Instant::now());
        let wanted = ["a", "b"].map(str::to_owned);
        let mut ask = |wanted: &[String], after_ms| {
            let mut asked = Vec::new();
            let events = holders.look(start + Duration::from_millis(after_ms), wanted, |addresses| {
                asked.extend(addresses.iter().map(|address| (*address).to_owned()));
                let redis = || Holder { words: "redis".to_owned(), pid: Some(7) };
                addresses.iter().map(|address| (*address == "a").then(redis)).collect()
            });
            (asked.concat(), format!("{events:?}"))
        };
        let (asked, events) = ask(&wanted, 0);
        assert_eq!(asked, "ab");
        assert_eq!(events, r#"[Holder("a", Some(Holder { words: "redis", pid: Some(7) })), Holder("b", None)]"#);
        assert_eq!(ask(&["c".to_owned()], 500).0, "", "the system is asked at most once a second");
        assert_eq!(ask(&wanted[1..], 1_000).0, "");
        assert_eq!(ask(&wanted[1..], 10_000).0, "b");
    }

    #[test]
    fn no_number_of_addresses_costs_more_than_a_bounded_amount() {
        let (mut holders, start) = (Holders::default(), Instant::now());
        let wanted: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
        for second in 0..100 {
            let now = start + Duration::from_secs(second);
            let events = holders.look(now, &wanted, |addresses| vec![None; addresses.len()]);
            assert!(events.len() <= ADDRESSES_MAX && holders.unknown.len() <= ANSWERS_MAX);
        }
    }
}
