//! Frames as bytes: numbers in the byte order of the protocols, and frames in words for a reason.

use wire::foreign;

/// One message: its frames.
pub type Frames = Vec<Vec<u8>>;

/// The bytes that a reason shows of one frame.
const SHOWN_BYTES_MAX: usize = 32;

/// The frames that a reason shows of one message.
const SHOWN_FRAMES_MAX: usize = 12;

/// Makes a message of frames of any kind.
pub fn frames<F: AsRef<[u8]>>(frames: impl IntoIterator<Item = F>) -> Frames {
    frames.into_iter().map(|frame| frame.as_ref().to_vec()).collect()
}

/// The number in a frame of 8 bytes, unsigned and little-endian; `None` if it has another width.
#[must_use]
pub fn u64_of(frame: &[u8]) -> Option<u64> {
    frame.try_into().ok().map(u64::from_le_bytes)
}

/// The number in a frame of 8 bytes, an IEEE 754 binary64, little-endian; `None` if it has another width.
#[must_use]
pub fn f64_of(frame: &[u8]) -> Option<f64> {
    frame.try_into().ok().map(f64::from_le_bytes)
}

/// The number in a frame of 4 bytes, in two's complement and little-endian; `None` if it has another width.
#[must_use]
pub fn i32_of(frame: &[u8]) -> Option<i32> {
    frame.try_into().ok().map(i32::from_le_bytes)
}

/// A frame in lower-case hex, cut if it is long.
#[must_use]
pub fn hex(frame: &[u8]) -> String {
    let shown: String = frame.iter().take(SHOWN_BYTES_MAX).map(|byte| format!("{byte:02x}")).collect();
    match frame.len() {
        0 => "-".to_owned(),
        length if length > SHOWN_BYTES_MAX => format!("{shown}… ({length} bytes)"),
        _ => shown,
    }
}

/// A message as a reason shows it: each frame in hex, `-` for an empty one.
#[must_use]
pub fn show(frames: &[Vec<u8>]) -> String {
    let mut shown: Vec<String> = frames.iter().take(SHOWN_FRAMES_MAX).map(|frame| hex(frame)).collect();
    if frames.len() > SHOWN_FRAMES_MAX {
        shown.push(format!("… ({} frames)", frames.len()));
    }
    format!("[{}]", shown.join(" "))
}

/// A frame of text as a reason shows it.
#[must_use]
pub fn text(frame: &[u8]) -> String {
    match std::str::from_utf8(frame) {
        Ok(text) => format!("\"{}\"", foreign(text).at_most(SHOWN_BYTES_MAX)),
        Err(_) => hex(frame),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_little_endian_and_have_one_width() {
        assert_eq!(u64_of(&[7, 0, 0, 0, 0, 0, 0, 1]), Some((1 << 56) + 7));
        assert_eq!(f64_of(&[0xa4, 0x70, 0x3d, 0x0a, 0xd7, 0xe3, 0x44, 0x40]), Some(41.78));
        assert_eq!(i32_of(&[0xfe, 0xff, 0xff, 0xff]), Some(-2));
        assert_eq!((u64_of(&[7]), f64_of(&[0; 9]), i32_of(&[])), (None, None, None));
    }

    #[test]
    fn a_message_is_shown_in_hex_and_cut() {
        assert_eq!(show(&frames([&b"MS"[..], b"", b"\x02"])), "[4d53 - 02]");
        assert_eq!(show(&frames([[0xab; 33]])), format!("[{}… (33 bytes)]", "ab".repeat(32)));
        assert_eq!(show(&frames([[1]; 13])), format!("[{} … (13 frames)]", ["01"; 12].join(" ")));
        assert_eq!((text("Ж\u{1b}".as_bytes()), text(b"\xff")), ("\"Ж\\u{1b}\"".to_owned(), "ff".to_owned()));
    }
}
