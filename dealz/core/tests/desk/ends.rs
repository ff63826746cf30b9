//! No child is left, whatever the state and however the desk ends.

use std::{io::Read as _, net::TcpListener, time::Duration};

use dealz_core::{
    Desk,
    command::{Command, OrdersInput, ProcessAct, Refusal},
    view::{ProcessState, ValuationName},
};
use testkit::{Program, Stopwatch};

use crate::rig::{Page, act, config, lives, start, start_with};

/// Stops the desk; nothing that it has started is left, and soon.
fn ends(desk: &Desk, page: &mut Page) {
    page.take();
    let (pids, start) = (page.pids(), Stopwatch::start());
    desk.stop();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(!pids.iter().any(|&pid| lives(pid)), "{pids:?}");
    assert!(matches!(desk.act(Command::Reset), Err(Refusal::NotNow { .. })));
}

#[test]
fn without_services() {
    let (desk, mut page) = start(None);
    page.until("up", |page| page.desk().is_some_and(|desk| desk.sockets.len() == 6));
    desk.act(Command::Say { text: "is anybody there".to_owned() }).unwrap();
    ends(&desk, &mut page);
}

#[test]
fn at_once() {
    let (desk, mut page) = start(Some(2));
    ends(&desk, &mut page);
    drop(desk);
}

#[test]
fn with_all_there_and_a_batch_running() {
    let (desk, mut page) = start(Some(2));
    page.until_all_is_there(2);
    let orders = OrdersInput::Seed { seed: 1, count: 1_000_000 };
    desk.act(Command::RunBatch { orders, valuation: ValuationName::Var }).unwrap();
    page.until("it runs", |page| page.valuz.as_ref().unwrap().batch.as_ref().is_some_and(|batch| batch.counted > 0));
    ends(&desk, &mut page);
}

#[test]
fn with_services_killed_suspended_and_a_port_taken() {
    let config = config(Some(2));
    let _held = TcpListener::bind(("127.0.0.1", config.valuz.results.port().unwrap())).unwrap();
    let (desk, mut page) = start_with(config);
    page.until("all run", |page| page.pids().len() == 4 && page.chatz.as_ref().unwrap().users == ["ada"]);
    act(&desk, "chatz", ProcessAct::Kill).unwrap();
    act(&desk, "tickz", ProcessAct::Suspend).unwrap();
    act(&desk, "worker-1", ProcessAct::Suspend).unwrap();
    page.until("in a bad way", |page| page.pids().len() == 3 && page.is("tickz", &ProcessState::Suspended));
    desk.act(Command::Say { text: "hello".to_owned() }).unwrap();
    ends(&desk, &mut page);
}

#[test]
fn by_sigkill() {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "ends::victim", "--nocapture"]);
    let victim = Program::spawn(command);
    let line = victim.line_where(|line| line.starts_with("pids "));
    let pids: Vec<u32> = line.split_whitespace().skip(1).map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.len() == 4 && pids.iter().all(|&pid| lives(pid)), "{pids:?}");
    victim.kill();
    testkit::eventually("all have ended", || !pids.iter().any(|&pid| lives(pid)));
}

#[test]
#[ignore = "another test runs it as a separate process, and kills it"]
fn victim() {
    let (desk, mut page) = start(Some(2));
    page.until_all_is_there(2);
    for id in ["chatz", "worker-2"] {
        act(&desk, id, ProcessAct::Suspend).unwrap();
    }
    let pids: Vec<String> = page.pids().iter().map(ToString::to_string).collect();
    println!("\npids {}", pids.join(" "));
    // To the end of the one who kills it, if it does not.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
