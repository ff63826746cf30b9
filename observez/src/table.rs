//! The processes as rows of text: sorted, filtered, cut to a width. Pure.

use std::{cmp::Ordering, collections::HashMap};

use clap::ValueEnum;
use observatory::{End, Observatory, Place, Presence, Process};
use wire::{
    foreign, plural,
    report::{Connection, NamedValue, Phase, ProcessState, SocketState},
};

/// How the processes are shown.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// How much of each.
    pub detail: Detail,
    /// In which order.
    pub sort: Sort,
    /// Which ones: those that have this text in lower case.
    pub filter: Option<String>,
}

/// How much of a process is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// A row for each process.
    #[default]
    Processes,
    /// A row for each socket as well.
    Sockets,
    /// And one for each connection.
    Connections,
}

/// The order of processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Sort {
    /// Of first sight: rows keep their places
    #[default]
    First,
    /// By messages a second, the busiest first
    Rate,
    /// By program, role and process id
    Program,
    /// By the id under which it reports
    Name,
}

impl Layout {
    /// Whether a process is shown.
    #[must_use]
    pub fn shows(&self, state: &ProcessState) -> bool {
        let Some(filter) = &self.filter else { return true };
        let labels = [&state.program, &state.role, &state.language, &state.host].into_iter();
        let mut texts = labels.map(|label| label.as_str().to_lowercase());
        texts.any(|text| text.contains(filter))
            || state.process.to_string().contains(filter)
            || state.pid.to_string() == *filter
            || state.sockets.iter().any(|socket| is_in_socket(socket, filter))
    }

    /// The rows, below a header, each at most `width` characters long.
    #[must_use]
    pub fn rows(&self, observatory: &Observatory, width: usize) -> Vec<String> {
        let all = observatory.processes();
        let mut shown: Vec<usize> = (0..all.len()).filter(|index| self.shows(all[*index].state())).collect();
        shown.sort_by(|a, b| self.sort.compare(&all[*a], &all[*b]));
        let far = if self.detail >= Detail::Connections { far_ends(observatory) } else { HashMap::new() };
        let mut rows = self.header();
        for index in shown {
            let process = &all[index];
            rows.push(process_row(process));
            if self.detail == Detail::Processes {
                continue;
            }
            for (socket_index, socket) in process.state().sockets.iter().enumerate() {
                rows.push(socket_row(process, socket));
                if self.detail < Detail::Connections {
                    continue;
                }
                for (connection_index, connection) in socket.connections.iter().enumerate() {
                    let place = Place { process: index, socket: socket_index, connection: Some(connection_index) };
                    rows.push(connection_row(all, connection, far.get(&place)));
                }
                rows.extend(more("    ", socket.more_connections, "connections"));
            }
            rows.extend(more("  ", process.state().more_sockets, "sockets"));
        }
        rows.extend(more("", observatory.others() as u64, "processes"));
        rows.into_iter().map(|row| cut(&row, width)).collect()
    }

    fn header(&self) -> Vec<String> {
        let row = |values: [&str; 8]| {
            let [id, program, role, pid, sockets, connections, rate, rest] = values;
            format!("{id:<8} {program:<12} {role:<9} {pid:>7} {sockets:>7} {connections:>6} {rate:>8}  {rest}")
        };
        let mut rows = vec![row(["PROCESS", "PROGRAM", "ROLE", "PID", "SOCKETS", "CONNS", "MSG/S", "VALUES"])];
        if self.detail >= Detail::Sockets {
            rows.push(format!(
                "  {:<20} {:<7} {:>6} {:>9} {:>9}  {}",
                "SOCKET", "TYPE", "CONNS", "SENT/S", "RECV/S", "ENDPOINTS"
            ));
        }
        if self.detail >= Detail::Connections {
            rows.push(format!("    {:<11} {:<26} {}", "PHASE", "REMOTE", "PEER"));
        }
        rows
    }
}

impl Sort {
    fn compare(self, a: &Process, b: &Process) -> Ordering {
        let key = |process: &Process| {
            let state = process.state();
            (state.program.clone(), state.role.clone(), state.pid)
        };
        match self {
            Self::First => Ordering::Equal,
            Self::Rate => b.messages_a_second().total_cmp(&a.messages_a_second()),
            Self::Program => key(a).cmp(&key(b)),
            Self::Name => a.state().process.cmp(&b.state().process),
        }
    }
}

fn is_in_socket(socket: &SocketState, filter: &str) -> bool {
    let endpoints = socket.bound.iter().chain(&socket.connected);
    let addresses = socket.connections.iter().flat_map(|connection| [&connection.local, &connection.remote]).flatten();
    let labels = endpoints.chain(addresses).chain(&socket.channel).chain([&socket.kind]);
    socket.name.as_str().contains(filter)
        || labels.map(|label| label.as_str()).any(|text| text.to_lowercase().contains(filter))
}

