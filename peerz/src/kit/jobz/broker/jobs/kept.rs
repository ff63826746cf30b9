//! Jobs that the broker keeps, longer than requests and than itself.

use std::thread;

use super::{
    super::{
        limits::{AGE, EXPIRED},
        served::{SERVICE, Served},
    },
    Jobs,
};
use crate::kit::{Candidate, Finding, Verdict, candidate::ANSWER_WITHIN, check::ensure, jobz::message::Version};

pub(in super::super) fn no_expiry(candidate: &Candidate) -> Verdict {
    let served = Served::with(candidate, &[AGE])?;
    let jobs = Jobs::of(&served)?;
    let id = jobs.submit("", "hi")?;
    thread::sleep(EXPIRED);
    jobs.until(&id, "waiting")?;
    served.worker(Version::Mdp02, SERVICE)?.echo()?;
    jobs.is_done(&id, &["hi"])
}

pub(in super::super) fn no_room(candidate: &Candidate) -> Verdict {
    let served = Served::with(candidate, &["--waiting=2"])?;
    let jobs = Jobs::of(&served)?;
    let accepted = [jobs.submit("", "1")?, jobs.submit("", "2")?];
    jobs.ask("job.submit", &["", SERVICE, "3"], "503")?;
    accepted.iter().try_for_each(|id| jobs.until(id, "waiting"))?;
    let worker = served.worker(Version::Mdp02, SERVICE)?;
    worker.echo()?;
    worker.echo()?;
    jobs.submit("", "4").map(drop)
}

pub(in super::super) fn survives(candidate: &Candidate) -> Verdict {
    let folder = tempfile::tempdir()
        .map_err(|error| Finding::failed(format!("the kit itself cannot make a folder for a store: {error}")))?;
    let store = format!("--store={}", folder.path().join("store").display());
    let mut served = Served::with(candidate, &[&store])?;
    let (waiting, open, done) = {
        let jobs = Jobs::of(&served)?;
        let worker = served.worker(Version::Mdp02, "other")?;
        let done = jobs.submit_to("other", "", "done")?;
        worker.echo()?;
        jobs.is_done(&done, &["done"])?;
        let open = jobs.submit_to("other", r#"{"key":"open"}"#, "open")?;
        worker.work()?;
        (jobs.submit("", "waiting")?, open, done)
    };
    served.restart(candidate, &[&store])?;
    let jobs = Jobs::of(&served)?;
    jobs.is_done(&done, &["done"])?;
    for (service, id) in [(SERVICE, &waiting), ("other", &open)] {
        jobs.until(id, "waiting")?;
        served.worker(Version::Mdp02, service)?.echo()?;
    }
    jobs.is_done(&waiting, &["waiting"])?;
    jobs.is_done(&open, &["open"])?;
    let again = jobs.submit_to("other", r#"{"key":"open"}"#, "open")?;
    ensure(again == open, || "a key is forgotten with the broker".to_owned())?;
    // The end of a job is kept, too.
    drop(jobs);
    served.restart(candidate, &[&store])?;
    Jobs::of(&served)?.is_done(&open, &["open"])?;
    served.broker.terminate();
    served.broker.exit_with(0, ANSWER_WITHIN)
}
