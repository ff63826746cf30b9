//! Where a service is: at addresses of this machine, which another process may hold, or elsewhere.
//!
//! Which process holds an address is asked of the system. Nothing connects to it: a service would report that as a failed
//! handshake, and one that is suspended would let the connection wait.

use sockets::Endpoint;

use super::{address, status::Status};

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// On this machine; dealz can start it.
    Here(Vec<Binding>),
    /// Not where dealz can start it: in which words.
    Elsewhere(String),
}

/// What a service binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Binding {
    Port(u16),
    /// A socket of the file system.
    Path(String),
}

/// What holds an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    /// Such as `chatz (pid 7)`.
    pub(crate) words: String,
    pid: Option<u32>,
}

impl Place {
    /// The place of a service that others find at `endpoints`.
    pub(crate) fn of(endpoints: &[&Endpoint]) -> Self {
        let mut bindings = Vec::new();
        for endpoint in endpoints {
            let text = endpoint.as_str();
            if let Some(path) = text.strip_prefix("ipc://") {
                bindings.push(Binding::Path(path.to_owned()));
            } else if let Some(address) = text.strip_prefix("tcp://") {
                let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
                if !is_loopback(host) {
                    return Self::Elsewhere(format!("on {host}"));
                }
                // A port that the system chooses is free.
                bindings.extend(port.parse().ok().map(Binding::Port));
            } else {
                return Self::Elsewhere(format!("at {text}"));
            }
        }
        Self::Here(bindings)
    }

    /// What holds one of the bindings.
    pub(crate) fn holder(&self) -> Option<Holder> {
        match self {
            Self::Here(bindings) => bindings.iter().find_map(Binding::holder),
            Self::Elsewhere(place) => Some(Holder { words: place.clone(), pid: None }),
        }
    }
}

impl Binding {
    fn holder(&self) -> Option<Holder> {
        match self {
            Self::Port(port) => {
                let process = listeners::get_process_by_port(*port, listeners::Protocol::TCP).ok()?;
                Some(Holder::process(&process.name, process.pid))
            }
            Self::Path(path) => holder_of_path(path),
        }
    }
}

impl Holder {
    fn process(name: &str, pid: u32) -> Self {
        Self { words: format!("{name} (pid {pid})"), pid: Some(pid) }
    }

    /// Whether it is a process that is suspended.
    pub(crate) fn is_suspended(&self) -> bool {
        self.pid.and_then(Status::of).is_some_and(|status| status.is_suspended)
    }
}

/// The process that has a socket of the file system bound.
#[cfg(target_os = "linux")]
fn holder_of_path(path: &str) -> Option<Holder> {
    let inode = address::inode_of_path(path)?;
    Some(match address::owners_of(&[inode]).first() {
        Some(owner) => Holder::process(&owner.name, owner.pid),
        None => Holder { words: format!("a process that this user may not see, at {path}"), pid: None },
    })
}

/// Other systems do not tell.
#[cfg(not(target_os = "linux"))]
const fn holder_of_path(_path: &str) -> Option<Holder> {
    None
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "[::1]" || host == "*" || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn place(endpoints: &[&str]) -> Place {
        let endpoints: Vec<Endpoint> = endpoints.iter().map(|endpoint| endpoint.parse().unwrap()).collect();
        Place::of(&endpoints.iter().collect::<Vec<_>>())
    }

    #[test]
    fn only_a_service_on_this_machine_can_be_started() {
        assert_eq!(
            place(&["tcp://127.0.0.1:9001", "ipc:///tmp/x"]),
            Place::Here(vec![Binding::Port(9001), Binding::Path("/tmp/x".to_owned())])
        );
        assert_eq!(place(&["tcp://[::1]:9001"]), Place::Here(vec![Binding::Port(9001)]));
        assert_eq!(place(&["tcp://10.0.0.7:9001"]), Place::Elsewhere("on 10.0.0.7".to_owned()));
        assert_eq!(place(&["inproc://a"]).holder().unwrap().words, "at inproc://a");
    }

    #[test]
    fn the_holder_of_a_port_has_a_name() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let place = place(&[&format!("tcp://127.0.0.1:{port}")]);
        let holder = place.holder().unwrap();
        assert!(holder.words.ends_with(&format!("(pid {})", std::process::id())), "{holder:?}");
        assert!(!holder.is_suspended());
        drop(listener);
        assert_eq!(place.holder(), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_holder_of_a_path_is_found_without_a_connection() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requests");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let place = place(&[&format!("ipc://{}", path.display())]);
        let holder = place.holder().unwrap();
        assert!(holder.words.ends_with(&format!("(pid {})", std::process::id())), "{holder:?}");
        assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        drop(listener);
        // The file that is left holds nothing.
        assert!(path.exists());
        assert_eq!(place.holder(), None);
    }
}
