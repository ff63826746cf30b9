//! A multipart message as one sequence of bytes, to be kept in a file
//! ([50/MME](https://rfc.zeromq.org/spec/50/)): each frame is its length and its bytes. A length below 255 is one byte; others
//! are `0xff` and a `u32` in big-endian.

use crate::Frames;

/// The first byte of a long frame.
const LONG: u8 = 0xff;

/// Adds the frames at the end of `bytes`; `false`, and nothing is added, if one of them is longer than 4 GiB.
#[must_use]
pub fn encode(frames: &Frames, bytes: &mut Vec<u8>) -> bool {
    let start = bytes.len();
    for frame in frames.iter() {
        let Ok(length) = u32::try_from(frame.len()) else {
            bytes.truncate(start);
            return false;
        };
        match u8::try_from(length) {
            Ok(short) if short < LONG => bytes.push(short),
            _ => {
                bytes.push(LONG);
                bytes.extend(length.to_be_bytes());
            }
        }
        bytes.extend(frame);
    }
    true
}

/// Reads all bytes as frames; `None` if the last one is not complete.
#[must_use]
pub fn decode(mut bytes: &[u8]) -> Option<Frames> {
    let mut frames = Frames::new();
    while let Some((&first, rest)) = bytes.split_first() {
        let (length, rest) = if first == LONG {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::try_from(u32::from_be_bytes(*length)).ok()?, rest)
        } else {
            (usize::from(first), rest)
        };
        let (frame, rest) = rest.split_at_checked(length)?;
        frames.push(frame);
        bytes = rest;
    }
    Some(frames)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn encoded(frames: &Frames) -> Vec<u8> {
        let mut bytes = Vec::new();
        assert!(encode(frames, &mut bytes));
        bytes
    }

    #[test]
    fn a_frame_of_255_bytes_has_the_long_form() {
        let frames: Frames = [vec![], vec![7; 254], vec![8; 255]].into_iter().collect();
        let bytes = encoded(&frames);
        assert_eq!((bytes[..2].to_vec(), bytes[256..261].to_vec()), (vec![0, 254], vec![0xff, 0, 0, 0, 255]));
        assert_eq!(decode(&bytes), Some(frames));
        assert_eq!(decode(&[]), Some(Frames::new()));
        assert_eq!(decode(&[0xff, 0, 0, 0, 1, 9]), Some([[9]].into_iter().collect()));
        for cut in [&[1][..], &[0xff], &[0xff, 0, 0, 0], &[0xff, 0, 0, 0, 1], &[0xff, 0xff, 0xff, 0xff, 0xff]] {
            assert_eq!(decode(cut), None, "{cut:?}");
        }
    }

    proptest! {
        #[test]
        fn frames_are_the_same_after_it(frames in vec(vec(any::<u8>(), 0..600), 0..8)) {
            let frames: Frames = frames.into_iter().collect();
            prop_assert_eq!(decode(&encoded(&frames)), Some(frames));
        }

        #[test]
        fn any_bytes_are_frames_or_nothing(bytes in vec(any::<u8>(), 0..600)) {
            if let Some(frames) = decode(&bytes) {
                prop_assert_eq!(decode(&encoded(&frames)), Some(frames));
            }
        }
    }
}
