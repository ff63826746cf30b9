//! Back to the start, and recordings.

use std::{fs, time::Duration};

use dealz_core::{
    Desk,
    command::{Command, OrdersInput, ProcessAct, Refusal, Reply},
    view::{Mode, PageKind, Recorded, ValuationName},
};
use testkit::Stopwatch;

use crate::rig::{Page, SYMBOLS, act, config, start};

#[test]
fn a_reset_puts_everything_back_to_the_start_soon() {
    let (desk, mut page) = start(Some(2));
    page.until_all_is_there(2);
    let before = page.pids();
    for command in [
        Command::Follow { symbol: "GOOG".to_owned() },
        Command::Forget { symbol: "MSFT".to_owned() },
        Command::Rename { name: "bob".to_owned() },
        Command::SetWorkers { count: 4, language: None },
        Command::RunBatch { orders: OrdersInput::Seed { seed: 1, count: 100_000 }, valuation: ValuationName::Var },
    ] {
        desk.act(command).unwrap();
    }
    act(&desk, "chatz", ProcessAct::Suspend).unwrap();
    page.until("in the middle of things", |page| {
        page.valuz.as_ref().is_some_and(|valuz| valuz.wanted == 4 && valuz.batch.is_some())
            && page.chatz.as_ref().unwrap().name == "bob"
    });
    let start = Stopwatch::start();
    desk.act(Command::Reset).unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    page.until("a new snapshot", |page| page.snapshots == 2);
    page.until_all_is_there(2);
    assert_eq!(page.tickz.quotes.iter().map(|quote| quote.symbol.as_str()).collect::<Vec<_>>(), SYMBOLS);
    let (chatz, valuz) = (page.chatz.as_ref().unwrap(), page.valuz.as_ref().unwrap());
    assert_eq!((chatz.name.as_str(), valuz.wanted, &valuz.batch), ("ada", 2, &None));
    assert!(page.lines.iter().all(|line| !line.text.contains("bob")), "{:?}", page.lines);
    assert!(page.pids().iter().all(|pid| !before.contains(pid)));
}

#[test]
fn a_recording_is_played_without_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talk.jsonl");
    let mut config = config(Some(0));
    config.record = Some(path.clone());
    let desk = Desk::start(config).unwrap();
    Page::of(&desk).until_all_is_there(0);
    desk.act(Command::Say { text: "for later".to_owned() }).unwrap();
    testkit::eventually("it is in the file, and ticks are", || {
        let text = fs::read_to_string(&path).unwrap();
        text.contains("for later") && text.contains("/tickz.sub\",\"messages\":[{")
    });
    desk.stop();
    // As if it had been killed while it wrote.
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("{\"kind\":\"upd");
    fs::write(&path, &text).unwrap();

    let (_stopper, stop) = sockets::Stop::pair().unwrap();
    let played = Desk::play(&path, &stop).unwrap();
    assert_eq!(
        (played.hello(PageKind::View, &[]).mode, desk.hello(PageKind::Control, &[]).mode),
        (Mode::Play, Mode::Live)
    );
    assert!(played.updates(PageKind::Control).next().is_none());
    let Reply::Recording { text } = played.act(Command::Recording { scene: None }).unwrap() else { panic!() };
    let recorded: Vec<Recorded> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(matches!(&recorded[0], Recorded::Update { update } if update.snapshot));
    let has_ticks = |line: &Recorded| matches!(line, Recorded::Wire { socket, messages } if socket.ends_with("/tickz.sub") && !messages.is_empty());
    assert!(recorded.iter().any(has_ticks));
    for command in [Command::Reset, Command::Wire { socket: "0000000000000001/tickz.sub".to_owned(), after: None }] {
        assert!(matches!(played.act(command), Err(Refusal::NotNow { .. })));
    }
    assert!(matches!(desk.act(Command::Recording { scene: None }), Err(Refusal::NotNow { .. })));
}
