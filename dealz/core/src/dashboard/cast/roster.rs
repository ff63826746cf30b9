//! The sockets of a process in the order in which they are shown. Pure.

use wire::report::{ProcessState, SocketName, SocketState};

use crate::own::{OWN, Own};

/// One socket.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub(super) name: SocketName,
    /// As it is reported, and its position there; none of a socket of the desk that is closed.
    pub(super) socket: Option<(usize, &'a SocketState)>,
    /// If it is one of the desk's own.
    pub(super) own: Option<&'static Own>,
}

/// The sockets of a process, in the order in which it reports them. The desk's own come first, even while they are closed.
pub(super) fn roster(state: &ProcessState, is_desk: bool) -> impl Iterator<Item = Entry<'_>> {
    let reported = move || state.sockets.iter().enumerate();
    let own = OWN.iter().filter(move |_| is_desk).filter_map(move |own| {
        let socket = reported().find(|(_, socket)| socket.name.as_str() == own.socket.name);
        Some(Entry { name: own.socket.name.parse().ok()?, socket, own: Some(own) })
    });
    let is_own = move |socket: &SocketState| is_desk && Own::named(socket.name.as_str()).is_some();
    let others = reported().filter(move |(_, socket)| !is_own(socket));
    own.chain(others.map(|(index, socket)| Entry {
        name: socket.name.clone(),
        socket: Some((index, socket)),
        own: None,
    }))
}
