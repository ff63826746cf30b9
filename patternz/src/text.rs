//! Frames as text: every pattern writes numbers in digits and names in letters, so that a person
//! can read them in the wire view.

use wire::{Frames, foreign};

/// A frame as text that is safe to show.
pub fn text(frame: &[u8]) -> String {
    foreign(&String::from_utf8_lossy(frame)).to_string()
}

/// All frames as text that is safe to show.
pub fn texts(frames: &Frames) -> String {
    frames.iter().map(text).collect::<Vec<_>>().join(" | ")
}

/// The number that a frame has in digits, as all programs here write it.
pub fn number(frame: Option<&[u8]>) -> Option<u64> {
    std::str::from_utf8(frame?).ok()?.parse().ok()
}
