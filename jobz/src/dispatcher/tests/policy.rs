//! Limits of single services, the choice of a worker, permits and draining.

use std::{collections::HashMap, time::Duration};

use wire::job::{Dialect, FromWorker};

use super::{Bench, HEARTBEAT, Sent, final_reply, request_to};
use crate::{
    dispatcher::Dispatcher,
    limits::{Balance, BrokerLimits, ServiceLimits},
    permits::Permits,
};

fn ready_with(bench: &mut Bench, worker: &str, credit: u64) -> Vec<Sent> {
    bench.say(worker, FromWorker::Ready { service: "echo", credit: Some(credit) })
}

fn permitted(list: &[&str]) -> Bench {
    let permits = Permits::of(list.iter().map(|text| text.parse().unwrap()).collect());
    let mut bench = Bench::new();
    bench.dispatcher = Dispatcher::new(BrokerLimits::default(), 7).with_permits(permits);
    bench
}

#[test]
fn a_service_can_have_limits_that_differ_from_those_of_the_others() {
    let brief = ServiceLimits { age_max: Duration::from_secs(1), ..ServiceLimits::default() };
    let services = HashMap::from([("brief".to_owned(), brief)]);
    let mut bench = Bench::with(BrokerLimits { services, ..BrokerLimits::default() });
    bench.ask("ada", "brief", "hi");
    bench.ask("ada", "other", "hi");
    bench.after(Duration::from_secs(2));
    assert_eq!((bench.dispatcher.counts().expired, bench.dispatcher.waiting()), (1, 1));
}

/// Which worker gets each of `count` requests, of two workers of which one has twice the credit of the other.
fn shares(balance: Balance, count: usize) -> String {
    let mut bench = Bench::with(BrokerLimits { balance, ..BrokerLimits::default() });
    ready_with(&mut bench, "small", 2);
    ready_with(&mut bench, "large", 4);
    let receiver = |sent: Vec<Sent>| match &sent[..] {
        [Sent::Request { worker, .. }] => worker[..1].to_owned(),
        other => panic!("{other:?}"),
    };
    (0..count).map(|number| receiver(bench.ask("ada", "echo", &number.to_string()))).collect()
}

#[test]
fn the_worker_with_the_smallest_share_of_its_credit_in_use_is_next_if_it_is_wanted() {
    assert_eq!(shares(Balance::Lru, 6), "slslll");
    assert_eq!(shares(Balance::Weighted, 6), "sllsll");
}

#[test]
fn the_share_in_use_is_that_of_now() {
    let mut bench = Bench::with(BrokerLimits { balance: Balance::Weighted, ..BrokerLimits::default() });
    ready_with(&mut bench, "a", 2);
    ready_with(&mut bench, "b", 2);
    let first = request_to("a", &bench.ask("ada", "echo", "1"));
    request_to("b", &bench.ask("ada", "echo", "2"));
    bench.reply("a", &first, true, "done");
    request_to("a", &bench.ask("ada", "echo", "3"));
    bench.say("b", FromWorker::Credit(10));
    request_to("b", &bench.ask("ada", "echo", "4"));
}

#[test]
fn only_users_with_a_permit_register() {
    let mut bench = permitted(&["w=echo", "ops=*"]);
    assert_eq!(bench.ready("eve", "echo"), [Sent::Disconnect("eve".to_owned())]);
    assert_eq!(bench.ready("w", "tea"), [Sent::Disconnect("w".to_owned())]);
    assert_eq!((bench.dispatcher.counts().not_allowed, bench.dispatcher.workers()), (2, 0));
    assert_eq!(bench.ready("w", "echo"), []);
    assert_eq!(bench.ready("ops", "tea"), []);
    // Clients need no permit.
    request_to("w", &bench.ask("eve", "echo", "hi"));
}

#[test]
fn a_drained_worker_finishes_what_it_has_and_is_let_go() {
    let mut bench = Bench::new();
    ready_with(&mut bench, "busy", 2);
    let address = request_to("busy", &bench.ask("ada", "echo", "1"));
    ready_with(&mut bench, "idle", 2);
    let sent = bench.ask("ada", "job.drain", "echo");
    assert_eq!(sent, [vec![Sent::End("idle".to_owned())], final_reply("ada", "200|2")].concat());
    assert_eq!(bench.ask("ada", "echo", "2"), []);
    // Its credit changes nothing any more.
    assert_eq!(bench.say("busy", FromWorker::Credit(10)), []);
    let sent = bench.reply("busy", &address, true, "done");
    assert_eq!(sent, [final_reply("ada", "done"), vec![Sent::End("busy".to_owned())]].concat());
    assert_eq!((bench.dispatcher.workers(), bench.dispatcher.counts().drained), (0, 2));
    // A worker that registers now is no part of it.
    request_to("new", &bench.ready("new", "echo"));
}

#[test]
fn a_drained_worker_without_the_extension_gets_disconnect() {
    let mut bench = Bench::new();
    bench.message("old", |frames| {
        FromWorker::Ready { service: "echo", credit: None }.encode(Dialect::Mdp1, frames);
    });
    bench.ready("other", "tea");
    let sent = bench.ask("ada", "job.drain", "echo");
    assert_eq!(sent, [vec![Sent::Disconnect("old".to_owned())], final_reply("ada", "200|1")].concat());
    // An empty name means all.
    let sent = bench.ask("ada", "job.drain", "");
    assert_eq!(sent, [vec![Sent::Disconnect("other".to_owned())], final_reply("ada", "200|1")].concat());
    assert_eq!(bench.dispatcher.next_deadline(), None);
}

#[test]
fn the_request_of_a_drained_worker_that_is_lost_goes_to_another_one() {
    let mut bench = Bench::new();
    ready_with(&mut bench, "w", 1);
    bench.ask("ada", "echo", "1");
    bench.ask("ada", "job.drain", "echo");
    assert_eq!(bench.dispatcher.workers(), 1);
    bench.dispatcher.handle_gone(bench.now, b"w", &mut bench.out);
    request_to("new", &ready_with(&mut bench, "new", 1));
    bench.after(HEARTBEAT / 2);
    assert_eq!(bench.dispatcher.workers(), 1);
}

#[test]
fn who_may_not_register_for_a_service_may_not_drain_it() {
    let mut bench = permitted(&["w=echo", "v=tea"]);
    bench.ready("w", "echo");
    bench.ready("v", "tea");
    assert_eq!(bench.ask("w", "job.drain", "absent"), final_reply("w", "404"));
    assert_eq!(bench.ask("v", "job.drain", "echo"), final_reply("v", "403"));
    // All that it may.
    let sent = bench.ask("w", "job.drain", "");
    assert_eq!(sent, [vec![Sent::Disconnect("w".to_owned())], final_reply("w", "200|1")].concat());
    assert_eq!(bench.ask("w", "job.drain", ""), final_reply("w", "200|0"));
}
