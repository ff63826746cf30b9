//! The feed at ports that the system chooses: with real workers, and with raw ones that are wrong, late or send garbage.

use std::{
    sync::mpsc::{Receiver, sync_channel},
    time::Duration,
};

use sockets::Endpoint;
use testkit::{Peer, Program, peer};

use super::*;
use crate::{
    event::ValuzReport,
    view::{BatchPace, BatchPhase, BatchView, ValuzState, Verification},
};

struct Desk {
    context: Context,
    valuz: Valuz,
    events: Receiver<Event>,
    endpoints: ValuzEndpoints,
}

fn anywhere() -> ValuzEndpoints {
    let any: Endpoint = "tcp://127.0.0.1:*".parse().unwrap();
    ValuzEndpoints { orders: any.clone(), results: any.clone(), control: any }
}

fn desk() -> Desk {
    let context = crate::feeds::context();
    let (sender, events) = sync_channel(16);
    let valuz = Valuz::spawn(&context, anywhere(), sender).unwrap();
    let endpoints = valuz.endpoints().unwrap();
    Desk { context, valuz, events, endpoints }
}

impl Desk {
    fn worker(&self, more: &[&str]) -> Program {
        let ValuzEndpoints { orders, results, control } = &self.endpoints;
        let channels = ["--orders", orders.as_str(), "--results", results.as_str(), "--control", control.as_str()];
        Program::start(testkit::sibling("valuz"), [&["worker", "--report"][..], &channels, more].concat())
    }

    fn run(&self, count: u64, await_pids: Vec<u32>) {
        self.run_as(ValuationName::Notional, count, await_pids);
    }

    fn run_as(&self, valuation: ValuationName, count: u64, await_pids: Vec<u32>) {
        let orders = Orders::simulated(1, count);
        self.valuz.run(Run { orders, origin: "seed 1".to_owned(), valuation, await_pids }).unwrap();
    }

    fn next(&self) -> Event {
        self.events.recv_timeout(testkit::BOUND).unwrap()
    }

    /// Waits for a report that is as wanted.
    fn report(&self, wanted: impl Fn(&ValuzReport) -> bool) -> ValuzReport {
        let mut last = None;
        for _ in 0..2_000 {
            match self.events.recv_timeout(testkit::BOUND) {
                Ok(Event::Valuz(report)) if wanted(&report) => return report,
                Ok(Event::Valuz(report)) => last = Some(report),
                Ok(_) => {}
                Err(error) => panic!("{error}: the last report was {last:#?}"),
            }
        }
        panic!("the last report was {last:#?}");
    }

    fn batch(&self, wanted: impl Fn(&BatchView) -> bool) -> BatchView {
        self.report(|report| report.batch.as_ref().is_some_and(&wanted)).batch.unwrap()
    }

    /// Waits until so many workers are there.
    fn workers(&self, count: usize) -> ValuzReport {
        self.report(|report| {
            let named = report.workers.iter().filter(|worker| worker.connected).count();
            named as u64 + report.nameless == count as u64
        })
    }

    fn verified(&self) -> BatchView {
        let batch = self.batch(|batch| batch.verification != Verification::Pending);
        assert_eq!((&batch.phase, &batch.verification), (&BatchPhase::Complete, &Verification::Verified), "{batch:?}");
        assert_eq!((batch.counted, batch.outstanding, batch.left_ms), (batch.count, 0, None), "{batch:?}");
        batch
    }

    /// Ends as dealz does.
    fn end(self) {
        drop(self.valuz);
        drop(self.context);
    }
}

fn total(count: u64) -> f64 {
    let (orders, mut sum) = (Orders::simulated(1, count), valuz::sums::ExactSum::default());
    let mut notional = valuz::valuation::Valuation::Notional;
    (0..count).for_each(|number| sum.add(notional.value(&orders.get(number).unwrap())));
    sum.round()
}

