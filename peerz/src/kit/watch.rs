//! The checks of a watcher: it connects a `SUB` to ticks, and prints a line for each tick that it accepts.
//!
//! - `bursts`: extension `burst`
//! - `watched`: a publisher of the kit, and the watcher that has subscribed to it

mod bursts;
mod watched;

use std::{io::Write as _, time::Duration};

use self::watched::{FENCE, Watched, topic};
use super::{
    Candidate, Check, Role, Running, Verdict,
    bytes::{show, text},
    candidate::{QUIET, START_WITHIN},
    check::ensure,
    habits, raw,
    tick::{TICKS, TIME, numbered_tick, tick, tick_at},
    vectors::{self, Case},
};

/// The role.
pub const ROLE: Role = Role { name: "watch", arguments: "SYMBOL…", page: "tickz.md" };

/// Its checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "subscribes",
        section: "tickz.md#semantics",
        claim: "it subscribes to each symbol by its bytes, or to all; perhaps to bursts as well",
        extension: None,
        run: subscribes,
    },
    Check {
        name: "whole-symbol",
        section: "tickz.md#semantics",
        claim: "a tick of a longer symbol with the same beginning is dropped",
        extension: None,
        run: whole_symbol,
    },
    Check {
        name: "time-steps-back",
        section: "tickz.md#semantics",
        claim: "a timestamp before that of the last tick is no error",
        extension: None,
        run: time_steps_back,
    },
    Check {
        name: "publisher-restarts",
        section: "tickz.md#semantics",
        claim: "it receives ticks again when the publisher is back",
        extension: None,
        run: publisher_restarts,
    },
    Check {
        name: "price",
        section: "tickz.md#tick",
        claim: "the price is a little-endian f64, and is printed without loss of a digit",
        extension: None,
        run: price,
    },
    Check {
        name: "valid-ticks",
        section: "tickz.md#tick",
        claim: "every valid tick of the vectors is printed once",
        extension: None,
        run: valid_ticks,
    },
    Check {
        name: "unknown-frames",
        section: "tickz.md#tick",
        claim: "frames after the fourth are ignored, whatever they hold",
        extension: None,
        run: unknown_frames,
    },
    Check {
        name: "sequence-accepted",
        section: "tickz.md#extension-sequence",
        claim: "a tick with a sequence is accepted, and so is one without after it",
        extension: None,
        run: sequence_accepted,
    },
    Check {
        name: "many-at-once",
        section: "tickz.md#limits",
        claim: "500 ticks at once are all printed, in their order",
        extension: None,
        run: many_at_once,
    },
    Check {
        name: "malformed-ticks",
        section: "tickz.md#error-handling",
        claim: "every invalid tick of the vectors is dropped, and the next valid one is printed",
        extension: None,
        run: malformed_ticks,
    },
    Check {
        name: "half-a-tick",
        section: "tickz.md#error-handling",
        claim: "half a tick of a publisher that exits is no tick, and the watcher connects again",
        extension: None,
        run: half_a_tick,
    },
    Check {
        name: "stranger",
        section: "tickz.md#error-handling",
        claim: "a server that does not speak ZMTP does no harm",
        extension: None,
        run: stranger,
    },
    Check {
        name: "malformed-bursts",
        section: "tickz.md#error-handling",
        claim: "every invalid burst of the vectors is dropped as a whole, and the next valid one is printed",
        extension: Some("burst"),
        run: bursts::malformed,
    },
    Check {
        name: "asks-for-bursts",
        section: bursts::SECTION,
        claim: "it subscribes to the bursts of each of its symbols, before their ticks",
        extension: Some("burst"),
        run: bursts::asks,
    },
    Check {
        name: "burst-ticks",
        section: bursts::SECTION,
        claim: "every tick of the valid bursts of the vectors is printed once, in their order",
        extension: Some("burst"),
        run: bursts::ticks,
    },
    Check {
        name: "burst-answers",
        section: bursts::SECTION,
        claim: "a burst ends the subscriptions to ticks, and those that came before it are printed once",
        extension: Some("burst"),
        run: bursts::answers,
    },
    Check {
        name: "no-bursts",
        section: bursts::SECTION,
        claim: "without a burst it ends the subscriptions to bursts, and has printed every tick",
        extension: Some("burst"),
        run: bursts::fallback,
    },
    Check {
        name: "asks-again",
        section: bursts::SECTION,
        claim: "it subscribes to both forms again when the publisher is back",
        extension: Some("burst"),
        run: bursts::asks_again,
    },
    Check {
        name: "publisher-late",
        section: "tickz.md#topology",
        claim: "it may start before the publisher",
        extension: None,
        run: publisher_late,
    },
    habits::interrupt(|candidate| stops(candidate, Running::interrupt)),
    habits::terminate(|candidate| stops(candidate, Running::terminate)),
    Check {
        name: "interrupt-alone",
        section: habits::SECTION,
        claim: "Ctrl-C ends it also while it waits for its publisher",
        extension: None,
        run: stops_alone,
    },
    habits::USAGE,
];

