//! queue-paranoid, work-paranoid: heartbeats between a queue and its workers, with peers that speak as the ZeroMQ Guide and 6/PPP do.

use std::time::{Duration, Instant};

use testkit::{BOUND, Peer, Program, peer};

use crate::cast::{BIND, Cast, to};

const QUEUE: &str = "queue-paranoid --clients tcp://127.0.0.1:* --workers tcp://127.0.0.1:* --interval 50ms";

const WORKER: &str = "work-paranoid --interval 50ms --backoff 50ms";

/// How many intervals are more than a busy machine takes for one.
const PATIENT: &str = "--liveness 12";

const READY: &[u8] = &[1];
const HEARTBEAT: &[u8] = &[2];

/// A worker of another program.
fn stranger(queue: &Program) -> Peer {
    let worker = Peer::connect(peer::DEALER, &queue.endpoint("ppp"));
    worker.send([READY]);
    worker
}

/// What comes next to a worker that is no heartbeat.
fn request(worker: &Peer) -> Vec<Vec<u8>> {
    loop {
        let message = worker.receive();
        if message != [HEARTBEAT] {
            return message;
        }
    }
}

/// Waits for so many heartbeats of the queue, and answers each, as a worker does that is busy and alive.
fn beat(worker: &Peer, count: u32) {
    for _ in 0..count {
        assert_eq!(worker.receive(), [HEARTBEAT], "a busy worker gets no other request");
        worker.send([HEARTBEAT]);
    }
}

/// A client that sends a request, without waiting for its reply.
fn ask(queue: &Program, request: &str) -> Peer {
    let client = Peer::connect(peer::DEALER, &queue.endpoint("clients"));
    client.send(["", request]);
    client
}

#[test]
fn a_suspended_worker_is_forgotten_before_it_gets_a_request() {
    let mut cast = Cast::new();
    let queue = cast.start(&format!("{QUEUE} {PATIENT}"));
    let first = cast.start(&format!("{WORKER} {PATIENT} {}", to(&queue, "ppp")));
    cast.until(&queue, "free", |free| free == 1);
    let second = cast.start(&format!("{WORKER} {PATIENT} {}", to(&queue, "ppp")));
    cast.until(&queue, "free", |free| free == 2);
    first.suspend();
    cast.until_all(&queue, ["known", "free", "forgotten"], |all| all == [1, 1, 1]);
    let client = cast.start(&format!("lazy-pirate --timeout 20s --pause 1ms {}", to(&queue, "clients")));
    cast.until(&client, "replies", |replies| replies >= 20);
    cast.until(&second, "done", |done| done >= 20);
    assert_eq!(cast.value(&client, "retries"), 0);
    // It hears nothing, because the queue does not know it any more, and begins again.
    first.resume();
    cast.until(&queue, "known", |known| known == 2);
    cast.until(&first, "done", |done| done >= 1);
}

#[test]
fn a_pirate_gets_its_reply_though_a_worker_died_with_the_request() {
    let mut cast = Cast::new();
    let queue = cast.start(&format!("{QUEUE} {PATIENT}"));
    let worker = cast.start(&format!("{WORKER} {PATIENT} --pause 1h {}", to(&queue, "ppp")));
    let client =
        cast.start(&format!("lazy-pirate --timeout 200ms --retries 1000 --pause 1ms {}", to(&queue, "clients")));
    let _request = worker.next_line();
    worker.kill();
    let _other = cast.start(&format!("{WORKER} {PATIENT} {}", to(&queue, "ppp")));
    cast.until(&client, "replies", |replies| replies >= 5);
    assert!(cast.value(&client, "retries") >= 1);
}

#[test]
fn a_worker_waits_longer_for_each_retry_until_a_queue_is_there_again() {
    let mut cast = Cast::new();
    let queue = cast.start(QUEUE);
    let [workers, clients] = ["ppp", "clients"].map(|socket| queue.endpoint(socket));
    let worker = cast.start(&format!("{WORKER} --liveness 3 --backoff-max 150ms --connect {workers}"));
    cast.until(&queue, "known", |known| known == 1);
    queue.kill();
    let _ = queue.finish();
    let retry = |wait: &str| assert_eq!(worker.next_line(), format!("the queue is silent, retry in {wait}"));
    for wait in ["50ms", "100ms", "150ms", "150ms"] {
        retry(wait);
    }
    let queue = cast.start(&format!("queue-paranoid --clients {clients} --workers {workers} --interval 50ms"));
    let client = cast.start(&format!("lazy-pirate --timeout 20s --pause 1ms --connect {clients}"));
    cast.until(&client, "replies", |replies| replies >= 20);
    worker.line_where(|line| line.ends_with(" | 20"));
    queue.kill();
    let first = worker.line_where(|line| line.starts_with("the queue"));
    assert_eq!(first, "the queue is silent, retry in 50ms");
}

