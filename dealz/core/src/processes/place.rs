//! Where a service is: at ports of this machine, which somebody else may hold, or elsewhere.

use std::os::unix::net::UnixStream;

use sockets::Endpoint;

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
                // Where the system chooses the port, nobody holds it.
                bindings.extend(port.parse().ok().map(Binding::Port));
            } else {
                return Self::Elsewhere(format!("at {text}"));
            }
        }
        Self::Here(bindings)
    }

    /// Who holds one of the bindings, in words.
    pub(crate) fn holder(&self) -> Option<String> {
        match self {
            Self::Here(bindings) => bindings.iter().find_map(Binding::holder),
            Self::Elsewhere(place) => Some(place.clone()),
        }
    }
}

impl Binding {
    fn holder(&self) -> Option<String> {
        match self {
            Self::Port(port) => {
                let process = listeners::get_process_by_port(*port, listeners::Protocol::TCP).ok()?;
                Some(format!("{} (pid {})", process.name, process.pid))
            }
            // Who binds a path that is in use takes it away.
            Self::Path(path) => UnixStream::connect(path).ok().map(|_| format!("a process that listens at {path}")),
        }
    }
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
    fn only_what_is_on_this_machine_can_be_started() {
        assert_eq!(
            place(&["tcp://127.0.0.1:9001", "ipc:///tmp/x"]),
            Place::Here(vec![Binding::Port(9001), Binding::Path("/tmp/x".to_owned())])
        );
        assert_eq!(place(&["tcp://[::1]:9001"]), Place::Here(vec![Binding::Port(9001)]));
        assert_eq!(place(&["tcp://10.0.0.7:9001"]), Place::Elsewhere("on 10.0.0.7".to_owned()));
        assert_eq!(place(&["inproc://a"]).holder().as_deref(), Some("at inproc://a"));
    }

    #[test]
    fn the_holder_of_a_port_has_a_name() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let place = place(&[&format!("tcp://127.0.0.1:{port}")]);
        let holder = place.holder().unwrap();
        assert!(holder.ends_with(&format!("(pid {})", std::process::id())), "{holder}");
        drop(listener);
        assert_eq!(place.holder(), None);
    }
}
