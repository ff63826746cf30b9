//! One multipart message in one reusable buffer.
//!
//! All frames are stored end to end in a single `Vec<u8>`, so a loop that sends or receives millions of messages
//! through one `Frames` allocates only until it has held the largest.

use std::fmt;

/// A multipart message: a list of frames of any length.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Frames {
    /// The frames' bytes, end to end.
    bytes: Vec<u8>,
    /// The end of each frame in `bytes`.
    ends: Vec<usize>,
}

impl Frames {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), ends: Vec::new() }
    }

    /// Removes all frames and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Adds a frame at the end.
    #[inline]
    pub fn push(&mut self, frame: &[u8]) {
        self.bytes.extend_from_slice(frame);
        self.ends.push(self.bytes.len());
    }

    /// Adds one frame made of several parts.
    pub fn push_parts(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.ends.push(self.bytes.len());
    }

    /// Adds all frames of another message at the end.
    pub fn append(&mut self, other: &Self) {
        self.append_from(other, 0);
    }

    /// Adds the other message's frames from `index` on at the end; none if it has fewer.
    pub fn append_from(&mut self, other: &Self, index: usize) {
        let (Some(ends), Some(begin)) = (other.ends.get(index..), other.start_of(index)) else { return };
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes[begin..]);
        self.ends.extend(ends.iter().map(|end| start + end - begin));
    }

    /// Moves the first frame to `first`, whose bytes it replaces; `false` if there is none.
    pub fn take_first(&mut self, first: &mut Vec<u8>) -> bool {
        let Some(&end) = self.ends.first() else { return false };
        first.clear();
        first.extend_from_slice(&self.bytes[..end]);
        self.bytes.copy_within(end.., 0);
        self.bytes.truncate(self.bytes.len() - end);
        self.ends.remove(0);
        self.ends.iter_mut().for_each(|other| *other -= end);
        true
    }

    /// Keeps only the first `count` frames.
    pub fn truncate(&mut self, count: usize) {
        self.ends.truncate(count);
        self.bytes.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// The number of frames.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no frame at all (one empty frame counts as a frame).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The total length of all frames in bytes.
    #[must_use]
    pub const fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// The total length of the frames from `index` on; 0 if there are fewer.
    #[must_use]
    pub fn byte_len_from(&self, index: usize) -> usize {
        self.start_of(index).map_or(0, |start| self.bytes.len() - start)
    }

    /// The frame at `index`, counted from 0.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        Some(&self.bytes[self.start_of(index)?..end])
    }

    /// Where the frame at `index` begins; `None` if there is no frame before it.
    #[inline]
    fn start_of(&self, index: usize) -> Option<usize> {
        if index == 0 { Some(0) } else { self.ends.get(index - 1).copied() }
    }

    /// The frames in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let frame = &self.bytes[start..end];
            start = end;
            frame
        })
    }

    /// At most the first `bytes_max` bytes as hex, a space between frames, for a log line.
    #[must_use]
    pub fn hex(&self, bytes_max: usize) -> String {
        use fmt::Write as _;
        let mut text = String::new();
        let mut left = bytes_max;
        for (index, frame) in self.iter().enumerate() {
            if index > 0 {
                text.push(' ');
            }
            if frame.is_empty() {
                text.push('-');
            }
            for byte in frame.iter().take(left) {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
            }
            if frame.len() > left {
                text.push('…');
                break;
            }
            left -= frame.len();
        }
        text
    }
}

impl fmt::Debug for Frames {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Frames[{}]", self.hex(256))
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Frames {
    fn from_iter<I: IntoIterator<Item = T>>(frames: I) -> Self {
        let mut all = Self::new();
        frames.into_iter().for_each(|frame| all.push(frame.as_ref()));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_as_they_were_put() {
        let frames: Frames = [&b"MSFT"[..], b"", b"\x01\x02"].into_iter().collect();
        assert_eq!(frames.len(), 3);
        assert_eq!(frames.get(0), Some(&b"MSFT"[..]));
        assert_eq!(frames.get(1), Some(&b""[..]));
        assert_eq!(frames.get(3), None);
        assert_eq!(frames.iter().collect::<Vec<_>>(), [&b"MSFT"[..], b"", b"\x01\x02"]);
    }

    #[test]
    fn frames_are_appended_from_any_index_on() {
        let other: Frames = ["a", "bb", "", "ccc"].into_iter().collect();
        for index in 0..6 {
            let mut frames: Frames = ["zz"].into_iter().collect();
            frames.append_from(&other, index);
            let expected: Frames = [&b"zz"[..]].into_iter().chain(other.iter().skip(index)).collect();
            assert_eq!(frames, expected, "from {index}");
        }
    }

    #[test]
    fn the_length_of_the_last_frames_is_that_of_their_bytes() {
        let frames: Frames = ["a", "bb", "", "ccc"].into_iter().collect();
        assert_eq!([0, 1, 2, 3, 4, 5].map(|index| frames.byte_len_from(index)), [6, 5, 3, 3, 0, 0]);
    }

    #[test]
    fn the_first_frame_is_taken_and_the_others_stay() {
        let mut frames: Frames = ["a", "bb", "ccc"].into_iter().collect();
        let mut first = b"before".to_vec();
        assert!(frames.take_first(&mut first));
        assert_eq!((first.as_slice(), &frames), (&b"a"[..], &["bb", "ccc"].into_iter().collect()));
        assert!(!Frames::new().take_first(&mut first));
    }

    #[test]
    fn truncate_keeps_the_first_frames() {
        let mut frames: Frames = ["a", "bb", "ccc"].into_iter().collect();
        frames.truncate(1);
        frames.push(b"d");
        assert_eq!(frames, ["a", "d"].into_iter().collect());
    }

    #[test]
    fn hex_is_bounded_and_marks_that_it_was_cut() {
        let frames: Frames = [&[0xab; 3][..], &[], &[0xcd; 100]].into_iter().collect();
        assert_eq!(frames.hex(5), "ababab - cdcd…");
    }
}
