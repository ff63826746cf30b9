//! The process that holds an address in use, as text for an error message.

use std::{
    fs, io,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
};

use rustix::io::Errno;
use wire::foreign;

/// The flag of a listening socket in `/proc/net/unix`.
const ACCEPTS_CONNECTIONS: u32 = 1 << 16;

/// The process that listens at a TCP port of this machine.
pub(crate) fn of_port(port: u16) -> String {
    let process = listeners::get_process_by_port(port, listeners::Protocol::TCP).ok();
    in_words(process.map(|process| (process.name, process.pid)))
}

/// The process that listens at a Unix socket.
pub(crate) fn of_path(path: &Path) -> String {
    in_words(listening_at(path))
}

/// Whether a process listens at the socket file `path`, without disturbing it: a datagram socket cannot connect to a
/// stream socket, and the system reports that only if there is one.
pub(crate) fn is_alive(path: &Path) -> io::Result<bool> {
    match UnixDatagram::unbound()?.connect(path) {
        Ok(()) => Ok(true),
        Err(error) => match Errno::from_io_error(&error) {
            Some(Errno::PROTOTYPE) => Ok(true),
            Some(Errno::CONNREFUSED | Errno::NOENT) => Ok(false),
            _ => Err(error),
        },
    }
}

fn in_words(process: Option<(String, u32)>) -> String {
    match process {
        Some((_, pid)) if pid == std::process::id() => "another socket of this process".to_owned(),
        Some((name, pid)) => format!("{} (pid {pid})", foreign(&name).at_most(64)),
        None => "a process that this user may not see".to_owned(),
    }
}

/// The name and id of the process that listens at a Unix socket, if this user may see it.
fn listening_at(path: &Path) -> Option<(String, u32)> {
    let sockets = fs::read("/proc/net/unix").ok()?;
    let (name, real) = (path.file_name()?, real(path)?);
    String::from_utf8_lossy(&sockets).lines().skip(1).find_map(|line| {
        let (inode, bound) = listening(line)?;
        let pid = if bound.file_name() == Some(name) { owner(inode)? } else { return None };
        // The path is as the process gave it, perhaps relative to its folder.
        let its_folder = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
        let process = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        (self::real(&its_folder.join(bound))? == real).then(|| (process.trim_end().to_owned(), pid))
    })
}

/// Inode and path of a socket that listens, from its line: `Num RefCount Protocol Flags Type St Inode Path`.
fn listening(line: &str) -> Option<(&str, &Path)> {
    let mut fields = [""; 7];
    let mut rest = line;
    for field in &mut fields {
        (*field, rest) = rest.trim_start().split_once(' ')?;
    }
    let listens = u32::from_str_radix(fields[3], 16).ok()? & ACCEPTS_CONNECTIONS != 0;
    listens.then_some((fields[6], Path::new(rest)))
}

/// The path with the links in its folder followed.
fn real(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
}

/// The process that has the socket with this inode open.
fn owner(inode: &str) -> Option<u32> {
    let link = PathBuf::from(format!("socket:[{inode}]"));
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.find(|pid| {
        let Ok(open) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        open.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|target| target == link))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_listener_is_noticed_undisturbed_and_a_stale_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("with space");
        let listener = UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        assert!(is_alive(&path).unwrap());
        assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert_eq!(of_path(&path), "another socket of this process");
        drop(listener);
        assert!(path.exists() && !is_alive(&path).unwrap());
        assert_eq!(of_path(&path), "a process that this user may not see");
    }
}
