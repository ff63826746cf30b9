//! A message sent or received, as the page shows it: its frames, and the fields that `wire` decodes from them.
//!
//! Names are those of `protocol-docs`. A malformed message shows its readable fields, and the fault that `wire` reports.
//!
//! - [`fields`]: the fields of one message, with their places in its frames
//! - [`words`]: values as readable text

mod fields;
mod words;

use std::{fmt::Write as _, time::SystemTime};

use sockets::tap::{self, Tapped};
use wire::{
    DecodeError, Fault, Frames, Symbol, Text, User, WorkerName,
    chat::{Broadcast, Reply, Request},
    tick::Tick,
    value::{Control, Order, Outcome},
};

use self::fields::Fields;
use crate::view::{Direction, FrameView, MessageView, SocketId};

/// The most bytes of a frame that are shown.
const HEX_BYTES_MAX: usize = 256;

/// A decoded message.
struct Decoded {
    name: &'static str,
    /// The page of `protocol-docs` and the heading there.
    place: (&'static str, &'static str),
    fields: Fields,
    fault: Option<DecodeError>,
}

/// The message as the page shows it.
pub(crate) fn message_view(socket: SocketId, tapped: &Tapped) -> MessageView {
    let decoded = decode(socket, tapped);
    let fault = decoded.fault.filter(|error| is_certain(error, tapped));
    MessageView {
        id: tapped.id,
        time_ms: tapped.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0,
        direction: match tapped.direction {
            tap::Direction::Sent => Direction::Sent,
            tap::Direction::Received => Direction::Received,
        },
        name: decoded.name.to_owned(),
        page: decoded.place.0.to_owned(),
        section: decoded.place.1.to_owned(),
        frames: (0..tapped.frames.len()).map(|index| frame_view(tapped, index)).collect(),
        frame_count: count(tapped.frame_count),
        byte_count: count(tapped.byte_count),
        fields: decoded.fields.into_views(),
        fault: fault.map(|error| error.to_string()),
    }
}

fn frame_view(tapped: &Tapped, index: usize) -> FrameView {
    let kept = tapped.frames.get(index).unwrap_or_default();
    let mut hex = String::with_capacity(2 * kept.len().min(HEX_BYTES_MAX));
    for byte in kept.iter().take(HEX_BYTES_MAX) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    let byte_count = if index + 1 == tapped.frames.len() { tapped.last_frame_bytes } else { kept.len() };
    FrameView { hex, byte_count: count(byte_count) }
}

/// Whether a fault is in the message itself and not due to the part that was not kept.
fn is_certain(error: &DecodeError, tapped: &Tapped) -> bool {
    tapped.is_whole() || !matches!(error.fault, Fault::Missing | Fault::Length { .. } | Fault::NotUtf8)
}

fn decode(socket: SocketId, tapped: &Tapped) -> Decoded {
    let frames = &tapped.frames;
    let fields = Fields::of(tapped);
    match (socket, tapped.direction) {
        (SocketId::TickzSub, tap::Direction::Received) => tick(frames, fields),
        (SocketId::ChatzReq, tap::Direction::Sent) => request(frames, fields),
        (SocketId::ChatzReq, tap::Direction::Received) => reply(frames, fields),
        (SocketId::ChatzSub, tap::Direction::Received) => broadcast(frames, fields),
        (SocketId::ValuzPush, tap::Direction::Sent) => order(frames, fields),
        (SocketId::ValuzPull, tap::Direction::Received) => outcome(frames, fields),
        (SocketId::ValuzPub, tap::Direction::Sent) => control(frames, fields),
        (SocketId::ValuzPub, tap::Direction::Received) => subscription(("valuz", "control"), frames, fields, |topic| {
            command(topic).unwrap_or_else(|_| words::hex(topic))
        }),
        (SocketId::TickzSub, tap::Direction::Sent) => subscription(("tickz", "Semantics"), frames, fields, words::text),
        (SocketId::ChatzSub, tap::Direction::Sent) => subscription(("chatz", "Semantics"), frames, fields, words::text),
        // These roles cannot send or receive that.
        _ => Decoded { name: "message", place: (socket.service(), "Messages"), fields, fault: None },
    }
}

