//! Descriptions word for word: every protocol from both peers, messages that no protocol knows, and messages of which
//! only a part was kept.

use wire::{
    Description, Direction,
    Direction::{Received, Sent},
    Frames, Kept, Observed, describe,
    report::{MessageHeader, MessageReport, ProcessId},
};

fn seen(channel: &str, socket_type: &str, direction: Direction, frames: &[&[u8]]) -> Description {
    let channel = Some(channel).filter(|channel| !channel.is_empty());
    let frames: Frames = frames.iter().collect();
    describe(&Observed { channel, socket_type, direction, message: Kept::whole(&frames) })
}

/// The name, and each field as `name: words`.
fn words(description: &Description) -> (&'static str, Vec<String>) {
    (description.name, description.fields.iter().map(|field| format!("{}: {}", field.name, field.words)).collect())
}

fn assert_words(description: &Description, name: &str, fields: &[&str]) {
    assert_eq!(words(description), (name, fields.iter().map(ToString::to_string).collect()));
}

#[test]
fn a_tick_reads_as_on_its_page() {
    let frames: [&[u8]; 4] =
        [b"MSFT", &1_416_182_400.75_f64.to_le_bytes(), &41.81_f64.to_le_bytes(), &7_u64.to_le_bytes()];
    let fields = [
        "symbol: MSFT",
        "timestamp: 2014-11-17T00:00:00.750Z (1416182400.75 s since 1970)",
        "price: 41.81 per share",
        "sequence: number 7 of its symbol, from 0",
    ];
    assert_words(&seen("ticks", "SUB", Received, &frames), "tick", &fields);
    assert_words(&seen("ticks", "XPUB", Sent, &frames), "tick", &fields);
}

#[test]
fn a_malformed_tick_shows_its_readable_fields_and_the_fault() {
    let tick = seen("ticks", "SUB", Received, &[b"msft", &[0; 7]]);
    assert_eq!(tick.fault.unwrap().to_string(), "symbol: a character that is not allowed");
    let fields =
        ["symbol: msft (a character that is not allowed)", "timestamp: 00000000000000 (has 7 bytes instead of 8)"];
    assert_words(&tick, "tick", &fields);
}

#[test]
fn a_text_is_two_fields_and_their_separator_in_one_frame() {
    let said = "Жанна\u{1f}hi\u{1b}".as_bytes();
    let say = seen("requests", "REQ", Sent, &[said, &0_u64.to_le_bytes()]);
    assert_words(&say, "say", &["user: Жанна", "separator: U+001F", "text: hi\\u{1b}", "roster_version: none"]);
    let places: Vec<_> = say.fields.iter().map(|field| (field.frame, field.bytes.clone())).collect();
    assert_eq!(places, [(0, 0..10), (0, 10..11), (0, 11..14), (1, 0..8)]);
    assert_words(&seen("requests", "REP", Received, &[b"ada"]), "keep-alive", &["user: ada"]);
    let leave = seen("requests", "REQ", Sent, &[b"ada", &7_u64.to_le_bytes(), b"\x04"]);
    assert_words(&leave, "leave", &["user: ada", "roster_version: 7", "leaves: the user leaves (U+0004)"]);
    let broadcast = seen("broadcasts", "PUB", Sent, &[b"ada\x1fhi", b"\x07"]);
    assert_words(&broadcast, "broadcast", &["user: ada", "separator: U+001F", "text: hi", "ignored: 07"]);
}

#[test]
fn replies_distinguish_versions_users_and_refusals() {
    let version = 21_u64.to_le_bytes();
    let reply = |frames: &[&[u8]]| seen("requests", "REQ", Received, frames);
    assert_words(&reply(&[&version]), "reply", &["roster_version: 21, unchanged"]);
    assert_words(&reply(&[&version, b"ada", b"bob"]), "reply", &["roster_version: 21", "user: ada", "user: bob"]);
    let refusal = ["refused: this is a refusal (U+0015)", "refusal: the room is full"];
    assert_words(&reply(&[b"\x15the room is full"]), "refusal", &refusal);
}

