//! Reports in, what a page gets out.

mod counts;
mod events;
mod find;
mod limits;
mod lines;
mod processes;
mod sockets;

use wire::report::{Connection, Label, Phase as Reported, SocketState, Traffic};

use super::{
    sample::{DESK, between, binds, connection, connects, event, state},
    *,
};
use crate::{
    own::OWN,
    view::{ConnectionPhase, Phase, Presence as Shown, ProcessState as Child, SocketState as SocketIs},
};

const SERVER: &str = "tcp://127.0.0.1:9003";
const CLIENT: &str = "tcp://127.0.0.1:50001";

/// A cast, the clock, and what a page has of it.
struct Stage {
    cast: Cast,
    start: Instant,
    now_ms: f64,
    number: u64,
    cursor: CastCursor,
    page: CastView,
}

impl Stage {
    fn new() -> Self {
        let start = Instant::now();
        let cast = Cast::new(DESK, Now { at: start, ms: 0.0 });
        Self { cast, start, now_ms: 10.0, number: 0, cursor: CastCursor::default(), page: CastView::default() }
    }

    fn now(&self) -> Now {
        Now { at: self.start + Duration::from_secs_f64(self.now_ms / 1e3), ms: self.now_ms }
    }

    fn report(&mut self, state: ProcessState) {
        self.number += 1;
        let state = ProcessState { number: self.number, time_ms: self.now_ms, ..state };
        self.cast.handle_report(Report::State(state), 1_000, self.now());
    }

    fn event(&mut self, process: u64, socket: &str, number: u64, name: &str, value: u32) {
        self.cast.handle_report(Report::Event(event(process, socket, number, name, value)), 100, self.now());
    }

    /// Time passes in steps; returns how often pages got something at once.
    fn pass(&mut self, milliseconds: u32) -> usize {
        let steps = milliseconds.div_ceil(33);
        let mut prompt = 0;
        for _ in 0..steps {
            self.now_ms += f64::from(milliseconds) / f64::from(steps);
            prompt += usize::from(self.cast.handle_time(self.now()));
        }
        prompt
    }

    /// What the page gets.
    fn look(&mut self) -> CastChanges {
        let changes = self.cast.changes(&mut self.cursor);
        if let Some(cast) = &changes.cast {
            self.page = cast.clone();
        }
        changes
    }

    fn presences(&mut self) -> Vec<(&str, Shown)> {
        let _ = self.look();
        self.page.processes.iter().map(|process| (process.id.as_str(), process.presence)).collect()
    }

    fn socket(&mut self, process: usize) -> (SocketIs, f64, u32) {
        let _ = self.look();
        let socket = &self.page.processes[process].sockets[0];
        (socket.state.clone(), socket.since_ms, socket.peers)
    }

    /// A line of the page: its ends without the processes' ids, its phase and count.
    fn lines(&mut self) -> Vec<(String, String, ConnectionPhase, u32)> {
        let _ = self.look();
        let short = |key: &str| key.trim_start_matches('0').to_owned();
        self.page.lines.iter().map(|line| (short(&line.from), short(&line.to), line.phase, line.count)).collect()
    }
}

/// `tickz publish`, and the connections that it has accepted from these addresses.
fn publisher(process: u64, clients: &[&str]) -> ProcessState {
    let accepted =
        (10..).zip(clients).map(|(id, client)| between(connection(id, SERVER, Reported::Up, 5.0), SERVER, client));
    state(process, 0, vec![binds("ticks.pub", "XPUB", SERVER, accepted.collect())])
}

/// A watcher, connected from this address.
fn watcher(process: u64, from: &str) -> ProcessState {
    let up = between(connection(9, SERVER, Reported::Up, 5.0), from, SERVER);
    state(process, 0, vec![connects("ticks.sub", "SUB", SERVER, vec![up])])
}

fn state_of(process: u64, socket: SocketState) -> ProcessState {
    state(process, 0, vec![socket])
}
