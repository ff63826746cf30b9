//! Properties of all bytes: decoding never panics, and a decoded message encodes to frames that decode to the same message.

use std::sync::LazyLock;

use crate::{reading::read, vectors::valid};
use proptest::{collection::vec, prelude::*};
use wire::Frames;

const MESSAGES: [&str; 9] =
    ["tick", "request", "reply", "broadcast", "order", "outcome", "control", "monitor_event", "event"];

/// The small reports of the vectors.
static REPORTS: LazyLock<Vec<Frames>> =
    LazyLock::new(|| valid("observe").into_iter().filter(|report| report.byte_len() < 2_000).collect());

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

/// What decodes encodes to frames that decode to the same.
fn is_stable_or_an_error(message: &str, frames: &Frames) -> Result<(), TestCaseError> {
    if let Ok((meaning, again)) = read(message, frames) {
        let same = read(message, &again);
        let (same_meaning, same_frames) = same.map_err(|error| TestCaseError::fail(format!("encoded: {error}")))?;
        prop_assert_eq!(meaning, same_meaning);
        prop_assert_eq!(again, same_frames);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_frames_decode_to_a_stable_message_or_an_error(frames in vec(frame(), 0..12)) {
        let frames: Frames = frames.into_iter().collect();
        for message in MESSAGES {
            is_stable_or_an_error(message, &frames)?;
        }
    }

    #[test]
    fn a_report_with_bytes_changed_decodes_to_a_stable_report_or_an_error(
        which in any::<prop::sample::Index>(),
        changes in vec((any::<prop::sample::Index>(), 0_usize..4, "[0-9a-z{}\\[\\]\",:.\\\\-]{0,3}"), 1..4),
    ) {
        let mut parts: Vec<Vec<u8>> = which.get(&REPORTS).iter().map(<[u8]>::to_vec).collect();
        for (place, removed, inserted) in changes {
            let at = place.index(parts[1].len());
            let end = parts[1].len().min(at + removed);
            parts[1].splice(at..end, inserted.bytes());
        }
        is_stable_or_an_error("state", &parts.into_iter().collect())?;
    }
}
