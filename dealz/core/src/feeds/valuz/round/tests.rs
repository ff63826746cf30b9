//! Batches without sockets and clock.

use wire::{
    monitor::{EventKind, MonitorEvent},
    value::Tail,
};

use super::*;

const BASE: u64 = 77 << 22;

const START: Control = Control::Start { base: Some(BASE) };

fn run(count: u64, await_pids: Vec<u32>) -> Run {
    let valuation = ValuationName::Notional;
    Run { orders: Orders::simulated(1, count), origin: "seed 1".to_owned(), valuation, await_pids }
}

/// With one worker, whose process id is 70.
fn workers(now: Instant) -> Workers {
    let mut workers = Workers::default();
    workers.handle_event(now, &MonitorEvent { kind: EventKind::Accepted, value: 9, endpoint: String::new() });
    workers.handle_ready(now, 9, Some("rust:host:70".parse().unwrap()));
    workers
}

fn numbers(round: &mut Round) -> Vec<u64> {
    std::iter::from_fn(|| next_number(round)).collect()
}

/// Sends the next order; its number.
fn next_number(round: &mut Round) -> Option<u64> {
    let number = u64::from_le_bytes(round.outgoing()?.get(4).unwrap().try_into().unwrap());
    round.handle_sent();
    Some(number)
}

fn result(round: &mut Round, number: Option<u64>, value: f64) {
    let tail = number.map_or(Tail::Empty, Tail::Number);
    round.handle_value(&Valued { symbol: "MSFT".parse().unwrap(), value, tail }, || None);
}

#[test]
fn it_waits_for_a_worker_and_for_those_that_are_awaited_but_not_for_ever() {
    let now = Instant::now();
    let mut round = Round::new(now, BASE, run(3, vec![70, 71]), true);
    assert!(round.handle_time(now, &Workers::default()).is_empty());
    assert_eq!(round.next_deadline(&Workers::default()), None);
    let workers = workers(now);
    assert!(round.handle_time(now, &workers).is_empty() && numbers(&mut round).is_empty());
    assert_eq!(round.view(now).phase, BatchPhase::Waiting);
    assert_eq!(round.next_deadline(&workers), Some(now + AWAITED_FOR));
    assert_eq!(round.handle_time(now + AWAITED_FOR, &workers), [START]);
    assert_eq!(numbers(&mut round), [BASE, BASE + 1, BASE + 2]);
    let mut round = Round::new(now, BASE, run(3, vec![70]), true);
    assert_eq!(round.handle_time(now, &workers), [START]);
    assert_eq!(round.view(now).phase, BatchPhase::Running);
}

#[test]
fn it_is_complete_with_every_number_counted_once_and_checked_to_the_last_bit() {
    let now = Instant::now();
    let mut round = Round::new(now, BASE, run(2, vec![]), true);
    round.handle_time(now, &workers(now));
    for number in [BASE, BASE, BASE - 1, BASE + 2, 0, u64::MAX] {
        result(&mut round, Some(number), 0.5);
    }
    let view = round.view(now);
    assert_eq!((view.counted, view.outstanding, view.duplicates, view.late, view.foreign), (1, 1, 1, 2, 2));
    result(&mut round, Some(BASE + 1), 0.25);
    assert!(round.is_complete());
    assert!(round.handle_time(now, &Workers::default()).is_empty(), "EXIT is not published");
    let view = round.view(now);
    assert_eq!((view.phase, view.total), (BatchPhase::Complete, Some(0.75)));
    assert_eq!(view.by_symbol, [SymbolValue { symbol: "MSFT".to_owned(), value: 0.75 }]);
    assert!(round.awaits_verification() && !round.is_open() && !round.is_unsettled());
    assert!(round.take_end() && !round.take_end());
    let sum = |value: f64| Sum { total: value, by_symbol: [("MSFT".to_owned(), value)].into() };
    round.handle_checked(&sum(0.75));
    assert_eq!(round.view(now).verification, Verification::Verified);
    round.handle_checked(&sum(0.75_f64.next_up()));
    assert!(matches!(round.view(now).verification, Verification::Differs { expected } if expected > 0.75));
}

#[test]
fn missing_orders_are_sent_again_but_not_while_no_worker_is_connected() {
    let start = Instant::now();
    let workers = workers(start);
    let mut round = Round::new(start, BASE, run(3, vec![]), true);
    round.handle_time(start, &workers);
    numbers(&mut round);
    result(&mut round, Some(BASE + 1), 1.0);
    round.handle_time(start, &workers);
    assert!(round.handle_time(start + 100 * PATIENCE, &Workers::default()).is_empty());
    round.handle_ready(&Outcome::Ready(None), 11);
    let came = start + 100 * PATIENCE;
    assert_eq!(round.handle_time(came, &workers), [Control::Repeat(vec![BASE, BASE + 2])]);
    assert_eq!(numbers(&mut round), [BASE, BASE + 2]);
    assert_eq!(round.view(came).repeated, 2);
}

#[test]
fn orders_that_were_not_sent_are_not_missed_however_long_they_are_held_back() {
    let start = Instant::now();
    let workers = workers(start);
    let mut round = Round::new(start, BASE, run(3, vec![]), true);
    round.handle_time(start, &workers);
    let hours = |count: u32| start + 3600 * Duration::from_secs(1) * count;
    assert_eq!((round.next_deadline(&workers), round.view(start).unsent), (None, 3));
    assert!(round.handle_time(hours(1), &workers).is_empty());
    // One that waits for room at a worker was not sent either.
    assert!(round.outgoing().is_some() && round.awaits_room());
    assert_eq!((round.next_deadline(&workers), round.view(start).unsent), (None, 3));
    assert!(round.handle_time(hours(2), &workers).is_empty() && round.is_open());
    assert_eq!(next_number(&mut round), Some(BASE));
    assert_eq!(round.next_deadline(&workers), Some(hours(2) + PATIENCE));
    assert!(round.handle_time(hours(2), &workers).is_empty());
    assert_eq!(round.handle_time(hours(2) + PATIENCE, &workers), [Control::Repeat(vec![BASE])]);
    result(&mut round, Some(BASE), 1.0);
    assert!(round.handle_time(hours(3), &workers).is_empty() && round.is_open());
    let view = round.view(hours(3));
    assert_eq!((view.counted, view.repeated, view.phase), (1, 1, BatchPhase::Running));
}

#[test]
fn results_without_numbers_count_only_if_they_can_be_of_no_other_batch() {
    let now = Instant::now();
    for (takes, counted, foreign) in [(true, 1, 0), (false, 0, 1)] {
        let mut round = Round::new(now, BASE, run(3, vec![]), takes);
        round.handle_time(now, &workers(now));
        result(&mut round, None, 1.0);
        let view = round.view(now);
        assert_eq!((view.counted, view.foreign), (counted, foreign));
    }
}

#[test]
fn a_batch_that_is_stopped_sends_and_counts_nothing_more() {
    let now = Instant::now();
    let mut round = Round::new(now, BASE, run(3, vec![]), true);
    round.handle_time(now, &workers(now));
    round.stop();
    result(&mut round, Some(BASE), 1.0);
    assert!(numbers(&mut round).is_empty() && round.is_unsettled());
    let view = round.view(now);
    assert_eq!((view.counted, view.phase), (0, BatchPhase::Stopped));
    assert!(matches!(view.verification, Verification::Unchecked { .. }));
    assert_eq!(round.next_deadline(&workers(now)), None);
}
