//! Workers that fail requests, or take leave.

use std::time::Duration;

use wire::{
    Frames,
    job::{Body, Dialect, FromWorker, ToWorker},
};

use super::{Bench, HEARTBEAT, Sent, final_reply, request_to};
use crate::{
    dispatcher::Dispatcher,
    limits::{BrokerLimits, ServiceLimits},
};

/// A broker with room for many requests, of which each has three tries.
fn bench() -> Bench {
    let service = ServiceLimits { waiting_max: 1_000, tries_max: 3, ..ServiceLimits::default() };
    let mut bench = Bench::new();
    let limits = BrokerLimits { heartbeat: HEARTBEAT, liveness: 3, service, ..BrokerLimits::default() };
    bench.dispatcher = Dispatcher::new(limits, 7);
    bench
}

fn ready(bench: &mut Bench, worker: &str, credit: u64) -> Vec<Sent> {
    bench.say(worker, FromWorker::Ready { service: "echo", credit: Some(credit) })
}

fn fail(bench: &mut Bench, worker: &str, address: &[u8]) -> Vec<Sent> {
    bench.say(worker, FromWorker::Fail { address, reason: "no such file" })
}

/// Time passes, in which these workers send heartbeats.
fn after(bench: &mut Bench, time: Duration, workers: &[&str]) -> Vec<Sent> {
    let end = bench.now + time;
    let mut sent = Vec::new();
    while bench.now < end {
        sent.extend(bench.after(HEARTBEAT.min(end - bench.now)));
        for worker in workers {
            sent.extend(bench.say(worker, FromWorker::Heartbeat));
        }
    }
    sent.retain(|sent| !matches!(sent, Sent::Heartbeat(_)));
    sent
}

#[test]
fn a_request_on_its_way_to_a_worker_that_takes_leave_costs_no_try() {
    let mut bench = bench();
    bench.ask("ada", "echo", "hi");
    for number in 0..5 {
        let worker = format!("leaves {number}");
        request_to(&worker, &ready(&mut bench, &worker, 1));
        bench.say(&worker, FromWorker::Disconnect);
    }
    // CREDIT 0 says as much, if its sender cannot say DISCONNECT any more.
    request_to("stopped", &ready(&mut bench, "stopped", 1));
    bench.say("stopped", FromWorker::Credit(0));
    bench.dispatcher.handle_gone(bench.now, b"stopped", &mut bench.out);
    let address = request_to("w", &ready(&mut bench, "w", 1));
    let address = request_to("w", &fail(&mut bench, "w", &address));
    let address = request_to("w", &fail(&mut bench, "w", &address));
    assert_eq!(bench.reply("w", &address, true, "HI"), final_reply("ada", "HI"));
}

#[test]
fn a_request_that_cannot_be_sent_to_its_worker_costs_no_try() {
    let mut bench = bench();
    bench.ask("ada", "echo", "hi");
    for number in 0..5 {
        let worker = format!("gone {number}");
        let address = request_to(&worker, &ready(&mut bench, &worker, 1));
        let body: Frames = ["hi"].into_iter().collect();
        let mut message: Frames = [&worker].into_iter().collect();
        let body = Body::of(&body, 0).unwrap();
        ToWorker::Request { address: &address, body }.encode(Dialect::Mdp2, &mut message);
        // Only the first time.
        for _ in 0..2 {
            bench.dispatcher.give_back_undelivered(&message);
            bench.dispatcher.handle_gone(bench.now, worker.as_bytes(), &mut bench.out);
        }
    }
    let address = request_to("w", &ready(&mut bench, "w", 1));
    let address = request_to("w", &fail(&mut bench, "w", &address));
    let address = request_to("w", &fail(&mut bench, "w", &address));
    assert_eq!(fail(&mut bench, "w", &address), []);
    assert_eq!(bench.dispatcher.counts().dead, 1);
}

#[test]
fn a_request_that_makes_every_worker_take_leave_is_a_dead_letter_in_the_end() {
    let mut bench = bench();
    bench.ask("ada", "echo", "hi");
    for number in 0..13 {
        let worker = format!("leaves {number}");
        request_to(&worker, &ready(&mut bench, &worker, 1));
        bench.say(&worker, FromWorker::Disconnect);
    }
    assert_eq!((bench.dispatcher.counts().dead, bench.dispatcher.open_requests()), (1, 0));
}