fn subscribes(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start(candidate, &["MSFT", "GO"])?;
    while let Some(frames) = watched.publisher.recv_within(QUIET) {
        watched.topics.extend(topic(&frames));
    }
    let is_wanted = |topic: &Vec<u8>| {
        let symbol = topic.strip_prefix(b"+").unwrap_or(topic);
        symbol.is_empty() || ["MSFT", "GO", FENCE].iter().any(|name| symbol == name.as_bytes())
    };
    let other = watched.topics.iter().find(|topic| !is_wanted(topic));
    ensure(other.is_none(), || {
        format!(
            "expected subscriptions to MSFT, GO and {FENCE}, seen one to {}",
            text(other.map_or(b"", Vec::as_slice))
        )
    })
}

fn whole_symbol(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start(candidate, &["GO"])?;
    for tick in [tick("GOOG", 571.09), tick("GO", 10.9), tick("GOX", 1.25)] {
        watched.send(&tick)?;
    }
    watched.expect("ticks of GOOG, GO and GOX to a watcher of GO", &["GO"])
}

fn time_steps_back(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start(candidate, &["MSFT"])?;
    for time in [TIME, TIME - 1.0, 0.0, -86_400.5] {
        watched.send(&tick_at("MSFT", time, 41.78))?;
    }
    watched.expect("four ticks whose times step back", &["MSFT"; 4])
}

fn publisher_restarts(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start(candidate, &["MSFT"])?;
    watched.send(&tick("MSFT", 41.78))?;
    watched.expect("a tick of the first publisher", &["MSFT"])?;
    let mut watched = watched.restart_publisher()?;
    watched.send(&tick("MSFT", 41.81))?;
    watched.expect("a tick of the next publisher", &["MSFT"])
}

fn price(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start(candidate, &["MSFT"])?;
    for price in [41.78, 0.1, 571.09, 100.0, 1_234_567.891_234_5, 1e-7, 123_456_789_012.0] {
        watched.send(&tick("MSFT", price))?;
        watched.expect_price(&format!("a tick of price {price:?}"), "MSFT", price)?;
    }
    Ok(())
}

/// All symbols of the vectors, and some with which the symbols of malformed ticks begin: libzmq passes on only what begins
/// with a topic.
const SYMBOLS: &[&str] =
    &["MSFT", "AAPL", "GO", "GOOG", "X25", "ABCDEFGHIJKLMNOP", "A123456789012345", "MS", "MSF", "BRK"];

fn valid_ticks(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start(candidate, SYMBOLS)?;
    for Case { name, frames, meaning, .. } in vectors::valid("tickz", "tick") {
        let symbol = meaning["symbol"].as_str().unwrap_or_default();
        let price = meaning["price"].as_f64().unwrap_or_default();
        watched.send(&frames)?;
        watched.expect_price(&format!("the valid tick \"{name}\", {}", show(&frames)), symbol, price)?;
    }
    Ok(())
}

