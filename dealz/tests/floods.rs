//! Peers that send without end, and more connections than the desk has file descriptors for.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::{
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::json;
use support::{Desk, ask, dealz, limited};
use testkit::flood::flood;

/// Connects as often as the system allows, and keeps the connections. The queue of those that wait to be accepted is shorter than
/// the list of descriptors: a busy process accepts later, and then more connect.
fn connect_up_to(count: usize, address: SocketAddr) -> Vec<TcpStream> {
    (0..count).map_while(|_| TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok()).collect()
}

#[test]
fn connections_that_use_up_the_file_descriptors_leave_the_page_and_the_processes_reachable() {
    let desk = Desk::spawn(limited("-n 160", &dealz(&["--web", "127.0.0.1:0"])));
    let orders: SocketAddr = desk.program.endpoint("orders").strip_prefix("tcp://").unwrap().parse().unwrap();

    // It has started.
    assert_eq!(desk.get("/", "").status, 200);
    let mut held = Vec::new();
    testkit::eventually("the descriptors are used up", || {
        held.extend(connect_up_to(400, orders));
        desk.program.log().contains("too many open files")
    });
    let mut socket = desk.socket();
    let started = ask(&mut socket, 1, &json!({"do": "process", "id": "tickz", "act": "start"})).unwrap();
    assert_eq!(started["reply"]["got"], "done", "{started}");
    for _ in 0..3 {
        held.extend(connect_up_to(200, orders));
        assert_eq!(desk.get("/", "").status, 200);
    }
    drop(held);
    testkit::eventually("connections are accepted again", || connect_up_to(1, orders).len() == 1);
}

#[test]
fn peers_that_send_without_end_leave_the_desk_small_and_at_work() {
    let desk = Desk::spawn(dealz(&["--web", "127.0.0.1:0"]));
    for (channel, socket_type) in [("orders", "PULL"), ("results", "PUSH"), ("control", "SUB")] {
        flood(&desk.program, &desk.program.endpoint(channel), socket_type, Duration::from_secs(2));
    }
    desk.program.wait_for_log("sends too much");
    assert_eq!(desk.get("/", "").status, 200);
}
