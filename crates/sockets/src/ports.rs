//! Ports that are reserved for programs that bind them later.
//!
//! The system may give a port that was free a moment ago to the next process that lets it choose. It does not give away a
//! port with a connection in TIME_WAIT, for a minute; a process that names that port may still bind it, because every
//! listener of libzmq sets `SO_REUSEADDR`.

use std::{
    io::{self, Read as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
};

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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

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
