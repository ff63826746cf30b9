//! A reporter that lies without end, through a hub: hub and observer stay small, the output is safe, and an honest process
//! stays visible as it is.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{
    ops::Range,
    time::{Duration, Instant},
};

use e2e::{
    ANY, chance, length_up_to,
    observer::{Observer, connections, hub, reporting},
};
use rand::{Rng, RngExt as _, seq::IndexedRandom as _};
use serde_json::{Value, json};
use testkit::{BOUND, Program, RawPeer};
use wire::foreign::controls_display;

/// How many lies are sent before the test waits until the observer has them: its queue holds a thousand.
const CHUNK: usize = 500;

/// How many chunks a connection sends: a hub lets 4,000 reports and 16 MiB of one pass at once.
const CHUNKS_OF_ONE: usize = 4;

/// What the hub or the observer may take, in a debug build, in bytes.
const MEMORY_MAX: u64 = 256 << 20;

/// The process whose states follow each chunk.
const MARKER: &str = "00000000000003a2";

/// Processes that a liar claims.
const CLAIMED: Range<u64> = 0x1000..0x1000 + 10_000;

/// Texts that would be markup, or control a terminal.
const TEXTS: [&str; 6] = [
    "<img src=x onerror=alert(1)>",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "\u{9b}31m\r\n\u{0}",
    "\u{202e}gnp.exe",
    "../../etc/passwd",
    "\u{1f980}{{7*7}}",
];

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
    for chunks in (0..lies / CHUNK).collect::<Vec<_>>().chunks(CHUNKS_OF_ONE) {
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

/// A report that is malformed or a lie.
fn lie(chance: &mut impl Rng, victims: &[String]) -> Vec<Vec<u8>> {
    let process = format!("{:016x}", chance.random_range(CLAIMED));
    let victim = victims.choose(chance).unwrap();
    let text = TEXTS.choose(chance).unwrap();
    let report = |topic: String, report: Value| vec![topic.into_bytes(), report.to_string().into_bytes()];
    let number = chance.random::<u64>() >> chance.random_range(11..64);
    match chance.random_range(0..64) {
        0..4 => vec![format!("state/{process}").into_bytes()],
        4..8 => vec![format!("state/{process}").into_bytes(), b"{\"process\":".to_vec()],
        8..12 => vec![format!("state/{process}").into_bytes(), vec![b'['; 10_000]],
        12..16 => vec![format!("event/{text}").into_bytes(), b"{}".to_vec()],
        16..20 => vec![chance.random::<[u8; 32]>().to_vec(); chance.random_range(1..60)],
        // Of another process than the topic says.
        20..24 => report(format!("state/{process}"), state(victim)),
        24..28 => report(format!("event/{victim}/tickz.pub"), event(number, text)),
        28..32 => report(format!("event/{process}/a"), event(number, text)),
        32..36 => vec![format!("message/{victim}/tickz.pub").into_bytes(), b"{}".to_vec(), text.as_bytes().to_vec()],
        36 => {
            let mut large = state(&process);
            large["sockets"] = (0..64).map(|number| socket(&format!("s{number}"), text)).collect();
            report(format!("state/{process}"), large)
        }
        37 => {
            let mut many = state(&process);
            many["sockets"] = (0..65).map(|number| socket(&format!("s{number}"), text)).collect();
            report(format!("state/{process}"), many)
        }
        _ => {
            let mut state = state(&process);
            // Backwards as well as forwards.
            (state["number"], state["events"]) = (number.into(), number.into());
            (state["program"], state["role"], state["host"]) = ((*text).into(), "publish".into(), (*text).into());
            state["moreSockets"] = 1_000_000.into();
            state["values"] = json!([{"name": text, "value": 1e308, "unit": text}]);
            state["sockets"] = json!([socket("a", text)]);
            state["ended"] = (chance.random_range(0..8) == 0).into();
            report(format!("state/{process}"), state)
        }
    }
}

fn state(process: &str) -> Value {
    json!({
        "process": process, "program": "tickz", "role": "publish", "language": "rust", "pid": 1, "host": "lab",
        "startedMs": 0.0, "timeMs": 1e300, "number": 0, "events": 0, "values": [], "sockets": [], "moreSockets": 0,
    })
}

/// A socket with huge counts, which is where the honest one is.
fn socket(name: &str, text: &str) -> Value {
    let counts = json!({"messages": (1_u64 << 53) - 1, "bytes": (1_u64 << 53) - 1});
    json!({
        "name": name, "type": text, "channel": text, "bound": [text, "tcp://127.0.0.1:9003"], "connected": [text],
        "sendQueue": u32::MAX, "receiveQueue": 0, "sent": counts, "received": counts, "malformed": 7,
        "connections": [{
            "id": 7, "endpoint": text, "phase": "up", "sinceMs": -1e300, "reason": text, "local": text, "remote": text,
        }],
        "moreConnections": (1_u64 << 53) - 1,
    })
}

fn event(number: u64, text: &str) -> Value {
    json!({"number": number, "timeMs": 0.0, "event": text, "value": u32::MAX, "endpoint": text})
}