#[test]
fn a_batch_with_a_worker_killed_in_the_middle_is_verified() {
    let desk = desk();
    let fast = desk.worker(&[]);
    let slow = desk.worker(&["--delay", "5ms"]);
    desk.run(20_000, vec![fast.pid(), slow.pid()]);
    let mark = format!(":{}", slow.pid());
    // It reports that it works, so it holds orders; it is too slow to have done them all.
    desk.report(|report| report.workers.iter().any(|worker| worker.name.as_str().ends_with(&mark) && worker.done > 0));
    slow.kill();
    let batch = desk.verified();
    assert!(batch.repeated > 0 && batch.total == Some(total(20_000)), "{batch:?}");
    assert_eq!(batch.by_symbol.len(), 5);
    let report = desk.workers(1);
    assert_eq!(report.workers.len(), 2, "the one that is gone is shown for a while");
}

#[test]
fn workers_serve_batch_after_batch_and_end_with_dealz() {
    let desk = desk();
    let workers = [desk.worker(&[]), desk.worker(&[])];
    for count in [3_000, 1, 5_000] {
        desk.run(count, workers.each_ref().map(Program::pid).into());
        let batch = desk.batch(|batch| batch.count == count && batch.verification == Verification::Verified);
        assert_eq!(
            (batch.total, batch.late, batch.foreign, batch.duplicates),
            (Some(total(count)), 0, 0, 0),
            "{batch:?}"
        );
    }
    let report = desk.report(|report| report.workers.iter().map(|worker| worker.done_in_all).sum::<u64>() >= 8_001);
    assert_eq!((report.workers.len(), report.nameless), (2, 0));
    desk.end();
    for worker in workers {
        assert_eq!(worker.finish().code, Some(0));
    }
}

#[test]
fn each_step_sends_exactly_one_order_until_the_pace_is_another() {
    let desk = desk();
    let worker = RawWorker::join(&desk);
    desk.valuz.set_pace(Pace::Step).unwrap();
    desk.run(1_000, vec![]);
    let held = desk.report(|report| report.batch.as_ref().is_some_and(|batch| batch.phase == BatchPhase::Running));
    assert_eq!((held.pace, held.batch.unwrap().unsent), (BatchPace::Step, 1_000));
    for sent in 1..=3 {
        desk.valuz.step().unwrap();
        worker.results.send(worker.take());
        // Longer than the patience with an order that was sent.
        let batch = desk.batch(|batch| batch.counted == sent && batch.elapsed_ms > 1_500.0);
        assert_eq!((batch.unsent, batch.repeated), (1_000 - sent, 0), "{batch:?}");
    }
    assert_eq!(worker.orders.receive_within(Duration::ZERO), None);
    desk.valuz.set_pace(Pace::Max).unwrap();
    for _ in 3..1_000 {
        worker.results.send(worker.take());
    }
    desk.verified();
    // Without a batch a step changes nothing.
    desk.valuz.step().unwrap();
    desk.run(1, vec![]);
    worker.results.send(worker.take());
    assert_eq!(desk.batch(|batch| batch.count == 1 && batch.counted == 1).repeated, 0);
}

#[test]
fn a_rate_is_held_and_can_change_while_the_batch_runs() {
    let desk = desk();
    let _worker = desk.worker(&[]);
    desk.valuz.set_pace(Pace::PerSecond(20.0)).unwrap();
    desk.run(100_000, vec![]);
    let slow = desk.batch(|batch| batch.counted >= 10);
    assert!(slow.counted as f64 <= slow.elapsed_ms / 50.0 + 2.0, "{slow:?}");
    desk.valuz.set_pace(Pace::PerSecond(2_000.0)).unwrap();
    let fast = desk.batch(|batch| batch.counted >= 2_000);
    let (more, elapsed_ms) = (fast.counted - slow.counted, fast.elapsed_ms - slow.elapsed_ms);
    assert!(more as f64 <= elapsed_ms * 2.0 + 50.0, "{fast:?}");
    desk.valuz.set_pace(Pace::Max).unwrap();
    assert_eq!(desk.verified().repeated, 0);
}