/// The far end of each connection that has one.
fn far_ends(observatory: &Observatory) -> HashMap<Place, End> {
    let mut far_ends = HashMap::new();
    for line in observatory.lines() {
        if let End::Known(far) = line.far {
            far_ends.insert(far, End::Known(line.near));
        }
        far_ends.insert(line.near, line.far);
    }
    far_ends
}

fn process_row(process: &Process) -> String {
    let state = process.state();
    let id = state.process.to_string();
    let (program, role) = (column(state.program.as_str(), 12), column(state.role.as_str(), 9));
    let connections: u64 =
        state.sockets.iter().map(|socket| socket.connections.len() as u64 + socket.more_connections).sum();
    let rate = match process.presence() {
        Presence::Present => compact(process.messages_a_second()),
        Presence::Suspended => "suspended".to_owned(),
        Presence::Silent => "silent".to_owned(),
        Presence::Gone => "gone".to_owned(),
    };
    let sockets = state.sockets.len() as u64 + state.more_sockets;
    let values: Vec<String> = state.values.iter().map(value).collect();
    format!(
        "{:<8} {program:<12} {role:<9} {:>7} {sockets:>7} {connections:>6} {rate:>8}  {}",
        &id[..8],
        state.pid,
        values.join(", ")
    )
}

fn value(value: &NamedValue) -> String {
    let name = foreign(value.name.as_str()).at_most(30);
    let number = match value.value {
        None => "-".to_owned(),
        Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e9 => format!("{whole:.0}"),
        Some(other) => compact(other),
    };
    let unit = value.unit.as_ref().map_or("", |unit| unit.as_str());
    format!("{name} {number} {}", foreign(unit).at_most(20)).trim_end().to_owned()
}

fn socket_row(process: &Process, socket: &SocketState) -> String {
    let rates = process.rates(&socket.name);
    let up = socket.connections.iter().filter(|connection| connection.phase == Phase::Up).count() as u64;
    let malformed = (socket.malformed > 0).then(|| format!("{} malformed", socket.malformed));
    let endpoints =
        socket.bound.iter().chain(&socket.connected).map(|label| foreign(short(label.as_str())).to_string());
    let rest: Vec<String> = malformed.into_iter().chain(endpoints).collect();
    format!(
        "  {:<20} {:<7} {:>6} {:>9} {:>9}  {}",
        column(socket.name.as_str(), 20),
        column(socket.kind.as_str(), 7),
        up + socket.more_connections,
        compact(rates.sent.messages),
        compact(rates.received.messages),
        rest.join(", ")
    )
}

fn connection_row(processes: &[Process], connection: &Connection, far: Option<&End>) -> String {
    let address = connection.remote.as_ref().unwrap_or(&connection.endpoint).as_str();
    let peer = match far {
        Some(End::Known(place)) => {
            let state = processes[place.process].state();
            let (program, role) =
                (foreign(state.program.as_str()).at_most(40), foreign(state.role.as_str()).at_most(40));
            format!("{program} {role} {} {}", state.pid, state.sockets[place.socket].name)
        }
        _ if connection.phase == Phase::Up => "does not report".to_owned(),
        _ => outlook(connection),
    };
    format!("    {:<11} {:<26} {peer}", phase(connection.phase), column(short(address), 26))
}

/// What is known of a connection that is not up.
fn outlook(connection: &Connection) -> String {
    let attempts = connection.attempts.map(|attempts| plural(attempts, "attempt"));
    let retry = connection.retry_ms.map(|retry_ms| format!("again in {retry_ms:.0} ms"));
    let reason = connection.reason.as_ref().map(|reason| foreign(reason.as_str()).to_string());
    [retry, attempts, reason].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The word for a phase.
#[must_use]
pub const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Connecting => "connecting",
        Phase::Handshake => "handshake",
        Phase::Up => "up",
        Phase::Retrying => "retrying",
        Phase::Refused => "refused",
        Phase::Closed => "closed",
    }
}

/// A row that counts what is not shown, if anything is.
fn more(indent: &str, count: u64, what: &str) -> Option<String> {
    (count > 0).then(|| format!("{indent}… and {count} more {what}"))
}

/// A number in at most seven characters.
fn compact(number: f64) -> String {
    match number.abs() {
        small if small < 100.0 => format!("{number:.1}"),
        thousands if thousands < 10_000.0 => format!("{number:.0}"),
        large if large < 1e6 => format!("{:.1}k", number / 1e3),
        large if large < 1e9 => format!("{:.1}M", number / 1e6),
        large if large < 1e15 => format!("{:.0}G", number / 1e9),
        _ => format!("{number:.0e}"),
    }
}

/// An address without the transport that most have.
fn short(address: &str) -> &str {
    address.strip_prefix("tcp://").unwrap_or(address)
}

/// A text from outside that fits into a column.
fn column(text: &str, width: usize) -> String {
    cut(&foreign(text).to_string(), width)
}

fn cut(row: &str, width: usize) -> String {
    let row = row.trim_end();
    match row.char_indices().nth(width) {
        None => row.to_owned(),
        Some(_) => row.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests;
