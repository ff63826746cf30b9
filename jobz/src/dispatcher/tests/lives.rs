//! Workers that are slow, silent, or break the rules.

use wire::job::FromWorker;

use super::{Bench, HEARTBEAT, Sent, final_reply, request_to};

#[test]
fn the_request_of_a_silent_worker_goes_to_another_one_and_the_late_reply_to_no_client() {
    let mut bench = Bench::new();
    bench.ready("slow", "echo");
    let sent = bench.ask("ada", "echo", "hi");
    let old = request_to("slow", &sent);
    bench.after(HEARTBEAT);
    // It has sent a heartbeat while it was busy, so its silence counts.
    bench.say("slow", FromWorker::Heartbeat);
    bench.after(HEARTBEAT / 2);
    bench.ready("fast", "echo");
    let sent = bench.after(HEARTBEAT * 5 / 2);
    assert!(!sent.contains(&Sent::Disconnect("slow".to_owned())));
    let new = sent.iter().find_map(|sent| match sent {
        Sent::Request { worker, address, .. } if worker == "fast" => Some(address.clone()),
        _ => None,
    });
    assert_eq!(bench.reply("slow", &old, true, "late"), [Sent::Disconnect("slow".to_owned())]);
    assert_eq!(bench.dispatcher.counts().late, 1);
    assert_eq!(bench.reply("fast", &new.unwrap(), true, "in time"), final_reply("ada", "in time"));
}

#[test]
fn a_worker_that_never_beats_when_it_is_busy_has_the_time_of_its_service() {
    let mut bench = Bench::new();
    bench.ready("w", "echo");
    let sent = bench.ask("ada", "echo", "hi");
    let address = request_to("w", &sent);
    let sent = bench.after(HEARTBEAT * 9);
    assert!(sent.iter().all(|sent| *sent == Sent::Heartbeat("w".to_owned())) && sent.len() == 9, "{sent:?}");
    assert_eq!(bench.reply("w", &address, true, "done"), final_reply("ada", "done"));
}

#[test]
fn a_worker_that_is_too_slow_begins_again_and_its_request_is_for_another_one() {
    let mut bench = Bench::new();
    bench.ready("w", "echo");
    bench.ask("ada", "echo", "hi");
    assert!(bench.after(HEARTBEAT * 10).contains(&Sent::Disconnect("w".to_owned())));
    let sent = bench.ready("w2", "echo");
    request_to("w2", &sent);
    bench.after(HEARTBEAT * 10);
    let dead: Vec<_> = bench.dispatcher.dead_letters().map(|letter| (letter.number, letter.attempts)).collect();
    assert_eq!((dead, bench.dispatcher.open_requests()), (vec![((7 << 64) + 1, 2)], 0));
}

#[test]
fn a_worker_that_knows_cancel_keeps_its_place_until_it_has_ended() {
    let mut bench = Bench::new();
    bench.say("w", FromWorker::Ready { service: "echo", credit: Some(1) });
    let sent = bench.ask("ada", "echo", "hi");
    let old = request_to("w", &sent);
    bench.after(HEARTBEAT * 6);
    bench.say("w", FromWorker::Heartbeat);
    bench.after(HEARTBEAT * 2);
    bench.say("w", FromWorker::Heartbeat);
    let sent = bench.after(HEARTBEAT * 2);
    assert!(sent.contains(&Sent::Cancel { worker: "w".to_owned(), address: old.clone() }), "{sent:?}");
    assert!(!sent.iter().any(|sent| matches!(sent, Sent::Request { .. })));
    // Its end makes room for the second try of the same request.
    let sent = bench.reply("w", &old, true, "late");
    let new = request_to("w", &sent);
    assert_eq!(bench.reply("w", &new, true, "second"), final_reply("ada", "second"));
    assert_eq!(bench.dispatcher.counts().late, 1);
}

#[test]
fn credit_is_how_many_requests_a_worker_has_open() {
    let mut bench = Bench::new();
    bench.say("w", FromWorker::Ready { service: "echo", credit: Some(2) });
    assert_eq!(bench.ask("ada", "echo", "1").len(), 1);
    assert_eq!(bench.ask("ada", "echo", "2").len(), 1);
    assert_eq!(bench.ask("ada", "echo", "3"), []);
    assert_eq!(bench.say("w", FromWorker::Credit(3)).len(), 1);
    // A worker that takes nothing more ends what it has.
    bench.say("w", FromWorker::Credit(0));
    assert_eq!(bench.ask("ada", "echo", "4"), []);
}

#[test]
fn a_worker_that_breaks_the_rules_begins_again() {
    let mut bench = Bench::new();
    let disconnected = [Sent::Disconnect("w".to_owned())];
    assert_eq!(bench.say("w", FromWorker::Heartbeat), disconnected);
    assert_eq!(bench.reply("w", b"anything", true, "x"), disconnected);
    assert_eq!(bench.ready("w", "mmi.service"), disconnected);
    assert_eq!(bench.say("w", FromWorker::Disconnect), []);
    bench.ready("w", "echo");
    assert_eq!(bench.ready("w", "echo"), disconnected);
    assert_eq!((bench.dispatcher.workers(), bench.dispatcher.next_deadline()), (0, None));
}
