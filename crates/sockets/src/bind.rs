//! Binds with checks that libzmq lacks: it deletes any file at an `ipc://` path, takes over a path at which another server
//! listens, and reports reasons that its monitor has overwritten.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, TcpListener},
    os::unix::fs::FileTypeExt as _,
    path::Path,
};

use rustix::fs::{Access, access};

use crate::{BindError, Endpoint, holder};

/// Binds a socket at `endpoint`.
pub(crate) fn bind(socket: &zmq::Socket, endpoint: &Endpoint) -> Result<(), BindError> {
    if let Some(path) = endpoint.path() {
        check_path(endpoint, path)?;
    }
    socket.bind(endpoint.bindable().as_str()).map_err(|error| failed(endpoint, error))
}

/// Accepts only a path that libzmq may replace: no file, or the socket file of a process that has exited.
fn check_path(endpoint: &Endpoint, path: &Path) -> Result<(), BindError> {
    let refused = |reason: io::Error| BindError::Refused { endpoint: endpoint.clone(), reason: reason.to_string() };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(refused(error)),
        Ok(file) if !file.file_type().is_socket() => Err(BindError::NotASocket { endpoint: endpoint.clone() }),
        Ok(_) if holder::is_alive(path).map_err(refused)? => {
            Err(BindError::InUse { endpoint: endpoint.clone(), holder: holder::of_path(path) })
        }
        Ok(_) => Ok(()),
    }
}

/// The error of a failed bind. libzmq's error number may be that of a later operation, so the system is asked.
fn failed(endpoint: &Endpoint, error: zmq::Error) -> BindError {
    let reason = match (error, endpoint.host(), endpoint.path()) {
        (zmq::Error::EADDRINUSE, ..) => None,
        (_, Some(host), _) => tcp_reason(host, endpoint.port().unwrap_or(0), error),
        (_, _, Some(path)) => Some(path_reason(path, error)),
        _ => Some(error.to_string()),
    };
    let endpoint = endpoint.clone();
    match reason {
        Some(reason) => BindError::Refused { endpoint, reason },
        None => BindError::InUse { holder: holder(&endpoint), endpoint },
    }
}

impl BindError {
    /// The error of a TCP endpoint that the system did not let a program bind without libzmq.
    #[must_use]
    pub fn of_system(endpoint: &Endpoint, reason: &io::Error) -> Self {
        let endpoint = endpoint.clone();
        match reason.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { holder: holder(&endpoint), endpoint },
            _ => Self::Refused { endpoint, reason: reason.to_string() },
        }
    }
}

/// The system's reason not to bind this address; `None` if it is in use.
fn tcp_reason(host: &str, port: u16, error: zmq::Error) -> Option<String> {
    let address = if host == "*" { Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) } else { host.parse::<IpAddr>() };
    let Ok(address) = address else {
        let is_interface = Path::new("/sys/class/net").join(host).exists();
        let reason = if is_interface {
            "the interface has no IPv4 address"
        } else {
            "to bind, use *, an address of this machine, or one of its network interfaces"
        };
        return Some(reason.to_owned());
    };
    match TcpListener::bind((address, port)).map_err(|error| (error.kind(), error)) {
        Err((io::ErrorKind::AddrInUse, _)) => None,
        Err((io::ErrorKind::AddrNotAvailable, _)) => Some("this machine does not have that address".to_owned()),
        Err((_, error)) => Some(error.to_string()),
        Ok(_) => Some(error.to_string()),
    }
}

fn path_reason(path: &Path, error: zmq::Error) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let reason = match fs::metadata(folder) {
        Ok(metadata) if !metadata.is_dir() => Some(io::ErrorKind::NotADirectory.into()),
        Ok(_) => access(folder, Access::WRITE_OK | Access::EXEC_OK).err().map(io::Error::from),
        Err(error) => Some(error),
    };
    reason.map_or_else(|| error.to_string(), |reason| format!("{}: {reason}", folder.display()))
}

fn holder(endpoint: &Endpoint) -> String {
    match (endpoint.port(), endpoint.path()) {
        (Some(port), _) => holder::of_port(port),
        (_, Some(path)) => holder::of_path(path),
        _ => "another socket".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use wire::tick::TICKS;

    use super::*;
    use crate::{Context, KeepAlive, Role, Security};

    /// Watched, as every socket of the suite is: the events of its monitor are what overwrites libzmq's reasons.
    fn bound(endpoint: &str) -> Result<Endpoint, BindError> {
        let context = Context::new(Security::default(), KeepAlive::Off).unwrap();
        let mut socket = context.socket(Role::XPub, TICKS).unwrap();
        socket.watch("ticks").unwrap();
        socket.bind(&endpoint.parse().unwrap())
    }

    fn why(endpoint: &str) -> String {
        bound(endpoint).err().unwrap().to_string()
    }

    #[test]
    fn a_file_that_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let notes = folder.path().join("notes.txt");
        fs::write(&notes, "kept").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&notes, &link).unwrap();
        for path in [&notes, &link, &folder.path().to_owned()] {
            assert!(matches!(bound(&format!("ipc://{}", path.display())), Err(BindError::NotASocket { .. })));
        }
        assert_eq!(fs::read_to_string(&link).unwrap(), "kept");
    }

    #[test]
    fn a_path_is_taken_over_only_from_a_process_that_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ticks");
        let endpoint = format!("ipc://{}", path.display());
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(why(&endpoint), format!("{endpoint} is in use by another socket of this process"));
        drop(listener);
        assert!(bound(&endpoint).is_ok(), "a stale file is replaced");
    }

    #[test]
    fn the_loopback_host_can_be_bound_by_name() {
        let endpoint = bound("tcp://localhost:*").unwrap();
        assert!(endpoint.as_str().starts_with("tcp://127.0.0.1:"));
    }

    #[test]
    fn a_failure_gives_the_real_reason() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        for (endpoint, reason) in [
            ("tcp://nosuch0:9003", "one of its network interfaces"),
            ("tcp://192.0.2.1:9003", "this machine does not have that address"),
            (&format!("ipc://{}/ticks", gone.display()), "No such file or directory"),
        ] {
            let why = why(endpoint);
            assert!(why.starts_with(&format!("cannot bind {endpoint}: ")) && why.contains(reason), "{why}");
        }
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(
            why(&format!("tcp://{}", holder.local_addr().unwrap()))
                .ends_with("is in use by another socket of this process")
        );
    }
}