#[test]
fn a_request_that_was_failed_waits_for_a_worker_that_has_not_and_others_do_not() {
    let mut bench = bench();
    ready(&mut bench, "good", 1);
    let long = request_to("good", &bench.ask("ada", "echo", "long"));
    ready(&mut bench, "bad", 1);
    let failed = request_to("bad", &bench.ask("ada", "echo", "hi"));
    assert_eq!(fail(&mut bench, "bad", &failed), []);
    let other = request_to("bad", &bench.ask("bob", "echo", "other"));
    assert_eq!(bench.reply("bad", &other, true, "done"), final_reply("bob", "done"));
    let sent = bench.reply("good", &long, true, "done");
    let again = request_to("good", &sent[..1]);
    assert_eq!(bench.reply("good", &again, true, "HI"), final_reply("ada", "HI"));
}

#[test]
fn a_request_that_no_other_worker_takes_comes_back_to_the_one_that_failed_it() {
    let mut bench = bench();
    ready(&mut bench, "busy", 1);
    request_to("busy", &bench.ask("ada", "echo", "long"));
    ready(&mut bench, "w", 1);
    let address = request_to("w", &bench.ask("ada", "echo", "hi"));
    assert_eq!(fail(&mut bench, "w", &address), []);
    // Half of the time in which it would expire.
    assert_eq!(after(&mut bench, Duration::from_secs(29), &["busy", "w"]), []);
    request_to("w", &after(&mut bench, HEARTBEAT, &["busy", "w"]));
}

#[test]
fn a_request_comes_back_at_once_if_there_is_no_other_worker() {
    let mut bench = bench();
    ready(&mut bench, "w", 1);
    let address = request_to("w", &bench.ask("ada", "echo", "hi"));
    ready(&mut bench, "other", 1);
    bench.say("other", FromWorker::Disconnect);
    request_to("w", &fail(&mut bench, "w", &address));
}

#[test]
fn a_worker_that_is_too_slow_for_a_request_does_not_get_it_again_before_others() {
    let mut bench = bench();
    ready(&mut bench, "slow", 2);
    let address = request_to("slow", &bench.ask("ada", "echo", "hi"));
    ready(&mut bench, "other", 1);
    request_to("other", &bench.ask("bob", "echo", "long"));
    after(&mut bench, Duration::from_secs(299), &["slow", "other"]);
    let sent = bench.reply("other", &[0; 20], false, "no progress");
    assert_eq!(sent, []);
    let sent = after(&mut bench, Duration::from_secs(2), &["slow", "other"]);
    // Both were too slow: each gets what the other one had.
    let cancelled = |sent: &&Sent| matches!(sent, Sent::Cancel { .. });
    assert_eq!(sent.iter().filter(cancelled).count(), 2, "{sent:?}");
    let given: Vec<&Sent> = sent.iter().filter(|sent| matches!(sent, Sent::Request { .. })).collect();
    assert!(
        matches!(&given[..], [Sent::Request { worker, body, .. }] if worker == "slow" && body == "long"),
        "{sent:?}"
    );
    assert_eq!(bench.reply("slow", &address, true, "late"), []);
}

