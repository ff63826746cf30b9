use std::{fs, path::Path};

use serde_json::Value;
use sockets::tap::Direction::{Received, Sent};

use super::*;

/// The socket and direction of each message of the vectors.
const PLACES: [(&str, &str, SocketId, tap::Direction); 7] = [
    ("tickz", "tick", SocketId::TickzSub, Received),
    ("chatz", "request", SocketId::ChatzReq, Sent),
    ("chatz", "reply", SocketId::ChatzReq, Received),
    ("chatz", "broadcast", SocketId::ChatzSub, Received),
    ("valuz", "order", SocketId::ValuzPush, Sent),
    ("valuz", "outcome", SocketId::ValuzPull, Received),
    ("valuz", "control", SocketId::ValuzPub, Sent),
];

fn documents(name: &str) -> String {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol-docs"));
    fs::read_to_string(folder.join(name)).unwrap()
}

/// A message as a tap keeps it.
fn tapped(direction: tap::Direction, frames: &[Vec<u8>]) -> Tapped {
    let whole: Frames = frames.iter().collect();
    let mut kept = Frames::new();
    let mut last_frame_bytes = 0;
    for frame in frames.iter().take(tap::FRAMES_MAX) {
        let room = tap::BYTES_MAX - kept.byte_len();
        last_frame_bytes = frame.len();
        kept.push(&frame[..frame.len().min(room)]);
        if frame.len() > room {
            break;
        }
    }
    Tapped {
        id: 7,
        at: SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1500),
        direction,
        frames: kept,
        frame_count: whole.len(),
        byte_count: whole.byte_len(),
        last_frame_bytes,
    }
}

fn view(socket: SocketId, direction: tap::Direction, frames: &[&[u8]]) -> MessageView {
    let frames: Vec<Vec<u8>> = frames.iter().map(|frame| frame.to_vec()).collect();
    message_view(socket, &tapped(direction, &frames))
}

