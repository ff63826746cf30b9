//! A publisher as a process, and strangers that try to use it up.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use std::{
    net::TcpStream,
    os::unix::process::CommandExt as _,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use support::TICKZ;
use testkit::{Peer, Program, RawPeer, peer::SUB};

/// How much memory a flood may cost, queues of libzmq and all.
const MEMORY_MAX: u64 = 100 << 20;

fn subscribe(endpoint: &str) -> Peer {
    Peer::connect_with(SUB, endpoint, |socket| socket.set_subscribe(b"").unwrap())
}

/// Messages as they go over the wire, as many as fit into 64 KiB.
fn many(messages: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut number = 0;
    while bytes.len() < 64 * 1024 {
        let message = messages(number);
        bytes.extend([0, message.len() as u8]);
        bytes.extend(message);
        number += 1;
    }
    bytes
}

#[test]
fn floods_of_subscriptions_cost_a_publisher_at_full_speed_bounded_memory() {
    let publisher = Program::start(TICKZ, ["publish", "--ticks", "tcp://127.0.0.1:*", "--rate", "max"]);
    let endpoint = publisher.endpoint("ticks");
    let good = subscribe(&endpoint);
    let _ = good.receive();
    let before = publisher.resident_bytes();
    let floods = [
        many(|number| if number % 2 == 0 { b"\x01MSFT".to_vec() } else { b"\x00MSFT".to_vec() }),
        many(|number| [&[1][..], &number.to_be_bytes()].concat()),
        many(|_| vec![0x42; 200]),
    ];
    let until = Instant::now() + Duration::from_secs(2);
    thread::scope(|scope| {
        for flood in &floods {
            let endpoint = &endpoint;
            scope.spawn(move || {
                while Instant::now() < until {
                    let Ok(mut stranger) = RawPeer::connect(endpoint, "SUB") else { continue };
                    while Instant::now() < until && stranger.send_bytes(flood).is_ok() {}
                }
            });
        }
    });
    let grown = publisher.resident_bytes().saturating_sub(before);
    assert!(grown < MEMORY_MAX, "{} MB", grown >> 20);
    publisher.wait_for_log("sends too much");
    let _ = good.receive();
}

#[test]
fn a_publisher_keeps_a_reserve_of_file_descriptors_and_says_when_it_is_reached() {
    let mut command = Command::new("sh");
    command.arg0("sh").args(["-c", "ulimit -n 100; exec \"$@\"", "sh", TICKZ]);
    command.args(["publish", "--ticks", "tcp://127.0.0.1:*", "--rate", "1000"]);
    let publisher = Program::spawn(command);
    let endpoint = publisher.endpoint("ticks");
    let good = subscribe(&endpoint);
    let _ = good.receive();
    let address = endpoint.trim_start_matches("tcp://");
    // The publisher may have closed one before this process knows that it is connected.
    let mut strangers: Vec<_> = (0..150).filter_map(|_| TcpStream::connect(address).ok()).collect();
    publisher.wait_for_log("too many open files");
    let descriptors = || std::fs::read_dir(format!("/proc/{}/fd", publisher.pid())).unwrap().count();
    testkit::eventually("a reserve is free", || descriptors() <= 80);
    let _ = good.receive();
    strangers.clear();
    let late = subscribe(&endpoint);
    let _ = late.receive();
}
