//! Properties of all bytes: decoding never panics, and a decoded message encodes to frames that decode to the same message.

use crate::reading::read;
use proptest::{collection::vec, prelude::*};
use wire::Frames;

const MESSAGES: [&str; 8] = ["tick", "request", "reply", "broadcast", "order", "outcome", "control", "monitor_event"];

/// Frames similar to real ones: right widths, right alphabets, commands.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..24),
        "[A-Z][A-Z0-9]{1,17}".prop_map(String::into_bytes),
        "\\w{0,34}".prop_map(String::into_bytes),
        "\\w{1,8}\u{1f}.{0,8}".prop_map(String::into_bytes),
        any::<f64>().prop_map(|value| value.to_le_bytes().to_vec()),
        any::<u64>().prop_map(|value| value.to_le_bytes().to_vec()),
        any::<i32>().prop_map(|value| value.to_le_bytes().to_vec()),
        (0_u8..6).prop_map(|command| vec![command]),
        vec(any::<u8>(), 6),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_frames_decode_to_a_stable_message_or_an_error(frames in vec(frame(), 0..12)) {
        let frames: Frames = frames.into_iter().collect();
        for message in MESSAGES {
            if let Ok((meaning, again)) = read(message, &frames) {
                let (same_meaning, same_frames) = read(message, &again).expect("an encoded message decodes");
                prop_assert_eq!(meaning, same_meaning);
                prop_assert_eq!(again, same_frames);
            }
        }
    }
}
