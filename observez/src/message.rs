//! A message of a tapped socket as text. Pure.

use std::io::{self, Write};

use jiff::{SignedDuration, Timestamp};
use wire::{
    plural,
    report::{Direction, MessageReport},
};

use crate::json::JsonMessage;

/// How many bytes of a frame are shown in one line.
const LINE_BYTES: usize = 16;

/// How many lines a frame has at most.
const LINES_MAX: usize = 16;

/// Writes a message: a head line, then its frames as hex and text. `missing` messages before it were not copied.
///
/// # Errors
/// The target cannot take it.
pub fn write(target: &mut Vec<u8>, report: &MessageReport, missing: u64) -> io::Result<()> {
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
    writeln!(target, "#{} {} {direction}: {frames}, {bytes}{cut}", header.number, time(header.time_ms))?;
    for (index, frame) in report.content.iter().enumerate() {
        write_frame(target, index, frame)?;
    }
    Ok(())
}

/// The message as an object.
#[must_use]
pub fn json(report: &MessageReport) -> JsonMessage<'_> {
    let hex = |frame: &[u8]| frame.iter().map(|byte| format!("{byte:02x}")).collect();
    JsonMessage {
        process: report.process,
        socket: &report.socket,
        header: &report.header,
        content: report.content.iter().map(hex).collect(),
    }
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
