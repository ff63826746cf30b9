use wire::monitor::EventKind::{self, *};

use super::*;
use crate::dashboard::cast::sample::{binds, connection, connects};

const SERVER: &str = "tcp://127.0.0.1:9004";

/// The list of events as the journal keeps it.
struct List {
    story: Story,
    /// The last state of the socket.
    socket: SocketState,
    /// Kinds and counts.
    lines: Vec<(EventKind, u32)>,
    /// How many connections are up after the last event, and whether it was the end of one.
    last: (u32, bool),
    now_ms: f64,
}

impl List {
    fn new(socket: SocketState) -> Self {
        Self { story: Story::default(), socket, lines: Vec::new(), last: (0, false), now_ms: 0.0 }
    }

    fn connecting() -> Self {
        Self::new(connects("a", "REQ", SERVER, vec![]))
    }

    fn bound() -> Self {
        Self::new(binds("a", "PUSH", SERVER, vec![]))
    }

    fn handle(&mut self, events: &[(EventKind, u32)]) {
        for &(kind, value) in events {
            self.now_ms += 10.0;
            let event = MonitorEvent { kind, value, endpoint: SERVER.to_owned() };
            let Some(meaning) = self.story.handle_event(&event, Some(&self.socket), self.now_ms) else { continue };
            self.last = (meaning.peers, meaning.is_lost);
            match meaning.repeats {
                Some(line) => self.lines[line as usize].1 += 1,
                None => {
                    self.lines.push((kind, 1));
                    self.story.begin_line(kind, self.lines.len() as u64 - 1, self.now_ms);
                }
            }
        }
    }
}

const UP: [(EventKind, u32); 3] = [(ConnectDelayed, 115), (Connected, 9), (HandshakeSucceeded, 0)];
const NO_SERVER: [(EventKind, u32); 3] = [(ConnectDelayed, 115), (Closed, 9), (ConnectRetried, 120)];

#[test]
fn the_retries_of_an_outage_count_in_one_line_for_each_kind_of_event() {
    let mut list = List::connecting();
    list.handle(&UP);
    list.handle(&[(Disconnected, 9), (ConnectRetried, 100)]);
    for _ in 0..16 {
        list.handle(&NO_SERVER);
    }
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
}

#[test]
fn a_peer_that_is_refused_repeatedly_does_not_fill_the_list() {
    let mut list = List::bound();
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
    let mut list = List::bound();
    list.socket.bound.clear();
    for _ in 0..4 {
        list.handle(&[(BindFailed, 98), (Closed, 5), (MonitorStopped, 0)]);
    }
    assert_eq!(list.lines, [(BindFailed, 4)]);
    list.handle(&[(Listening, 5), (Accepted, 9), (BindFailed, 98)]);
    assert_eq!(list.lines[1..], [(Listening, 1), (Accepted, 1), (BindFailed, 1)]);
}

#[test]
fn a_socket_that_runs_out_of_descriptors_says_so_for_a_while() {
    let mut list = List::bound();
    list.handle(&[(Listening, 5), (AcceptFailed, 24), (AcceptFailed, 24)]);
    assert_eq!(list.lines, [(Listening, 1), (AcceptFailed, 2)]);
    assert!(list.story.warning().unwrap().contains("oo many open files"));
    assert!(!list.story.handle_time(list.now_ms + WARNING_MS - 1.0));
    assert!(list.story.handle_time(list.now_ms + WARNING_MS));
    assert_eq!(list.story.warning(), None);
}

#[test]
fn a_loss_is_the_end_of_a_connection_that_was_up_in_the_last_state_or_came_up_since() {
    let mut list = List::bound();
    let peer = |id, phase| connection(id, SERVER, phase, 0.0);
    list.socket.connections = vec![peer(7, Phase::Up), peer(8, Phase::Up), peer(9, Phase::Handshake)];
    list.story.follow(&list.socket, 2);
    list.handle(&[(Disconnected, 9)]);
    assert_eq!(list.last, (2, false));
    list.handle(&[(Disconnected, 7)]);
    assert_eq!(list.last, (1, true));
    list.handle(&[(Accepted, 10), (HandshakeSucceeded, 0)]);
    assert_eq!(list.last, (2, false));
    list.handle(&[(Disconnected, 10)]);
    assert_eq!(list.last, (1, true));
    list.handle(&[(Disconnected, 11)]);
    assert_eq!(list.last, (1, false));
    // The end of a connection may be in a state before its event.
    list.story.follow(&SocketState { connections: vec![], ..list.socket.clone() }, 0);
    list.handle(&[(Disconnected, 8)]);
    assert_eq!(list.last, (0, true));
    list.handle(&[(Disconnected, 8)]);
    assert_eq!(list.last, (0, false));
    // Whatever was lost, a state is right.
    list.story.follow(&list.socket, 5);
    list.handle(&[(HandshakeSucceeded, 0)]);
    assert_eq!(list.last.0, 6);
    list.handle(&[(MonitorStopped, 0)]);
    assert_eq!(list.last.0, 0);
}

#[test]
fn an_event_concerns_the_side_of_its_endpoint() {
    let mut both = connects("a", "DEALER", "tcp://h:1", vec![]);
    both.bound = vec![wire::report::Label::cut(SERVER)];
    let bound = |kind, endpoint: &str| {
        let event = MonitorEvent { kind, value: 0, endpoint: endpoint.to_owned() };
        Story::default().handle_event(&event, Some(&both), 0.0).unwrap().is_bound
    };
    assert!(bound(Accepted, "") && bound(Disconnected, SERVER) && bound(HandshakeSucceeded, SERVER));
    assert!(!bound(Connected, "") && !bound(Disconnected, "tcp://h:1"));
}
