//! Jobs from the command line, with a broker and workers that die.

use testkit::{Finished, Program, eventually, free_endpoints, run};

use crate::support::JOBZ;

/// A broker at an endpoint that stays the same when it is started again.
struct Place {
    endpoint: String,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let [endpoint] = free_endpoints();
        Self { endpoint, folder: tempfile::tempdir().unwrap() }
    }

    fn broker(&self, flags: &[&str]) -> Program {
        let store = self.folder.path().join("store");
        let arguments = ["broker", "--store", store.to_str().unwrap(), "--jobs", &self.endpoint, "--observe", "off"];
        let broker = Program::start(JOBZ, arguments.iter().chain(flags));
        let _ = broker.endpoint("jobs");
        broker
    }

    fn worker(&self, service: &str, script: &str) -> Program {
        let arguments = ["worker", service, "--jobs", &self.endpoint, "--observe", "off", "--", "sh", "-c", script];
        let worker = Program::start(JOBZ, arguments);
        worker.wait_for_log("ready");
        worker
    }

    fn jobz(&self, arguments: &[&str]) -> Finished {
        run(JOBZ, arguments.iter().chain(&["--jobs", &self.endpoint, "--observe", "off"]))
    }

    /// Submits a job, and returns its id.
    fn submit(&self, arguments: &[&str]) -> String {
        let submitted = self.jobz(&[&["submit"], arguments].concat());
        assert_eq!(submitted.code, Some(0), "{}", submitted.stderr);
        submitted.stdout.trim().to_owned()
    }

    fn state(&self, id: &str) -> String {
        let status = self.jobz(&["status", id, "--json"]);
        assert_eq!(status.code, Some(0), "{}", status.stderr);
        status.json()["state"].as_str().unwrap().to_owned()
    }
}

#[test]
fn an_accepted_job_is_done_although_everything_is_killed() {
    let place = Place::new();
    let broker = place.broker(&[]);
    let id = place.submit(&["upper", "hi", "--job-key", "monday"]);
    assert_eq!(place.state(&id), "waiting");
    broker.kill();
    let broker = place.broker(&[]);
    assert_eq!(place.submit(&["upper", "hi", "--job-key", "monday"]), id);
    let dying = place.worker("upper", "exec sleep 1000");
    eventually("a worker has the job", || place.state(&id) == "open");
    dying.kill();
    broker.kill();
    let broker = place.broker(&[]);
    let _worker = place.worker("upper", "exec tr a-z A-Z");
    let waited = place.jobz(&["wait", &id]);
    assert_eq!((waited.code, waited.stdout.as_str()), (Some(0), "HI\n"), "{}", waited.stderr);
    broker.kill();
    let _broker = place.broker(&[]);
    assert_eq!((place.state(&id), place.jobz(&["wait", &id]).stdout), ("done".to_owned(), "HI\n".to_owned()));
    let other = place.jobz(&["submit", "upper", "ho", "--job-key", "monday"]);
    assert_eq!(other.code, Some(1));
    assert!(other.stderr.contains("(409)"), "{}", other.stderr);
    assert_eq!(place.jobz(&["close", &id]).code, Some(0));
    assert!(place.jobz(&["status", &id]).stderr.contains("no such job"));
}

#[test]
fn a_job_that_kills_the_broker_each_time_is_dead_in_the_end() {
    let place = Place::new();
    let mut broker = place.broker(&[]);
    let id = place.submit(&["upper", "hi", "--tries", "2"]);
    // The first time is not known: the broker did not survive it.
    for _ in 0..3 {
        let worker = place.worker("upper", &format!("kill -9 {}", broker.pid()));
        eventually("the job has killed the broker", || !broker.is_running());
        worker.kill();
        broker = place.broker(&[]);
    }
    eventually("the job is dead", || place.state(&id) == "dead");
    let waited = place.jobz(&["wait", &id]);
    assert!(waited.stderr.contains("2 attempts; the last: the broker ended"), "{}", waited.stderr);
}

