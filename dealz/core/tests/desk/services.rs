//! Services that come, go, and speak nonsense.

use chatz::ServerState;
use dealz_core::{
    Desk, DeskConfig,
    command::{Command, ProcessAct, Refusal, Reply},
    view::{Direction, LineKind, Mark, MessageView, PageKind, ProcessState, SocketState},
};
use testkit::{Peer, Program, peer};

use crate::rig::{Page, SERVICES, act, config, start, start_with};

/// The last messages of a socket of the desk, once there are some; this is done until then.
fn messages(desk: &Desk, page: &mut Page, socket: &str, until_then: impl Fn()) -> Vec<MessageView> {
    let mut messages = Vec::new();
    testkit::eventually("messages", || {
        until_then();
        page.take();
        let Some(socket) = page.socket(socket) else { return false };
        let reply = desk.act(Command::Wire { socket: socket.key.clone(), after: None }).unwrap();
        let Reply::Wire { messages: kept } = reply else { panic!("{reply:?}") };
        messages = kept;
        !messages.is_empty()
    });
    messages
}

#[test]
fn a_symbol_is_followed_and_forgotten() {
    let (desk, mut page) = start(Some(0));
    page.until_all_is_there(0);
    assert_eq!(page.snapshots, 1);
    desk.act(Command::Follow { symbol: "IBM".to_owned() }).unwrap();
    page.until("IBM ticks", |page| {
        page.tickz.quotes.iter().any(|quote| quote.symbol == "IBM" && quote.received > 1 && quote.last.is_some())
            && page.points.iter().any(|point| point.symbol == "IBM")
    });
    desk.act(Command::Forget { symbol: "IBM".to_owned() }).unwrap();
    page.until("IBM is forgotten", |page| page.tickz.quotes.len() == 2);
    let refusal = desk.act(Command::Follow { symbol: "ibm".to_owned() }).unwrap_err();
    assert!(matches!(refusal, Refusal::Invalid { field, .. } if field == "symbol"));
    page.until("the socket counts", |page| page.count("tickz.sub").received_per_second > 0.0);
    let messages = messages(&desk, &mut page, "tickz.sub", || ());
    assert!(messages.iter().all(|message| message.fault.is_none() && message.page == "tickz"), "{messages:?}");
    let refusal = desk.act(Command::Wire { socket: "tickz.sub".to_owned(), after: None }).unwrap_err();
    assert!(matches!(refusal, Refusal::Invalid { field, .. } if field == "socket"));
}

#[test]
fn a_service_that_was_absent_at_the_start_is_used_later() {
    let (desk, mut page) = start(None);
    let waits = |state: &SocketState| matches!(state, SocketState::Retrying { .. } | SocketState::Connecting);
    page.until("no service runs", |page| page.services_are(waits));
    desk.act(Command::Say { text: "too early".to_owned() }).unwrap();
    page.until("it is kept", |page| page.chatz.as_ref().unwrap().waiting == ["too early"]);
    for id in ["tickz", "chatz"] {
        act(&desk, id, ProcessAct::Start).unwrap();
    }
    page.until_all_is_there(0);
    page.until("it is said", |page| {
        page.chatz.as_ref().unwrap().waiting.is_empty()
            && page.lines.iter().any(|line| line.kind == LineKind::Message && line.text == "too early")
    });
    page.until("connected", |page| page.services_are(|state| *state == SocketState::Up));
}

#[test]
fn what_is_said_is_heard_and_a_name_can_be_changed() {
    let (desk, mut page) = start(Some(0));
    page.until_all_is_there(0);
    desk.act(Command::Say { text: "Grüße".to_owned() }).unwrap();
    page.until("heard", |page| page.lines.iter().any(|line| line.user == "ada" && line.text == "Grüße"));
    desk.act(Command::Rename { name: "bob".to_owned() }).unwrap();
    page.until("bob is there", |page| {
        page.chatz.as_ref().is_some_and(|chatz| chatz.name == "bob" && chatz.users.contains(&"bob".to_owned()))
    });
    assert!(page.lines.iter().any(|line| line.kind == LineKind::Note && line.text == "you are bob now"));
    for (command, field) in [
        (Command::Rename { name: "not one".to_owned() }, "name"),
        (Command::Say { text: String::new() }, "text"),
        (Command::SetWorkers { count: 17, language: None }, "count"),
        (Command::SetWorkers { count: 1, language: Some("cobol".to_owned()) }, "language"),
    ] {
        let refusal = desk.act(command).unwrap_err();
        assert!(matches!(&refusal, Refusal::Invalid { field: its, .. } if its == field), "{refusal:?}");
    }
}