#[test]
fn a_heartbeat_of_a_busy_worker_does_not_make_it_free() {
    let cast = Cast::new();
    let queue = cast.start(&format!("{QUEUE} --liveness 200"));
    let worker = stranger(&queue);
    let first = ask(&queue, "1");
    let Ok([_client, empty, content]) = <[_; 3]>::try_from(request(&worker)) else { panic!("three frames") };
    assert_eq!((empty, content), (b"".to_vec(), b"1".to_vec()));
    let _second = ask(&queue, "2");
    beat(&worker, 5);
    // Another worker gets what the busy one may not.
    let other = stranger(&queue);
    assert_eq!(request(&other)[2], b"2");
    beat(&worker, 5);
    assert_eq!(first.receive_within(Duration::ZERO), None);
}

#[test]
fn a_worker_is_free_after_its_reply_and_the_one_that_was_free_for_longest_is_next() {
    let mut cast = Cast::new();
    let queue = cast.start(&format!("{QUEUE} --liveness 1000"));
    let workers = [1, 2].map(|number| {
        let worker = stranger(&queue);
        cast.until(&queue, "free", |free| free == number);
        worker
    });
    for number in ["1", "2", "3", "4"] {
        let client = ask(&queue, number);
        let worker = &workers[usize::from(number == "2" || number == "4")];
        let request = request(worker);
        assert_eq!(request[2], number.as_bytes());
        worker.send(request);
        assert_eq!(client.receive(), [b"", number.as_bytes()]);
    }
}

#[test]
fn each_silent_worker_is_forgotten_wherever_a_living_one_stands() {
    for alive in 0..3 {
        let mut cast = Cast::new();
        let queue = cast.start(&format!("{QUEUE} {PATIENT}"));
        let workers = [1, 2, 3].map(|number| {
            let worker = stranger(&queue);
            let deadline = Instant::now() + BOUND;
            while cast.value(&queue, "free") < number {
                assert!(Instant::now() < deadline, "{number} are not known");
                cast.watch(Duration::from_millis(10));
            }
            worker
        });
        let deadline = Instant::now() + BOUND;
        while cast.value(&queue, "forgotten") < 2 {
            assert!(Instant::now() < deadline, "two are forgotten, if the one at {alive} lives");
            workers[alive].send([HEARTBEAT]);
            cast.watch(Duration::from_millis(20));
        }
        cast.until_all(&queue, ["known", "forgotten"], |all| all == [1, 2]);
        let _client = ask(&queue, "7");
        assert_eq!(request(&workers[alive])[2], b"7");
    }
}

#[test]
fn a_worker_that_is_silent_while_it_works_is_known_again_by_its_reply() {
    let mut cast = Cast::new();
    let queue = cast.start(&format!("{QUEUE} {PATIENT}"));
    let worker = stranger(&queue);
    let client = ask(&queue, "1");
    let first = request(&worker);
    cast.until_all(&queue, ["known", "forgotten"], |all| all == [0, 1]);
    worker.send(first);
    assert_eq!(client.receive(), [&b""[..], b"1"]);
    let _client = ask(&queue, "2");
    assert_eq!(request(&worker)[2], b"2");
}

#[test]
fn a_heartbeat_of_a_worker_that_is_not_known_is_not_answered() {
    let mut cast = Cast::new();
    let queue = cast.start(&format!("{QUEUE} --liveness 1000"));
    let unknown = Peer::connect(peer::DEALER, &queue.endpoint("ppp"));
    unknown.send([HEARTBEAT]);
    let known = stranger(&queue);
    beat(&known, 5);
    assert_eq!(unknown.receive_within(Duration::ZERO), None);
    cast.until_all(&queue, ["known", "malformed"], |all| all == [1, 0]);
}

#[test]
fn an_envelope_of_any_depth_and_all_frames_of_a_content_travel_both_ways() {
    let cast = Cast::new();
    let queue = cast.start(QUEUE);
    let _worker = cast.start(&format!("{WORKER} {PATIENT} {}", to(&queue, "ppp")));
    let client = Peer::connect(peer::DEALER, &queue.endpoint("clients"));
    for message in [
        vec![&b""[..], b"7"],
        vec![b"queue", b"client", b"", b"7"],
        vec![b"queue", b"\0\x80\0\0\x29", b"\0\0\0\x01", b"", b"a", b"", b"\x02"],
        vec![b"", b"\x01"],
        vec![b"", b"\x02"],
        vec![b"", b""],
    ] {
        client.send(&message);
        assert_eq!(client.receive(), message);
    }
}

