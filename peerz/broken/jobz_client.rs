//! A client of jobz, of version 0.2.

use std::time::{Duration, Instant};

use crate::node::{Frames, Node, TICK_MS, endpoint};

const PATIENCE: Duration = Duration::from_secs(1);
const TRIES: u32 = 3;

pub(crate) fn run(node: Node, words: &[String]) -> ! {
    let (service, parts) = words.split_first().map_or(("", &[][..]), |(service, parts)| (service.as_str(), parts));
    let parts = if node.is("one-part") { &parts[..1] } else { parts };
    let request: Frames = [&b"MDPC02"[..], b"\x01", service.as_bytes()]
        .into_iter()
        .chain(parts.iter().map(String::as_bytes))
        .map(<[u8]>::to_vec)
        .collect();
    let keeps_its_socket = node.is("same-socket") || node.is("never-reconnects");
    let mut socket = connected(&node);
    let mut tries = 0;
    let is_answered = loop {
        if node.is_stopped() || tries == TRIES && !node.is("never-gives-up") {
            break false;
        }
        tries += 1;
        // Without room there is no connection, and the time of this try passes all the same.
        let _ = socket.send_multipart(&request, zmq::DONTWAIT);
        if is_answered(&node, &socket, service) {
            break true;
        }
        if !keeps_its_socket {
            socket.set_linger(0).expect("an option can be set");
            socket = connected(&node);
        }
    };
    socket.set_linger(0).expect("an option can be set");
    drop(socket);
    node.end(if is_answered { 0 } else { 1 })
}

fn connected(node: &Node) -> zmq::Socket {
    let socket = node.socket(zmq::DEALER);
    if node.is("never-reconnects") {
        socket.set_reconnect_ivl(-1).expect("an option can be set");
    }
    socket.connect(&endpoint("JOBZ_JOBS")).expect("the endpoint is valid");
    socket
}

/// Prints replies; whether the final one comes in time.
fn is_answered(node: &Node, socket: &zmq::Socket, service: &str) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !node.is_stopped() && Instant::now() < deadline {
        // A signal ends the wait early.
        let _ = socket.poll(zmq::POLLIN, TICK_MS);
        while let Ok(message) = socket.recv_multipart(zmq::DONTWAIT) {
            let (is_final, body) = match message.as_slice() {
                [header, command, name, body @ ..]
                    if header == b"MDPC02"
                        && (command == &[2] || command == &[3])
                        && name == service.as_bytes()
                        && (1..=1000).contains(&body.len()) =>
                {
                    (command == &[3], body)
                }
                [.., last] if node.is("prints-anything") => (true, std::slice::from_ref(last)),
                _ => continue,
            };
            let shown = if node.is("prints-one-frame") { &body[..1] } else { body };
            shown.iter().for_each(|frame| println!("{}", String::from_utf8_lossy(frame)));
            if is_final || node.is("ends-at-a-partial-reply") {
                return true;
            }
        }
    }
    false
}
