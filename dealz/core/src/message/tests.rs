use std::time::Duration;

use wire::{
    Direction::{Received, Sent},
    Frames,
};

use super::*;

/// A message of which a tap has kept all, or all but the end of the last frame.
fn view(socket: SocketId, direction: wire::Direction, frames: &[&[u8]], cut_bytes: usize) -> MessageView {
    let frames: Frames = frames.iter().collect();
    let last_frame_bytes = frames.iter().last().map_or(0, <[u8]>::len) + cut_bytes;
    message_view(
        socket,
        &Tapped {
            id: 7,
            at: SystemTime::UNIX_EPOCH + Duration::from_millis(1500),
            direction,
            frame_count: frames.len(),
            byte_count: frames.byte_len() + cut_bytes,
            frames,
            last_frame_bytes,
        },
    )
}

#[test]
fn a_message_is_shown_with_its_frames_and_fields() {
    let frames: [&[u8]; 3] = [b"MSFT", &1_416_182_400.75_f64.to_le_bytes(), &41.81_f64.to_le_bytes()];
    let view = view(SocketId::TickzSub, Received, &frames, 0);
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
    let view = view(SocketId::TickzSub, Received, &[b"msft"], 0);
    assert_eq!(view.fault.as_deref(), Some("symbol: a character that is not allowed"));
}

#[test]
fn each_socket_sees_the_messages_of_its_channel() {
    for (socket, direction, frame, name) in [
        (SocketId::TickzSub, Sent, &b"\x01MSFT"[..], "subscribe"),
        (SocketId::ChatzReq, Sent, b"ada", "keep-alive"),
        (SocketId::ChatzReq, Received, b"\x15no", "refusal"),
        (SocketId::ChatzSub, Received, b"ada\x1fhi", "broadcast"),
        (SocketId::ValuzPush, Sent, b"MSFT", "order"),
        (SocketId::ValuzPull, Received, b"\x02", "READY"),
        (SocketId::ValuzPub, Sent, b"\x01", "EXIT"),
        (SocketId::ValuzPub, Received, b"\0\x01", "unsubscribe"),
    ] {
        let view = view(socket, direction, &[frame], 0);
        assert_eq!((view.name.as_str(), view.page.as_str()), (name, socket.service()), "{socket}");
    }
}

#[test]
fn the_part_that_was_not_kept_is_counted_and_no_fault() {
    let view = view(SocketId::ValuzPub, Sent, &[&[3], &[0; 1000]], 64_536);
    assert_eq!((view.fault.as_deref(), view.name.as_str(), view.byte_count), (None, "REPEAT", 65_537));
    assert_eq!((view.frames[1].byte_count, view.frames[1].hex.len()), (65_536, 512));
    assert_eq!(view.fields[1].byte_count, 65_536);
}
