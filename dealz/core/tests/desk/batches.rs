//! Valuations, and who holds their ports.

use std::net::TcpListener;

use dealz_core::{
    command::{Command, OrdersInput, ProcessAct, Refusal},
    view::{BatchPhase, ProcessState, SocketState, ValuationName, ValuzState, Verification, WorkerState},
};
use testkit::Program;

use crate::rig::{act, config, start, start_with};

fn batch(count: u64) -> Command {
    Command::RunBatch { orders: OrdersInput::Seed { seed: 1, count }, valuation: ValuationName::Notional }
}

#[test]
fn a_batch_is_verified_though_a_worker_is_killed_in_the_middle() {
    let (desk, mut page) = start(Some(2));
    page.until_all_is_there(2);
    // A suspended worker keeps its orders.
    act(&desk, "worker-2", ProcessAct::Suspend).unwrap();
    page.until("suspended", |page| {
        page.valuz.as_ref().is_some_and(|valuz| valuz.workers[1].state == WorkerState::Suspended)
    });
    desk.act(batch(10_000)).unwrap();
    page.until("the half is done", |page| {
        page.valuz.as_ref().unwrap().batch.as_ref().is_some_and(|batch| batch.counted >= 4_000)
    });
    assert_ne!(page.valuz.as_ref().unwrap().batch.as_ref().unwrap().phase, BatchPhase::Complete);
    desk.act(Command::KillWorker).unwrap();
    page.until("verified", |page| {
        let valuz = page.valuz.as_ref().unwrap();
        valuz.batch.as_ref().is_some_and(|batch| batch.verification == Verification::Verified) && valuz.wanted == 1
    });
    let valuz = page.valuz.as_ref().unwrap();
    let done = valuz.batch.as_ref().unwrap();
    assert_eq!((&done.phase, done.counted, done.outstanding), (&BatchPhase::Complete, 10_000, 0));
    assert!(done.repeated > 0 && done.by_symbol.len() == 5);
    page.until("how it ended", |page| {
        page.is("worker-2", &ProcessState::Ended { how: "killed by signal 9".to_owned() })
    });

    desk.act(Command::SetWorkers { count: 3, language: None }).unwrap();
    page.until("three", |page| {
        let workers = &page.valuz.as_ref().unwrap().workers;
        workers.iter().filter(|worker| worker.state == WorkerState::Ready && worker.process.is_some()).count() == 3
    });
    assert_eq!(page.valuz.as_ref().unwrap().workers.len(), 3, "the killed worker has made room for its successor");
}

#[test]
fn workers_of_others_count_too_and_ours_need_not_be() {
    let config = config(None);
    let valuz = config.valuz.clone();
    let (desk, mut page) = start_with(config);
    page.until("bound", |page| page.valuz.as_ref().is_some_and(|valuz| valuz.state == ValuzState::Ready));
    desk.act(batch(1_000)).unwrap();
    let channels = [&valuz.orders, &valuz.results, &valuz.control].map(|endpoint| endpoint.as_str());
    let arguments = ["worker", "--orders", channels[0], "--results", channels[1], "--control", channels[2], "--report"];
    let worker = Program::start(testkit::sibling("valuz"), arguments);
    page.until("verified", |page| {
        let batch = page.valuz.as_ref().unwrap().batch.as_ref();
        batch.is_some_and(|batch| batch.verification == Verification::Verified)
    });
    let workers = &page.valuz.as_ref().unwrap().workers;
    assert_eq!((workers.len(), workers[0].pid, &workers[0].process), (1, worker.pid(), &None));
    assert!(matches!(desk.act(Command::KillWorker), Err(Refusal::NotNow { .. })));
    desk.stop();
    assert_eq!(worker.finish().code, Some(0), "EXIT reaches it");
}

#[test]
fn a_port_in_use_is_reported_and_retried_and_the_rest_works() {
    let config = config(Some(1));
    let held = TcpListener::bind(("127.0.0.1", config.valuz.orders.port().unwrap())).unwrap();
    let (desk, mut page) = start_with(config);
    // The test holds it, and the desk runs in the test's process.
    let mark = "is in use by another socket of this process";
    page.until("its holder is named", |page| {
        let valuz = page.valuz.as_ref();
        let is_named = valuz
            .is_some_and(|valuz| matches!(&valuz.state, ValuzState::Unavailable { reason } if reason.contains(mark)));
        is_named && page.socket_is("valuz.push", |state| matches!(state, SocketState::Failed { .. }))
    });
    let refusal = desk.act(batch(10)).unwrap_err();
    assert!(matches!(&refusal, Refusal::NotNow { reason } if reason.contains(mark)), "{refusal:?}");
    page.until("prices come", |page| page.tickz.received > 0);
    drop(held);
    page.until("a worker is there", |page| {
        let valuz = page.valuz.as_ref().unwrap();
        valuz.state == ValuzState::Ready && valuz.workers.iter().any(|worker| worker.state == WorkerState::Ready)
    });
    desk.act(batch(10)).unwrap();
    page.until("verified", |page| {
        let batch = page.valuz.as_ref().unwrap().batch.as_ref();
        batch.is_some_and(|batch| batch.verification == Verification::Verified)
    });
}
