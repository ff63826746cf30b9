//! A message sent or received, as the page shows it: its frames, and the fields that `wire` describes.

use std::{fmt::Write as _, time::SystemTime};

use sockets::Tapped;
use wire::{Field, Kept, Observed};

use crate::view::{Direction, FieldView, FrameView, MessageView, SocketId};

/// The most bytes of a frame that are shown.
const HEX_BYTES_MAX: usize = 256;

/// The message as the page shows it.
pub(crate) fn message_view(socket: SocketId, tapped: &Tapped) -> MessageView {
    let direction = match tapped.direction {
        wire::Direction::Sent => Direction::Sent,
        wire::Direction::Received => Direction::Received,
    };
    let description = wire::describe(&Observed {
        channel: Some(socket.channel().name),
        socket_type: socket.role().name(),
        direction: tapped.direction,
        message: kept(tapped),
    });
    MessageView {
        id: tapped.id,
        time_ms: tapped.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0,
        direction,
        name: description.name.to_owned(),
        page: description.place.map_or("", |place| place.page).to_owned(),
        section: description.place.map_or("", |place| place.section).to_owned(),
        frames: (0..tapped.frames.len()).map(|index| frame_view(tapped, index)).collect(),
        frame_count: count(tapped.frame_count),
        byte_count: count(tapped.byte_count),
        fields: description.fields.into_iter().map(field_view).collect(),
        fault: description.fault.map(|error| error.to_string()),
    }
}

fn kept(tapped: &Tapped) -> Kept<'_> {
    if tapped.is_whole() {
        Kept::whole(&tapped.frames)
    } else {
        Kept::part(&tapped.frames, Some(tapped.last_frame_bytes))
    }
}

fn field_view(Field { name, frame, bytes, words }: Field) -> FieldView {
    FieldView {
        name: name.to_owned(),
        value: words,
        frame: count(frame),
        start: count(bytes.start),
        byte_count: count(bytes.len()),
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

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
