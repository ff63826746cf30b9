//! What a person means by `PROCESS` or `PROCESS/SOCKET`, where a socket has its own name or that of its channel, among the processes that report. Pure.

use observatory::{Presence, Process};
use wire::{
    foreign,
    report::{ProcessState, SocketState},
};

use super::key;
use crate::view::HighlightView;

/// The least number of first digits of an id that stand for it.
const DIGITS_MIN: usize = 4;

/// The most sockets that a refusal names.
const NAMED_MAX: usize = 8;

/// Finds all that `target` means; `is_child` is whether the desk has this name for a process that it has started.
///
/// # Errors
/// A sentence: no process has that name, or none of them has such a socket.
pub(super) fn find(
    processes: &[Process],
    is_child: impl Fn(&ProcessState, &str) -> bool,
    target: &str,
) -> Result<HighlightView, String> {
    let (name, socket) = target.rsplit_once('/').map_or((target, None), |(name, socket)| (name, Some(socket)));
    let there = processes.iter().filter(|process| process.presence() != Presence::Gone).map(Process::state);
    let meant: Vec<&ProcessState> = there.filter(|state| is_named(state, name) || is_child(state, name)).collect();
    if meant.is_empty() {
        return Err(format!("no process {} reports", foreign(name).at_most(40)));
    }
    let Some(socket) = socket else {
        let processes = meant.iter().map(|state| state.process.to_string()).collect();
        return Ok(HighlightView { processes, sockets: Vec::new() });
    };
    let is_it = |own: &&SocketState| {
        own.name.as_str() == socket || own.channel.as_ref().is_some_and(|channel| channel.as_str() == socket)
    };
    let keys = |state: &&ProcessState| {
        let process = state.process;
        state.sockets.iter().filter(is_it).map(move |own| key(process, own.name.as_str())).collect::<Vec<_>>()
    };
    let sockets: Vec<String> = meant.iter().flat_map(keys).collect();
    if sockets.is_empty() {
        let sockets = meant.iter().flat_map(|state| &state.sockets).map(|own| own.name.as_str());
        let known = sockets.take(NAMED_MAX).collect::<Vec<_>>().join(", ");
        let (name, socket) = (foreign(name).at_most(40), foreign(socket).at_most(40));
        return Err(format!(
            "{name} has no socket {socket}; it has {}",
            if known.is_empty() { "none" } else { &known }
        ));
    }
    Ok(HighlightView { processes: Vec::new(), sockets })
}

fn is_named(state: &ProcessState, name: &str) -> bool {
    let (program, role) = (state.program.as_str(), state.role.as_str());
    let is_its_id = name.len() >= DIGITS_MIN && state.process.to_string().starts_with(name);
    name == program
        || name == state.pid.to_string()
        || is_its_id
        || name.strip_prefix(program).and_then(|rest| rest.strip_prefix(' ')) == Some(role)
}