#[test]
fn an_envelope_is_in_front_where_the_socket_has_one() {
    let id = b"\0\x80\0\0\x29";
    let said = ["user: ada", "separator: U+001F", "text: hi"];
    let request = seen("requests", "ROUTER", Received, &[id, &[1, 0, 0, 0], b"", b"ada\x1fhi"]);
    let envelope = ["routing_id: 0x0080000029", "request_id: 0x01000000", "delimiter: empty"];
    assert_words(&request, "say", &[&envelope[..], &said].concat());
    let reply = seen("requests", "ROUTER", Sent, &[b"desk", b"", b"ada"]);
    assert_words(&reply, "reply", &["routing_id: desk", "delimiter: empty", "user: ada"]);
    assert_words(
        &seen("requests", "DEALER", Sent, &[b"", b"ada\x1fhi"]),
        "say",
        &[&["delimiter: empty"][..], &said].concat(),
    );

    let bare = seen("requests", "ROUTER", Received, &[id, b"ada"]);
    assert_words(&bare, "keep-alive", &["routing_id: 0x0080000029", "user: ada"]);
    assert_eq!(bare.fault.unwrap().to_string(), "delimiter: missing");
    let refusal = seen("requests", "ROUTER", Sent, &[id, b"\x15delimiter: missing"]);
    assert_eq!((refusal.name, refusal.fault), ("refusal", None));
}

#[test]
fn orders_outcomes_and_control_read_in_words() {
    let number = ((1_416_182_400_250_u64 << 22) | 3).to_le_bytes();
    let order: [&[u8]; 5] = [b"MSFT", &[1], &100_i32.to_le_bytes(), &41.78_f64.to_le_bytes(), &number];
    let fields = [
        "symbol: MSFT",
        "action: SELL",
        "shares: 100",
        "price: 41.78 per share",
        "tail: order 3 of batch 1416182400250",
    ];
    assert_words(&seen("orders", "PUSH", Sent, &order), "order", &fields);
    assert_words(&seen("orders", "PULL", Received, &order), "order", &fields);

    let outcome = |frames: &[&[u8]]| seen("results", "PULL", Received, frames);
    let ready = ["command: READY: the worker can take orders (0x02)", "worker: rust:host:7"];
    assert_words(&outcome(&[&[2], b"rust:host:7"]), "READY", &ready);
    assert_words(&seen("results", "PUSH", Sent, &[&[2], b"rust:host:7"]), "READY", &ready);
    let report = ["command: report: the worker's progress (0x04)", "worker: c:a:1", "done: 42 orders since its start"];
    assert_words(&outcome(&[&[4], b"c:a:1", &42_u64.to_le_bytes()]), "report", &report);
    let result = ["symbol: MSFT", "value: -4178", "tail: order 3 of batch 1416182400250"];
    assert_words(&outcome(&[b"MSFT", &(-4178.0_f64).to_le_bytes(), &number]), "result", &result);
    assert_eq!(outcome(&[&[9]]).fault.unwrap().to_string(), "command: unknown value 0x09");

    let start = ["command: START: send the batch (0x00)", "base: 7, the number of the first order"];
    assert_words(&seen("control", "XPUB", Sent, &[&[0], &7_u64.to_le_bytes()]), "START", &start);
    let repeat = ["command: REPEAT: send these orders again (0x03)", "numbers: order 3"];
    assert_words(&seen("control", "SUB", Received, &[&[3], &3_u64.to_le_bytes()]), "REPEAT", &repeat);
    let all = seen("control", "SUB", Received, &[&[3], &[0; 8 * 8192]]);
    assert!(all.fields[1].words.starts_with("8192 orders: order 0, order 0, "), "{all:?}");
}

#[test]
fn subscriptions_are_sent_by_subscribers_and_received_by_publishers() {
    let fields = ["subscription: subscribe (1)", "topic: MSFT"];
    assert_words(&seen("ticks", "SUB", Sent, &[b"\x01MSFT"]), "subscribe", &fields);
    assert_words(&seen("ticks", "XPUB", Received, &[b"\x01MSFT"]), "subscribe", &fields);
    assert_words(&seen("", "XSUB", Sent, &[b"\x01MSFT"]), "subscribe", &fields);
    let exit = ["subscription: subscribe (1)", "topic: EXIT: the batch is done (0x01)"];
    assert_words(&seen("control", "PUB", Received, &[&[1, 1]]), "subscribe", &exit);
    let all = ["subscription: unsubscribe (0)", "topic: everything"];
    assert_words(&seen("broadcasts", "SUB", Sent, &[b"\0"]), "unsubscribe", &all);
    // An XSUB can send anything.
    assert_words(&seen("control", "XPUB", Received, &[b"xyz"]), "message", &["frame: xyz"]);
}