#[test]
fn a_wait_survives_the_broker() {
    let place = Place::new();
    let broker = place.broker(&[]);
    let id = place.submit(&["upper", "hi"]);
    let arguments = ["wait", &id, "--asks", "100", "--jobs", &place.endpoint, "--observe", "off"];
    let waiting = Program::start(JOBZ, arguments);
    broker.kill();
    waiting.wait_for_log("trying again");
    let _broker = place.broker(&[]);
    let _worker = place.worker("upper", "exec tr a-z A-Z");
    let finished = waiting.finish();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "HI\n"), "{}", finished.stderr);
}

#[test]
fn a_dead_job_is_listed_and_sent_again() {
    let place = Place::new();
    let _broker = place.broker(&[]);
    let failing = place.worker("upper", "echo no paper >&2; exit 3");
    let id = place.submit(&["upper", "hi", "--tries", "1"]);
    let waited = place.jobz(&["wait", &id]);
    assert_eq!(waited.code, Some(1));
    assert!(waited.stderr.contains("the job is dead"), "{}", waited.stderr);
    let dead = place.jobz(&["dead", "upper", "--json"]).json();
    assert_eq!((dead[0]["id"].as_str(), dead.as_array().map(Vec::len)), (Some(&*id), Some(1)));
    assert!(place.jobz(&["dead"]).stdout.contains(&id));
    failing.kill();
    let _worker = place.worker("upper", "exec tr a-z A-Z");
    assert_eq!(place.jobz(&["resend", &id]).code, Some(0));
    assert_eq!(place.jobz(&["wait", &id]).stdout, "HI\n");
    assert_eq!(place.jobz(&["dead", "--json"]).stdout, "[]\n");
    assert_eq!(place.jobz(&["resend", &id]).code, Some(1));
}

#[test]
fn a_job_that_waits_is_listed_and_can_be_cancelled() {
    let place = Place::new();
    let _broker = place.broker(&[]);
    let id = place.submit(&["upper", "hi"]);
    let jobs = place.jobz(&["list", "--json"]).json();
    assert_eq!((jobs[0]["id"].as_str(), jobs[0]["state"].as_str()), (Some(&*id), Some("waiting")));
    assert_eq!(place.jobz(&["cancel", &id]).code, Some(0));
    assert_eq!(place.jobz(&["list", "--json"]).stdout, "[]\n");
    let waited = place.jobz(&["wait", &id]);
    assert_eq!(waited.code, Some(1));
    assert!(waited.stderr.contains("the job is cancelled"), "{}", waited.stderr);
    assert_eq!(place.state(&id), "cancelled");
}

#[test]
fn a_script_may_ask_its_own_service_and_one_worker_is_enough() {
    let place = Place::new();
    let _broker = place.broker(&[]);
    let ask = format!("{JOBZ} ask factorial --jobs {} --observe off", place.endpoint);
    let script = format!("read n; [ $n = 0 ] && echo 1 || echo $((n * $({ask} $((n - 1)))))");
    let _worker = place.worker("factorial", &script);
    let id = place.submit(&["factorial", "5"]);
    assert_eq!(place.jobz(&["wait", &id]).stdout, "120\n");
}

#[test]
fn a_disk_that_is_full_refuses_jobs_and_keeps_those_that_were_accepted() {
    let place = Place::new();
    let store = place.folder.path().join("store");
    let arguments = format!("--store {} --jobs {} --observe off", store.display(), place.endpoint);
    // Files of at most 4,000 blocks of 512 bytes.
    let script = format!("ulimit -f 4000; trap '' XFSZ; exec {JOBZ} broker {arguments}");
    let broker = Program::start("sh", ["-c", &script]);
    let _ = broker.endpoint("jobs");
    let large = "x".repeat(100_000);
    let accepted = place.submit(&["upper", &large]);
    let refused = (0..40).map(|_| place.jobz(&["submit", "upper", &large])).find(|submitted| submitted.code == Some(1));
    let refused = refused.expect("a limited file takes no 40 jobs");
    assert!(refused.stderr.contains("the broker refuses it (50"), "{}", refused.stderr);
    assert_eq!(place.state(&accepted), "waiting");
    broker.kill();
    let _broker = place.broker(&[]);
    assert_eq!(place.state(&accepted), "waiting");
    place.submit(&["upper", &large]);
}
