use wire::monitor::EventKind::{self, *};

use super::*;

/// The list of events as the dashboard keeps it.
struct List {
    fold: SocketFold,
    /// Kinds and counts.
    lines: Vec<(EventKind, u32)>,
    now_ms: f64,
}

impl List {
    fn new(id: SocketId) -> Self {
        Self { fold: SocketFold::new(id, "tcp://127.0.0.1:9004", 0.0), lines: Vec::new(), now_ms: 0.0 }
    }

    fn handle(&mut self, events: &[(EventKind, u32)]) {
        for &(kind, value) in events {
            self.now_ms += 10.0;
            let event = MonitorEvent { kind, value, endpoint: "tcp://127.0.0.1:9004".to_owned() };
            match self.fold.handle_event(&event, self.now_ms) {
                Some(Meaning { repeats: Some(line), .. }) => self.lines[line as usize].1 += 1,
                Some(_) => {
                    self.lines.push((kind, 1));
                    self.fold.begin_line(kind, self.lines.len() as u64 - 1, self.now_ms);
                }
                None => {}
            }
        }
    }
}

const UP: [(EventKind, u32); 3] = [(ConnectDelayed, 115), (Connected, 9), (HandshakeSucceeded, 0)];
const NO_SERVER: [(EventKind, u32); 3] = [(ConnectDelayed, 115), (Closed, 9), (ConnectRetried, 120)];

#[test]
fn the_retries_of_an_outage_count_in_one_line_for_each_kind_of_event() {
    let mut list = List::new(SocketId::ChatzReq);
    list.handle(&UP);
    list.handle(&[(Disconnected, 9), (ConnectRetried, 100)]);
    for _ in 0..16 {
        list.handle(&NO_SERVER);
    }
    let view = list.fold.view();
    assert_eq!((view.attempts, view.down_since_ms), (16, Some(40.0)));
    list.handle(&UP);
    assert_eq!(
        list.lines[3..],
        [
            (Disconnected, 1),
            (ConnectRetried, 17),
            (ConnectDelayed, 17),
            (Closed, 16),
            (Connected, 1),
            (HandshakeSucceeded, 1)
        ]
    );
    // The next outage has new lines.
    list.handle(&[(Disconnected, 9), (ConnectRetried, 100)]);
    assert_eq!(list.lines[9..], [(Disconnected, 1), (ConnectRetried, 1)]);
    assert_eq!((list.fold.view().attempts, list.fold.phase()), (0, Phase::Retrying));
}

#[test]
fn a_peer_that_is_refused_repeatedly_does_not_fill_the_list() {
    let mut list = List::new(SocketId::ValuzPush);
    list.handle(&[(Listening, 5)]);
    for _ in 0..100 {
        list.handle(&[(Accepted, 10), (HandshakeFailedProtocol, 1), (Disconnected, 10)]);
    }
    assert_eq!(list.lines, [(Listening, 1), (Accepted, 100), (HandshakeFailedProtocol, 100), (Disconnected, 100)]);
    // Good connections have separate lines.
    for descriptor in 11..14 {
        list.handle(&[(Accepted, descriptor), (HandshakeSucceeded, 0)]);
    }
    for descriptor in 11..14 {
        list.handle(&[(Disconnected, descriptor)]);
    }
    assert_eq!(list.lines[1], (Accepted, 101));
    assert_eq!(list.lines[4..].iter().map(|line| line.1).sum::<u32>(), 8);
    list.now_ms += 2.0 * REPEATS_WITHIN_MS;
    list.handle(&[(Accepted, 10), (HandshakeFailedProtocol, 1)]);
    assert_eq!(list.lines[list.lines.len() - 2..], [(Accepted, 1), (HandshakeFailedProtocol, 1)]);
}

#[test]
fn a_port_that_stays_in_use_has_one_line() {
    let mut list = List::new(SocketId::ValuzPush);
    for _ in 0..4 {
        list.handle(&[(BindFailed, 98), (Closed, 5), (MonitorStopped, 0)]);
    }
    assert_eq!(list.lines, [(BindFailed, 4)]);
    list.handle(&[(Listening, 5), (Accepted, 9), (BindFailed, 98)]);
    assert_eq!(list.lines[1..], [(Listening, 1), (Accepted, 1), (BindFailed, 1)]);
}

#[test]
fn a_socket_that_runs_out_of_descriptors_says_so_for_a_while() {
    let mut list = List::new(SocketId::ValuzPull);
    list.handle(&[(Listening, 5), (AcceptFailed, 24), (AcceptFailed, 24)]);
    assert_eq!(list.lines, [(Listening, 1), (AcceptFailed, 2)]);
    let warning = list.fold.view().warning.unwrap();
    assert!(warning.contains("oo many open files"), "{warning}");
    list.fold.handle_time(list.now_ms + WARNING_MS);
    assert_eq!(list.fold.view().warning, None);
}

#[test]
fn a_suspended_service_is_stale_whatever_its_owner_reports() {
    let mut list = List::new(SocketId::TickzSub);
    list.handle(&UP);
    let silence = |since_ms, reason: &str| Some(Silence { since_ms, reason: reason.to_owned() });
    list.fold.handle_sleep(silence(100.0, "tickz is suspended"), 200.0);
    list.fold.handle_silence(None, 300.0);
    list.fold.handle_silence(silence(150.0, "no tick"), 400.0);
    let view = list.fold.view();
    assert_eq!((view.state, view.since_ms), (SocketState::Stale { reason: "tickz is suspended".to_owned() }, 100.0));
    list.fold.handle_sleep(None, 500.0);
    assert_eq!(list.fold.view().since_ms, 150.0);
    list.fold.handle_silence(None, 600.0);
    assert_eq!((list.fold.view().state, list.fold.phase()), (SocketState::Up, Phase::Up));
}
