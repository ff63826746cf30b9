//! Extension `burst`.

use std::time::Instant;

use super::watched::{FENCE, Watched, topic};
use crate::kit::{
    Candidate, Finding, Verdict,
    bytes::{show, text},
    candidate::{ANSWER_WITHIN, QUIET},
    check::ensure,
    tick::{burst, burst_topic, tick},
    vectors::{self, Case},
};

/// What the checks are about.
pub(super) const SECTION: &str = "tickz.md#extension-burst";

/// The most bytes of a burst's frame.
const FRAME_BYTES_MAX: usize = 4096;

/// A watcher that has asked for bursts of these symbols.
fn asked(candidate: &Candidate, symbols: &[&str]) -> Result<Watched, Finding> {
    let mut watched = Watched::start(candidate, symbols)?;
    await_question(&mut watched)?;
    Ok(watched)
}

/// Takes all its subscriptions, some of which must be to bursts.
fn await_question(watched: &mut Watched) -> Verdict {
    while let Some(frames) = watched.publisher.recv_within(QUIET) {
        watched.topics.extend(topic(&frames));
    }
    let asks = watched.topics.iter().any(|topic| topic.starts_with(b"+"));
    if asks { Ok(()) } else { Err(Finding::Unsupported) }
}

/// The same once the publisher has answered with a burst.
fn answered(candidate: &Candidate, symbols: &[&str]) -> Result<Watched, Finding> {
    let mut watched = asked(candidate, symbols)?;
    watched.takes_bursts = true;
    watched.expect("a first burst", &[])?;
    await_end(&watched, FENCE.as_bytes(), "a burst")?;
    Ok(watched)
}

/// Waits until it has ended its subscription to this topic.
fn await_end(watched: &Watched, topic: &[u8], after: &str) -> Verdict {
    let end = [&[0], topic].concat();
    let what = format!("the end of the subscription to {} after {after}", text(topic));
    let is_end = |left| watched.publisher.recv_within(left).filter(|frames| frames[0] == end);
    watched.watcher.expect(&what, ANSWER_WITHIN, is_end).map(drop)
}

pub(super) fn asks(candidate: &Candidate) -> Verdict {
    let watched = asked(candidate, &["MSFT", "GO"])?;
    let place = |wanted: &[u8]| watched.topics.iter().position(|topic| topic == wanted);
    for symbol in ["MSFT", "GO", FENCE] {
        let (bursts, ticks) = (place(&burst_topic(symbol)).or(place(b"+")), place(symbol.as_bytes()).or(place(b"")));
        ensure(bursts.is_some() && bursts < ticks, || {
            let topics: Vec<_> = watched.topics.iter().map(|topic| text(topic)).collect();
            format!("expected subscriptions to +{symbol} and then to {symbol}, seen: {}", topics.join(", "))
        })?;
    }
    Ok(())
}

pub(super) fn ticks(candidate: &Candidate) -> Verdict {
    let cases = vectors::valid("tickz", "burst");
    let symbol = |case: &Case| case.meaning["symbol"].as_str().unwrap_or_default().to_owned();
    let mut symbols: Vec<String> = cases.iter().map(symbol).collect();
    symbols.sort();
    symbols.dedup();
    let mut watched = answered(candidate, &symbols.iter().map(String::as_str).collect::<Vec<_>>())?;
    for case in &cases {
        let ticks = case.meaning["ticks"].as_array().cloned().unwrap_or_default();
        let prices: Vec<f64> = ticks.iter().filter_map(|tick| tick[1].as_f64()).collect();
        watched.send(&case.frames)?;
        let printed = watched.printed(&format!("the valid burst \"{}\"", case.name))?;
        let symbol = symbol(case);
        let same = prices.iter().zip(&printed).take_while(|(price, printed)| printed.is(&symbol, **price)).count();
        ensure(printed.len() == prices.len() && same == prices.len(), || {
            let (expected, seen) = (prices.len(), printed.len());
            format!(
                "after the valid burst \"{}\": expected {expected} lines, printed were {seen}, the first {same} as in the burst",
                case.name
            )
        })?;
    }
    Ok(())
}

pub(super) fn answers(candidate: &Candidate) -> Verdict {
    let mut watched = asked(candidate, &["MSFT"])?;
    for price in [41.78, 41.79] {
        watched.send(&tick("MSFT", price))?;
    }
    watched.expect("two ticks", &["MSFT", "MSFT"])?;
    watched.send(&burst("MSFT", &[41.78, 41.79, 41.8]))?;
    watched.takes_bursts = true;
    let printed = watched.printed("a burst of these two and another one")?;
    ensure(printed.len() == 1 && printed[0].is("MSFT", 41.8), || {
        format!(
            "after two ticks, and a burst of these and another one: expected one more line, printed were {}",
            printed.len()
        )
    })?;
    await_end(&watched, b"MSFT", "a burst")?;
    watched.send(&burst("MSFT", &[41.8, 41.8]))?;
    watched.expect("the next burst, of two equal ticks", &["MSFT", "MSFT"])
}

pub(super) fn malformed(candidate: &Candidate) -> Verdict {
    let mut watched = answered(candidate, super::SYMBOLS)?;
    // At a larger frame it may close the connection.
    let fits = |case: &Case| case.frames.iter().all(|frame| frame.len() <= FRAME_BYTES_MAX);
    for Case { name, frames, .. } in vectors::invalid("tickz", "burst").into_iter().filter(fits) {
        watched.send(&frames)?;
        watched.expect(&format!("the malformed burst \"{name}\", {}", show(&frames)), &[])?;
    }
    Ok(())
}

pub(super) fn fallback(candidate: &Candidate) -> Verdict {
    let mut watched = asked(candidate, &["MSFT"])?;
    let end = [&[0], &burst_topic("MSFT")[..]].concat();
    let (mut sent, begin) = (0, Instant::now());
    loop {
        ensure(begin.elapsed() < ANSWER_WITHIN, || {
            format!("expected the end of the subscription to +MSFT after ticks and no burst; {sent} were sent")
        })?;
        sent += 1;
        watched.send(&tick("MSFT", f64::from(sent)))?;
        if watched.publisher.recv_within(QUIET / 4).is_some_and(|frames| frames[0] == end) {
            break;
        }
    }
    let printed = watched.printed("ticks and no burst")?;
    let same = printed.iter().zip(1..).take_while(|(printed, price)| printed.is("MSFT", f64::from(*price))).count();
    ensure(printed.len() == sent as usize && same == printed.len(), || {
        format!("expected a line for each of {sent} ticks; printed were {}, the first {same} in order", printed.len())
    })
}

pub(super) fn asks_again(candidate: &Candidate) -> Verdict {
    let mut watched = answered(candidate, &["MSFT"])?.restart_publisher()?;
    await_question(&mut watched).map_err(|_| {
        let topics: Vec<_> = watched.topics.iter().map(|topic| text(topic)).collect();
        Finding::failed(format!(
            "expected subscriptions to +MSFT and MSFT at the next publisher, seen: {}",
            topics.join(", ")
        ))
    })?;
    watched.send(&tick("MSFT", 41.81))?;
    watched.expect("a tick of the next publisher, which knows no bursts", &["MSFT"])
}