#[test]
fn without_workers_it_waits_and_one_that_joins_values_all() {
    let desk = desk();
    desk.run(2_000, vec![]);
    let batch = desk.batch(|batch| batch.phase == BatchPhase::Waiting);
    assert_eq!((batch.counted, batch.outstanding, batch.unsent, batch.total), (0, 2_000, 2_000, Some(0.0)));
    let _worker = desk.worker(&[]);
    desk.verified();
}

#[test]
fn when_all_workers_are_killed_one_that_joins_finishes() {
    let desk = desk();
    let first = desk.worker(&["--delay", "2ms"]);
    desk.run(3_000, vec![first.pid()]);
    desk.batch(|batch| batch.counted > 0);
    first.kill();
    desk.workers(0);
    let _second = desk.worker(&[]);
    assert!(desk.verified().repeated > 0);
}

#[test]
fn value_at_risk_is_compared_with_the_last_run_of_the_same_orders() {
    let desk = desk();
    let worker = desk.worker(&["--valuation", "var", "--scenarios", "100"]);
    desk.run_as(ValuationName::Var, 500, vec![worker.pid()]);
    desk.batch(|batch| matches!(batch.verification, Verification::Unchecked { .. }));
    desk.run_as(ValuationName::Var, 500, vec![worker.pid()]);
    let batch = desk.batch(|batch| batch.verification == Verification::Repeated);
    assert_eq!((batch.phase, batch.counted), (BatchPhase::Complete, 500));
}

#[test]
fn orders_of_a_worker_that_was_killed_are_sent_again_long_before_the_end() {
    let desk = desk();
    let (one, other) = (desk.worker(&["--delay", "200us"]), desk.worker(&["--delay", "200us"]));
    desk.run(100_000, vec![one.pid(), other.pid()]);
    desk.batch(|batch| batch.counted > 3_000);
    other.kill();
    let batch = desk.batch(|batch| batch.repeated > 0);
    assert!(batch.phase == BatchPhase::Running && batch.unsent > 50_000, "{batch:?}");
}

/// A raw worker.
struct RawWorker {
    orders: Peer,
    results: Peer,
}

impl RawWorker {
    fn join(desk: &Desk) -> Self {
        let orders = Peer::connect(peer::PULL, desk.endpoints.orders.as_str());
        let results = Peer::connect(peer::PUSH, desk.endpoints.results.as_str());
        results.send([[2]]);
        Self { orders, results }
    }

    /// Takes an order; its symbol, its right value, and its number.
    fn take(&self) -> [Vec<u8>; 3] {
        let order = self.orders.receive();
        let sign = if order[1] == [0] { 1.0 } else { -1.0 };
        let shares = i32::from_le_bytes(order[2].as_slice().try_into().unwrap());
        let price = f64::from_le_bytes(order[3].as_slice().try_into().unwrap());
        let value: f64 = sign * f64::from(shares) * price;
        [order[0].clone(), value.to_le_bytes().to_vec(), order[4].clone()]
    }
}

#[test]
fn a_late_result_of_an_earlier_batch_is_named_so_and_not_counted() {
    let desk = desk();
    let worker = RawWorker::join(&desk);
    desk.run(2, vec![]);
    let first = [worker.take(), worker.take()];
    worker.results.send(&first[0]);
    desk.batch(|batch| batch.counted == 1);
    desk.valuz.stop_batch().unwrap();
    let stopped = desk.batch(|batch| batch.phase == BatchPhase::Stopped);
    assert_eq!((stopped.counted, stopped.outstanding), (1, 1));
    desk.run(2, vec![]);
    let second = [worker.take(), worker.take()];
    worker.results.send(&first[1]);
    // Without a number: after a batch that was stopped, it cannot be known of which batch it is.
    worker.results.send(&first[1][..2]);
    second.iter().for_each(|result| worker.results.send(result));
    let batch = desk.verified();
    assert_eq!((batch.late, batch.foreign, batch.total), (1, 1, Some(total(2))), "{batch:?}");
}

