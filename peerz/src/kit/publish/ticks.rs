//! What each tick is.

use std::{collections::HashMap, time::Instant};

use super::published::Published;
use crate::kit::{
    Candidate, Finding, Frames, Verdict,
    bytes::{f64_of, show, u64_of},
    check::ensure,
    valuz::fault_of_symbol,
};

pub(super) fn symbol(candidate: &Candidate) -> Verdict {
    Published::every_tick(candidate, |tick| {
        let fault = fault_of_symbol(tick.first())?;
        Some(format!("a symbol of 2 to 16 capital letters and digits ({fault})"))
    })
}

/// Timestamp and price; `None` if one of them is not 8 bytes wide, which is what another check is about.
fn numbers(tick: &Frames) -> Option<(f64, f64)> {
    Some((f64_of(tick.get(1)?)?, f64_of(tick.get(2)?)?))
}

/// A number that is read in the wrong byte order is absurd, with few exceptions.
pub(super) fn little_endian(candidate: &Candidate) -> Verdict {
    Published::every_tick(candidate, |tick| {
        let (time, price) = numbers(tick)?;
        let is_plausible = (1.0..=4.2e9).contains(&time.abs()) && (1e-6..=1e12).contains(&price.abs());
        let other_order = f64::from_bits(price.to_bits().swap_bytes());
        // Values without meaning are what `positive` is about.
        let is_number = time.is_finite() && price.is_finite() && price != 0.0;
        (is_number && !is_plausible).then(|| {
            format!(
                "seconds since 1970 and a price, as little-endian f64; read like this they are {time:e} and {price:e} (the price \
                 in the other byte order: {other_order:e})"
            )
        })
    })
}

pub(super) fn positive(candidate: &Candidate) -> Verdict {
    Published::every_tick(candidate, |tick| {
        let (time, price) = numbers(tick)?;
        let is_valid = time.is_finite() && price.is_finite() && price > 0.0;
        (!is_valid).then(|| format!("a finite timestamp and a finite price above zero instead of {time} and {price}"))
    })
}

pub(super) fn one_message(candidate: &Candidate) -> Verdict {
    Published::every_tick(candidate, |tick| {
        let widths: Vec<usize> = tick.iter().map(Vec::len).collect();
        let is_tick = matches!(widths.as_slice(), [_, 8, 8] | [_, 8, 8, 8, ..]);
        (!is_tick).then(|| {
            format!("one message of a symbol and two or three frames of 8 bytes, and not frames of {widths:?}")
        })
    })
}

pub(super) fn small_frames(candidate: &Candidate) -> Verdict {
    Published::every_tick(candidate, |tick| {
        tick.iter()
            .map(Vec::len)
            .find(|&width| width > 64)
            .map(|width| format!("frames of at most 64 bytes, not one of {width}"))
    })
}

pub(super) fn sequence(candidate: &Candidate) -> Verdict {
    let (published, watcher) = Published::watched(candidate)?;
    let ticks = [published.ticks(&watcher, "ticks")?, published.ticks(&watcher, "ticks")?].concat();
    if ticks.iter().all(|tick| tick.len() <= 3) {
        return Err(Finding::Unsupported);
    }
    let mut numbers: HashMap<&[u8], Option<u64>> = HashMap::new();
    for tick in &ticks {
        let number = tick.get(3).and_then(|frame| u64_of(frame));
        let Some(before) = numbers.insert(&tick[0], number) else { continue };
        ensure(number.is_some() && number == before.map(|before| before.wrapping_add(1)), || {
            let (before, number) = (shown(before), shown(number));
            format!("expected the number after {before} in frame 4, seen {number}: {}", show(tick))
        })?;
    }
    Ok(())
}

fn shown(number: Option<u64>) -> String {
    number.map_or_else(|| "no number".to_owned(), |number| number.to_string())
}

pub(super) fn sequence_start(candidate: &Candidate) -> Verdict {
    let started = Instant::now();
    let published = Published::start(candidate)?;
    let watcher = published.watcher(b"")?;
    let tick = published.tick(&watcher, "a tick")?;
    let number = tick.get(3).and_then(|frame| u64_of(frame)).ok_or(Finding::Unsupported)?;
    // Ticks before the watcher's connection do not reach it; a publisher of samples sends a few hundred a second.
    let most = 1_000 * (started.elapsed().as_secs() + 1);
    ensure(number <= most, || format!("expected a number that began with 0 just now, seen {number}: {}", show(&tick)))
}
