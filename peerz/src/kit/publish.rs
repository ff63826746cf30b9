//! The checks of a publisher: it binds a `PUB` at ticks, and publishes sample prices.

mod published;

use std::{collections::HashMap, time::Instant};

use self::published::Published;
use super::{
    Candidate, Check, Finding, Frames, Peer, Role, Running, Verdict,
    bytes::{f64_of, show, text, u64_of},
    candidate::ANSWER_WITHIN,
    check::ensure,
    habits,
    peer::XSUB,
    raw,
};

/// The role.
pub const ROLE: Role = Role { name: "publish", arguments: "", page: "tickz.md" };

/// Its checks; the first one is a sign of life.
pub const CHECKS: &[Check] = &[
    Check {
        name: "binds",
        section: "tickz.md#topology",
        claim: "it binds the endpoint of TICKZ_TICKS, and a watcher receives ticks",
        extension: None,
        run: binds,
    },
    Check {
        name: "restart",
        section: "tickz.md#topology",
        claim: "it can be started again at its endpoint at once, and watchers come back",
        extension: None,
        run: restart,
    },
    Check {
        name: "two-watchers",
        section: "tickz.md#goals",
        claim: "two watchers at once receive the same ticks",
        extension: None,
        run: two_watchers,
    },
    Check {
        name: "symbol",
        section: "tickz.md#tick",
        claim: "frame 1 is a symbol: 2 to 16 capital letters and digits, not padded",
        extension: None,
        run: symbol,
    },
    Check {
        name: "little-endian",
        section: "tickz.md#tick",
        claim: "timestamp and price are little-endian f64",
        extension: None,
        run: little_endian,
    },
    Check {
        name: "positive",
        section: "tickz.md#tick",
        claim: "the timestamp is finite, and the price finite and greater than zero",
        extension: None,
        run: positive,
    },
    Check {
        name: "one-message",
        section: "tickz.md#semantics",
        claim: "a tick is one message: a symbol, and two or three frames of 8 bytes",
        extension: None,
        run: one_message,
    },
    Check {
        name: "one-symbol",
        section: "tickz.md#semantics",
        claim: "a watcher of one symbol receives no other",
        extension: None,
        run: one_symbol,
    },
    Check {
        name: "late-watcher",
        section: "tickz.md#semantics",
        claim: "a watcher that joins late receives the ticks from then on",
        extension: None,
        run: late_watcher,
    },
    Check {
        name: "deaf-watcher",
        section: "tickz.md#semantics",
        claim: "it does not wait for a watcher that reads nothing",
        extension: None,
        run: deaf_watcher,
    },
    Check {
        name: "small-frames",
        section: "tickz.md#limits",
        claim: "no frame has more than 64 bytes",
        extension: None,
        run: small_frames,
    },
    Check {
        name: "other-messages",
        section: "tickz.md#error-handling",
        claim: "subscriptions to no symbol, and other bytes, are ignored",
        extension: None,
        run: other_messages,
    },
    Check {
        name: "stranger",
        section: "tickz.md#error-handling",
        claim: "peers that do not speak ZMTP, or break off in a message, do no harm",
        extension: None,
        run: stranger,
    },
    Check {
        name: "sequence",
        section: "tickz.md#extension-sequence",
        claim: "each tick of a symbol has the number of the one before it, plus 1",
        extension: Some("sequence"),
        run: sequence,
    },
    Check {
        name: "sequence-start",
        section: "tickz.md#extension-sequence",
        claim: "the first tick of a symbol after a start has number 0",
        extension: Some("sequence"),
        run: sequence_start,
    },
    Check {
        name: "interrupt",
        section: habits::SECTION,
        claim: "Ctrl-C (SIGINT) ends it within a second, with exit code 0",
        extension: None,
        run: |candidate| stops(candidate, Running::interrupt),
    },
    Check {
        name: "terminate",
        section: habits::SECTION,
        claim: "SIGTERM ends it, too",
        extension: None,
        run: |candidate| stops(candidate, Running::terminate),
    },
    Check {
        name: "usage",
        section: habits::SECTION,
        claim: "a wrong argument ends it with exit code 2 and the usage on standard error",
        extension: None,
        run: habits::usage,
    },
];

fn binds(candidate: &Candidate) -> Verdict {
    Published::watched(candidate).map(drop)
}

fn restart(candidate: &Candidate) -> Verdict {
    let (mut published, watcher) = Published::watched(candidate)?;
    published.restart(candidate, &watcher)?;
    published.ticks(&watcher, "ticks of the publisher that was killed and started again").map(drop)
}

fn two_watchers(candidate: &Candidate) -> Verdict {
    let (published, first) = Published::watched(candidate)?;
    let second = published.watcher(b"")?;
    let marker = published.tick(&second, "a tick for the second of two watchers")?;
    let what = format!("the tick that the second of two watchers received, {}, for the first as well", show(&marker));
    published.publisher.expect(&what, ANSWER_WITHIN, |left| first.recv_within(left).filter(|tick| *tick == marker))?;
    published.ticks(&first, "more ticks for the first of two watchers")?;
    published.ticks(&second, "more ticks for the second of two watchers").map(drop)
}

fn symbol(candidate: &Candidate) -> Verdict {
    Published::every_tick(candidate, |tick| {
        let symbol = tick[0].as_slice();
        let is_symbol = (2..=16).contains(&symbol.len())
            && symbol[0].is_ascii_uppercase()
            && symbol.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        (!is_symbol).then(|| format!("a symbol of 2 to 16 capital letters and digits instead of {}", text(symbol)))
    })
}

