//! Requests and their replies.

use std::time::Duration;

use wire::job::Dialect;

use super::{Bench, HEARTBEAT, Sent, final_reply, request_to};

#[test]
fn a_request_waits_for_a_worker_and_its_reply_goes_back() {
    let mut bench = Bench::new();
    assert_eq!(bench.ask("ada", "echo", "hi"), []);
    let sent = bench.ready("w", "echo");
    let address = request_to("w", &sent);
    let partial = vec![Sent::Reply { client: "ada".to_owned(), is_final: false, body: "half".to_owned() }];
    assert_eq!(bench.reply("w", &address, false, "half"), partial);
    assert_eq!(bench.reply("w", &address, true, "whole"), final_reply("ada", "whole"));
    assert_eq!((bench.dispatcher.open_requests(), bench.dispatcher.counts().answered), (0, 1));
}

#[test]
fn a_client_of_version_1_gets_the_partial_replies_with_the_final_one() {
    let mut bench = Bench::new();
    bench.ready("w", "echo");
    let sent = bench.ask_in(Dialect::Mdp1, "ada", "echo", "hi");
    let address = request_to("w", &sent);
    assert_eq!(bench.reply("w", &address, false, "one"), []);
    assert_eq!(bench.reply("w", &address, false, "two"), []);
    assert_eq!(bench.reply("w", &address, true, "three"), final_reply("ada", "one|two|three"));
}

#[test]
fn many_partial_replies_are_one_reply_of_version_1() {
    let mut bench = Bench::new();
    bench.ready("w", "echo");
    let sent = bench.ask_in(Dialect::Mdp1, "ada", "echo", "hi");
    let address = request_to("w", &sent);
    for _ in 0..1_500 {
        bench.reply("w", &address, false, "x");
    }
    assert_eq!(bench.reply("w", &address, true, "x"), final_reply("ada", &vec!["x"; 1_501].join("|")));
}

#[test]
fn the_least_recently_used_worker_is_next() {
    let mut bench = Bench::new();
    for worker in ["a", "b"] {
        bench.ready(worker, "echo");
    }
    let first = bench.ask("ada", "echo", "1");
    let first = request_to("a", &first);
    bench.reply("a", &first, true, "1");
    let second = bench.ask("ada", "echo", "2");
    request_to("b", &second);
}

#[test]
fn a_service_without_workers_keeps_requests_until_they_expire() {
    let mut bench = Bench::new();
    bench.ask("ada", "absent", "hi");
    bench.after(Duration::from_secs(30));
    assert_eq!((bench.dispatcher.open_requests(), bench.dispatcher.counts().expired), (0, 1));
    assert_eq!(bench.ready("w", "absent"), []);
    assert_eq!(bench.dispatcher.next_deadline(), Some(bench.now + HEARTBEAT));
}

#[test]
fn a_client_that_floods_a_service_loses_its_own_requests() {
    let mut bench = Bench::new();
    for number in 0..10 {
        bench.ask("flood", "echo", &number.to_string());
    }
    bench.ask("ada", "echo", "hi");
    assert_eq!(bench.dispatcher.counts().refused, 7);
    let sent = bench.ready("w", "echo");
    let address = request_to("w", &sent);
    let sent = bench.reply("w", &address, true, "");
    assert!(matches!(&sent[0], Sent::Request { body, .. } if body == "hi"), "{sent:?}");
}

#[test]
fn a_worker_gets_its_next_request_before_its_reply_is_passed_on() {
    let mut bench = Bench::new();
    let first = request_to("w", &[bench.ready("w", "echo"), bench.ask("ada", "echo", "1")].concat());
    bench.ask("ada", "echo", "2");
    let sent = bench.reply("w", &first, true, "done");
    request_to("w", &sent[..1]);
    assert_eq!(sent[1..], final_reply("ada", "done"));
}
