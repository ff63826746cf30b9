//! Commands from other processes: a real desk, the real `dealz do`, and peers that are neither.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sockets::KeyPair;
use support::{Desk, Socket, dealz, next_with};
use testkit::{Finished, Peer, Program, RawPeer, Stopwatch, peer};

/// More than enough for a command that is refused or answered at once.
const SOON: Duration = Duration::from_secs(4);

/// `dealz do …` to the desk at `endpoint`, with such a security.
fn ask_with(endpoint: &str, security: &[&str], command: &[&str]) -> Finished {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dealz"));
    program.args([&["do"], command, &["--commands", endpoint], security].concat());
    Program::spawn(program).finish()
}

fn ask(endpoint: &str, command: &[&str]) -> Finished {
    ask_with(endpoint, &[], command)
}

/// Asserts that a command is done.
fn done(endpoint: &str, command: &[&str]) {
    let finished = ask(endpoint, command);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "done\n"), "{command:?}: {finished:?}");
}

/// The reason why a command is not executed.
fn refused(endpoint: &str, command: &[&str]) -> String {
    let finished = ask(endpoint, command);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""), "{command:?}: {finished:?}");
    finished.stderr
}

/// The next update of a page for which `wanted` returns something.
fn until<T>(page: &mut Socket, wanted: impl Fn(&Value) -> Option<T>) -> T {
    let deadline = Instant::now() + testkit::BOUND;
    loop {
        let update = next_with(page, "update").unwrap();
        if let Some(found) = wanted(&update) {
            return found;
        }
        assert!(Instant::now() < deadline, "not in time; the last update is {update}");
    }
}

/// What a REQ or DEALER gets for these frames.
fn answer(peer: &Peer, frames: &[&[u8]]) -> Vec<Vec<u8>> {
    peer.send(frames);
    peer.receive()
}

fn json_of(frames: &[Vec<u8>]) -> Value {
    serde_json::from_slice(frames.last().unwrap()).unwrap()
}

#[test]
fn a_terminal_starts_suspends_and_stops_what_the_desk_runs() {
    let desk = Desk::start();
    let endpoint = desk.program.endpoint("commands");
    let mut page = desk.socket();
    let mut state_is = |id: &str, wanted: &str| {
        until(&mut page, |update| {
            let processes = update["processes"].as_array()?;
            let process = processes.iter().find(|process| process["id"] == id)?;
            (process["state"]["is"] == wanted).then_some(())
        });
    };
    done(&endpoint, &["start", "tickz"]);
    state_is("tickz", "running");
    assert!(refused(&endpoint, &["start", "tickz"]).contains("refused: tickz: it is running already"));
    done(&endpoint, &["suspend", "tickz"]);
    state_is("tickz", "suspended");
    done(&endpoint, &["resume", "tickz"]);
    state_is("tickz", "running");
    done(&endpoint, &["kill", "tickz"]);
    state_is("tickz", "ended");
    done(&endpoint, &["restart", "tickz"]);
    state_is("tickz", "running");
    done(&endpoint, &["stop", "tickz"]);
    state_is("tickz", "ended");
    done(&endpoint, &["workers", "2"]);
    state_is("worker-2", "running");
    done(&endpoint, &["kill", "worker-2"]);
    state_is("worker-2", "ended");
    let refusal = refused(&endpoint, &["start", "nothing"]);
    assert!(refusal.contains("refused: id: there is no process nothing"), "{refusal}");
    assert!(refused(&endpoint, &["workers", "17"]).contains("refused: count: dealz runs at most 16 workers"));
    let refusal = refused(&endpoint, &["workers", "1", "--language", "cobol"]);
    assert!(refusal.contains("refused: language: there are workers in rust, c, cpp"), "{refusal}");
}

