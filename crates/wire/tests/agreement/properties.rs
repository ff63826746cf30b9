//! Properties of all bytes: decoding never panics, and a decoded message encodes to frames that decode to the same
//! message. Any message has a description, and a description of a part of it reports no fault that the whole does not have.

use std::sync::LazyLock;

use crate::{descriptions::assert_covers, reading::read, vectors::valid};
use proptest::{collection::vec, prelude::*, sample::select};
use wire::{Direction, Frames, Kept, Observed, describe};

const MESSAGES: [&str; 20] = [
    "tick",
    "burst",
    "request",
    "reply",
    "broadcast",
    "order",
    "outcome",
    "pack",
    "control",
    "monitor_event",
    "event",
    "command",
    "answer",
    "client_request",
    "client_reply",
    "worker_command",
    "broker_command",
    "ppp_worker",
    "ppp_queue",
    "peer_command",
];

const CHANNELS: [&str; 12] = [
    "",
    "ticks",
    "requests",
    "broadcasts",
    "orders",
    "results",
    "control",
    "commands",
    "jobs",
    "ppp",
    "monitor",
    "another",
];

const SOCKET_TYPES: [&str; 13] =
    ["REQ", "REP", "DEALER", "ROUTER", "PUB", "SUB", "XPUB", "XSUB", "PUSH", "PULL", "PAIR", "STREAM", ""];

/// The small reports of the vectors.
static REPORTS: LazyLock<Vec<Frames>> =
    LazyLock::new(|| valid("observe").into_iter().filter(|report| report.byte_len() < 2_000).collect());

/// Frames similar to real ones: right widths, right alphabets, commands.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..24),
        "[+]?[A-Z][A-Z0-9]{1,17}".prop_map(String::into_bytes),
        "\\w{0,34}".prop_map(String::into_bytes),
        "\\w{1,8}\u{1f}.{0,8}".prop_map(String::into_bytes),
        any::<f64>().prop_map(|value| value.to_le_bytes().to_vec()),
        vec(("[A-Z][A-Z0-9]{0,15}", any::<f64>(), any::<u64>()), 1..4).prop_map(|results| records(&results)),
        vec(any::<f64>(), 2..8).prop_map(|values| values.into_iter().flat_map(f64::to_le_bytes).collect()),
        any::<u64>().prop_map(|value| value.to_le_bytes().to_vec()),
        any::<i32>().prop_map(|value| value.to_le_bytes().to_vec()),
        (0_u8..12).prop_map(|command| vec![command]),
        (0x41_u8..0x44).prop_map(|command| vec![command]),
        "MDP[CW]0[12]|JOBZB1".prop_map(String::into_bytes),
        Just(Vec::new()),
        "\\{\"(do|got|refused)\":\"(done|[a-z]{0,5})\"(,\"reason\":\".{0,4}\")?\\}".prop_map(String::into_bytes),
        vec(any::<u8>(), 6),
    ]
}

/// Results as in a pack.
fn records(results: &[(String, f64, u64)]) -> Vec<u8> {
    let record = |(symbol, value, number): &(String, f64, u64)| {
        let mut padded = [0; 16];
        padded[..symbol.len()].copy_from_slice(symbol.as_bytes());
        [&padded[..], &value.to_le_bytes(), &number.to_le_bytes()].concat()
    };
    results.iter().flat_map(record).collect()
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

fn lengths(frames: &Frames) -> Vec<usize> {
    frames.iter().map(<[u8]>::len).collect()
}

/// The first frames and bytes of a message, and the length that the last of the frames has in it.
fn part(frames: &Frames, frames_max: usize, bytes_max: usize) -> (Frames, Option<usize>) {
    let mut kept = Frames::new();
    let mut last_frame_bytes = None;
    for frame in frames.iter().take(frames_max) {
        let room = bytes_max - kept.byte_len();
        kept.push(&frame[..frame.len().min(room)]);
        last_frame_bytes = Some(frame.len());
        if frame.len() > room {
            break;
        }
    }
    (kept, last_frame_bytes)
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

    #[test]
    fn any_frames_have_a_description(
        frames in vec(frame(), 0..12),
        channel in select(&CHANNELS[..]),
        socket_type in select(&SOCKET_TYPES[..]),
        direction in select(&[Direction::Sent, Direction::Received][..]),
        (frames_max, bytes_max) in (0_usize..12, 0_usize..64),
        is_length_known: bool,
    ) {
        let frames: Frames = frames.into_iter().collect();
        let channel = Some(channel).filter(|channel| !channel.is_empty());
        let observed = Observed { channel, socket_type, direction, message: Kept::whole(&frames) };
        let whole = describe(&observed);
        assert_covers(&whole.fields, &lengths(&frames), "whole");

        let (kept, last_frame_bytes) = part(&frames, frames_max, bytes_max);
        let last_frame_bytes = last_frame_bytes.filter(|_| is_length_known);
        let described = describe(&Observed { message: Kept::part(&kept, last_frame_bytes), ..observed });
        if let Some(fault) = described.fault {
            prop_assert_eq!(Some(fault.field), whole.fault.map(|fault| fault.field));
        }
        let mut lengths = lengths(&kept);
        if let (Some(length), Some(last)) = (last_frame_bytes, lengths.last_mut()) {
            *last = length;
        }
        assert_covers(&described.fields, &lengths, "part");
    }
}
