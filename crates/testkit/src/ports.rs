//! Ports for programs that bind them later than they are named.
//!
//! A port that was only free a moment ago may be given to the next one who lets the system choose. A port with a
//! connection in TIME_WAIT is given to nobody for a minute, and whoever names it may bind it all the same, as every
//! listener here does with `SO_REUSEADDR`.

use std::{
    io::{self, Read as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
};

/// Endpoints of this machine, all different, at which nobody listens, and which for a minute are given only to those
/// who name them.
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
    // The side that closes first is the one that waits.
    drop(listener.accept()?);
    client.read_to_end(&mut Vec::new())?;
    Ok(address.port())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_reserved_port_is_given_to_nobody_else_and_can_be_bound() {
        let reserved: HashSet<String> = free_endpoints::<200>().into();
        assert_eq!(reserved.len(), 200);
        // Held together, so that they differ; fewer than a process may have open by default.
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
