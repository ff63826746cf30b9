//! `protocol-docs/vectors/*.json` and this crate agree, case by case.

use std::{fs, path::Path};

use crate::reading::{hex, read, unhex};
use serde_json::Value;
use wire::Frames;

/// A message of the vectors.
pub(crate) struct Vector {
    pub(crate) message: String,
    pub(crate) label: String,
    pub(crate) frames: Frames,
    /// The invalid field and the fault's word; `None` if the message is valid.
    pub(crate) fault: Option<(String, String)>,
}

/// The vectors of one file.
pub(crate) fn vectors(protocol: &str) -> Vec<Vector> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let mut vectors = Vec::new();
    for message in file(protocol)["messages"].as_array().unwrap() {
        for kind in ["valid", "invalid"] {
            vectors.extend(message[kind].as_array().unwrap().iter().map(|case| Vector {
                message: word(&message["message"]),
                label: format!("{}: {}", message["message"], case["name"]),
                frames: frames(&case["frames"]),
                fault: (kind == "invalid").then(|| (word(&case["field"]), word(&case["fault"]))),
            }));
        }
    }
    vectors
}

fn file(protocol: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../protocol-docs/vectors/{protocol}.json"));
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(file["protocol"], protocol);
    file
}

/// The messages that a decoder must accept.
pub(crate) fn valid(protocol: &str) -> Vec<Frames> {
    vectors(protocol).into_iter().filter(|vector| vector.fault.is_none()).map(|vector| vector.frames).collect()
}

/// Checks one file and returns how many cases it holds.
fn check(protocol: &str) -> usize {
    let file = file(protocol);
    let mut cases = 0;
    for message in file["messages"].as_array().unwrap() {
        let name = message["message"].as_str().unwrap();
        for case in message["valid"].as_array().unwrap() {
            let label = format!("{name}: {}", case["name"]);
            let (meaning, again) =
                read(name, &frames(&case["frames"])).unwrap_or_else(|error| panic!("{label}: {error}"));
            // As text, so that -0.0 is not 0.0.
            assert_eq!(meaning.to_string(), case["meaning"].to_string(), "{label}");
            let expected = if case["reencoded"].is_null() { &case["frames"] } else { &case["reencoded"] };
            assert_eq!(Value::from(again.iter().map(hex).collect::<Vec<_>>()), *expected, "{label}");
            cases += 1;
        }
        for case in message["invalid"].as_array().unwrap() {
            let label = format!("{name}: {}", case["name"]);
            let error = read(name, &frames(&case["frames"])).err().unwrap_or_else(|| panic!("{label}: accepted"));
            assert_eq!(
                (error.field, error.fault.code()),
                (case["field"].as_str().unwrap(), case["fault"].as_str().unwrap()),
                "{label}"
            );
            cases += 1;
        }
    }
    cases
}

fn frames(list: &Value) -> Frames {
    list.as_array().unwrap().iter().map(|frame| unhex(frame.as_str().unwrap())).collect()
}

#[test]
fn tickz_vectors() {
    assert!(check("tickz") > 20);
}

#[test]
fn chatz_vectors() {
    assert!(check("chatz") > 60);
}

#[test]
fn valuz_vectors() {
    assert!(check("valuz") > 60);
}

#[test]
fn observe_vectors() {
    assert!(check("observe") > 130);
}

#[test]
fn desk_vectors() {
    assert!(check("desk") > 50);
}

#[test]
fn jobz_vectors() {
    assert!(check("jobz") > 90);
}

#[test]
fn ppp_vectors() {
    assert!(check("ppp") > 25);
}

#[test]
#[cfg(target_endian = "little")]
fn monitor_vectors() {
    assert!(check("monitor") > 15);
}
