//! Sub-jobs: jobs that the worker of another request has submitted.

use super::{
    super::served::{SERVICE, Served},
    Jobs, said,
};
use crate::kit::{
    Candidate, Verdict,
    bytes::frames,
    candidate::QUIET,
    check::ensure,
    jobz::message::{Version, ready_with_credit},
};

pub(in super::super) fn lends(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let (jobs, other) = (Jobs::of(&served)?, Jobs::of(&served)?);
    let worker = served.worker_by(Version::Mdp02, &ready_with_credit(SERVICE, 1), SERVICE)?;
    let parent = jobs.submit("", "parent")?;
    let (outer, _) = worker.work()?;
    other.submit("", "other")?;
    worker.has_no_work(QUIET, "expected no other request for a worker without room")?;
    jobs.client.request("job.run", &[&format!(r#"{{"parent":"{parent}"}}"#), SERVICE, "child"])?;
    let (inner, body) = worker.work()?;
    ensure(body == frames(["child"]), || {
        format!("expected the sub-job in the place of its parent; {} came", said(&body))
    })?;
    worker.done(&inner, &["inner"])?;
    let seen = jobs.client.final_reply("job.run")?;
    ensure(seen == frames(["200", "inner"]), || format!("expected the reply of the sub-job; seen {}", said(&seen)))?;
    worker.done(&outer, &["outer"])?;
    jobs.is_done(&parent, &["outer"])
}

pub(in super::super) fn cancels(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let jobs = Jobs::of(&served)?;
    let worker = served.worker_by(Version::Mdp02, &ready_with_credit(SERVICE, 1), SERVICE)?;
    let parent = jobs.submit("", "parent")?;
    let (address, _) = worker.work()?;
    let child = jobs.submit_to("other", &format!(r#"{{"parent":"{parent}"}}"#), "child")?;
    let grandchild = jobs.submit_to("other", &format!(r#"{{"parent":"{child}"}}"#), "grandchild")?;
    jobs.ask("job.cancel", &[&parent], "200")?;
    worker.is_cancelled(&address, "its job is cancelled")?;
    [&parent, &child, &grandchild].into_iter().try_for_each(|id| jobs.until(id, "cancelled"))
}