#[test]
fn a_worker_that_computes_something_else_is_detected() {
    let desk = desk();
    let worker = RawWorker::join(&desk);
    desk.run(1, vec![]);
    let [symbol, _, number] = worker.take();
    worker.results.send([symbol, 0.5_f64.to_le_bytes().to_vec(), number]);
    let batch = desk.batch(|batch| batch.verification != Verification::Pending);
    assert_eq!(batch.verification, Verification::Differs { expected: total(1) });
}

#[test]
fn a_port_in_use_is_named_with_its_holder_and_used_once_it_is_free() {
    let context = crate::feeds::context();
    let holder = Peer::bind(peer::PULL);
    let results: Endpoint = holder.endpoint().parse().unwrap();
    let (sender, events) = sync_channel(16);
    let valuz = Valuz::spawn(&context, ValuzEndpoints { results, ..anywhere() }, sender).unwrap();
    let desk = Desk { context, valuz, events, endpoints: anywhere() };
    let Event::BindFailed(PULL, why) = desk.next() else { panic!("BindFailed comes first") };
    assert!(why.ends_with(" is in use by another socket of this process"), "{why}");
    desk.report(|report| report.state == ValuzState::Unavailable { reason: why.clone() });
    let run = Run {
        orders: Orders::simulated(1, 1),
        origin: String::new(),
        valuation: ValuationName::Var,
        await_pids: vec![],
    };
    assert_eq!(desk.valuz.run(run), Err(Refusal::NotNow { reason: why }));
    drop(holder);
    desk.report(|report| report.state == ValuzState::Ready);
    let desk = Desk { endpoints: desk.valuz.endpoints().unwrap(), ..desk };
    let _worker = desk.worker(&[]);
    desk.run(100, vec![]);
    desk.verified();
}

#[test]
fn garbage_is_counted_and_shown_and_does_no_harm() {
    let desk = desk();
    let garbage = Peer::connect(peer::PUSH, desk.endpoints.results.as_str());
    for _ in 0..1_000 {
        garbage.send([&[9][..], b"garbage"]);
    }
    let xsub = Peer::connect(testkit::Kind::XSUB, desk.endpoints.control.as_str());
    xsub.send([[7]]);
    let (mut results, mut control) = (String::new(), String::new());
    while results.is_empty() || control.is_empty() {
        match desk.next() {
            Event::Malformed(PULL, 1_000, reason) => results = reason,
            Event::Malformed(PUB, 1, reason) => control = reason,
            _ => {}
        }
    }
    assert!(results.starts_with("command: ") && control.starts_with("subscription: "), "{results} {control}");
    let worker = RawWorker::join(&desk);
    assert_eq!(desk.workers(1).nameless, 1);
    desk.run(1, vec![]);
    worker.results.send(worker.take());
    desk.verified();
    drop(worker);
    desk.workers(0);
}

#[test]
fn a_reset_forgets_the_batch_and_keeps_the_workers() {
    let desk = desk();
    let worker = RawWorker::join(&desk);
    desk.run(5, vec![]);
    worker.results.send(worker.take());
    desk.batch(|batch| batch.counted == 1);
    desk.valuz.reset().unwrap();
    let report = desk.report(|report| report.batch.is_none());
    assert_eq!(report.nameless, 1);
}

#[test]
fn it_ends_at_once_in_the_middle_of_a_batch_whose_reports_are_not_read() {
    let desk = desk();
    let _worker = desk.worker(&["--delay", "5ms"]);
    desk.run(4_000_000, vec![]);
    desk.batch(|batch| batch.counted > 0);
    let started = testkit::Stopwatch::start();
    desk.end();
    assert!(started.elapsed() < Duration::from_secs(5));
}