#[test]
fn a_terminal_does_what_the_panels_do() {
    let desk = Desk::spawn(dealz(&["--web", "127.0.0.1:0", "--symbols", "MSFT"]));
    let endpoint = desk.program.endpoint("commands");
    let mut page = desk.socket();
    let mut shows = |is: &dyn Fn(&Value) -> bool| until(&mut page, |update| is(update).then_some(()));
    let symbols = |update: &Value| -> Vec<String> {
        let quotes = update["tickz"]["quotes"].as_array().cloned().unwrap_or_default();
        quotes.iter().map(|quote| quote["symbol"].as_str().unwrap().to_owned()).collect()
    };
    done(&endpoint, &["follow", "IBM"]);
    shows(&|update| symbols(update) == ["MSFT", "IBM"]);
    done(&endpoint, &["forget", "MSFT"]);
    shows(&|update| symbols(update) == ["IBM"]);
    assert!(refused(&endpoint, &["follow", "ibm"]).contains("refused: symbol: a symbol is 2 to 16 capital letters"));

    done(&endpoint, &["start", "chatz"]);
    // What is said before the desk hears the chat is lost to it.
    shows(&|update| {
        let processes = update["cast"]["processes"].as_array().cloned().unwrap_or_default();
        let sockets = processes.iter().flat_map(|process| process["sockets"].as_array().unwrap());
        sockets.filter(|socket| socket["name"] == "chatz.sub").any(|socket| socket["state"]["is"] == "up")
    });
    done(&endpoint, &["say", "hello,", "everyone"]);
    shows(&|update| {
        update["lines"]
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line["text"] == "hello, everyone" && line["user"] == "desk")
    });
    done(&endpoint, &["rename", "ada"]);
    shows(&|update| update["chatz"]["name"] == "ada");

    done(&endpoint, &["workers", "1"]);
    shows(&|update| update["valuz"]["workers"].as_array().is_some_and(|all| !all.is_empty()));
    done(&endpoint, &["batch", "1000", "--valuation", "notional", "--seed", "7"]);
    shows(&|update| update["valuz"]["batch"]["phase"]["is"] == "complete");
    assert!(refused(&endpoint, &["batch", "0"]).contains("refused: "));
    done(&endpoint, &["pace", "2.5"]);
    shows(&|update| update["valuz"]["pace"] == json!({"is": "rate", "perSecond": 2.5}));
    assert!(refused(&endpoint, &["pace", "0"]).contains("refused: pace: "));
    done(&endpoint, &["step"]);

    done(&endpoint, &["reset"]);
    let followed = until(&mut page, |update| (update["snapshot"] == true).then(|| symbols(update)));
    if followed != ["MSFT"] {
        until(&mut page, |update| (symbols(update) == ["MSFT"]).then_some(()));
    }
}

#[test]
fn a_terminal_leads_the_pages() {
    let desk = Desk::start();
    let endpoint = desk.program.endpoint("commands");
    let mut page = desk.socket();
    let own = until(&mut page, |update| {
        let processes = update["cast"]["processes"].as_array()?;
        processes
            .iter()
            .find(|process| process["isDesk"] == true)
            .map(|process| process["id"].as_str().unwrap().to_owned())
    });
    for view in ["wire", "wire", "desk", "processes"] {
        done(&endpoint, &["view", view]);
        assert_eq!(until(&mut page, |update| update["view"].as_str().map(str::to_owned)), view);
    }
    assert_eq!(next_with(&mut desk.socket(), "update").unwrap()["view"], Value::Null, "a page that comes later");

    let highlight = |update: &Value| Some(update["highlight"].clone()).filter(Value::is_object);
    done(&endpoint, &["highlight", "dealz"]);
    let shown = until(&mut page, |update| highlight(update).filter(|highlight| highlight["processes"] != json!([])));
    assert_eq!(shown, json!({"processes": [own], "sockets": []}));
    done(&endpoint, &["highlight", "dealz/tickz.sub"]);
    let shown = until(&mut page, |update| highlight(update).filter(|highlight| highlight["sockets"] != json!([])));
    assert_eq!(shown, json!({"processes": [], "sockets": [format!("{own}/tickz.sub")]}));
    assert_eq!(until(&mut page, highlight), json!({"processes": [], "sockets": []}), "it ends by itself");
    assert!(refused(&endpoint, &["highlight", "nothing"]).contains("refused: target: no process nothing reports"));
    assert!(refused(&endpoint, &["highlight", "dealz/x"]).contains("dealz has no socket x; it has "));
}

