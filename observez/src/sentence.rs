//! A change, or an event, as one line of text. Pure.

use observatory::{Change, Presence, Process};
use wire::{
    foreign, plural,
    report::{Connection, EventReport, Phase, ProcessState},
};

use crate::table::phase;

/// A change of the process that is named `name`; `process` is what is known of it.
#[must_use]
pub fn change(change: &Change, name: &str, process: Option<&Process>) -> String {
    match change {
        Change::Process { before, after, .. } => format!("{name}: {}", presence(*before, *after)),
        Change::Socket { socket, is_open: false, .. } => format!("{name}: {socket} closed"),
        Change::Socket { socket, .. } => {
            let state = process.map(Process::state);
            format!(
                "{name}: {socket} opened{}",
                state.map_or_else(String::new, |state| endpoints(state, socket.as_str()))
            )
        }
        Change::Connection { socket, connection, .. } => format!("{name}: {socket} {}", of_connection(connection)),
        Change::Gap { missing, .. } => format!("{name}: {} missing", plural(*missing, "event")),
    }
}

/// An event of the process that is named `name`.
#[must_use]
pub fn event(report: &EventReport, name: &str) -> String {
    let EventReport { socket, event, .. } = report;
    let (kind, endpoint) = (foreign(event.name.as_str()).at_most(40), foreign(event.endpoint.as_str()));
    format!("{name}: {socket} {kind} {} {endpoint}", event.value).trim_end().to_owned()
}

const fn presence(before: Option<Presence>, after: Presence) -> &'static str {
    match (before, after) {
        (None, _) => "reports",
        (Some(_), Presence::Present) => "reports again",
        (Some(_), Presence::Suspended) => "is suspended",
        (Some(_), Presence::Silent) => "is silent",
        (Some(_), Presence::Gone) => "is gone",
    }
}

fn endpoints(state: &ProcessState, name: &str) -> String {
    let Some(socket) = state.sockets.iter().find(|socket| socket.name.as_str() == name) else { return String::new() };
    let kind = foreign(socket.kind.as_str()).at_most(10);
    let list = |word, labels: &[wire::report::Label]| {
        labels.iter().map(|label| format!(", {word} {}", foreign(label.as_str()))).collect::<String>()
    };
    format!(" ({kind}{}{})", list("bound to", &socket.bound), list("connects to", &socket.connected))
}

fn of_connection(connection: &Connection) -> String {
    let (endpoint, remote) = (foreign(connection.endpoint.as_str()), connection.remote.as_ref());
    let peer = remote.map_or_else(String::new, |remote| format!(" with {}", foreign(remote.as_str())));
    let mut text = format!("at {endpoint}: {}{peer}", phase(connection.phase));
    if let (Phase::Retrying, Some(retry_ms)) = (connection.phase, connection.retry_ms) {
        text += &format!(" in {retry_ms:.0} ms");
    }
    if let Some(reason) = &connection.reason {
        text += &format!(": {}", foreign(reason.as_str()));
    }
    text
}
