//! Ports that are reserved for programs that bind them later.
//!
//! The system may give a port that was free a moment ago to the next process that lets it choose. It does not give away a
//! port with a connection in TIME_WAIT, for a minute; a process that names that port may still bind it, because every
//! listener of libzmq sets `SO_REUSEADDR`. For longer than that, [`hold`] has a port.

use std::{
    io::{self, Read as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::fd::OwnedFd,
};

use rustix::net::{AddressFamily, SocketAddrV4, SocketFlags, SocketType};

/// Returns a port of the loopback address at which no process listens; for a minute the system gives it only to processes
/// that name it.
///
/// # Errors
/// The system has no port left.
pub fn reserve() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let mut client = TcpStream::connect(address)?;
    // The side that closes first is the one in TIME_WAIT.
    drop(listener.accept()?);
    client.read_to_end(&mut Vec::new())?;
    Ok(address.port())
}

/// A port that the system gives only to programs that name it, until this is dropped.
#[derive(Debug)]
pub struct Held {
    port: u16,
    /// Has the port on Linux.
    _socket: Option<OwnedFd>,
}

impl Held {
    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

/// Returns a port of the loopback address at which no process listens, for as long as it is kept.
///
/// Linux lets a listener with `SO_REUSEADDR` have the port of a socket that is bound with it and does not listen. Others refuse the
/// second one of two sockets even so: there the port is one of [`reserve`], for a minute.
///
/// # Errors
/// The system has no port or descriptor left.
pub fn hold() -> io::Result<Held> {
    if !cfg!(target_os = "linux") {
        return Ok(Held { port: reserve()?, _socket: None });
    }
    // It never listens: a process that another thread starts has a copy of each socket for a moment, and a listener keeps others
    // from binding the port.
    let (family, kind) = (AddressFamily::INET, SocketType::STREAM);
    let socket = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    rustix::net::sockopt::set_socket_reuseaddr(&socket, true)?;
    rustix::net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
    let address = SocketAddrV4::try_from(rustix::net::getsockname(&socket)?)?;
    Ok(Held { port: address.port(), _socket: Some(socket) })
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashSet,
        process::Command,
        sync::atomic::{AtomicBool, Ordering},
        thread,
    };

    use super::*;

    #[test]
    fn a_held_port_can_be_bound_again_and_again_by_those_that_name_it() {
        let held: Vec<Held> = (0..50).map(|_| hold().unwrap()).collect();
        for held in &held {
            for _ in 0..2 {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, held.port())).unwrap();
                let client = TcpStream::connect((Ipv4Addr::LOCALHOST, held.port())).unwrap();
                drop((listener.accept().unwrap(), client));
            }
            // There is no listener now: a client is refused and does not wait.
            let refused = TcpStream::connect((Ipv4Addr::LOCALHOST, held.port())).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        }
    }

    /// No listener was there, so no connection in TIME_WAIT helps.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_held_port_is_in_use_for_those_that_do_not_name_it() {
        let held = hold().unwrap();
        // Without `SO_REUSEADDR`, as the system looks for a port that it may choose.
        let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, held.port());
        assert_eq!(rustix::net::bind(&socket, &address), Err(rustix::io::Errno::ADDRINUSE));
    }

    /// Each of them has a copy of all sockets for a moment.
    #[test]
    fn ports_are_held_while_other_threads_start_processes() {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        assert!(Command::new("true").status().unwrap().success());
                    }
                });
            }
            let held: Vec<io::Result<Held>> = (0..200).map(|_| hold()).collect();
            is_over.store(true, Ordering::Relaxed);
            let refused: Vec<_> = held.into_iter().filter_map(Result::err).collect();
            assert!(refused.is_empty(), "{refused:?}");
        });
    }

    #[test]
    fn a_reserved_port_is_given_to_no_other_process_and_can_be_bound() {
        let reserved: HashSet<u16> = (0..200).map(|_| reserve().unwrap()).collect();
        assert_eq!(reserved.len(), 200);
        // Open at the same time, so that they differ; fewer than the default limit of open files.
        let others = [(); 500].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        for other in &others {
            assert!(!reserved.contains(&other.local_addr().unwrap().port()));
        }
        drop(others);
        for port in reserved {
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        }
    }
}