fn tick(frames: &Frames, mut fields: Fields) -> Decoded {
    fields.frame(frames, 0, "symbol", symbol);
    fields.float(frames, 1, "timestamp", words::time);
    fields.float(frames, 2, "price", |price| format!("{} per share", words::number(price)));
    fields.unsigned(frames, 3, "sequence", |sequence| format!("number {sequence} of its symbol, from 0"));
    fields.ignored(frames, 4);
    Decoded { name: "tick", place: ("tickz", "tick"), fields, fault: Tick::decode(frames).err() }
}

fn request(frames: &Frames, mut fields: Fields) -> Decoded {
    said(frames, &mut fields);
    fields.unsigned(frames, 1, "roster_version", |version| match version {
        0 => "none".to_owned(),
        version => version.to_string(),
    });
    let request = Request::decode(frames);
    let leaves = matches!(&request, Ok(Request { leaves: true, .. }));
    if leaves {
        fields.part("leave", 2, 0..1, "the user leaves (U+0004)".to_owned());
    }
    fields.ignored(frames, if leaves { 3 } else { 2 });
    let name = match &request {
        Ok(Request { leaves: true, text: None, .. }) => "leave",
        Ok(Request { text: Some(_), .. }) => "say",
        Ok(_) => "keep-alive",
        Err(_) => "request",
    };
    Decoded { name, place: ("chatz", "request"), fields, fault: request.err() }
}

fn reply(frames: &Frames, mut fields: Fields) -> Decoded {
    let reply = Reply::decode(frames);
    let first = frames.get(0).unwrap_or_default();
    // As on the page: a version first, then a refusal, then users.
    let is_version = first.len() == 8 && first[7] == 0;
    if !is_version && first.first() == Some(&0x15) {
        fields.part("refused", 0, 0..1, "this is a refusal (U+0015)".to_owned());
        fields.part("refusal", 0, 1..first.len(), words::text(&first[1..]));
        fields.ignored(frames, 1);
    } else {
        if is_version {
            fields.unsigned(frames, 0, "roster_version", |version| {
                let unchanged = if frames.len() == 1 { ", unchanged" } else { "" };
                format!("{version}{unchanged}")
            });
        }
        for index in usize::from(is_version)..frames.len() {
            fields.frame(frames, index, "user", user);
        }
    }
    let name = match &reply {
        Ok(Reply::Refusal(_)) => "refusal",
        _ => "reply",
    };
    Decoded { name, place: ("chatz", "reply"), fields, fault: reply.err() }
}

fn broadcast(frames: &Frames, mut fields: Fields) -> Decoded {
    said(frames, &mut fields);
    fields.ignored(frames, 1);
    Decoded { name: "broadcast", place: ("chatz", "broadcast"), fields, fault: Broadcast::decode(frames).err() }
}

/// Frame 0 as `user` or as `user` U+001F `text`.
fn said(frames: &Frames, fields: &mut Fields) {
    let Some(first) = frames.get(0) else { return };
    let at = first.iter().position(|&byte| byte == 0x1f);
    let end = at.unwrap_or(first.len());
    fields.part("user", 0, 0..end, words::or_fault(user(&first[..end]), &first[..end]));
    if let Some(at) = at {
        fields.part("separator", 0, at..at + 1, "U+001F".to_owned());
        let text = &first[at + 1..];
        fields.part("text", 0, at + 1..first.len(), words::or_fault(said_text(text), text));
    }
}

fn order(frames: &Frames, mut fields: Fields) -> Decoded {
    fields.frame(frames, 0, "symbol", symbol);
    fields.frame(frames, 1, "action", |bytes| match *bytes {
        [0] => Ok("BUY".to_owned()),
        [1] => Ok("SELL".to_owned()),
        [value] => Err(Fault::Unknown { value }),
        _ => Err(Fault::Length { expected: 1, got: bytes.len() }),
    });
    fields.frame(frames, 2, "shares", |bytes| match <[u8; 4]>::try_from(bytes) {
        Ok(shares) => Ok(i32::from_le_bytes(shares).to_string()),
        Err(_) => Err(Fault::Length { expected: 4, got: bytes.len() }),
    });
    fields.float(frames, 3, "price", |price| format!("{} per share", words::number(price)));
    tail(frames, 4, &mut fields);
    Decoded { name: "order", place: ("valuz", "order"), fields, fault: Order::decode(frames).err() }
}

