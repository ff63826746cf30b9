//! Which process holds an endpoint at which a service would bind, or where else the service is.
//!
//! The system is asked. Nothing connects: a service would report that as a failed handshake, and one that is suspended would let
//! the connection wait.

use scenez::stage::Holder;

use super::address;

/// What holds an endpoint, or that it is not on this machine: no service can be started there.
pub(super) fn holder(endpoint: &str) -> Option<Holder> {
    let elsewhere = |words: String| Some(Holder { words, pid: None });
    if let Some(path) = endpoint.strip_prefix("ipc://") {
        return holder_of_path(path);
    }
    let Some(address) = endpoint.strip_prefix("tcp://") else { return elsewhere(format!("at {endpoint}")) };
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    if !is_loopback(host) {
        return elsewhere(format!("on {host}"));
    }
    // A port that the system chooses is free.
    let process = listeners::get_process_by_port(port.parse().ok()?, listeners::Protocol::TCP).ok()?;
    Some(process_named(&process.name, process.pid))
}

fn process_named(name: &str, pid: u32) -> Holder {
    Holder { words: format!("{name} (pid {pid})"), pid: Some(pid) }
}

/// The process that has a socket of the file system bound.
#[cfg(target_os = "linux")]
fn holder_of_path(path: &str) -> Option<Holder> {
    let inode = address::inode_of_path(path)?;
    Some(match address::owners_of(&[inode]).first() {
        Some(owner) => owner.holder(),
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

    #[test]
    fn only_a_service_on_this_machine_can_be_started() {
        assert_eq!(holder("tcp://10.0.0.7:9001").unwrap().words, "on 10.0.0.7");
        assert_eq!(holder("inproc://a").unwrap().words, "at inproc://a");
        assert_eq!(holder("tcp://127.0.0.1:*"), None);
    }

    #[test]
    fn the_holder_of_a_port_has_a_name() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("tcp://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let held = holder(&endpoint).unwrap();
        assert!(held.words.ends_with(&format!("(pid {})", std::process::id())), "{held:?}");
        assert_eq!(held.pid, Some(std::process::id()));
        drop(listener);
        assert_eq!(holder(&endpoint), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_holder_of_a_path_is_found_without_a_connection() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requests");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("ipc://{}", path.display());
        let held = holder(&endpoint).unwrap();
        assert!(held.words.ends_with(&format!("(pid {})", std::process::id())), "{held:?}");
        assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        drop(listener);
        // The file that is left holds nothing.
        assert!(path.exists());
        assert_eq!(holder(&endpoint), None);
    }
}
