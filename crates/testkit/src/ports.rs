//! Reserved ports, for programs that bind them later.
//!
//! The system may give a port that was free a moment ago to the next process that lets it choose. It does not give away a
//! port with a connection in TIME_WAIT, for a minute; a process that names that port may still bind it, because every
//! listener here sets `SO_REUSEADDR`.

use std::{
    io::{self, Read as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
};

/// Returns endpoints on this machine, all different, at which no process listens; for a minute the system gives their
/// ports only to processes that name them.
///
/// # Panics
/// The system has no port left.
#[must_use]
pub fn free_endpoints<const N: usize>() -> [String; N] {
    [(); N].map(|()| format!("tcp://127.0.0.1:{}", reserve().expect("a free port")))
}

fn reserve() -> io::Result<u16> {
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
        let reserved: HashSet<String> = free_endpoints::<200>().into();
        assert_eq!(reserved.len(), 200);
        // Open at the same time, so that they differ; fewer than the default limit of open files.
        let others = [(); 500].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
        for other in &others {
            assert!(!reserved.contains(&format!("tcp://{}", other.local_addr().expect("it is bound"))));
        }
        drop(others);
        for endpoint in &reserved {
            TcpListener::bind(endpoint.trim_start_matches("tcp://")).expect("it is reserved for us");
        }
    }
}
