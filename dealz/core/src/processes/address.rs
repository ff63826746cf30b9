//! Which process has an address, as the system knows: one that listens there, or has a connection from there. Processes of
//! other users do not show.

use scenez::stage::Holder;
use wire::foreign;

/// The processes at these addresses, such as `redis-server (pid 12)`; none where the system cannot tell. It reads the
/// descriptors of all processes, which takes some milliseconds, however many addresses there are.
pub(crate) fn holders_at(addresses: &[&str]) -> Vec<Option<Holder>> {
    let inodes = inodes_at(addresses);
    let owners = owners_of(&inodes.iter().copied().flatten().collect::<Vec<_>>());
    inodes.into_iter().map(|inode| owners.iter().find(|owner| Some(owner.inode) == inode).map(Owner::holder)).collect()
}

/// The process that has a socket.
pub(super) struct Owner {
    inode: u64,
    name: String,
    pid: u32,
}

impl Owner {
    pub(super) fn holder(&self) -> Holder {
        Holder { words: format!("{} (pid {})", foreign(&self.name).at_most(64), self.pid), pid: Some(self.pid) }
    }
}

/// The sockets at these addresses.
#[cfg(target_os = "linux")]
fn inodes_at(addresses: &[&str]) -> Vec<Option<u64>> {
    let tcp = [procfs::net::tcp(), procfs::net::tcp6()].into_iter().flatten().flatten().collect::<Vec<_>>();
    let tcp_at = |address: &str| {
        let address: std::net::SocketAddr = address.parse().ok()?;
        let canonical = |at: std::net::SocketAddr| std::net::SocketAddr::new(at.ip().to_canonical(), at.port());
        let listens_everywhere = |entry: &&procfs::net::TcpNetEntry| {
            let at = entry.local_address;
            let is_here = address.ip().is_loopback() && at.ip().is_unspecified() && at.port() == address.port();
            is_here && entry.state == procfs::net::TcpState::Listen
        };
        // One without an inode is closed already.
        let open = || tcp.iter().filter(|entry| entry.inode != 0);
        let exact = open().find(|entry| canonical(entry.local_address) == address);
        exact.or_else(|| open().find(listens_everywhere)).map(|entry| entry.inode)
    };
    let at = |address: &&str| match (address.strip_prefix("tcp://"), address.strip_prefix("ipc://")) {
        (Some(address), _) => tcp_at(&address.replacen("localhost:", "127.0.0.1:", 1)),
        (_, Some(path)) => inode_of_path(path),
        _ => None,
    };
    addresses.iter().map(at).collect()
}

/// The socket of the file system at this path.
#[cfg(target_os = "linux")]
pub(super) fn inode_of_path(path: &str) -> Option<u64> {
    let is_here = |bound: &std::path::Path| bound.as_os_str() == path;
    let mut sockets = procfs::net::unix().ok()?.into_iter();
    sockets.find(|socket| socket.path.as_deref().is_some_and(is_here)).map(|socket| socket.inode)
}

/// The processes that have these sockets; those that this user may not see are left out.
#[cfg(target_os = "linux")]
pub(super) fn owners_of(inodes: &[u64]) -> Vec<Owner> {
    use procfs::process::{FDTarget, Process};

    let mut owners: Vec<Owner> = Vec::new();
    let owned = |process: &Process| {
        let descriptors = process.fd().into_iter().flatten().flatten();
        let sockets = descriptors.filter_map(|descriptor| match descriptor.target {
            FDTarget::Socket(inode) => Some(inode),
            _ => None,
        });
        sockets.filter(|inode| inodes.contains(inode)).collect::<Vec<_>>()
    };
    for process in procfs::process::all_processes().into_iter().flatten().flatten() {
        if owners.len() >= inodes.len() {
            break;
        }
        for inode in owned(&process) {
            if let (Ok(stat), Ok(pid)) = (process.stat(), u32::try_from(process.pid))
                && owners.iter().all(|owner| owner.inode != inode)
            {
                owners.push(Owner { inode, name: stat.comm, pid });
            }
        }
    }
    owners
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
fn inodes_at(addresses: &[&str]) -> Vec<Option<u64>> {
    vec![None; addresses.len()]
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
fn owners_of(_inodes: &[u64]) -> Vec<Owner> {
    Vec::new()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_process_at_either_end_of_a_connection_is_found() {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let _unix = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let addresses = [
            format!("tcp://{}", client.local_addr().unwrap()),
            format!("tcp://127.0.0.1:{port}"),
            format!("tcp://localhost:{port}"),
            format!("ipc://{}", path.display()),
        ];
        let holders = holders_at(&addresses.each_ref().map(String::as_str));
        let own = format!("(pid {})", std::process::id());
        let is_own = |holder: &Holder| holder.words.ends_with(&own) && holder.pid == Some(std::process::id());
        for (address, holder) in addresses.iter().zip(holders) {
            assert!(holder.as_ref().is_some_and(is_own), "{address} {holder:?}");
        }
    }

    #[test]
    fn an_address_elsewhere_or_of_nothing_has_no_process() {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let addresses =
            [format!("tcp://192.0.2.1:{port}"), format!("tcp://{closed}"), "inproc://a".to_owned(), String::new()];
        assert_eq!(holders_at(&addresses.each_ref().map(String::as_str)), [const { None }; 4]);
    }
}
