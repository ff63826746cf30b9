//! What each fault does to plain TCP connections. Times are lower bounds; what must not arrive is waited for a while.

mod support;

use std::{
    io::{ErrorKind, Read as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use support::{Rig, is_at_end, is_quiet, is_reset, receives, send};
use testkit::{BOUND, eventually};

#[test]
fn latency_delays_every_byte_and_does_not_limit_how_many_pass() {
    const LATENCY: Duration = Duration::from_millis(400);
    let rig = Rig::start(&["--latency", "400ms"]);
    let (client, server) = rig.pair();
    let begin = Instant::now();
    for index in 0..50 {
        send(&client, &[index]);
        // They would arrive together otherwise.
        std::thread::sleep(Duration::from_millis(2));
    }
    receives(&server, &[0]);
    assert!(begin.elapsed() >= LATENCY, "{:?}", begin.elapsed());
    receives(&server, &(1..50).collect::<Vec<u8>>());
    // One after another they would take 20 s.
    assert!(begin.elapsed() < 25 * LATENCY, "{:?}", begin.elapsed());
    let begin = Instant::now();
    send(&server, b"x");
    receives(&client, b"x");
    assert!(begin.elapsed() >= LATENCY, "{:?}", begin.elapsed());
}

#[test]
fn latency_delays_the_end_too_and_what_it_holds_arrives_when_it_is_cleared() {
    let mut rig = Rig::start(&[]);
    let (client, server) = rig.pair();
    assert_eq!(rig.after("latency 1m jitter 1s"), "faults: latency 1m jitter 1s");
    send(&client, b"late");
    drop(client);
    is_quiet(&server);
    assert_eq!(rig.after("clear"), "faults: none");
    receives(&server, b"late");
    is_at_end(&server);
}

#[test]
fn bandwidth_limits_each_direction_of_each_connection() {
    let mut rig = Rig::start(&["--bandwidth", "20000"]);
    let pairs = [rig.pair(), rig.pair()];
    let begin = Instant::now();
    for (client, server) in &pairs {
        send(client, &[7; 10_000]);
        send(server, &[7; 10_000]);
    }
    for (client, server) in &pairs {
        receives(server, &[7; 10_000]);
        receives(client, &[7; 10_000]);
    }
    assert!(begin.elapsed() >= Duration::from_millis(500), "{:?}", begin.elapsed());
    let (client, server) = &pairs[0];
    assert_eq!(rig.after("bandwidth 1"), "faults: bandwidth 1");
    send(client, &[7; 1_000]);
    assert_eq!(rig.after("clear"), "faults: none");
    receives(server, &[7; 1_000]);
}

#[test]
fn down_refuses_and_closes_and_the_link_is_back_at_the_same_port_after_clear() {
    let mut rig = Rig::start(&[]);
    let (client, server) = rig.pair();
    send(&client, b"up");
    receives(&server, b"up");
    assert_eq!(rig.after("down"), "faults: down");
    is_at_end(&client);
    is_at_end(&server);
    let refused = TcpStream::connect(&rig.address).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(rig.after("clear"), "faults: none");
    let (client, server) = rig.pair();
    send(&client, b"back");
    receives(&server, b"back");
}

#[test]
fn timeout_is_silent_in_both_directions_and_passes_everything_on_after_clear() {
    let mut rig = Rig::start(&[]);
    let (client, server) = rig.pair();
    let (leaving, left) = rig.pair();
    assert_eq!(rig.after("timeout"), "faults: timeout");
    send(&client, b"up");
    send(&server, b"down");
    send(&leaving, b"bye");
    drop(leaving);
    is_quiet(&server);
    is_quiet(&client);
    is_quiet(&left);
    let new = rig.client();
    send(&new, b"new");
    assert!(rig.accept_soon().is_none());
    is_quiet(&new);
    assert_eq!(rig.after("clear"), "faults: none");
    receives(&server, b"up");
    receives(&client, b"down");
    receives(&left, b"bye");
    is_at_end(&left);
    receives(&rig.accept(), b"new");
}

#[test]
fn reset_resets_both_sides_and_each_new_connection() {
    let mut rig = Rig::start(&[]);
    let (client, server) = rig.pair();
    assert_eq!(rig.after("reset"), "faults: reset");
    is_reset(&client);
    is_reset(&server);
    match TcpStream::connect(&rig.address) {
        Ok(client) => is_reset(&client),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    assert!(rig.accept_soon().is_none());
    assert_eq!(rig.after("clear"), "faults: none");
    let (client, server) = rig.pair();
    send(&client, b"back");
    receives(&server, b"back");
}

#[test]
fn slicer_cuts_into_small_pieces() {
    const BYTES: usize = 1_500;
    let rig = Rig::start(&["--slicer", "3"]);
    let (client, mut server) = rig.pair();
    let begin = Instant::now();
    send(&client, &[7; BYTES]);
    let (mut reads, mut received) = (0, 0);
    while received < BYTES {
        received += server.read(&mut [0; BYTES]).unwrap();
        reads += 1;
    }
    // 500 pieces, a millisecond apart. A reader that is slow, on a busy machine above all, finds many at once.
    assert!(reads >= 3, "{reads}");
    assert!(begin.elapsed() >= Duration::from_millis(500), "{:?}", begin.elapsed());
}

#[test]
fn a_fault_with_a_time_ends_by_itself() {
    let mut rig = Rig::start(&[]);
    let (client, server) = rig.pair();
    let begin = Instant::now();
    let status = rig.after("timeout for 2s");
    assert!(status.starts_with("faults: timeout for "), "{status}");
    send(&client, b"x");
    receives(&server, b"x");
    assert!(begin.elapsed() >= Duration::from_secs(2), "{:?}", begin.elapsed());
    assert_eq!(rig.status(), "faults: none");
    rig.link.wait_for_log("ended by itself");
    rig.link.say("down for 200ms");
    eventually("the link is back", || TcpStream::connect(&rig.address).is_ok());
}

#[test]
fn several_faults_are_on_at_once() {
    let mut rig = Rig::start(&["--latency", "300ms", "--jitter", "50ms", "--slicer", "2"]);
    assert_eq!(rig.after("bandwidth 10"), "faults: latency 300ms jitter 50ms, slicer 2, bandwidth 10");
    let (client, server) = rig.pair();
    let begin = Instant::now();
    send(&client, b"0123");
    receives(&server, b"0123");
    // The latency, less the jitter, and four bytes at ten a second.
    assert!(begin.elapsed() >= Duration::from_millis(250 + 400), "{:?}", begin.elapsed());
    assert_eq!(rig.after("latency 1ms"), "faults: slicer 2, bandwidth 10, latency 1ms");
}

#[test]
fn a_line_that_is_no_command_is_refused_and_changes_nothing() {
    let mut rig = Rig::start(&["--latency", "1ms"]);
    for (line, why) in [
        ("explode", "error: 'explode' is no command: latency, bandwidth, slicer, down"),
        ("\u{1b}[2J", "error: '\\u{1b}[2J' is no command"),
        ("latency", "error: 'latency' needs a duration, such as 200ms, after it"),
        ("down for ever", "error: 'ever' is no duration"),
        ("clear all", "error: 'all' is not expected after 'clear'"),
        (&"x".repeat(100_000), "error: a line of more than 65536 bytes is no command"),
    ] {
        assert_eq!(rig.after(line), "faults: latency 1ms");
        rig.link.wait_for_log(why);
    }
    rig.link.say("");
    let (client, server) = rig.pair();
    send(&client, b"x");
    receives(&server, b"x");
}

#[test]
fn a_link_can_fail_from_the_beginning() {
    let rig = Rig::start(&["--down"]);
    assert_eq!(TcpStream::connect(&rig.address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    let rig = Rig::start(&["--timeout"]);
    is_quiet(&rig.client());
    let rig = Rig::start(&["--reset"]);
    match TcpStream::connect_timeout(&rig.address.parse().unwrap(), BOUND) {
        Ok(client) => is_reset(&client),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
}
