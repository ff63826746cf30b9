//! A reporter that lies without end, through a hub: hub and observer stay small, the output is safe, and an honest process
//! stays visible as it is.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::time::{Duration, Instant};

use e2e::{
    ANY, chance, length_up_to,
    lies::{LIES_OF_ONE, lie, state},
    observer::{Observer, connections, hub, reporting},
};
use serde_json::Value;
use testkit::{BOUND, Program, RawPeer};
use wire::foreign::controls_display;

/// How many lies are sent before the test waits until the observer has them: its queue holds a thousand.
const CHUNK: usize = 500;

/// What the hub or the observer may take, in a debug build, in bytes.
const MEMORY_MAX: u64 = 256 << 20;

/// The process whose states follow each chunk.
const MARKER: &str = "00000000000003a2";

#[test]
fn lies_through_a_hub_harm_neither_it_nor_an_observer_nor_an_honest_process() {
    let mut chance = chance();
    let hub = hub(ANY, ANY);
    let mut observer = Observer::connect(&hub.endpoint("observations"));
    let reports = hub.endpoint("reports");
    let publisher = reporting(&reports, "tickz", &["publish", "--ticks", ANY, "--interval", "10ms"]);
    let watcher = reporting(&reports, "tickz", &["watch", "MSFT", "--ticks", &publisher.endpoint("ticks")]);
    observer.until("the honest processes", |observatory| connections(observatory).contains(LINE));
    let victims = [&publisher, &watcher].map(|program| observer.id(program));

    let (lies, mut published) = (length_up_to(10_000, 100_000, 1_000_000), 0);
    for chunks in (0..lies / CHUNK).collect::<Vec<_>>().chunks(LIES_OF_ONE / CHUNK) {
        let mut liar = RawPeer::connect(&reports, "XPUB").unwrap();
        for chunk in chunks {
            for _ in 0..CHUNK {
                liar.send(&lie(&mut chance, &victims)).unwrap();
            }
            await_marker(&mut observer, &mut liar, *chunk as u64);
            published = check(&observer, &publisher, published);
            for program in [&hub, &observer.watch] {
                assert!(program.resident_bytes() < MEMORY_MAX, "{} MiB", program.resident_bytes() >> 20);
            }
        }
    }
    let before = published;
    observer.until("later counts", |observatory| sent(observatory, &publisher) > before);
    observer.watch.terminate();
    let totals = observer.watch.finish().json();
    let [heard, malformed] = ["reports", "malformed"].map(|key| totals[key].as_u64().unwrap() as usize);
    // Two of sixteen lies have a topic to which the observer does not subscribe.
    assert!(heard + malformed > lies * 13 / 16 && malformed > lies / 4, "{totals}");
    assert!(totals["processes"].as_u64() > Some(200), "{totals}");
}

/// The connection of the honest processes.
const LINE: &str = "tickz watch SUB ticks -> tickz publish XPUB ticks";

/// Sends a state, until the observer has it and all that came before.
fn await_marker(observer: &mut Observer, liar: &mut RawPeer, chunk: u64) {
    let deadline = Instant::now() + BOUND;
    for again in 0.. {
        assert!(Instant::now() < deadline, "the observer reads no reports");
        let mut marker = state(MARKER);
        marker["number"] = (chunk << 20 | again).into();
        liar.send(&[format!("state/{MARKER}"), marker.to_string()]).unwrap();
        let until = Instant::now() + Duration::from_secs(1);
        while let Some(line) = next_safe(observer, until.saturating_duration_since(Instant::now())) {
            if line["process"] == MARKER && line["number"] == marker["number"] {
                return;
            }
        }
    }
}

/// The next line; it must not control a terminal.
fn next_safe(observer: &mut Observer, bound: Duration) -> Option<Value> {
    let line = observer.next_line_within(bound)?;
    assert!(!line.chars().any(controls_display), "{line:?}");
    Some(serde_json::from_str(&line).unwrap())
}

/// The honest processes are as they are, and publish. Returns how many ticks.
fn check(observer: &Observer, publisher: &Program, published: u64) -> u64 {
    assert!(connections(&observer.observatory).contains(LINE), "{:?}", connections(&observer.observatory));
    let now = sent(&observer.observatory, publisher);
    assert!(now >= published, "{now} after {published}");
    now
}

fn sent(observatory: &observatory::Observatory, publisher: &Program) -> u64 {
    let mut states = observatory.processes().iter().map(observatory::Process::state);
    let state = states.find(|state| state.pid == publisher.pid() && state.program.as_str() == "tickz").unwrap();
    state.sockets[0].sent.messages
}