#[test]
fn services_that_are_killed_and_started_again_recover() {
    let (desk, mut page) = start(Some(0));
    page.until_all_is_there(0);
    for id in ["tickz", "chatz"] {
        act(&desk, id, ProcessAct::Kill).unwrap();
    }
    page.until("both are gone", |page| {
        let killed = ProcessState::Ended { how: "killed by signal 9".to_owned() };
        page.is("tickz", &killed)
            && page.is("chatz", &killed)
            && page.chatz.as_ref().unwrap().link == ServerState::Down
            && page.services_are(|state| *state != SocketState::Up)
    });
    page.until("each of their events is there", |page| {
        SERVICES.iter().all(|name| {
            let key = page.socket(name).map(|socket| &socket.key);
            page.events.iter().any(|event| Some(&event.socket) == key && event.mark == Mark::Down)
        })
    });
    let received = page.tickz.received;
    for id in ["tickz", "chatz"] {
        act(&desk, id, ProcessAct::Restart).unwrap();
    }
    page.until("both are back", |page| {
        page.tickz.received > received
            && page.chatz.as_ref().unwrap().link == ServerState::Up
            && page.lines.iter().any(|line| line.text == "chatz is back")
            && page.services_are(|state| *state == SocketState::Up)
    });
    assert_eq!(page.snapshots, 1);
}

#[test]
fn a_suspended_server_is_stale_until_it_is_resumed() {
    let (desk, mut page) = start(Some(0));
    page.until_all_is_there(0);
    act(&desk, "chatz", ProcessAct::Suspend).unwrap();
    page.until("nothing is heard", |page| {
        page.socket_is("chatz.req", |state| matches!(state, SocketState::Stale { .. }))
            && page.chatz.as_ref().unwrap().link == ServerState::Down
            && page.is("chatz", &ProcessState::Suspended)
    });
    act(&desk, "chatz", ProcessAct::Resume).unwrap();
    page.until("it is heard again", |page| {
        page.socket_is("chatz.req", |state| *state == SocketState::Up)
            && page.chatz.as_ref().unwrap().link == ServerState::Up
    });
}

#[test]
fn nonsense_of_a_publisher_is_counted_and_does_no_harm() {
    let publisher = Peer::bind(peer::PUB);
    let config = DeskConfig { ticks: publisher.endpoint().parse().unwrap(), ..config(Some(0)) };
    let (desk, mut page) = start_with(config);
    page.until("connected", |page| page.socket("tickz.sub").is_some_and(|socket| socket.peers == 1));
    page.until("malformed", |page| {
        publisher.send(["MSFT".as_bytes(), b"not a price"]);
        let has_fault = page.socket("tickz.sub").is_some_and(|socket| socket.last_fault.is_some());
        page.count("tickz.sub").malformed > 10 && has_fault
    });
    page.until("counted", |page| {
        let counts = page.count("tickz.sub");
        counts.received >= counts.malformed
    });
    let messages = messages(&desk, &mut page, "tickz.sub", || publisher.send(["MSFT".as_bytes(), b"not a price"]));
    let are_shown = messages.iter().all(|message| message.direction == Direction::Received && message.fault.is_some());
    assert!(are_shown && messages.len() <= 200, "{messages:?}");
    page.until("started elsewhere", |page| {
        page.process("tickz").is_some_and(|process| matches!(process.state, ProcessState::Elsewhere { .. }))
    });
    page.until("the rest works", |page| page.chatz.as_ref().unwrap().link == ServerState::Up);
}

#[test]
fn a_page_that_does_not_look_finds_the_newest_state_and_nothing_queued() {
    let config = config(None);
    let flood = ["publish", "--rate", "50000", "--ticks", config.ticks.as_str()];
    let _publisher = Program::start(testkit::sibling("tickz"), flood);
    let (desk, mut page) = start_with(config);
    let mut slow = desk.updates(PageKind::Control);
    assert!(slow.next().unwrap().snapshot);
    page.until("many ticks have come", |page| page.tickz.received > 50_000);
    let update = slow.next().unwrap();
    assert!(!update.snapshot && update.tickz.unwrap().received > 50_000);
    assert!(update.points.len() <= 2 * 1_200 && update.events.len() <= 1_000);
    // What came in between is one update at most.
    let rest: usize = std::iter::from_fn(|| slow.next()).take(3).map(|update| update.points.len()).sum();
    assert!(rest <= 10, "{rest}");
}
