//! The vectors of `protocol-docs`: every message as bytes, valid and invalid.

use serde::Deserialize;
use serde_json::Value;

use super::Frames;

const FILES: [(&str, &str); 5] = [
    ("chatz", include_str!("../../../protocol-docs/vectors/chatz.json")),
    ("jobz", include_str!("../../../protocol-docs/vectors/jobz.json")),
    ("ppp", include_str!("../../../protocol-docs/vectors/ppp.json")),
    ("tickz", include_str!("../../../protocol-docs/vectors/tickz.json")),
    ("valuz", include_str!("../../../protocol-docs/vectors/valuz.json")),
];

/// One case of the vectors.
#[derive(Debug, Clone)]
pub struct Case {
    /// The case in words.
    pub name: String,
    /// Its bytes.
    pub frames: Frames,
    /// What a valid message means; null for an invalid one.
    pub meaning: Value,
    /// The field of an invalid message that is wrong; empty for a valid one.
    pub field: String,
}

#[derive(Deserialize)]
struct File {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    message: String,
    valid: Vec<Entry>,
    invalid: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    frames: Vec<String>,
    #[serde(default)]
    meaning: Value,
    #[serde(default)]
    field: String,
}

/// The cases of a protocol's message that a receiver must accept, such as those of `valuz` and `order`.
#[must_use]
pub fn valid(protocol: &str, message: &str) -> Vec<Case> {
    cases(protocol, message, |message| message.valid)
}

/// The cases that a receiver must refuse. A message without any frame is left out: it cannot be sent.
#[must_use]
pub fn invalid(protocol: &str, message: &str) -> Vec<Case> {
    let mut cases = cases(protocol, message, |message| message.invalid);
    cases.retain(|case| !case.frames.is_empty());
    cases
}

#[expect(clippy::expect_used, reason = "the vectors are part of the program, and a test reads all of them")]
fn cases(protocol: &str, message: &str, kind: impl FnOnce(Message) -> Vec<Entry>) -> Vec<Case> {
    let (_, text) = FILES.iter().find(|(name, _)| *name == protocol).expect("the protocol has vectors");
    let file: File = serde_json::from_str(text).expect("vectors are JSON of this form");
    let message = file.messages.into_iter().find(|entry| entry.message == message).expect("the message has vectors");
    let case = |Entry { name, frames, meaning, field }| {
        let frames = frames.iter().map(|hex| bytes(hex).expect("frames are in hex")).collect();
        Case { name, frames, meaning, field }
    };
    kind(message).into_iter().map(case).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) {
        return None;
    }
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vector_can_be_read() {
        let messages = [
            ("tickz", vec!["tick"]),
            ("chatz", vec!["request", "reply", "broadcast"]),
            ("valuz", vec!["order", "outcome", "control"]),
            ("jobz", vec!["client_request", "client_reply", "worker_command", "broker_command"]),
            ("ppp", vec!["ppp_worker", "ppp_queue"]),
        ];
        for (protocol, messages) in messages {
            for message in messages {
                let (valid, invalid) = (valid(protocol, message), invalid(protocol, message));
                assert!(valid.len() > 5 && invalid.len() > 5, "{protocol} {message}");
                assert!(valid.iter().all(|case| !case.meaning.is_null() && case.field.is_empty()));
                assert!(invalid.iter().all(|case| !case.field.is_empty() && !case.frames.is_empty()));
            }
        }
    }
}
