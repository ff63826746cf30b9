//! The file descriptor of a connection, as libzmq reports it: the one handle on a single peer.
//!
//! libzmq has no call to disconnect one peer of a socket, nor to ask how much it has sent. The kernel can do both, and
//! libzmq then behaves as if the peer had disconnected. A descriptor may be closed, and its number in use again, by the time
//! that it is used: so it is used only if it is a connection of the endpoint in question.

use std::{net::SocketAddr, os::fd::BorrowedFd, time::Duration};

use rustix::{
    io::ioctl_fionread,
    net::{
        AddressFamily, Shutdown, SocketAddrAny, SocketAddrUnix, getpeername, getsockname, shutdown,
        sockopt::set_socket_linger,
    },
};

use crate::raw;

/// The number of a file descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Descriptor(pub(crate) u32);

/// The addresses of both peers of a connection as the kernel reports them, in the form of endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ends {
    /// The address of this process; `None` if it has no name, as the connecting end of an IPC path.
    pub(crate) local: Option<String>,
    /// The peer's.
    pub(crate) remote: Option<String>,
    /// The peer's process, over IPC.
    pub(crate) peer_pid: Option<u32>,
}

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
        Some(self.bytes_arrived()?.saturating_sub(self.bytes_waiting()))
    }

    /// How many bytes of the peer have arrived in all; `None` if the system does not count them.
    pub(crate) fn bytes_arrived(self) -> Option<u64> {
        self.with(raw::bytes_received)?
    }

    /// How many bytes of the peer libzmq has not taken yet: none if the number is now that of a file, of which the system says how
    /// many are left, and less than none of one that is read past its length, as those of /proc are.
    pub(crate) fn bytes_waiting(self) -> u64 {
        let waiting = self.with(|fd| getpeername(fd).ok().and_then(|_| ioctl_fionread(fd).ok())).flatten();
        waiting.unwrap_or_default()
    }

    /// Its ends; `None` if it is no connection.
    pub(crate) fn ends(self) -> Option<Ends> {
        self.with(|fd| {
            let (local, remote) = (getsockname(fd).ok()?, getpeername(fd).ok()?);
            Some(Ends {
                local: endpoint(&local),
                remote: remote.as_ref().and_then(endpoint),
                peer_pid: peer_pid(fd, &local),
            })
        })?
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
    SocketAddrUnix::try_from(own.clone()).is_ok_and(|own| own.path_bytes().is_some_and(|own| own == path.as_bytes()))
}

fn endpoint(address: &SocketAddrAny) -> Option<String> {
    if let Ok(address) = SocketAddr::try_from(address.clone()) {
        // An IPv6 socket sees an IPv4 peer under another address than that peer itself.
        return Some(format!("tcp://{}", SocketAddr::new(address.ip().to_canonical(), address.port())));
    }
    let address = SocketAddrUnix::try_from(address.clone()).ok()?;
    let named =
        |prefix: &str, name: &[u8]| (!name.is_empty()).then(|| format!("{prefix}{}", String::from_utf8_lossy(name)));
    let path = address.path_bytes().and_then(|path| named("ipc://", path));
    path.or_else(|| abstract_name(&address).and_then(|name| named("ipc://@", name)))
}

#[cfg(target_os = "linux")]
fn abstract_name(address: &SocketAddrUnix) -> Option<&[u8]> {
    address.abstract_name()
}

#[cfg(target_os = "linux")]
fn peer_pid(fd: BorrowedFd<'_>, own: &SocketAddrAny) -> Option<u32> {
    if own.address_family() != AddressFamily::UNIX {
        return None;
    }
    let credentials = rustix::net::sockopt::socket_peercred(fd).ok()?;
    u32::try_from(credentials.pid.as_raw_nonzero().get()).ok()
}

/// This system has none.
#[cfg(not(target_os = "linux"))]
fn abstract_name(_: &SocketAddrUnix) -> Option<&[u8]> {
    None
}

/// This system is not asked.
#[cfg(not(target_os = "linux"))]
fn peer_pid(_: BorrowedFd<'_>, _: &SocketAddrAny) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Seek as _, SeekFrom, Write as _},
        net::{TcpListener, TcpStream},
        os::fd::AsRawFd,
    };

    use super::*;

    fn descriptor(of: &impl AsRawFd) -> Descriptor {
        Descriptor(of.as_raw_fd().try_into().unwrap())
    }

    #[test]
    fn what_waits_is_of_a_connection_never_of_a_file_that_has_its_number_now() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"four").unwrap();
        for position in [0, 100] {
            file.seek(SeekFrom::Start(position)).unwrap();
            assert_eq!(descriptor(&file).bytes_waiting(), 0, "at {position}");
        }

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (connection, _) = listener.accept().unwrap();
        peer.write_all(b"four").unwrap();
        let mut four = [0; 4];
        connection.peek(&mut four).unwrap();
        assert_eq!(descriptor(&connection).bytes_waiting(), 4);
    }
}
