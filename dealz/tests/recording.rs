//! The recording that is played: where a page gets it, and what it costs.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use std::{
    fs,
    io::{Read as _, Write as _},
};

use dealz_core::view::{Recorded, Update};
use serde_json::json;
use support::{Desk, ask, dealz, limited, next};
use tempfile::NamedTempFile;

const MIB: usize = 1024 * 1024;

/// A recording of one snapshot and `blanks` bytes that mean nothing.
fn recording(blanks: usize) -> (NamedTempFile, String) {
    let snapshot = Recorded::Update { update: Update { snapshot: true, ..Update::default() } };
    let text = format!("{}\n{}\n", serde_json::to_string(&snapshot).unwrap(), " ".repeat(blanks));
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), &text).unwrap();
    (file, text)
}

fn play(file: &NamedTempFile, arguments: &[&str]) -> Desk {
    let mut command = dealz(&["--web", "127.0.0.1:0", "--play"]);
    command.arg(file.path()).args(arguments);
    Desk::spawn(command)
}

#[test]
fn a_page_gets_it_by_http_and_not_on_its_socket() {
    let (file, text) = recording(0);
    for arguments in [&[][..], &["--web-view-only"]] {
        let desk = play(&file, arguments);
        let answer = desk.get("/recording", "");
        assert_eq!((answer.status, answer.body), (200, text.clone()));
        for line in ["content-type: text/plain; charset=utf-8", "cache-control: no-store", "connection: close"] {
            assert!(answer.head.contains(line), "{line} in {}", answer.head);
        }
        let refused = ask(&mut desk.socket(), 1, &json!({"do": "recording"})).unwrap();
        assert_eq!(refused["refusal"]["refused"], "notNow", "{refused}");
    }
}

#[test]
fn that_of_a_scene_is_for_pages_that_may_control() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("recordings")).unwrap();
    fs::write(folder.path().join("a scene.md"), "# A\n").unwrap();
    let (_file, text) = recording(0);
    let path = folder.path().join("recordings/a scene.jsonl");
    fs::write(&path, &text).unwrap();
    fs::write(folder.path().join("secret.jsonl"), &text).unwrap();
    let serve = |arguments: &[&str]| {
        let mut command = dealz(&["--web", "127.0.0.1:0", "--scenes"]);
        command.arg(folder.path()).args(arguments);
        Desk::spawn(command)
    };
    let desk = serve(&[]);
    let answer = desk.get("/recording/a%20scene", "");
    assert_eq!((answer.status, answer.body), (200, text));
    assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    for other in ["b", "..%2Fsecret", "%2e%2e%2fsecret", "a%20scene.jsonl", "%ff"] {
        let answer = desk.get(&format!("/recording/{other}"), "");
        assert!([400, 404].contains(&answer.status), "{other}: {} {}", answer.status, answer.body);
    }
    let play = |id, scene: &str| {
        let mut page = desk.socket();
        ask(&mut page, id, &json!({ "do": "play", "scene": scene })).unwrap()
    };
    assert_eq!(play(1, "a scene")["reply"]["got"], "done");
    let refused = ask(&mut desk.socket(), 2, &json!({ "do": "recording", "scene": "a scene" })).unwrap();
    assert_eq!(refused["refusal"]["reason"], "recordings are at /recording", "{refused}");

    // One of another version is refused with its line, by the command and to the page.
    fs::write(&path, "{\"kind\":\"update\",\"update\":{\"timeMs\":1}}\n").unwrap();
    let reason = "a scene.jsonl: line 1: missing field";
    let answer = desk.get("/recording/a%20scene", "");
    assert!(answer.status == 404 && answer.body.contains(reason), "{}", answer.body);
    let refused = play(3, "a scene");
    assert!(refused["refusal"]["reason"].as_str().unwrap().contains(reason), "{refused}");

    assert_eq!(serve(&["--web-view-only"]).get("/recording/a%20scene", "").status, 403);
}

#[test]
fn more_pages_than_the_usual_limit_of_open_files_allows_can_be_open() {
    let (file, _) = recording(0);
    let mut command = dealz(&["--web", "127.0.0.1:0", "--play"]);
    command.arg(file.path());
    let desk = Desk::spawn(limited("-S -n 48", &command));
    let mut pages: Vec<_> = (0..60).map(|_| desk.socket()).collect();
    assert!(pages.iter_mut().all(|page| next(page).unwrap()["hello"]["mode"] == "play"));
}

#[test]
fn it_needs_the_token_like_all_else() {
    let (file, text) = recording(0);
    let desk = play(&file, &["--token", "sixteen-letters-"]);
    assert_eq!(desk.get("/recording", "").status, 403);
    assert_eq!(desk.get("/recording?token=sixteen-letters-", "").body, text);
    assert_eq!(desk.get("/recording?token=sixteen-letters-", "Origin: http://evil.example\r\n").status, 403);
    assert_eq!(Desk::start().get("/recording", "").status, 404);
}

#[test]
fn a_recording_that_was_cut_by_a_crash_plays_and_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.jsonl");
    let record = || {
        let mut command = dealz(&["--web", "127.0.0.1:0", "--record"]);
        command.arg(&path);
        Desk::spawn(command)
    };
    let desk = record();
    testkit::eventually("a snapshot is in the file", || {
        fs::read_to_string(&path).unwrap().contains("\"snapshot\":true")
    });
    desk.program.kill();
    let first = fs::read(&path).unwrap();

    let desk = record();
    desk.program.wait_for_log("this recording exists already: it is left alone");
    let second = folder.path().join("talk-2.jsonl");
    testkit::eventually("the second has a file", || {
        fs::read_to_string(&second).is_ok_and(|text| text.contains("snapshot"))
    });
    desk.program.kill();
    assert_eq!(fs::read(&path).unwrap(), first);

    for path in [&path, &second] {
        let mut command = dealz(&["--web", "127.0.0.1:0", "--play"]);
        command.arg(path);
        assert_eq!(Desk::spawn(command).get("/recording", "").status, 200);
    }
}

#[test]
fn all_pages_read_the_one_in_memory() {
    let (file, text) = recording(16 * MIB);
    let desk = play(&file, &[]);
    let before = desk.program.resident_bytes();
    let readers: Vec<_> = (0..16)
        .map(|_| {
            let mut stream = desk.stream();
            write!(stream, "GET /recording HTTP/1.1\r\nHost: {}\r\n\r\n", desk.address).unwrap();
            // It is on its way.
            stream.read_exact(&mut [0]).unwrap();
            stream
        })
        .collect();
    let grown = desk.program.resident_bytes().saturating_sub(before);
    assert!(grown < 16 * MIB as u64, "{grown} bytes more");
    for mut stream in readers {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.ends_with(text.as_bytes()));
    }
}
