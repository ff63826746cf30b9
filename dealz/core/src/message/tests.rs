use wire::{
    Direction::{Received, Sent},
    Frames,
    report::{MessageHeader, ProcessId},
};

use super::*;

/// A message of which a report has all, or all but the end of the last frame.
fn report(direction: wire::Direction, frames: &[&[u8]], cut_bytes: u64) -> MessageReport {
    let content: Frames = frames.iter().collect();
    let header = MessageHeader {
        number: 7,
        time_ms: 1500.0,
        direction,
        frames: content.len() as u64,
        bytes: content.byte_len() as u64 + cut_bytes,
        cut: cut_bytes > 0,
    };
    MessageReport { process: ProcessId(1), socket: "a".parse().unwrap(), header, content }
}

fn received_tick(frames: &[&[u8]]) -> MessageView {
    message_view(&report(Received, frames, 0), "SUB", Some("ticks"))
}

#[test]
fn a_message_is_shown_with_its_frames_and_fields() {
    let frames: [&[u8]; 3] = [b"MSFT", &1_416_182_400.75_f64.to_le_bytes(), &41.81_f64.to_le_bytes()];
    let view = received_tick(&frames);
    assert_eq!((view.name.as_str(), view.page.as_str(), view.section.as_str()), ("tick", "tickz", "tick"));
    assert_eq!((view.id, view.time_ms, view.direction), (7, 1500.0, Direction::Received));
    assert_eq!((view.frame_count, view.byte_count, view.frames.len()), (3, 20, 3));
    assert_eq!(view.frames[0], FrameView { hex: "4d534654".to_owned(), byte_count: 4 });
    let price =
        FieldView { name: "price".to_owned(), value: "41.81 per share".to_owned(), frame: 2, start: 0, byte_count: 8 };
    assert_eq!((view.fields.len(), &view.fields[2]), (3, &price));
    assert_eq!(view.fault, None);
}

#[test]
fn a_malformed_message_has_its_fault() {
    let view = received_tick(&[b"msft"]);
    assert_eq!(view.fault.as_deref(), Some("symbol: a character that is not allowed"));
}

#[test]
fn each_socket_sees_the_messages_of_its_channel() {
    for (channel, socket_type, direction, frame, name, page) in [
        ("ticks", "SUB", Sent, &b"\x01MSFT"[..], "subscribe", "tickz"),
        ("requests", "REQ", Sent, b"ada", "keep-alive", "chatz"),
        ("requests", "ROUTER", Received, b"ada", "request", "chatz"),
        ("broadcasts", "SUB", Received, b"ada\x1fhi", "broadcast", "chatz"),
        ("orders", "PUSH", Sent, b"MSFT", "order", "valuz"),
        ("results", "PULL", Received, b"\x02", "READY", "valuz"),
        ("control", "XPUB", Sent, b"\x01", "EXIT", "valuz"),
        ("control", "XPUB", Received, b"\0\x01", "unsubscribe", "valuz"),
        ("readings", "PAIR", Sent, b"21.5", "message", ""),
    ] {
        let view = message_view(&report(direction, &[frame], 0), socket_type, Some(channel));
        assert_eq!((view.name.as_str(), view.page.as_str()), (name, page), "{channel}");
    }
}

#[test]
fn a_message_of_an_unknown_channel_is_shown_as_text() {
    let view = message_view(&report(Sent, &[b"hello", b"\0"], 0), "", None);
    assert_eq!((view.fields.len(), view.fields[0].value.contains("hello"), view.fault), (2, true, None));
}

#[test]
fn the_part_that_was_not_kept_is_counted_and_no_fault() {
    let view = message_view(&report(Sent, &[&[3], &[0; 1000]], 64_536), "XPUB", Some("control"));
    assert_eq!((view.fault.as_deref(), view.name.as_str(), view.byte_count), (None, "REPEAT", 65_537));
    assert_eq!((view.frames[1].byte_count, view.frames[1].hex.len()), (65_536, 512));
    assert_eq!(view.fields[1].byte_count, 65_536);
}

#[test]
fn a_message_whose_bytes_are_withheld_has_counts_and_no_frames() {
    let mut report = report(Sent, &[], 20);
    report.header.frames = 3;
    let view = message_view(&report, "PUB", Some("ticks"));
    assert_eq!((view.frame_count, view.byte_count, view.frames.len(), view.fault), (3, 20, 0, None));
}
