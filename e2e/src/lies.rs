//! A reporter that lies: reports that are malformed, claim thousands of processes, speak in the names of others, and hold
//! markup and control characters.

use std::{io, ops::Range};

use rand::{Rng, RngExt as _, seq::IndexedRandom as _};
use serde_json::{Value, json};
use testkit::RawPeer;

/// How many lies are sent on a connection: a hub lets 4,000 reports and 16 MiB of one pass at once.
pub const LIES_OF_ONE: usize = 2_000;

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

/// Sends this many lies to a hub.
///
/// # Errors
/// The hub closes the connection, or does not read.
pub fn send(hub: &str, lies: usize, chance: &mut impl Rng, victims: &[String]) -> io::Result<()> {
    let mut left = lies;
    while left > 0 {
        let mut liar = RawPeer::connect(hub, "XPUB")?;
        for _ in 0..left.min(LIES_OF_ONE) {
            liar.send(&lie(chance, victims))?;
        }
        left = left.saturating_sub(LIES_OF_ONE);
    }
    Ok(())
}

/// A report that is malformed or a lie. In the names of `victims` there are some; there must be one.
///
/// # Panics
/// There is no victim.
pub fn lie(chance: &mut impl Rng, victims: &[String]) -> Vec<Vec<u8>> {
    let process = format!("{:016x}", chance.random_range(CLAIMED));
    let victim = victims.choose(chance).expect("there is a victim");
    let text = TEXTS.choose(chance).expect("there are texts");
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

/// A state of a process without sockets.
#[must_use]
pub fn state(process: &str) -> Value {
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