/// Timestamp and price; `None` if one of them is not 8 bytes wide, which is what another check is about.
fn numbers(tick: &Frames) -> Option<(f64, f64)> {
    Some((f64_of(tick.get(1)?)?, f64_of(tick.get(2)?)?))
}

/// A number that is read in the wrong byte order is absurd, with few exceptions.
fn little_endian(candidate: &Candidate) -> Verdict {
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

fn positive(candidate: &Candidate) -> Verdict {
    Published::every_tick(candidate, |tick| {
        let (time, price) = numbers(tick)?;
        let is_valid = time.is_finite() && price.is_finite() && price > 0.0;
        (!is_valid).then(|| format!("a finite timestamp and a finite price above zero instead of {time} and {price}"))
    })
}

fn one_message(candidate: &Candidate) -> Verdict {
    Published::every_tick(candidate, |tick| {
        let widths: Vec<usize> = tick.iter().map(Vec::len).collect();
        let is_tick = matches!(widths.as_slice(), [_, 8, 8] | [_, 8, 8, 8, ..]);
        (!is_tick).then(|| {
            format!("one message of a symbol and two or three frames of 8 bytes, and not frames of {widths:?}")
        })
    })
}

fn one_symbol(candidate: &Candidate) -> Verdict {
    let (published, all) = Published::watched(candidate)?;
    let symbol = published.tick(&all, "a tick")?.swap_remove(0);
    let one = published.watcher(&symbol)?;
    let ticks = published.ticks(&one, &format!("ticks for a watcher of {} alone", text(&symbol)))?;
    let other = ticks.iter().find(|tick| !tick[0].starts_with(&symbol));
    ensure(other.is_none(), || {
        format!(
            "expected no other symbol for a watcher of {}; seen {}",
            text(&symbol),
            other.map(|tick| show(tick)).unwrap_or_default()
        )
    })
}

fn late_watcher(candidate: &Candidate) -> Verdict {
    let (published, first) = Published::watched(candidate)?;
    first.close();
    let late = published.watcher(b"")?;
    published.ticks(&late, "ticks for a watcher that joined when the first had left").map(drop)
}

fn deaf_watcher(candidate: &Candidate) -> Verdict {
    let (published, watcher) = Published::watched(candidate)?;
    let mut deaf = raw::connect(&published.endpoint(), "SUB")?;
    let sent = deaf.send(&[b"\x01"]);
    ensure(sent.is_ok(), || "expected that a watcher may subscribe; its connection was closed".to_owned())?;
    published.ticks(&watcher, "ticks next to a watcher that reads nothing").map(drop)
}

fn small_frames(candidate: &Candidate) -> Verdict {
    Published::every_tick(candidate, |tick| {
        tick.iter()
            .map(Vec::len)
            .find(|&width| width > 64)
            .map(|width| format!("frames of at most 64 bytes, not one of {width}"))
    })
}

fn other_messages(candidate: &Candidate) -> Verdict {
    let (published, watcher) = Published::watched(candidate)?;
    let other = Peer::connect(XSUB, &published.endpoint())?;
    let longest = [&[1][..], &[b'X'; 63]].concat();
    let messages: [&[u8]; 8] =
        [b"\x01NOSUCHSYMBOL", b"\x00NEVERSUBSCRIBED", b"\x02", b"", b"\xff\xff", b"MSFT", b"\x01\xff\x00", &longest];
    for message in messages {
        other.send([message])?;
    }
    // They are taken in their order: with ticks for the last one, everything before it was taken.
    other.send([b"\x01"])?;
    published.ticks(&other, "ticks for a peer that also sent subscriptions to no symbol and other messages")?;
    published.ticks(&watcher, "ticks for a watcher next to such a peer").map(drop)
}

fn stranger(candidate: &Candidate) -> Verdict {
    let (published, watcher) = Published::watched(candidate)?;
    raw::send_garbage(&published.endpoint(), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    // The first bytes of a greeting.
    raw::send_garbage(&published.endpoint(), &[0xff, 0, 0, 0, 0])?;
    let mut torn = raw::connect(&published.endpoint(), "SUB")?;
    // A frame of 16 bytes, of which three arrive.
    let _ = torn.send_bytes(b"\x00\x10\x01MS");
    drop(torn);
    published.ticks(&watcher, "ticks after peers that do not speak ZMTP or break off").map(drop)
}

fn sequence(candidate: &Candidate) -> Verdict {
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

fn sequence_start(candidate: &Candidate) -> Verdict {
    let started = Instant::now();
    let published = Published::start(candidate)?;
    let watcher = published.watcher(b"")?;
    let tick = published.tick(&watcher, "a tick")?;
    let number = tick.get(3).and_then(|frame| u64_of(frame)).ok_or(Finding::Unsupported)?;
    // Ticks before the watcher's connection do not reach it; a publisher of samples sends a few hundred a second.
    let most = 1_000 * (started.elapsed().as_secs() + 1);
    ensure(number <= most, || format!("expected a number that began with 0 just now, seen {number}: {}", show(&tick)))
}

fn stops(candidate: &Candidate, send: fn(&mut Running)) -> Verdict {
    habits::stops(Published::watched(candidate)?.0.publisher, 0, send)
}
