//! queue-lru, queue-round-robin, work, ask: clients, queues and workers.

use testkit::{Peer, Program, peer};

use crate::cast::{Cast, to};

const LRU: &str = "queue-lru --clients tcp://127.0.0.1:* --workers tcp://127.0.0.1:*";
const ROUND_ROBIN: &str = "queue-round-robin --clients tcp://127.0.0.1:* --workers tcp://127.0.0.1:*";

/// A queue with a fast and a slow worker, which are connected before a client asks.
fn with_two_workers(cast: &mut Cast, queue: &str, worker: &str) -> (Program, Program, Program) {
    let queue = cast.start(queue);
    let at = to(&queue, "workers");
    let fast = cast.start(&format!("{worker} {at}"));
    let slow = cast.start(&format!("{worker} --pause 50ms {at}"));
    cast.until_up(&queue, "workers", 2);
    (queue, fast, slow)
}

#[test]
fn round_robin_gives_a_slow_worker_as_much_as_a_fast_one() {
    let mut cast = Cast::new();
    let (queue, fast, slow) = with_two_workers(&mut cast, ROUND_ROBIN, "pong");
    let client = cast.start(&format!("ask {}", to(&queue, "clients")));
    cast.until(&client, "replies", |replies| replies >= 20);
    cast.until(&slow, "requests", |requests| requests >= 9);
    // Then nothing is asked any more, and each gets its half of what was.
    client.terminate();
    cast.until_state(&client, |state| state.ended);
    let replies = cast.value(&client, "replies");
    for worker in [&fast, &slow] {
        cast.until(worker, "requests", |requests| requests + 1 >= replies / 2);
    }
}

#[test]
fn an_envelope_travels_to_the_worker_and_back() {
    let cast = Cast::new();
    let queue = cast.start(ROUND_ROBIN);
    let _pong = cast.start(&format!("pong {}", to(&queue, "workers")));
    let _ada = cast.start(&format!("ping --id ada {}", to(&queue, "clients")));
    assert_eq!(queue.next_line(), "request ada |  | 1");
    assert_eq!(queue.next_line(), "reply ada |  | 1");
}

#[test]
fn least_recently_used_gives_a_slow_worker_what_it_can_do() {
    let mut cast = Cast::new();
    let (queue, fast, slow) = with_two_workers(&mut cast, LRU, "work");
    let client = cast.start(&format!("ask {}", to(&queue, "clients")));
    let slow = cast.until(&slow, "done", |done| done >= 9);
    let fast = cast.until(&fast, "done", |done| done >= 5 * slow);
    cast.until(&client, "replies", |replies| replies >= fast);
    assert!(cast.value(&client, "waiting") <= 4 && cast.value(&client, "slowest") >= 50);
}

#[test]
fn a_request_waits_until_a_worker_is_free() {
    let mut cast = Cast::new();
    let queue = cast.start(LRU);
    let client = cast.start(&format!("ping --pause 1ms {}", to(&queue, "clients")));
    cast.until(&client, "sent", |sent| sent == 1);
    assert_eq!(cast.value(&queue, "requests"), 0);
    let _worker = cast.start(&format!("work {}", to(&queue, "workers")));
    cast.until(&client, "replies", |replies| replies >= 20);
}

#[test]
fn a_pirate_gets_its_reply_though_a_worker_died_with_the_request() {
    let mut cast = Cast::new();
    let queue = cast.start(LRU);
    let worker = cast.start(&format!("work --pause 1h {}", to(&queue, "workers")));
    let pirate =
        cast.start(&format!("lazy-pirate --timeout 200ms --retries 100 --pause 1ms {}", to(&queue, "clients")));
    let _request = worker.next_line();
    worker.kill();
    let _worker = cast.start(&format!("work {}", to(&queue, "workers")));
    cast.until(&pirate, "replies", |replies| replies >= 5);
    assert!(cast.value(&pirate, "retries") >= 1);
}

#[test]
fn messages_that_no_worker_sends_do_not_stop_a_queue() {
    let mut cast = Cast::new();
    let queue = cast.start(LRU);
    let stranger = Peer::connect(peer::DEALER, &queue.endpoint("workers"));
    for frames in [&[""][..], &["READY"], &["", ""], &["", "READY", "7"], &["", "stranger", ""], &["stranger", "", "7"]]
    {
        stranger.send(frames);
    }
    cast.until_all(&queue, ["malformed", "free"], |all| all == [6, 0]);
    // These are what a worker sends. It takes one request, and does not reply.
    for frames in [&["", "READY"][..], &["", "stranger", "", "7"]] {
        stranger.send(frames);
    }
    cast.until_all(&queue, ["malformed", "free"], |all| all == [6, 1]);
    let garbage = Peer::connect(peer::DEALER, &queue.endpoint("clients"));
    for frames in [&["7"][..], &[""], &["7", ""], &["7", "8"]] {
        garbage.send(frames);
    }
    cast.until_all(&queue, ["malformed", "free"], |all| all == [10, 1]);
    let client = cast.start(&format!("lazy-pirate --timeout 200ms --retries 100 {}", to(&queue, "clients")));
    let _worker = cast.start(&format!("work {}", to(&queue, "workers")));
    cast.until(&client, "replies", |replies| replies >= 1);
}

#[test]
fn the_simple_pirates_of_the_guide_take_part() {
    let mut cast = Cast::new();
    let queue = cast.start(LRU);
    let worker = Peer::connect(peer::REQ, &queue.endpoint("workers"));
    worker.send([[1]]);
    cast.until(&queue, "free", |free| free == 1);
    let client = Peer::connect(peer::REQ, &queue.endpoint("clients"));
    for request in ["1", "2"] {
        client.send([request]);
        let at_worker = worker.receive();
        assert_eq!(at_worker[1..], [&b""[..], request.as_bytes()]);
        worker.send(at_worker);
        assert_eq!(client.receive(), [request.as_bytes()]);
    }
    // Their queue takes anything of an unknown worker for READY.
    let queue = Peer::bind(peer::ROUTER);
    let _worker = cast.start(&format!("work --connect {}", queue.endpoint()));
    let id = queue.receive().swap_remove(0);
    let request = [&id[..], b"", b"queue", b"client", b"", b"7", b"", b"8"];
    queue.send(request);
    assert_eq!(queue.receive(), request);
}
