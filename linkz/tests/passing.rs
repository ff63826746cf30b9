//! A link without faults: it changes nothing, and its limits hold.

mod support;

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

use rustix::net::sockopt::set_socket_linger;
use support::{LINKZ, Rig, is_at_end, is_quiet, is_reset, receives, send};
use testkit::{Program, Stopwatch, eventually, free_endpoints};

/// The most time that a program takes to end after a signal.
const ENOUGH: Duration = Duration::from_secs(1);

/// Bytes that repeat only after a long time.
fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * index / 7 % 251) as u8).collect()
}

#[test]
fn bytes_pass_unchanged_in_both_directions_at_once() {
    let rig = Rig::start(&[]);
    let (client, server) = rig.pair();
    let bytes = bytes(3 << 20);
    thread::scope(|scope| {
        scope.spawn(|| send(&client, &bytes));
        scope.spawn(|| send(&server, &bytes));
        scope.spawn(|| receives(&client, &bytes));
        receives(&server, &bytes);
    });
}

#[test]
fn the_end_of_one_direction_is_passed_on_and_the_other_one_continues() {
    let rig = Rig::start(&[]);
    let (client, server) = rig.pair();
    send(&client, b"question");
    client.shutdown(Shutdown::Write).unwrap();
    receives(&server, b"question");
    is_at_end(&server);
    is_quiet(&client);
    send(&server, b"answer");
    drop(server);
    receives(&client, b"answer");
    is_at_end(&client);
}

#[test]
fn a_reset_is_passed_on_as_one() {
    let rig = Rig::start(&[]);
    let (client, server) = rig.pair();
    set_socket_linger(&client, Some(Duration::ZERO)).unwrap();
    drop(client);
    is_reset(&server);
}

#[test]
fn clients_are_disconnected_while_there_is_no_server_which_is_logged_once() {
    let [to] = free_endpoints();
    let link = Program::start(LINKZ, ["--from", "tcp://127.0.0.1:*", "--to", &to]);
    let address = link.endpoint("link").trim_start_matches("tcp://").to_owned();
    for _ in 0..3 {
        is_at_end(&TcpStream::connect(&address).unwrap());
    }
    let server = std::net::TcpListener::bind(to.trim_start_matches("tcp://")).unwrap();
    let _client = TcpStream::connect(&address).unwrap();
    drop(server.accept().unwrap());
    link.wait_for_log("reached again");
    assert_eq!(link.log().matches("cannot connect").count(), 1, "{}", link.log());
}

#[test]
fn a_reader_that_stops_stops_the_writer_and_costs_bounded_memory() {
    for faults in [&[][..], &["--latency", "1m"]] {
        let rig = Rig::start(faults);
        let (mut client, server) = rig.pair();
        let before = rig.link.resident_bytes();
        client.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
        let mut written = 0;
        while let Ok(bytes) = client.write(&[7; 64 * 1024]) {
            written += bytes;
            assert!(written < 64 << 20, "{faults:?}");
        }
        assert!(rig.link.resident_bytes().saturating_sub(before) < 8 << 20, "{faults:?}");
        drop(server);
    }
}

#[test]
fn clients_beyond_the_limit_are_disconnected_and_the_others_are_served() {
    const LIMIT: usize = 256;
    let rig = Rig::start(&[]);
    let served: Vec<_> = (0..LIMIT).map(|_| rig.pair()).collect();
    for _ in 0..3 {
        is_at_end(&rig.client());
    }
    rig.link.wait_for_log("full: further clients are disconnected");
    let (client, server) = &served[LIMIT - 1];
    send(client, b"x");
    receives(server, b"x");
    drop(served);
    let mut number = 0_u8;
    eventually("room for a client", || {
        number = number.wrapping_add(1);
        let (client, mut byte) = (rig.client(), [0]);
        send(&client, &[number]);
        // Those of clients before it, which have left, may come first.
        std::iter::from_fn(|| rig.accept_soon()).any(|mut server| server.read(&mut byte).is_ok() && byte == [number])
    });
    assert_eq!(rig.link.log().matches("full").count(), 1, "{}", rig.link.log());
}

#[test]
fn a_signal_ends_it_within_a_second_whatever_is_on_its_way() {
    for faults in [&[][..], &["--latency", "1m"], &["--timeout"], &["--down"]] {
        let rig = Rig::start(faults);
        let client = TcpStream::connect(&rig.address).ok();
        client.iter().for_each(|client| send(client, b"x"));
        rig.link.interrupt();
        let begin = Stopwatch::start();
        let finished = rig.link.finish();
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert!(begin.elapsed() < ENOUGH, "{faults:?}");
    }
}

#[test]
fn the_end_of_standard_input_does_not_end_it() {
    let mut rig = Rig::start(&["--latency", "1ms"]);
    rig.link.close_stdin();
    let (client, server) = rig.pair();
    send(&client, b"x");
    receives(&server, b"x");
    assert!(rig.link.is_running());
}

#[test]
fn a_port_in_use_names_its_holder() {
    let rig = Rig::start(&[]);
    let from = format!("tcp://{}", rig.address);
    let finished = testkit::run(LINKZ, ["--from", &from, "--to", "tcp://127.0.0.1:1"]);
    assert_eq!(finished.code, Some(1));
    let holder = format!("{from} is in use by linkz (pid {})", rig.link.pid());
    assert!(finished.stderr.contains(&holder), "{}", finished.stderr);
}

#[test]
fn a_port_is_kept_while_the_link_is_down() {
    let mut rig = Rig::start(&[]);
    assert_eq!(rig.after("down"), "faults: down");
    let others: Vec<_> = (0..500).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    assert!(others.iter().all(|other| other.local_addr().unwrap().to_string() != rig.address));
    let refused = TcpStream::connect(&rig.address).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}