#[test]
fn without_a_desk_the_address_is_named_within_two_seconds() {
    let [unused] = testkit::free_endpoints();
    let start = Stopwatch::start();
    let finished = ask(&unused, &["reset"]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains(&format!("no desk takes commands at {unused}: none is running")), "{finished:?}");
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[test]
fn what_cannot_be_a_command_is_wrong_usage() {
    for command in [
        &["do"][..],
        &["do", "dance"],
        &["do", "start"],
        &["do", "start", "a", "b"],
        &["do", "workers", "many"],
        &["do", "batch", "-1"],
        &["do", "batch", "10", "--valuation", "guess"],
        &["do", "view", "nowhere"],
        &["do", "say"],
        &["do", "pace", "fast"],
        &["do", "reset", "--commands", "9009"],
        &["--web", "--stage", "do", "reset"],
        &["--web", "127.0.0.1:0", "--commands", "tcp://*:9009"],
        &["--web", "127.0.0.1:0", "--commands", "tcp://192.0.2.1:9009"],
    ] {
        let finished = testkit::run(env!("CARGO_BIN_EXE_dealz"), command);
        assert_eq!(finished.code, Some(2), "{command:?}: {finished:?}");
    }
}

#[test]
fn a_suspended_desk_is_named_as_such() {
    let desk = Desk::start();
    let endpoint = desk.program.endpoint("commands");
    desk.program.suspend();
    let start = Stopwatch::start();
    let refusal = refused(&endpoint, &["reset"]);
    desk.program.resume();
    assert!(refusal.contains("does not answer: the desk is suspended"), "{refusal}");
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    done(&endpoint, &["reset"]);
}

#[test]
fn a_desk_that_can_only_be_viewed_refuses() {
    let desk = Desk::spawn(dealz(&["--web", "127.0.0.1:0", "--web-view-only"]));
    let endpoint = desk.program.endpoint("commands");
    for command in [&["reset"][..], &["view", "wire"], &["say", "hello"]] {
        let refusal = refused(&endpoint, command);
        assert!(refusal.contains("refused: this desk can be viewed, not controlled"), "{refusal}");
    }
}

#[test]
fn of_two_desks_the_first_is_reached_and_the_second_takes_over() {
    let [endpoint] = testkit::free_endpoints();
    let at = |name: &str| {
        let mut command = dealz(&["--web", "127.0.0.1:0", "--name", name]);
        command.env("DEALZ_COMMANDS", &endpoint);
        Desk::spawn(command)
    };
    let (first, second) = (at("first"), at("second"));
    second.program.wait_for_log("`dealz do` reaches that desk, not this one");
    assert_eq!(second.program.log().matches("`dealz do`").count(), 1);
    let (mut page, mut other) = (first.socket(), second.socket());
    done(&endpoint, &["view", "chatz"]);
    assert_eq!(until(&mut page, |update| update["view"].as_str().map(str::to_owned)), "chatz");
    first.program.kill();
    let _ = second.program.endpoint("commands");
    done(&endpoint, &["view", "valuz"]);
    assert_eq!(until(&mut other, |update| update["view"].as_str().map(str::to_owned)), "valuz", "and not chatz");
}

#[test]
fn every_request_gets_one_answer_whatever_it_is() {
    let desk = Desk::start();
    let endpoint = desk.program.endpoint("commands");
    let req = || Peer::connect(peer::REQ, &endpoint);
    let field = |frames: &[&[u8]]| json_of(&answer(&req(), frames))["field"].clone();
    for garbage in [&b""[..], b"reset", b"{", b"[]", b"{}", b"{\"do\":7}", b"\xff\xfe", &[b' '; 60_000]] {
        assert_eq!(field(&[garbage]), "command", "{garbage:?}");
    }
    assert_eq!(field(&[b"{\"do\":\"fault\",\"on\":\"late.ticks\"}"]), "command");
    assert_eq!(field(&[br#"{"do":"follow","symbol":"x"}"#, b"ignored"]), "symbol");
    for only_a_page in [r#"{"do":"wire","socket":"x"}"#, r#"{"do":"recording"}"#] {
        let refusal = json_of(&answer(&req(), &[only_a_page.as_bytes()]));
        assert_eq!(
            (&refusal["refused"], refusal["reason"].as_str().unwrap()),
            (&json!("notNow"), "only a page of the desk can ask for that")
        );
    }
    // Without a delimiter the answer has none either.
    let dealer = Peer::connect(peer::DEALER, &endpoint);
    let frames = answer(&dealer, &[b"{\"do\":\"stopBatch\"}"]);
    assert_eq!((frames.len(), json_of(&frames)["field"].as_str()), (1, Some("delimiter")));
    // Many at once are answered in order, each once.
    for _ in 0..10 {
        dealer.send([&b""[..], br#"{"do":"view","view":"desk"}"#]);
        dealer.send([&b""[..], br#"{"do":"view","view":"elsewhere"}"#]);
    }
    for turn in 0..20 {
        let frames = dealer.receive();
        let got = json_of(&frames)["got"] == "done";
        assert_eq!((frames[0].len(), got), (0, turn % 2 == 0), "{frames:?}");
    }
    assert!(dealer.receive_within(Duration::from_millis(100)).is_none());
    // A frame that is too large ends its connection alone, as bytes that are no ZMTP do.
    let mut raw = RawPeer::connect(&endpoint, "DEALER").unwrap();
    let _ = raw.send(&[&b""[..], &vec![b'x'; 100_000]]);
    let mut raw = RawPeer::connect(&endpoint, "DEALER").unwrap();
    let _ = raw.send_bytes(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    // A client that leaves without its answer costs nothing.
    drop(req());
    req().send([&br#"{"do":"view","view":"desk"}"#[..]]);
    done(&endpoint, &["view", "desk"]);
    assert_eq!(desk.get("/", "").status, 200);
}

#[test]
fn under_curve_a_command_needs_a_key_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let keys = |name: &str| {
        let pair = KeyPair::generate().unwrap();
        let (public, secret) = pair.write(folder.path(), name).unwrap();
        (pair, [public, secret].map(|path| path.to_str().unwrap().to_owned()))
    };
    let (_, [desk_public, desk_secret]) = keys("desk");
    let (ada, [_, ada_secret]) = keys("ada");
    let (_, [_, eve_secret]) = keys("eve");
    let allow = folder.path().join("allow");
    testkit::write_private(&allow, &format!("ada {}\n", ada.public));
    let text = |path: &Path| path.to_str().unwrap().to_owned();

    let mut command = dealz(&["--web", "127.0.0.1:0", "--security", "curve", "--key", &desk_secret]);
    command.args(["--server-key", &desk_public, "--allow", &text(&allow)]);
    let desk = Desk::spawn(command);
    let endpoint = desk.program.endpoint("commands");
    let with = |secret: &str| {
        ask_with(&endpoint, &["--security", "curve", "--key", secret, "--server-key", &desk_public], &["view", "wire"])
    };
    let mine = with(&ada_secret);
    assert_eq!((mine.code, mine.stdout.as_str()), (Some(0), "done\n"), "{mine:?}");
    let hers = with(&eve_secret);
    assert!(hers.code == Some(1) && hers.stderr.contains("not on the server's allow-list"), "{hers:?}");
    let open = ask(&endpoint, &["view", "wire"]);
    assert!(open.code == Some(1) && open.stderr.contains("no desk can be reached"), "{open:?}");
    // With keys, other addresses than loopback may be bound.
    let mut everywhere = dealz(&["--web", "127.0.0.1:0", "--security", "curve", "--key", &desk_secret]);
    everywhere.args(["--server-key", &desk_public, "--allow", &text(&allow), "--commands", "tcp://*:*"]);
    let _ = Desk::spawn(everywhere).program.endpoint("commands");
}

#[test]
fn a_path_can_be_bound_and_a_recording_binds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = format!("ipc://{}/commands", folder.path().display());
    let mut command = dealz(&["--web", "127.0.0.1:0"]);
    command.env("DEALZ_COMMANDS", &endpoint);
    let desk = Desk::spawn(command);
    done(&endpoint, &["view", "wire"]);
    drop(desk);
    let recording = folder.path().join("talk.jsonl");
    let update =
        json!({"timeMs": 1.0, "snapshot": true, "counts": [], "points": [], "lines": [], "events": [], "states": []});
    fs::write(&recording, format!("{}\n", json!({"kind": "update", "update": update}))).unwrap();
    let mut command = dealz(&["--web", "127.0.0.1:0", "--play", recording.to_str().unwrap()]);
    command.env("DEALZ_COMMANDS", &endpoint);
    let _played = Desk::spawn(command);
    assert!(refused(&endpoint, &["reset"]).contains("no desk takes commands at"));
}
