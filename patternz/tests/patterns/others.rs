//! Patterns that need no peer or an unusual one.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

use testkit::BOUND;

use crate::cast::{BIND, Cast, to};

#[test]
fn two_threads_exchange_messages() {
    let mut cast = Cast::new();
    let pair = cast.start("pair --pause 1ms");
    for line in ["0 squared is 0", "1 squared is 1", "2 squared is 4", "3 squared is 9"] {
        assert_eq!(pair.next_line(), line);
    }
    cast.until(&pair, "squares", |squares| squares >= 10);
    pair.terminate();
    assert_eq!(pair.finish().code, Some(0));
}

#[test]
fn what_one_telnet_types_all_get() {
    let mut cast = Cast::new();
    let stream = cast.start(&format!("stream {BIND}"));
    let address = stream.endpoint("stream").replace("tcp://", "");
    let mut telnets = [0, 1].map(|_| BufReader::new(TcpStream::connect(&address).unwrap()));
    let mut line = String::new();
    for telnet in &mut telnets {
        telnet.get_ref().set_read_timeout(Some(BOUND)).unwrap();
        telnet.read_line(&mut line).unwrap();
    }
    assert_eq!(line, "hello from a ZeroMQ socket\r\n".repeat(2));
    telnets[0].get_mut().write_all(b"how are you?\r\n").unwrap();
    for telnet in &mut telnets {
        line.clear();
        telnet.read_line(&mut line).unwrap();
        assert_eq!(line, "how are you?\r\n");
    }
    let [first, _second] = telnets;
    cast.until(&stream, "connections", |connections| connections == 2);
    drop(first);
    cast.until(&stream, "connections", |connections| connections == 1);
    assert_eq!(cast.value(&stream, "bytes"), 14);
}

#[test]
fn silence_is_noticed_by_heartbeats_and_absence_by_the_connection() {
    let mut cast = Cast::new();
    let watching = cast.start(&format!("beat --interval 50ms --liveness 4 {BIND}"));
    let mut other = Some(cast.start(&format!("beat --interval 50ms {}", to(&watching, "dealer"))));
    cast.until(&watching, "beats", |beats| beats >= 5);
    let peer = other.take().unwrap();
    peer.suspend();
    cast.until(&watching, "silent", |silent| silent == 1);
    assert_eq!(cast.value(&watching, "gone"), 0);
    watching.line_where(|line| line == "the peer is silent, and still connected");
    peer.resume();
    cast.until(&watching, "silent", |silent| silent == 0);
    let beats = cast.value(&watching, "beats");
    cast.until(&watching, "beats", |more| more > beats);
    peer.kill();
    cast.until(&watching, "gone", |gone| gone == 1);
    watching.line_where(|line| line == "the peer is gone: there is no connection");
}

/// By the tables of RFC 28 (ROUTER, DEALER, REQ), 29 (PUB) and 30 (PUSH).
#[test]
fn a_full_queue_drops_or_waits_by_the_type_of_its_socket() {
    let mut cast = Cast::new();
    for (kind, line) in [
        ("pub", "Pub: takes 1000, never waits; 980 are dropped"),
        ("router", "Router: takes 1000, never waits; 980 are dropped"),
        ("push", "Push: takes 20, then waits; 0 are dropped"),
        ("dealer", "Dealer: takes 20, then waits; 0 are dropped"),
        ("req", "Req: takes 1, then waits; 0 are dropped"),
    ] {
        let full = cast.start(&format!("full {kind}"));
        assert_eq!(full.next_line(), line);
        let dropped = if line.contains("980") { 980 } else { 0 };
        cast.until(&full, "read", |read| read > 0);
        cast.until(&full, "dropped", |reported| reported == dropped);
        cast.until(&full, "waits", |waits| (waits == 1) == line.contains("then waits"));
    }
}