#[test]
fn malformed_messages_to_a_queue_are_counted_and_change_nothing() {
    let mut cast = Cast::new();
    let queue = cast.start(&format!("{QUEUE} --liveness 1000"));
    let worker = stranger(&queue);
    let garbage = Peer::connect(peer::DEALER, &queue.endpoint("ppp"));
    for message in [&["\x03"][..], &["READY"], &[""], &["", "7"], &["client", ""], &["7", "8"], &["\x01", "7"]] {
        garbage.send(message);
    }
    garbage.send(["q"; 101].into_iter().chain(["", "7"]));
    cast.until_all(&queue, ["known", "malformed"], |all| all == [1, 8]);
    let client = Peer::connect(peer::DEALER, &queue.endpoint("clients"));
    for message in [&["7"][..], &[""], &["7", "8"], &["queue", ""]] {
        client.send(message);
    }
    client.send(["", "9"]);
    assert_eq!(request(&worker)[1..], [&b""[..], b"9"]);
    cast.until_all(&queue, ["malformed", "requests", "replies"], |all| all == [12, 1, 0]);
}

#[test]
fn a_worker_beats_while_it_is_idle_and_is_silent_while_it_works() {
    let cast = Cast::new();
    let queue = Peer::bind(peer::ROUTER);
    let worker = cast.start(&format!("{WORKER} --pause 200ms --liveness 1000 --connect {}", queue.endpoint()));
    let first = queue.receive();
    let id = first[0].clone();
    assert_eq!(first, [&id[..], READY]);
    for _ in 0..3 {
        assert_eq!(queue.receive(), [&id[..], HEARTBEAT]);
    }
    // Both requests wait for it, so it is busy from its first reply to its second one.
    for content in ["1", "2"] {
        queue.send([&id[..], b"client", b"", content.as_bytes()]);
    }
    assert_eq!(worker.next_line(), "client |  | 1");
    while queue.receive() != [&id[..], b"client", b"", b"1"] {}
    assert_eq!(queue.receive(), [&id[..], b"client", b"", b"2"]);
    assert_eq!(queue.receive(), [&id[..], HEARTBEAT]);
}

#[test]
fn a_worker_replies_to_any_request_of_the_rfc_and_counts_what_is_none() {
    let mut cast = Cast::new();
    let queue = Peer::bind(peer::ROUTER);
    let worker = cast.start(&format!("{WORKER} --liveness 1000 --connect {}", queue.endpoint()));
    let id = queue.receive().swap_remove(0);
    let send = |message: &[&[u8]]| queue.send([&id[..]].iter().chain(message));
    for message in [&[READY][..], &[b""], &[b"client", b""], &[HEARTBEAT]] {
        send(message);
    }
    for message in [&[&b"7"[..]][..], &[b"7", b"8"], &[b"a", b"b", b"", b"7", b"", b"8"], &[b"a", b"", READY]] {
        send(message);
        let reply = loop {
            let message = queue.receive();
            if message[1..] != [HEARTBEAT] {
                break message;
            }
        };
        assert_eq!(reply[1..], *message);
    }
    cast.until_all(&worker, ["malformed", "done"], |all| all == [3, 4]);
}

#[test]
fn a_worker_begins_again_with_a_queue_that_is_silent() {
    let cast = Cast::new();
    let queue = Peer::bind(peer::ROUTER);
    let _worker = cast.start(&format!("{WORKER} --liveness 3 --connect {}", queue.endpoint()));
    let mut ids = Vec::new();
    while ids.len() < 3 {
        let message = queue.receive();
        if message[1..] == [READY] {
            assert!(!ids.contains(&message[0]), "each conversation has its own socket");
            ids.push(message[0].clone());
        }
    }
}

#[test]
fn a_worker_is_there_before_its_queue() {
    let mut cast = Cast::new();
    let [workers] = testkit::free_endpoints();
    let worker = cast.start(&format!("{WORKER} --liveness 3 --connect {workers}"));
    cast.until(&worker, "retries", |retries| retries >= 1);
    let queue = cast.start(&format!("queue-paranoid --clients tcp://127.0.0.1:* --workers {workers} --interval 50ms"));
    let client = cast.start(&format!("lazy-pirate --timeout 20s --pause 1ms {}", to(&queue, "clients")));
    cast.until(&client, "replies", |replies| replies >= 5);
}

#[test]
fn heartbeats_are_worth_nothing_without_time() {
    for (arguments, why) in [
        (format!("work-paranoid {BIND} --liveness 0"), "0 is not in 1.."),
        (format!("work-paranoid {BIND} --interval soon"), "--interval"),
        ("queue-paranoid --clients inproc://a --workers inproc://b --liveness 0".to_owned(), "0 is not in 1.."),
    ] {
        let finished = testkit::run(env!("CARGO_BIN_EXE_patternz"), arguments.split(' '));
        assert_eq!(finished.code, Some(2), "{arguments}: {}", finished.stderr);
        assert!(finished.stderr.contains(why), "{arguments}: {}", finished.stderr);
    }
}
