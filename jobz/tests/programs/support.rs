//! A broker as a process, and what workers run.

use std::{fs, os::unix::process::CommandExt as _, path::Path, process::Command};

use testkit::{Peer, Program, peer::DEALER};

pub(crate) const JOBZ: &str = env!("CARGO_BIN_EXE_jobz");

/// A broker and where it is.
pub(crate) struct Broker {
    pub(crate) program: Program,
    pub(crate) endpoint: String,
}

impl Broker {
    pub(crate) fn start(flags: &str) -> Self {
        Self::start_at("tcp://127.0.0.1:*", flags)
    }

    pub(crate) fn start_at(endpoint: &str, flags: &str) -> Self {
        let arguments = format!("broker --jobs {endpoint} --observe off {flags}");
        let program = Program::start(JOBZ, arguments.split_whitespace());
        let endpoint = program.endpoint("jobs");
        Self { program, endpoint }
    }

    pub(crate) fn dealer(&self) -> Peer {
        Peer::connect(DEALER, &self.endpoint)
    }

    /// A worker of version 0.2 that the broker has registered.
    pub(crate) fn worker(&self, service: &str) -> Peer {
        let worker = self.dealer();
        worker.send([b"MDPW02", &b"\x01"[..], service.as_bytes()]);
        self.until_offered(service);
        worker
    }

    /// Sends a message that gets no reply; the broker has taken it when this returns.
    pub(crate) fn take<F: AsRef<[u8]>>(&self, frames: impl IntoIterator<Item = F>) {
        let peer = self.dealer();
        peer.send(frames);
        peer.send([b"MDPC02", &b"\x01"[..], b"mmi.service", b""]);
        let _status = peer.receive();
    }

    pub(crate) fn until_offered(&self, service: &str) {
        let client = self.dealer();
        testkit::eventually("a worker is registered", || {
            client.send([b"MDPC02", &b"\x01"[..], b"mmi.service", service.as_bytes()]);
            client.receive().last().unwrap() == b"200"
        });
    }

    /// The registered worker still gets what a client asks, and the client its reply.
    pub(crate) fn assert_serves(&self, worker: &Peer, service: &str) {
        let client = self.dealer();
        client.send([b"MDPC02", &b"\x01"[..], service.as_bytes(), b"still there?"]);
        let request = command(worker, 2);
        reply(worker, &request[2], &request[4]);
        assert_eq!(client.receive()[3], b"still there?");
    }
}

/// The next message of the broker with this command, past its heartbeats.
pub(crate) fn command(worker: &Peer, wanted: u8) -> Vec<Vec<u8>> {
    std::iter::repeat_with(|| worker.receive()).find(|frames| frames[1] == [wanted]).unwrap()
}

pub(crate) fn reply(worker: &Peer, address: &[u8], body: &[u8]) {
    worker.send([b"MDPW02", &b"\x04"[..], address, b"", body]);
}

/// A script that begins in the folder, and ends once there is the file `until` in it, or the folder is gone: it may outlive its
/// test.
pub(crate) fn held(folder: &Path, begin: &str, until: &str, end: &str) -> String {
    let folder = folder.display();
    format!("cd {folder}; {begin}; until [ -e {until} ] || [ ! -e {folder} ]; do sleep 0.01; done; {end}")
}

/// Whether there is such a process; one that nothing has reaped yet does not run.
pub(crate) fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim().starts_with('Z'))
}

/// Starts a program as a shell does it in a terminal: what it starts is in its process group, unless it sees to that.
pub(crate) fn start_in_group<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Program {
    let mut command = Command::new(JOBZ);
    command.args(arguments).process_group(0);
    Program::spawn(command)
}

/// As Ctrl-C in a terminal: the whole process group gets SIGINT.
pub(crate) fn interrupt_group(program: &Program) {
    let killed = Command::new("kill").args(["-INT", "--", &format!("-{}", program.pid())]).status();
    assert!(killed.unwrap().success());
}