#[test]
fn a_message_that_no_protocol_knows_is_text_or_hex() {
    let json = "{\"state\":\n\"up\"}";
    let frames: [&[u8]; 4] = ["Жанна".as_bytes(), json.as_bytes(), &[0xff, 1], b""];
    let fields = ["frame: Жанна", "frame: {\"state\":\\n\"up\"}", "frame: 0xff01", "frame: empty"];
    let pair = seen("", "PAIR", Sent, &frames);
    assert_words(&pair, "message", &fields);
    assert_eq!((pair.place, pair.fault), (None, None));
    assert_words(&seen("another", "PUB", Sent, &frames), "message", &fields);
    // A channel's socket of a type that the channel does not have.
    assert_words(&seen("ticks", "PAIR", Sent, &[b"MSFT"]), "message", &["frame: MSFT"]);
}

#[test]
fn an_unknown_request_has_its_envelope_if_the_type_shows_it() {
    let id = b"\0\x80\0\0\x29";
    let routed = |frames: &[&[u8]]| seen("", "ROUTER", Received, frames);
    let fields = ["routing_id: 0x0080000029", "delimiter: empty", "frame: GET"];
    assert_words(&routed(&[id, b"", b"GET"]), "message", &fields);
    let fields = ["routing_id: desk", "request_id: 0x010000ff", "delimiter: empty", "frame: GET"];
    assert_words(&routed(&[b"desk", &[1, 0, 0, 255], b"", b"GET"]), "message", &fields);
    let fields = ["routing_id: desk", "frame: request", "frame: empty", "frame: GET"];
    assert_words(&routed(&[b"desk", b"request", b"", b"GET"]), "message", &fields);
    assert_words(&seen("", "DEALER", Sent, &[b"", b"GET"]), "message", &["delimiter: empty", "frame: GET"]);
    assert_words(&seen("", "REQ", Sent, &[b"GET", b""]), "message", &["frame: GET", "frame: empty"]);
}

#[test]
#[cfg(target_endian = "little")]
fn an_event_of_a_monitor_reads_in_words() {
    let event = seen("monitor", "PAIR", Received, &[&[4, 0, 0xb7, 0, 0, 0], b"tcp://127.0.0.1:9003"]);
    let fields = ["event: CONNECT_RETRIED (0x0004)", "value: retry in 183 ms", "endpoint: tcp://127.0.0.1:9003"];
    assert_words(&event, "monitor_event", &fields);
}

#[test]
fn the_part_that_was_not_kept_is_not_a_fault() {
    let part = |channel, socket_type, frames: &[&[u8]], last_frame_bytes| {
        let frames: Frames = frames.iter().collect();
        let message = Kept::part(&frames, last_frame_bytes);
        describe(&Observed { channel: Some(channel), socket_type, direction: Received, message })
    };
    let repeat = part("control", "SUB", &[&[3], &[0; 20]], Some(65_536));
    assert_eq!((repeat.name, repeat.fault), ("REPEAT", None));
    assert_eq!(repeat.fields[1].bytes, 0..65_536);
    assert_eq!(repeat.fields[1].words, format!("{}…: the first of 65536 bytes", "00".repeat(16)));
    assert_eq!(part("control", "SUB", &[&[3], &[0; 20]], None).fields[1].bytes, 0..20);
    let reply = part("requests", "REQ", &[&b"ada"[..]; 64], Some(3));
    assert_eq!((reply.fault, reply.fields.len()), (None, 64));
    // What is kept shows a fault that no further byte can mend.
    let reply = part("requests", "REQ", &[b"a b", b"ada"], Some(3));
    assert_eq!(reply.fault.unwrap().to_string(), "user: a character that is not allowed");
}

#[test]
fn a_report_shows_what_was_kept_of_the_last_frame() {
    for (frames, bytes, cut, content, last_frame_bytes) in [
        (2, 9, false, vec![1, 8], 8),
        (2, 65_537, true, vec![1, 104], 65_536),
        // Frames are missing, and there was room for more bytes of the last one.
        (3, 65_537, true, vec![1, 104], 104),
        // The last one may be cut, and its length is not known.
        (3, 65_537, true, vec![1, 16_383], 16_383),
    ] {
        let header = MessageHeader { number: 0, time_ms: 0.0, direction: Sent, frames, bytes, cut };
        let content = content.into_iter().map(|length| vec![3; length]).collect();
        let report = MessageReport { process: ProcessId(7), socket: "control.pub".parse().unwrap(), header, content };
        let message = Kept::from(&report);
        let description =
            describe(&Observed { channel: Some("control"), socket_type: "XPUB", direction: Sent, message });
        assert_eq!((description.name, description.fault.is_some()), ("REPEAT", false), "{report:?}");
        assert_eq!(description.fields[1].bytes, 0..last_frame_bytes, "{report:?}");
        assert_eq!(description.fields[1].words.contains(" bytes"), cut && last_frame_bytes != 104, "{report:?}");
    }
}