/// Each request of `count` is answered by good workers, of which each takes a second for one, among bad ones that fail everything at
/// once; returns how many tries have failed.
fn failures_among(bad: usize, good: usize, count: usize) -> u64 {
    let mut bench = bench();
    let names: Vec<String> = (0..good)
        .map(|number| format!("good {number}"))
        .chain((0..bad).map(|number| format!("bad {number}")))
        .collect();
    let mut sent = Vec::new();
    for name in &names {
        sent.extend(ready(&mut bench, name, 1));
    }
    for number in 0..count {
        sent.extend(bench.ask("ada", "echo", &number.to_string()));
    }
    let mut answered = 0;
    for _ in 0..count + 60 {
        let mut busy = Vec::new();
        while let Some(one) = sent.pop() {
            match one {
                Sent::Request { worker, address, .. } if worker.starts_with("bad") => {
                    sent.extend(fail(&mut bench, &worker, &address));
                }
                Sent::Request { worker, address, .. } => busy.push((worker, address)),
                Sent::Reply { .. } => answered += 1,
                _ => {}
            }
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        sent.extend(after(&mut bench, HEARTBEAT, &names));
        for (worker, address) in busy {
            sent.extend(bench.reply(&worker, &address, true, "done"));
        }
    }
    assert_eq!((answered, bench.dispatcher.counts().dead), (count, 0), "{:?}", bench.dispatcher.counts());
    bench.dispatcher.counts().failed
}

#[test]
fn a_worker_that_fails_everything_at_once_costs_a_few_tries_and_no_request() {
    // It fails three, and then one after each pause: 1, 2, 4, 8, 16, 32 and 60 s.
    let failures = failures_among(1, 1, 50);
    assert!((6..=10).contains(&failures), "{failures} failures");
}

#[test]
fn half_of_the_workers_fail_everything_and_the_others_do_it() {
    let failures = failures_among(2, 2, 100);
    assert!((8..=24).contains(&failures), "{failures} failures");
}

#[test]
fn the_last_worker_that_is_trusted_never_pauses_and_when_it_is_gone_all_are_trusted_again() {
    let mut bench = bench();
    ready(&mut bench, "a", 2);
    ready(&mut bench, "b", 2);
    let mut sent = Vec::new();
    for number in 0..20 {
        sent.extend(bench.ask("ada", "echo", &number.to_string()));
    }
    while let Some(one) = sent.pop() {
        if let Sent::Request { worker, address, .. } = one {
            sent.extend(fail(&mut bench, &worker, &address));
        }
    }
    // All are dead letters: no worker can do them.
    assert_eq!((bench.dispatcher.counts().dead, bench.dispatcher.counts().paused), (20, 1));
    let paused: Vec<bool> = bench.dispatcher.workers.iter().map(|worker| !worker.trust.is_full()).collect();
    let (paused, trusted) = if paused == [true, false] { ("a", "b") } else { ("b", "a") };
    let address = request_to(trusted, &bench.ask("ada", "echo", "good"));
    assert_eq!(bench.ask("ada", "echo", "another").len(), 1);
    assert_eq!(bench.ask("ada", "echo", "third"), []);
    let sent = bench.say(trusted, FromWorker::Disconnect);
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent.iter().all(|sent| matches!(sent, Sent::Request { worker, .. } if worker == paused)), "{sent:?}");
    assert_eq!(bench.reply(trusted, &address, true, "late"), [Sent::Disconnect(trusted.to_owned())]);
}

#[test]
fn a_worker_that_has_paused_gets_one_request_until_it_has_done_one() {
    let mut bench = bench();
    ready(&mut bench, "w", 3);
    let addresses: Vec<Vec<u8>> =
        (0..3).map(|number| request_to("w", &bench.ask("ada", "echo", &number.to_string()))).collect();
    ready(&mut bench, "other", 10);
    for address in &addresses {
        request_to("other", &fail(&mut bench, "w", address));
    }
    for number in 3..10 {
        request_to("other", &bench.ask("ada", "echo", &number.to_string()));
    }
    assert_eq!(bench.ask("ada", "echo", "10"), []);
    assert_eq!(bench.ask("ada", "echo", "11"), []);
    let sent = bench.after(Duration::from_secs(1));
    let sent: Vec<Sent> = sent.into_iter().filter(|sent| matches!(sent, Sent::Request { .. })).collect();
    let address = request_to("w", &sent);
    let sent = bench.reply("w", &address, true, "done");
    request_to("w", &sent[..1]);
    assert_eq!(bench.ask("ada", "echo", "12").len(), 1);
    assert_eq!(bench.dispatcher.counts().paused, 1);
}

#[test]
fn what_a_worker_says_of_a_request_that_is_not_wanted_is_no_failure() {
    let mut bench = bench();
    ready(&mut bench, "w", 5);
    ready(&mut bench, "other", 1);
    bench.say("other", FromWorker::Credit(0));
    for number in 0..5 {
        bench.ask("ada", "echo", &number.to_string());
    }
    let sent = after(&mut bench, Duration::from_secs(300), &["w", "other"]);
    let cancelled: Vec<Vec<u8>> = sent
        .into_iter()
        .filter_map(|sent| match sent {
            Sent::Cancel { address, .. } => Some(address),
            _ => None,
        })
        .collect();
    assert_eq!(cancelled.len(), 5);
    for address in cancelled {
        fail(&mut bench, "w", &address);
    }
    assert_eq!(bench.dispatcher.counts().paused, 0);
    assert!(bench.dispatcher.workers.iter().all(|worker| worker.trust.failures() == 0));
}