fn malformed_ticks(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start(candidate, SYMBOLS)?;
    for Case { name, frames, .. } in vectors::invalid("tickz", "tick") {
        watched.send(&frames)?;
        watched.expect(&format!("the malformed tick \"{name}\", {}", show(&frames)), &[])?;
    }
    Ok(())
}

fn unknown_frames(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start(candidate, &["MSFT"])?;
    for unknown in [&[&b""[..]][..], &[b"\x01"], &[&[0xff; 64]], &[b"", b"", b"later", b"\x00"]] {
        let mut frames = numbered_tick("MSFT", 41.78, 7);
        frames.extend(unknown.iter().map(|frame| frame.to_vec()));
        watched.send(&frames)?;
        watched.expect(&show(&frames), &["MSFT"])?;
    }
    Ok(())
}

fn sequence_accepted(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start(candidate, &["MSFT"])?;
    for sequence in [0, 7, u64::MAX] {
        watched.send(&numbered_tick("MSFT", 41.78, sequence))?;
        watched.send(&tick("MSFT", 41.81))?;
        let after = format!("a tick with sequence {sequence}, and one without");
        watched.expect(&after, &["MSFT", "MSFT"])?;
    }
    Ok(())
}

fn many_at_once(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start(candidate, &["MSFT"])?;
    let prices: Vec<f64> = (1..=500).map(|number| f64::from(number) + 0.25).collect();
    for &price in &prices {
        watched.send(&tick("MSFT", price))?;
    }
    let printed = watched.printed("500 ticks at once")?;
    let same = prices.iter().zip(&printed).take_while(|(price, printed)| printed.is("MSFT", **price)).count();
    ensure(printed.len() == prices.len() && same == prices.len(), || {
        format!(
            "after 500 ticks at once: expected 500 lines, printed were {}, the first {same} in order",
            printed.len()
        )
    })
}

fn half_a_tick(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start_after(candidate, &["MSFT"], Duration::ZERO, |stream| {
        let mut broken = raw::handshake(stream, "PUB")?;
        // Two frames, each with the flag of more to follow. What is unread when it is dropped resets the connection.
        let _ = broken.send_bytes(b"\x01\x04MSFT\x01\x08\x00\x00\x10\xa0\x4e\x1a\xd5\x41");
        Ok(())
    })?;
    watched.send(&tick("MSFT", 41.78))?;
    watched.expect("half a tick of a publisher that exited, and a tick of the next one", &["MSFT"])
}

fn stranger(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start_after(candidate, &["MSFT"], Duration::ZERO, |mut stream| {
        // The watcher may have closed the connection by now, which is its right.
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        Ok(())
    })?;
    watched.send(&tick("MSFT", 41.78))?;
    watched.expect("the answer of a web server, and a tick", &["MSFT"])
}

fn publisher_late(candidate: &Candidate) -> Verdict {
    let mut watched = Watched::start_after(candidate, &["MSFT"], QUIET, |_| Ok(()))?;
    watched.send(&tick("MSFT", 41.78))?;
    watched.expect("a tick of a publisher that came late", &["MSFT"])
}

fn stops(candidate: &Candidate, send: fn(&mut Running)) -> Verdict {
    habits::stops(Watched::start(candidate, &["MSFT"])?.watcher, 0, send)
}

fn stops_alone(candidate: &Candidate) -> Verdict {
    let silent = raw::Silent::bind()?;
    let watcher = candidate.start(&[(TICKS, silent.endpoint())], &["MSFT"])?;
    watcher.expect("a connection", START_WITHIN, |left| silent.accept_within(left))?;
    habits::stops(watcher, 0, Running::interrupt)
}
