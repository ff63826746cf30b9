//! Jobs that are cancelled, closed or dead.

use super::{
    super::{
        limits::{SHORT, is_too_slow},
        served::{SERVICE, Served},
    },
    Jobs, NO_ID, said,
};
use crate::kit::{
    Candidate, Verdict,
    bytes::frames,
    candidate::QUIET,
    check::ensure,
    jobz::message::{Version, ready_with_credit},
};

const NOT_WANTED: &str = "expected no request of a job that has ended";

pub(in super::super) fn cancel(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let jobs = Jobs::of(&served)?;
    jobs.ask("job.cancel", &[NO_ID], "404")?;
    let (id, done) = (jobs.submit("", "hi")?, jobs.submit_to("other", "", "hi")?);
    jobs.ask("job.cancel", &[&id], "200")?;
    jobs.until(&id, "cancelled")?;
    jobs.ask("job.wait", &[&id], "410")?;
    served.worker(Version::Mdp02, SERVICE)?.has_no_work(QUIET, NOT_WANTED)?;
    served.worker(Version::Mdp02, "other")?.echo()?;
    jobs.is_done(&done, &["hi"])?;
    jobs.ask("job.cancel", &[&done], "409").map(drop)
}

pub(in super::super) fn cancel_open(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let jobs = Jobs::of(&served)?;
    let knows = served.worker_by(Version::Mdp02, &ready_with_credit("new", 1), "new")?;
    let plain = served.worker(Version::Mdp01, "old")?;
    for (service, worker) in [("new", &knows), ("old", &plain)] {
        let id = jobs.submit_to(service, "", "hi")?;
        let (address, _) = worker.work()?;
        jobs.ask("job.cancel", &[&id], "200")?;
        if service == "new" {
            worker.is_cancelled(&address, "its job is cancelled")?;
            worker.done(&address, &["late"])?;
            let next = jobs.submit_to(service, "", "next")?;
            worker.echo()?;
            jobs.is_done(&next, &["next"])?;
        } else {
            worker.is_disconnected("its job is cancelled")?;
        }
        jobs.until(&id, "cancelled")?;
    }
    Ok(())
}

pub(in super::super) fn close(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let jobs = Jobs::of(&served)?;
    let worker = served.worker(Version::Mdp02, "other")?;
    let (waiting, done) = (jobs.submit("", "hi")?, jobs.submit_to("other", "", "hi")?);
    worker.echo()?;
    jobs.is_done(&done, &["hi"])?;
    for id in [&waiting, &done] {
        jobs.ask("job.close", &[id], "200")?;
        jobs.ask("job.status", &[id], "404")?;
        jobs.ask("job.close", &[id], "200")?;
    }
    served.worker(Version::Mdp02, SERVICE)?.has_no_work(QUIET, NOT_WANTED)
}

pub(in super::super) fn deadline(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let jobs = Jobs::of(&served)?;
    let id = jobs.submit(r#"{"deadline_ms":500}"#, "hi")?;
    jobs.ask("job.wait", &[&id], "424")?;
    jobs.until(&id, "dead")?;
    let status = jobs.json("job.status", &id)?;
    ensure(status["reason"].is_string(), || format!("expected the reason of a dead job; its status is {status}"))?;
    served.worker(Version::Mdp02, SERVICE)?.has_no_work(QUIET, NOT_WANTED)
}

pub(in super::super) fn tries(candidate: &Candidate) -> Verdict {
    let served = Served::with(candidate, &[SHORT])?;
    let jobs = Jobs::of(&served)?;
    let id = jobs.submit(r#"{"tries":2}"#, "deadly")?;
    (0..2).try_for_each(|_| is_too_slow(&served))?;
    jobs.until(&id, "dead")?;
    served.worker(Version::Mdp02, SERVICE)?.has_no_work(QUIET, NOT_WANTED)
}

pub(in super::super) fn dead(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let jobs = Jobs::of(&served)?;
    jobs.ask("job.resend", &[NO_ID], "404")?;
    let id = jobs.submit(r#"{"deadline_ms":100}"#, "hi")?;
    jobs.until(&id, "dead")?;
    for (service, wanted) in [("", vec![id.clone()]), (SERVICE, vec![id.clone()]), ("other", vec![])] {
        let seen = jobs.ids("job.dead", service)?;
        ensure(seen == wanted, || format!("expected the dead jobs {wanted:?} for {service:?}; listed are {seen:?}"))?;
    }
    jobs.ask("job.resend", &[&id], "200")?;
    let seen = served.worker(Version::Mdp02, SERVICE)?.echo()?;
    ensure(seen == frames(["hi"]), || format!("expected the job again; the worker got {}", said(&seen)))?;
    jobs.is_done(&id, &["hi"])?;
    let seen = jobs.ids("job.dead", "")?;
    ensure(seen.is_empty(), || format!("expected no dead job after the other end of it; listed are {seen:?}"))
}
