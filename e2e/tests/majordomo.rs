//! Peers of the Majordomo Protocol that are not of this project, with the programs of jobz: pyzmq peers written from the RFCs, and
//! those of the Python package majortomo. `tests/python` has them.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{collections::BTreeSet, env, path::Path, process::Command};

use testkit::{Program, eventually, sibling};

/// Runs a Python that has pyzmq.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/python.sh");

/// The Python of the tools that pip has installed, if there are some.
const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/venv/bin/python");

/// The package whose dialect `--dialect majortomo` is.
const MAJORTOMO: &str = "majortomo==0.2.0";

/// How many requests a client sends.
const REQUESTS: usize = 200;

/// A broker and where it is.
struct Broker {
    _program: Program,
    endpoint: String,
}

impl Broker {
    fn start(flags: &[&str]) -> Self {
        let arguments = [&["broker", "--jobs", "tcp://127.0.0.1:*", "--observe", "off"], flags].concat();
        let program = Program::start(sibling("jobz"), arguments);
        let endpoint = program.endpoint("jobs");
        Self { _program: program, endpoint }
    }

    fn jobz(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(sibling("jobz"));
        command.args(arguments).env("JOBZ_JOBS", &self.endpoint).env("SUITE_OBSERVE", "off");
        command
    }

    /// What `jobz ask` prints, a line for each frame.
    fn ask(&self, service: &str, part: &str) -> Vec<String> {
        let finished = Program::spawn(self.jobz(&["ask", service, part])).finish();
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        finished.stdout.lines().map(str::to_owned).collect()
    }

    fn until_workers(&self, service: &str, count: usize) {
        eventually("the workers are registered", || {
            let answer = self.ask("mmi.workers", service);
            let workers: serde_json::Value = serde_json::from_str(&answer[1]).unwrap();
            workers.as_array().unwrap().len() == count
        });
    }

    /// A peer written from the RFCs.
    fn peer(&self, role: &str, version: &str, service: &str, last: &str) -> Program {
        let mut command = Command::new(PYTHON);
        command.arg("-B").arg(script("majordomo.py")).args([role, version, &self.endpoint, service, last]);
        Program::spawn(command)
    }
}

fn script(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(name)
}

/// The replies that a client has printed, once it has all.
fn replies(client: Program) -> Vec<Vec<String>> {
    let finished = client.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn clients_of_both_rfcs_are_served_by_workers_of_both() {
    let broker = Broker::start(&[]);
    let old_worker = broker.peer("worker", "1", "echo", "old");
    let _new_worker = broker.peer("worker", "2", "echo", "new");
    let rust_worker = Program::spawn(broker.jobz(&["worker", "echo", "--", "sed", "s/^/rust /"]));
    broker.until_workers("echo", 3);
    let clients = ["1", "2"].map(|version| broker.peer("client", version, "echo", &REQUESTS.to_string()));
    for client in clients {
        let replies = replies(client);
        let mut workers = BTreeSet::new();
        for (number, reply) in replies.iter().enumerate() {
            let number = number.to_string();
            let (worker, echoed) = match reply.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                [one] => one.split_once(' ').unwrap(),
                ["old", echoed] => ("old", echoed),
                ["half", "new", echoed] => ("new", echoed),
                _ => panic!("{reply:?}"),
            };
            assert_eq!(echoed, number);
            workers.insert(worker);
        }
        assert_eq!((replies.len(), workers), (REQUESTS, BTreeSet::from(["new", "old", "rust"])));
    }
    drop((old_worker, rust_worker));
    assert_eq!(broker.ask("echo", "one is left"), ["half", "new", "one is left"]);
}

/// A folder with the package, which is Python alone; `None` if it cannot be installed, which is no failure outside of CI.
fn majortomo() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    // The system's Python may have no pip.
    let mut reason = String::new();
    for python in [TOOLS, PYTHON] {
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(folder.path()).arg(MAJORTOMO);
        match pip.output() {
            Ok(output) if output.status.success() => return Some(folder),
            Ok(output) => reason = String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => reason = error.to_string(),
        }
    }
    assert!(env::var_os("CI").is_none(), "{MAJORTOMO} cannot be installed: {reason}");
    skip(&reason);
    None
}

#[expect(clippy::print_stdout, reason = "shown by the test runner on demand")]
fn skip(reason: &str) {
    println!("skipped: {MAJORTOMO} cannot be installed: {reason}");
}

#[test]
fn peers_of_majortomo_and_those_of_the_rfcs_serve_each_other() {
    let Some(folder) = majortomo() else { return };
    let broker = Broker::start(&["--dialect", "majortomo"]);
    let peer = |arguments: &[&str]| {
        let mut command = Command::new(PYTHON);
        command.env("PYTHONPATH", folder.path());
        command.arg("-B").arg(script("majortomo_peers.py")).arg(arguments[0]).arg(&broker.endpoint);
        command.args(&arguments[1..]);
        Program::spawn(command)
    };
    let _tea = peer(&["worker", "tea"]);
    let _upper = Program::spawn(broker.jobz(&["worker", "upper", "--", "tr", "a-z", "A-Z"]));
    broker.until_workers("tea", 1);
    broker.until_workers("upper", 1);
    assert_eq!(replies(peer(&["client", "tea", "hi"])), [["half", "all of", "hi"]]);
    assert_eq!(replies(peer(&["client", "upper", "hi"])), [["HI"]]);
    assert_eq!(broker.ask("tea", "hello"), ["half", "all of", "hello"]);
    assert_eq!(replies(broker.peer("client", "1", "tea", "1")), [["half", "all of", "0"]]);
    assert_eq!(replies(broker.peer("client", "2", "tea", "1")), [["half", "all of", "0"]]);
}