fn outcome(frames: &Frames, mut fields: Fields) -> Decoded {
    let outcome = Outcome::decode(frames);
    let name = match frames.get(0) {
        Some(&[0x02]) => {
            fields.frame(frames, 0, "command", |_| Ok("READY: the worker can take orders (0x02)".to_owned()));
            fields.frame(frames, 1, "worker", worker);
            fields.ignored(frames, 2);
            "READY"
        }
        Some(&[0x04]) => {
            fields.frame(frames, 0, "command", |_| Ok("report: the worker's progress (0x04)".to_owned()));
            fields.frame(frames, 1, "worker", worker);
            fields.unsigned(frames, 2, "done", |done| match done {
                1 => "1 order since its start".to_owned(),
                done => format!("{done} orders since its start"),
            });
            fields.ignored(frames, 3);
            "report"
        }
        Some(&[value]) => {
            fields.frame(frames, 0, "command", |_| Err(Fault::Unknown { value }));
            fields.ignored(frames, 1);
            "outcome"
        }
        _ => {
            fields.frame(frames, 0, "symbol", symbol);
            fields.float(frames, 1, "value", words::number);
            tail(frames, 2, &mut fields);
            "result"
        }
    };
    Decoded { name, place: ("valuz", "outcome"), fields, fault: outcome.err() }
}

fn control(frames: &Frames, mut fields: Fields) -> Decoded {
    let control = Control::decode(frames);
    fields.frame(frames, 0, "command", command);
    let name = match frames.get(0) {
        Some(&[0x00]) => "START",
        Some(&[0x01]) => "EXIT",
        Some(&[0x03]) => "REPEAT",
        _ => "control",
    };
    match name {
        "START" => fields.unsigned(frames, 1, "base", |base| format!("{base}, the number of the first order")),
        "REPEAT" => fields.frame(frames, 1, "numbers", words::numbers),
        _ => {}
    }
    fields.ignored(frames, if matches!(name, "START" | "REPEAT") { 2 } else { 1 });
    Decoded { name, place: ("valuz", "control"), fields, fault: control.err() }
}

/// A subscription as an `XPUB` receives it: a byte, and the topic.
fn subscription(
    place: (&'static str, &'static str),
    frames: &Frames,
    mut fields: Fields,
    say: impl FnOnce(&[u8]) -> String,
) -> Decoded {
    let first = frames.get(0).unwrap_or_default();
    let name = match first.first() {
        Some(1) => "subscribe",
        Some(0) => "unsubscribe",
        _ => "message",
    };
    if name == "message" {
        fields.ignored(frames, 0);
    } else {
        fields.part("subscription", 0, 0..1, format!("{name} ({})", first[0]));
        let topic = &first[1..];
        let topic_text = match topic {
            [] => "everything".to_owned(),
            topic => say(topic),
        };
        fields.part("topic", 0, 1..first.len(), topic_text);
        fields.ignored(frames, 1);
    }
    Decoded { name, place, fields, fault: None }
}

fn tail(frames: &Frames, from: usize, fields: &mut Fields) {
    for index in from..frames.len() {
        fields.frame(frames, index, "tail", |bytes| Ok(words::tail(bytes, index == from)));
    }
}

fn command(bytes: &[u8]) -> Result<String, Fault> {
    match *bytes {
        [0x00] => Ok("START: send the batch (0x00)".to_owned()),
        [0x01] => Ok("EXIT: the batch is done (0x01)".to_owned()),
        [0x03] => Ok("REPEAT: send these orders again (0x03)".to_owned()),
        [value] => Err(Fault::Unknown { value }),
        _ => Err(Fault::Length { expected: 1, got: bytes.len() }),
    }
}

fn symbol(bytes: &[u8]) -> Result<String, Fault> {
    Symbol::decode(bytes).map(|symbol| symbol.to_string()).map_err(|error| error.fault)
}

fn user(bytes: &[u8]) -> Result<String, Fault> {
    User::decode(bytes).map(|user| user.to_string()).map_err(|error| error.fault)
}

fn worker(bytes: &[u8]) -> Result<String, Fault> {
    WorkerName::decode(bytes).map(|worker| worker.to_string()).map_err(|error| error.fault)
}

fn said_text(bytes: &[u8]) -> Result<String, Fault> {
    Text::decode(bytes).map(|_| words::text(bytes)).map_err(|error| error.fault)
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
