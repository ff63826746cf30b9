//! A message of a socket, as the page shows it: its frames, and the fields that `wire` describes.

use std::fmt::Write as _;

use wire::{
    Field, Kept, Observed,
    report::{self, MessageReport},
};

use crate::view::{Direction, FieldView, FrameView, MessageView};

/// The most bytes of a frame that are shown.
const HEX_BYTES_MAX: usize = 256;

/// The message as the page shows it, of a socket of this type and channel. Without a channel that `wire` knows, its fields
/// are its frames as hex and text.
pub(crate) fn message_view(report: &MessageReport, socket_type: &str, channel: Option<&str>) -> MessageView {
    let header = &report.header;
    let direction = match header.direction {
        report::Direction::Sent => Direction::Sent,
        report::Direction::Received => Direction::Received,
    };
    let description =
        wire::describe(&Observed { channel, socket_type, direction: header.direction, message: Kept::from(report) });
    MessageView {
        id: header.number,
        time_ms: header.time_ms,
        direction,
        name: description.name.to_owned(),
        page: description.place.map_or("", |place| place.page).to_owned(),
        section: description.place.map_or("", |place| place.section).to_owned(),
        frames: (0..report.content.len()).map(|index| frame_view(report, index)).collect(),
        frame_count: count(header.frames),
        byte_count: count(header.bytes),
        fields: description.fields.into_iter().map(field_view).collect(),
        fault: description.fault.map(|error| error.to_string()),
    }
}

fn field_view(Field { name, frame, bytes, words }: Field) -> FieldView {
    FieldView {
        name: name.to_owned(),
        value: words,
        frame: count(frame as u64),
        start: count(bytes.start as u64),
        byte_count: count(bytes.len() as u64),
    }
}

fn frame_view(report: &MessageReport, index: usize) -> FrameView {
    let kept = report.content.get(index).unwrap_or_default();
    let mut hex = String::with_capacity(2 * kept.len().min(HEX_BYTES_MAX));
    for byte in kept.iter().take(HEX_BYTES_MAX) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    // If no frame is missing, it is the last one that is cut.
    let is_last = index as u64 + 1 == report.header.frames;
    let missing = report.header.bytes.saturating_sub(report.content.byte_len() as u64);
    FrameView { hex, byte_count: count((kept.len() as u64).saturating_add(if is_last { missing } else { 0 })) }
}

fn count(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
