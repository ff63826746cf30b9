//! The checks of a publisher: it binds a `PUB` at ticks, and publishes sample prices.
//!
//! - `bursts`: extension `burst`
//! - `published`: a publisher that runs, and its watchers
//! - `ticks`: what each tick is

mod bursts;
mod published;
mod ticks;

use self::published::Published;
use super::{
    Candidate, Check, Peer, Role, Running, Verdict,
    bytes::{show, text},
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
        run: ticks::symbol,
    },
    Check {
        name: "little-endian",
        section: "tickz.md#tick",
        claim: "timestamp and price are little-endian f64",
        extension: None,
        run: ticks::little_endian,
    },
    Check {
        name: "positive",
        section: "tickz.md#tick",
        claim: "the timestamp is finite, and the price finite and greater than zero",
        extension: None,
        run: ticks::positive,
    },
    Check {
        name: "one-message",
        section: "tickz.md#semantics",
        claim: "a tick is one message: a symbol, and two or three frames of 8 bytes",
        extension: None,
        run: ticks::one_message,
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
        run: ticks::small_frames,
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
        run: ticks::sequence,
    },
    Check {
        name: "sequence-start",
        section: "tickz.md#extension-sequence",
        claim: "the first tick of a symbol after a start has number 0",
        extension: Some("sequence"),
        run: ticks::sequence_start,
    },
    Check {
        name: "bursts",
        section: "tickz.md#burst",
        claim: "a watcher of + receives bursts: a + and a symbol, and 1 to 256 valid ticks of 16 bytes",
        extension: Some("burst"),
        run: bursts::form,
    },
    Check {
        name: "burst-ticks",
        section: "tickz.md#extension-burst",
        claim: "the ticks of a burst are those that came by themselves before it, in their order",
        extension: Some("burst"),
        run: bursts::ticks,
    },
    habits::interrupt(|candidate| stops(candidate, Running::interrupt)),
    habits::terminate(|candidate| stops(candidate, Running::terminate)),
    habits::USAGE,
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

fn one_symbol(candidate: &Candidate) -> Verdict {
    let (published, all) = Published::watched(candidate)?;
    let symbol = published.tick(&all, "a tick")?.swap_remove(0);
    // A SUB would drop by itself what it has not subscribed to.
    let one = Peer::connect(XSUB, &published.endpoint())?;
    one.send([[&[1], symbol.as_slice()].concat()])?;
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

fn stops(candidate: &Candidate, send: fn(&mut Running)) -> Verdict {
    habits::stops(Published::watched(candidate)?.0.publisher, 0, send)
}
