//! The file descriptor of a connection, as libzmq reports it: the one handle on a single peer.
//!
//! libzmq has no call to disconnect one peer of a socket, nor to ask how much it has sent. The kernel can do both, and
//! libzmq then behaves as if the peer had disconnected. A descriptor may be closed, and its number in use again, by the time
//! that it is used: so it is used only if it is a connection of the endpoint in question.

use std::{net::SocketAddr, os::fd::BorrowedFd, time::Duration};

use rustix::{
    io::ioctl_fionread,
    net::{Shutdown, SocketAddrAny, getpeername, getsockname, shutdown, sockopt::set_socket_linger},
};

use crate::raw;

/// The number of a file descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Descriptor(pub(crate) u32);

impl Descriptor {
    pub(crate) fn of_number(number: u64) -> Option<Self> {
        u32::try_from(number).ok().map(Self)
    }

    /// Ends the connection, if this is one of a socket bound at `endpoint`, and returns whether it is; libzmq then sees that
    /// its peer disconnected.
    pub(crate) fn disconnect(self, endpoint: &str) -> bool {
        self.with(|fd| {
            let is_one = is_at(fd, endpoint);
            if is_one {
                // Both fail if the peer was faster. Without lingering, libzmq's close resets the connection: a peer that
                // only sends would not notice an orderly end.
                let _ = set_socket_linger(fd, Some(Duration::ZERO));
                let _ = shutdown(fd, Shutdown::Both);
            }
            is_one
        })
        .unwrap_or_default()
    }

    /// How many bytes of the peer libzmq has taken in all; `None` if the system does not count them, as for a connection
    /// that is not TCP.
    pub(crate) fn bytes_taken(self) -> Option<u64> {
        let received = self.with(raw::bytes_received)??;
        Some(received.saturating_sub(self.bytes_waiting()))
    }

    /// How many bytes of the peer libzmq has not taken yet.
    pub(crate) fn bytes_waiting(self) -> u64 {
        self.with(|fd| ioctl_fionread(fd).ok()).flatten().unwrap_or_default()
    }

    fn with<T>(self, look: impl FnOnce(BorrowedFd<'_>) -> T) -> Option<T> {
        raw::with_descriptor(i32::try_from(self.0).ok()?, look)
    }
}

/// Whether this is a connected socket whose own address is `endpoint`, of which a TCP port and an IPC path count.
fn is_at(fd: BorrowedFd<'_>, endpoint: &str) -> bool {
    let (Ok(own), Ok(_)) = (getsockname(fd), getpeername(fd)) else { return false };
    match endpoint.strip_prefix("ipc://") {
        Some(path) => is_path(&own, path),
        None => {
            let port = endpoint.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
            SocketAddr::try_from(own).is_ok_and(|own| Some(own.port()) == port)
        }
    }
}

fn is_path(own: &SocketAddrAny, path: &str) -> bool {
    rustix::net::SocketAddrUnix::try_from(own.clone())
        .is_ok_and(|own| own.path_bytes().is_some_and(|own| own == path.as_bytes()))
}
