//! Extension `burst`.

use std::time::Instant;

use super::published::Published;
use crate::kit::{
    Candidate, Finding, Frames, Peer, Verdict,
    bytes::{f64_of, show, u64_of},
    candidate::{ANSWER_WITHIN, QUIET},
    check::ensure,
    valuz::fault_of_symbol,
};

/// How many bursts are looked at.
const BURSTS_SEEN: usize = 12;

/// The bytes of a tick in a burst.
const RECORD_BYTES: usize = 16;

/// A watcher of single ticks that then asked for bursts as well, and what has come: up to some bursts.
fn heard(candidate: &Candidate) -> Result<Vec<Frames>, Finding> {
    let (published, watcher) = Published::watched(candidate)?;
    watcher.subscribe(b"+")?;
    let (mut heard, mut bursts, begin) = (Vec::new(), 0, Instant::now());
    while bursts < BURSTS_SEEN {
        if bursts == 0 && begin.elapsed() >= ANSWER_WITHIN {
            return Err(Finding::Unsupported);
        }
        let message = next(&published, &watcher)?;
        bursts += usize::from(is_burst(&message));
        heard.push(message);
    }
    Ok(heard)
}

fn next(published: &Published, watcher: &Peer) -> Result<Frames, Finding> {
    watcher.recv_within(QUIET).map_or_else(|| published.tick(watcher, "a tick or a burst"), Ok)
}

fn is_burst(message: &Frames) -> bool {
    message[0].starts_with(b"+")
}

pub(super) fn form(candidate: &Candidate) -> Verdict {
    for burst in heard(candidate)?.iter().filter(|message| is_burst(message)) {
        let symbol = burst[0][1..].to_vec();
        let (records, rest) = burst.get(1).map_or((&[][..], &[][..]), |ticks| ticks.as_chunks::<RECORD_BYTES>());
        let fault = fault_of_symbol(Some(&symbol)).map(|fault| format!("a symbol after the + ({fault})"));
        let is_number = |record: &[u8; RECORD_BYTES]| {
            let floats = (f64_of(&record[..8]), f64_of(&record[8..]));
            matches!(floats, (Some(time), Some(price)) if time.is_finite() && price.is_finite() && price > 0.0)
        };
        let fault = fault.or_else(|| {
            (!rest.is_empty() || !(1..=256).contains(&records.len()))
                .then(|| format!("1 to 256 ticks of 16 bytes, not {} bytes", burst.get(1).map_or(0, Vec::len)))
        });
        let fault = fault.or_else(|| {
            (!records.iter().all(is_number)).then(|| "finite timestamps and finite prices above zero".to_owned())
        });
        let fault = fault.or_else(|| {
            let is_numbered = burst.get(2).is_none_or(|sequence| u64_of(sequence).is_some());
            (!is_numbered).then(|| "a sequence of 8 bytes".to_owned())
        });
        if let Some(expected) = fault {
            return Err(Finding::failed(format!("expected {expected}; seen {}", show(burst))));
        }
    }
    Ok(())
}

pub(super) fn ticks(candidate: &Candidate) -> Verdict {
    let heard = heard(candidate)?;
    // How many single ticks of the same symbol a burst has used up: those before the first burst came too early for it.
    let singles = |burst: &Frames, end: usize| -> Vec<Frames> {
        heard[..end].iter().filter(|message| message[0] == burst[0][1..]).cloned().collect()
    };
    for (position, burst) in heard.iter().enumerate().filter(|(_, message)| is_burst(message)) {
        let records = burst.get(1).map_or(&[][..], |ticks| ticks.as_chunks::<RECORD_BYTES>().0);
        let before = singles(burst, position);
        // The watcher may have missed the first of them, but never the last.
        let known = &before[before.len().saturating_sub(records.len())..];
        let same = records.iter().rev().zip(known.iter().rev()).all(|(record, tick)| {
            tick.get(1).is_some_and(|time| time[..] == record[..8])
                && tick.get(2).is_some_and(|price| price[..] == record[8..])
        });
        ensure(same && !known.is_empty(), || {
            let last = known.last().map_or_else(|| "none".to_owned(), |tick| show(tick));
            format!("expected a burst of the ticks before it, of which the last is {last}; seen {}", show(burst))
        })?;
        let first = (known.len() == records.len()).then(|| known[0].get(3).and_then(|number| u64_of(number))).flatten();
        let number = burst.get(2).and_then(|number| u64_of(number));
        ensure(first.is_none() || first == number, || {
            format!("expected the number of its first tick, {}, in frame 3; seen {}", first.unwrap_or(0), show(burst))
        })?;
    }
    Ok(())
}
