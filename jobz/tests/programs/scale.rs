//! `jobz scale`: workers come with the backlog and go without it, and none outlives what started them.

use std::{collections::BTreeSet, fs, time::Duration};

use serde_json::Value;
use testkit::{Peer, Program, eventually, run};

use crate::support::{Broker, JOBZ, held, interrupt_group, runs, start_in_group};

/// A service whose requests last until the test ends them.
struct Gate {
    folder: tempfile::TempDir,
    broker: Broker,
    client: Peer,
}

impl Gate {
    fn new() -> Self {
        let broker = Broker::start("--heartbeat 1m");
        Self { folder: tempfile::tempdir().unwrap(), client: broker.dealer(), broker }
    }

    /// `jobz scale` for it. Each request leaves a file with its text, and ends once there is the file `open`.
    fn scale(&self, flags: &str) -> Program {
        let script = held(self.folder.path(), "read name; echo $PPID >$name", "open", "echo done");
        let arguments = format!("scale gate --jobs {} --observe off {flags} -- sh -c", self.broker.endpoint);
        start_in_group(arguments.split_whitespace().chain([script.as_str()]))
    }

    fn ask(&self, names: impl IntoIterator<Item = u32>) {
        for name in names {
            self.client.send([b"MDPC02", &b"\x01"[..], b"gate", format!("{name}\n").as_bytes()]);
        }
    }

    fn open(&self) {
        fs::write(self.folder.path().join("open"), "").unwrap();
    }

    fn receive(&self, count: u32) {
        for _ in 0..count {
            assert_eq!(self.client.receive()[3], b"done\n");
        }
    }

    /// The process ids of the workers that have begun a request.
    fn busy(&self) -> BTreeSet<u32> {
        let files = fs::read_dir(self.folder.path()).unwrap();
        files.filter_map(|file| fs::read_to_string(file.unwrap().path()).ok()?.trim().parse().ok()).collect()
    }

    fn workers(&self) -> u64 {
        self.stats("gate")["services"][0]["workers"].as_u64().unwrap_or(0)
    }

    fn stats(&self, name: &str) -> Value {
        let client = self.broker.dealer();
        client.send([b"MDPC02", &b"\x01"[..], b"mmi.stats", name.as_bytes()]);
        serde_json::from_slice(&client.receive()[4]).unwrap()
    }
}

#[test]
fn workers_come_with_the_backlog_and_go_without_it_and_every_request_is_done() {
    let gate = Gate::new();
    let _scale = gate.scale("--min 1 --max 4 --up-after 50ms --idle 200ms");
    eventually("the least is there", || gate.workers() == 1);
    gate.ask(0..10);
    eventually("the most are there", || gate.workers() == 4);
    eventually("each has a request", || gate.busy().len() == 4);
    gate.open();
    gate.receive(10);
    eventually("the least is left", || gate.workers() == 1);
    let stats = gate.stats("");
    assert_eq!((&stats["answered"], &stats["waiting"]), (&10.into(), &0.into()), "{stats}");
}

#[test]
fn a_service_may_have_no_worker_while_it_has_no_request() {
    let gate = Gate::new();
    gate.open();
    let _scale = gate.scale("--min 0 --max 2 --up-after 50ms --idle 100ms");
    for _ in 0..2 {
        gate.ask([1]);
        gate.receive(1);
        eventually("none is left", || gate.workers() == 0);
    }
}

#[test]
fn a_worker_that_is_killed_is_replaced_and_its_request_is_done_by_another_one() {
    let gate = Gate::new();
    let scale = gate.scale("--min 2 --max 2");
    eventually("both are there", || gate.workers() == 2);
    gate.ask([1]);
    eventually("one has the request", || gate.busy().len() == 1);
    let pid = gate.busy().pop_first().unwrap();
    assert!(run("kill", ["-9", &pid.to_string()]).code == Some(0));
    scale.wait_for_log("has died: killed by signal 9");
    gate.open();
    gate.receive(1);
    eventually("both are there again", || gate.workers() == 2 && !runs(pid));
}

#[test]
fn no_worker_outlives_it_however_it_ends() {
    for is_killed in [false, true] {
        let gate = Gate::new();
        let scale = gate.scale("--min 3 --drain 100ms");
        eventually("all are there", || gate.workers() == 3);
        gate.ask(0..3);
        eventually("each has a request", || gate.busy().len() == 3);
        let workers = gate.busy();
        if is_killed {
            scale.kill();
        } else {
            scale.interrupt();
            assert_eq!(scale.finish_within(Duration::from_secs(5)).code, Some(0));
        }
        eventually("none runs", || !workers.iter().any(|&pid| runs(pid)));
    }
}

#[test]
fn a_broker_that_comes_later_finds_the_least_and_they_scale_then() {
    let [endpoint] = testkit::free_endpoints();
    let arguments = format!("scale gate --jobs {endpoint} --observe off --min 0 --up-after 50ms -- tr a-z A-Z");
    let scale = Program::start(JOBZ, arguments.split_whitespace());
    scale.wait_for_log("the backlog is not known");
    let _broker = Program::start(JOBZ, ["broker", "--jobs", &endpoint, "--observe", "off"]);
    let asked = run(JOBZ, ["ask", "gate", "hi", "--jobs", &endpoint, "--observe", "off"]);
    assert_eq!((asked.code, asked.stdout.trim()), (Some(0), "HI"), "{}", asked.stderr);
}

#[test]
fn less_than_nothing_is_wrong_usage() {
    for (flags, reason) in [
        ("--min 3 --max 2", "--min 3 is more than --max 2"),
        ("--max 0", "0 is not in 1..=1000"),
        ("--idle never", "expected number at 0"),
    ] {
        let arguments = format!("scale gate {flags} --observe off -- true");
        let refused = run(JOBZ, arguments.split_whitespace());
        assert_eq!(refused.code, Some(2), "{flags}");
        assert!(refused.stderr.contains(reason), "{flags}: {}", refused.stderr);
    }
}

#[test]
fn ctrl_c_in_a_terminal_lets_the_workers_finish() {
    let gate = Gate::new();
    let scale = gate.scale("--min 1 --max 1");
    gate.ask([0]);
    eventually("it has begun", || gate.busy().len() == 1);
    interrupt_group(&scale);
    gate.open();
    gate.receive(1);
    let finished = scale.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}