/// Each field as `name: value`.
fn fields(view: &MessageView) -> Vec<String> {
    view.fields.iter().map(|field| format!("{}: {}", field.name, field.value)).collect()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap().as_bytes();
    hex.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// All vectors of a message: the name, the frames, and the field at fault.
fn vectors(page: &str, message: &str) -> Vec<(String, Vec<Vec<u8>>, Option<String>)> {
    let document: Value = serde_json::from_str(&documents(&format!("vectors/{page}.json"))).unwrap();
    let messages = document["messages"].as_array().unwrap();
    let found = messages.iter().find(|found| found["message"] == message).unwrap();
    let both = ["valid", "invalid"].into_iter().flat_map(|kind| found[kind].as_array().unwrap());
    both.map(|vector| {
        let frames = vector["frames"].as_array().unwrap().iter().map(bytes).collect();
        (vector["name"].to_string(), frames, vector["field"].as_str().map(str::to_owned))
    })
    .collect()
}

#[test]
fn every_vector_has_fields_within_its_frames_or_a_fault() {
    for (page, message, socket, direction) in PLACES {
        for (name, frames, fault) in vectors(page, message) {
            let tapped = tapped(direction, &frames);
            let view = message_view(socket, &tapped);
            assert!(view.fault.is_some() || !view.fields.is_empty(), "{name}");
            let reported = view.fault.as_ref().map(|fault| fault.split(": ").next().unwrap().to_owned());
            if tapped.is_whole() {
                assert_eq!(reported, fault, "{name}");
            } else {
                assert!(reported.is_none() || reported == fault, "{name}");
            }
            assert!(view.frames.len() <= 64 && view.frames.iter().all(|frame| frame.hex.len() <= 512), "{name}");
            assert_eq!(view.frame_count as usize, frames.len(), "{name}");
            for field in &view.fields {
                let frame = &frames[field.frame as usize];
                assert!((field.start + field.byte_count) as usize <= frame.len(), "{name}: {field:?}");
                assert_eq!(view.frames[field.frame as usize].byte_count as usize, frame.len(), "{name}");
                assert!(!field.value.is_empty() && !field.value.contains(char::is_control), "{name}: {field:?}");
            }
            // Every byte has a meaning.
            let covered: u32 = view.fields.iter().map(|field| field.byte_count).sum();
            let shown: u32 = view.frames.iter().map(|frame| frame.byte_count).sum();
            assert_eq!(covered, shown, "{name}: {:?}", view.fields);
        }
    }
}

#[test]
fn sections_are_headings_of_their_pages() {
    for (page, message, socket, direction) in PLACES {
        let document = documents(&format!("{page}.md"));
        for (name, frames, _) in vectors(page, message) {
            let view = message_view(socket, &tapped(direction, &frames));
            assert_eq!((view.page.as_str(), view.section.as_str()), (page, message), "{name}");
            assert!(document.lines().any(|line| line == format!("### {}", view.section)), "{name}");
        }
    }
    let view = view(SocketId::TickzSub, Sent, &[b"x"]);
    assert!(documents("tickz.md").lines().any(|line| line == format!("## {}", view.section)));
}

#[test]
fn a_tick_reads_as_on_its_page() {
    let frames: [&[u8]; 4] =
        [b"MSFT", &1_416_182_400.75_f64.to_le_bytes(), &41.81_f64.to_le_bytes(), &7_u64.to_le_bytes()];
    let view = view(SocketId::TickzSub, Received, &frames);
    assert_eq!(
        fields(&view),
        [
            "symbol: MSFT",
            "timestamp: 2014-11-17T00:00:00.750Z (1416182400.75 s since 1970)",
            "price: 41.81 per share",
            "sequence: number 7 of its symbol, from 0"
        ]
    );
    assert_eq!((view.name.as_str(), view.id, view.time_ms), ("tick", 7, 1500.0));
    assert_eq!((view.direction, view.frame_count, view.byte_count), (Direction::Received, 4, 28));
    assert_eq!(view.frames[0], FrameView { hex: "4d534654".to_owned(), byte_count: 4 });
    assert_eq!(view.fault, None);
}

#[test]
fn a_malformed_tick_shows_its_readable_fields_and_the_fault() {
    let view = view(SocketId::TickzSub, Received, &[b"msft", &[0; 7]]);
    assert_eq!(view.fault.as_deref(), Some("symbol: a character that is not allowed"));
    assert_eq!(
        fields(&view),
        ["symbol: msft (a character that is not allowed)", "timestamp: 00000000000000 (has 7 bytes instead of 8)"]
    );
}

#[test]
fn a_text_is_two_fields_and_their_separator_in_one_frame() {
    let view = view(SocketId::ChatzReq, Sent, &["Жанна\u{1f}hi\u{1b}".as_bytes(), &0_u64.to_le_bytes()]);
    assert_eq!(fields(&view), ["user: Жанна", "separator: U+001F", "text: hi\\u{1b}", "roster_version: none"]);
    let places: Vec<_> = view.fields.iter().map(|field| (field.frame, field.start, field.byte_count)).collect();
    assert_eq!(places, [(0, 0, 10), (0, 10, 1), (0, 11, 3), (1, 0, 8)]);
    assert_eq!(view.name, "say");
    assert_eq!(self::view(SocketId::ChatzReq, Sent, &[b"ada"]).name, "keep-alive");
    let leave = self::view(SocketId::ChatzReq, Sent, &[b"ada", &7_u64.to_le_bytes(), b"\x04"]);
    assert_eq!((leave.name.as_str(), fields(&leave)[2].as_str()), ("leave", "leave: the user leaves (U+0004)"));
}

#[test]
fn replies_distinguish_versions_users_and_refusals() {
    let version = 21_u64.to_le_bytes();
    let unchanged = view(SocketId::ChatzReq, Received, &[&version]);
    assert_eq!(fields(&unchanged), ["roster_version: 21, unchanged"]);
    let changed = view(SocketId::ChatzReq, Received, &[&version, b"ada", b"bob"]);
    assert_eq!(fields(&changed), ["roster_version: 21", "user: ada", "user: bob"]);
    let refusal = view(SocketId::ChatzReq, Received, &[b"\x15the room is full"]);
    assert_eq!(fields(&refusal), ["refused: this is a refusal (U+0015)", "refusal: the room is full"]);
    assert_eq!(refusal.name, "refusal");
}

#[test]
fn orders_outcomes_and_control_read_in_words() {
    let number = ((1_416_182_400_250_u64 << 22) | 3).to_le_bytes();
    let frames: [&[u8]; 5] = [b"MSFT", &[1], &100_i32.to_le_bytes(), &41.78_f64.to_le_bytes(), &number];
    assert_eq!(
        fields(&view(SocketId::ValuzPush, Sent, &frames)),
        [
            "symbol: MSFT",
            "action: SELL",
            "shares: 100",
            "price: 41.78 per share",
            "tail: order 3 of batch 1416182400250"
        ]
    );
    let ready = view(SocketId::ValuzPull, Received, &[&[2], b"rust:host:7"]);
    assert_eq!(ready.name, "READY");
    assert_eq!(fields(&ready), ["command: READY: the worker can take orders (0x02)", "worker: rust:host:7"]);
    let report = view(SocketId::ValuzPull, Received, &[&[4], b"rust:host:7", &42_u64.to_le_bytes()]);
    assert_eq!((report.name.as_str(), fields(&report)[2].as_str()), ("report", "done: 42 orders since its start"));
    let result = view(SocketId::ValuzPull, Received, &[b"MSFT", &(-4178.0_f64).to_le_bytes(), &number]);
    assert_eq!((result.name.as_str(), fields(&result)[1].as_str()), ("result", "value: -4178"));
    let unknown = view(SocketId::ValuzPull, Received, &[&[9]]);
    assert_eq!(unknown.fault.as_deref(), Some("command: unknown value 0x09"));
    let start = view(SocketId::ValuzPub, Sent, &[&[0], &7_u64.to_le_bytes()]);
    assert_eq!((start.name.as_str(), fields(&start)[1].as_str()), ("START", "base: 7, the number of the first order"));
    let repeat = view(SocketId::ValuzPub, Sent, &[&[3], &[3, 0, 0, 0, 0, 0, 0, 0]]);
    assert_eq!((repeat.name.as_str(), fields(&repeat)[1].as_str()), ("REPEAT", "numbers: order 3"));
}

#[test]
fn a_publisher_receives_subscriptions() {
    let subscribe = view(SocketId::ValuzPub, Received, &[&[1, 1]]);
    assert_eq!(fields(&subscribe), ["subscription: subscribe (1)", "topic: EXIT: the batch is done (0x01)"]);
    let unsubscribe = view(SocketId::ValuzPub, Received, &[&[0]]);
    assert_eq!(fields(&unsubscribe), ["subscription: unsubscribe (0)", "topic: everything"]);
    assert_eq!(fields(&view(SocketId::ValuzPub, Received, &[b"xyz"])), ["ignored: 78797a"]);
    assert_eq!(view(SocketId::ValuzPub, Received, &[&[1; 200]]).fields[1].byte_count, 199);
}

#[test]
fn a_subscriber_sends_subscriptions() {
    let subscribe = view(SocketId::TickzSub, Sent, &[b"\x01MSFT"]);
    assert_eq!((subscribe.name.as_str(), subscribe.page.as_str()), ("subscribe", "tickz"));
    assert_eq!(fields(&subscribe), ["subscription: subscribe (1)", "topic: MSFT"]);
    let all = view(SocketId::ChatzSub, Sent, &[b"\x01"]);
    assert_eq!((all.page.as_str(), fields(&all)[1].as_str()), ("chatz", "topic: everything"));
    let unsubscribe = view(SocketId::TickzSub, Sent, &[b"\x00MSFT"]);
    assert_eq!((unsubscribe.name.as_str(), fields(&unsubscribe)[1].as_str()), ("unsubscribe", "topic: MSFT"));
}

#[test]
fn the_part_that_was_not_kept_is_not_a_fault() {
    let numbers = vec![0; 8 * 8192];
    let repeat = view(SocketId::ValuzPub, Sent, &[&[3], &numbers]);
    assert_eq!((repeat.fault.as_deref(), repeat.name.as_str(), repeat.byte_count), (None, "REPEAT", 65_537));
    assert_eq!(repeat.frames[1].byte_count, 65_536);
    assert_eq!(repeat.fields[1].byte_count, 65_536);
    let users = vec!["ada".as_bytes(); 10_000];
    let reply = view(SocketId::ChatzReq, Received, &users);
    assert_eq!((reply.fault.as_deref(), reply.frames.len(), reply.frame_count), (None, 64, 10_000));
}
