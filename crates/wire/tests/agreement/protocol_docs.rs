//! Every worked example in `protocol-docs/*.md` is a message of this crate, and encodes to the same bytes again.
//!
//! An example is a fenced block ```` ```frames MESSAGE ````; each line is a frame in hex, with a comment after `;`,
//! and `-` is an empty frame. A line that begins with `{` is a frame of text. Indented lines continue a frame.

use std::{fs, mem, path::Path};

use crate::reading::{read, unhex};
use wire::Frames;

pub(crate) struct Example {
    pub(crate) place: String,
    pub(crate) message: String,
    pub(crate) frames: Frames,
}

/// The text of a page.
pub(crate) fn page(document: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol-docs").join(document);
    fs::read_to_string(path).unwrap()
}

/// The worked examples of a page.
pub(crate) fn examples(document: &str) -> Vec<Example> {
    let page = page(document);
    let mut examples = Vec::new();
    let mut open: Option<Example> = None;
    let (mut frame, mut is_text) = (Vec::new(), false);
    let mut lines = page.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        if let Some(message) = line.trim().strip_prefix("```frames ") {
            let place = format!("{document}:{}", index + 1);
            open = Some(Example { place, message: message.trim().to_owned(), frames: Frames::new() });
        } else if line.trim() == "```" {
            examples.extend(open.take());
        } else if let Some(example) = &mut open {
            if !line.starts_with(' ') {
                is_text = line.starts_with('{');
            }
            if is_text {
                frame.extend(line.trim().as_bytes());
            } else {
                let digits = line.split(';').next().unwrap_or_default().trim();
                frame.extend(if digits == "-" { Vec::new() } else { unhex(digits) });
            }
            if lines.peek().is_none_or(|(_, next)| !next.starts_with(' ')) {
                example.frames.push(&mem::take(&mut frame));
            }
        }
    }
    examples
}

#[test]
fn every_worked_example_decodes_and_encodes_to_itself() {
    for (document, messages) in [
        ("tickz.md", &["tick", "burst"][..]),
        ("chatz.md", &["request", "reply", "broadcast"]),
        ("valuz.md", &["order", "outcome", "pack", "control"]),
        ("monitor.md", &["monitor_event"]),
        ("observe.md", &["state", "event", "message"]),
        ("desk.md", &["command", "answer"]),
        ("ppp.md", &["ppp_worker", "ppp_queue"]),
        ("jobz.md", &["client_request", "client_reply", "worker_command", "broker_command", "peer_command"]),
    ] {
        let examples = examples(document);
        for message in messages {
            assert!(examples.iter().any(|example| example.message == *message), "{document} shows no {message}");
        }
        for Example { place, message, frames } in examples {
            let (_, again) = read(&message, &frames).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(again, frames, "{place}");
        }
    }
}
