//! A message of a tapped socket as text. Pure.

use std::io::{self, Write};

use jiff::{SignedDuration, Timestamp};
use wire::{
    describe::{Description, Field, Kept, Observed, describe},
    plural,
    report::{Direction, MessageReport, SocketState},
};

use crate::json::{JsonField, JsonMessage};

/// How many bytes of a frame are shown in one line.
const LINE_BYTES: usize = 16;

/// How many lines a frame has at most.
const LINES_MAX: usize = 16;

/// Writes a message of this socket: a head line, then its fields if its protocol is known, otherwise its frames as hex and
/// text. `missing` messages before it were not copied.
///
/// # Errors
/// The target cannot take it.
pub fn write(
    target: &mut Vec<u8>,
    report: &MessageReport,
    missing: u64,
    socket: Option<&SocketState>,
) -> io::Result<()> {
    let header = &report.header;
    if missing > 0 {
        writeln!(target, "… {} not copied", plural(missing, "message"))?;
    }
    let direction = match header.direction {
        Direction::Sent => "sent",
        Direction::Received => "received",
    };
    let cut = if header.cut { ", cut" } else { "" };
    let (frames, bytes) = (plural(header.frames, "frame"), plural(header.bytes, "byte"));
    let description = description(report, socket);
    let (number, name) = (header.number, description.name);
    writeln!(target, "#{number} {} {direction} {name}: {frames}, {bytes}{cut}", time(header.time_ms))?;
    if description.place.is_some() {
        for Field { name, words, .. } in &description.fields {
            writeln!(target, "  {name:<18} {words}")?;
        }
    } else {
        for (index, frame) in report.content.iter().enumerate() {
            write_frame(target, index, frame)?;
        }
    }
    description.fault.map_or(Ok(()), |fault| writeln!(target, "  malformed: {fault}"))
}

/// The message as an object.
#[must_use]
pub fn json<'a>(report: &'a MessageReport, socket: Option<&SocketState>) -> JsonMessage<'a> {
    let hex = |frame: &[u8]| frame.iter().map(|byte| format!("{byte:02x}")).collect();
    let description = description(report, socket);
    let field = |field: Field| JsonField { name: field.name, frame: field.frame, value: field.words };
    JsonMessage {
        process: report.process,
        socket: &report.socket,
        header: &report.header,
        message: description.name,
        content: report.content.iter().map(hex).collect(),
        fields: description.fields.into_iter().map(field).collect(),
        malformed: description.fault.map(|fault| fault.to_string()),
    }
}

fn description(report: &MessageReport, socket: Option<&SocketState>) -> Description {
    describe(&Observed {
        channel: socket.and_then(|socket| socket.channel.as_ref()).map(|channel| channel.as_str()),
        socket_type: socket.map_or("", |socket| socket.kind.as_str()),
        direction: report.header.direction,
        message: Kept::from(report),
    })
}

fn write_frame(target: &mut Vec<u8>, index: usize, frame: &[u8]) -> io::Result<()> {
    let lines = frame.chunks(LINE_BYTES);
    let hidden = lines.len().saturating_sub(LINES_MAX);
    if frame.is_empty() {
        writeln!(target, "  {:>2}  empty", index + 1)?;
    }
    for (number, bytes) in lines.take(LINES_MAX).enumerate() {
        let place = if number == 0 { (index + 1).to_string() } else { String::new() };
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x} ")).collect();
        let printable = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
        let text: String = bytes.iter().map(printable).collect();
        writeln!(target, "  {place:>2}  {hex:<48} {text}")?;
    }
    if hidden > 0 {
        let left = (frame.len() - LINES_MAX * LINE_BYTES) as u64;
        writeln!(target, "      … and {} more", plural(left, "byte"))?;
    }
    Ok(())
}

/// A time as a date; in milliseconds beyond the calendar.
fn time(milliseconds: f64) -> String {
    let since = SignedDuration::try_from_secs_f64(milliseconds / 1000.0).ok();
    let time = since.and_then(|since| Timestamp::from_duration(since).ok());
    time.map_or_else(|| milliseconds.to_string(), |time| format!("{time:.3}"))
}
