//! How jobs are given to the broker, done, and looked at.

use super::{
    super::served::{SERVICE, Served},
    Jobs, NO_ID, said,
};
use crate::kit::{
    Candidate, Verdict,
    bytes::frames,
    check::ensure,
    jobz::message::{VERSIONS, Version, partial},
};

pub(in super::super) fn submit(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let (jobs, worker) = (Jobs::of(&served)?, served.worker(Version::Mdp02, SERVICE)?);
    let id = jobs.submit("", "hi")?;
    let body = worker.echo()?;
    ensure(body == frames(["hi"]), || format!("expected the body of the job; the worker got {}", said(&body)))?;
    jobs.is_done(&id, &["hi"])?;
    // Its end is kept.
    jobs.is_done(&id, &["hi"])
}

pub(in super::super) fn run(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    Jobs::of(&served)?;
    let worker = served.worker(Version::Mdp02, SERVICE)?;
    for version in VERSIONS {
        let client = served.speaker(version)?;
        client.request("job.run", &["", SERVICE, "hi"])?;
        worker.echo()?;
        let seen = client.final_reply("job.run")?;
        ensure(seen == frames(["200", "hi"]), || {
            format!("expected 200 and the reply of the job; seen {}", said(&seen))
        })?;
    }
    Ok(())
}

pub(in super::super) fn progress(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    Jobs::of(&served)?;
    let worker = served.worker(Version::Mdp02, SERVICE)?;
    for version in VERSIONS {
        let client = served.speaker(version)?;
        client.request("job.run", &["", SERVICE, "hi"])?;
        let (address, _) = worker.work()?;
        for part in ["one", "two"] {
            worker.send(&partial(&address, &[part]))?;
            if version == Version::Mdp02 {
                let reply = client.reply()?;
                let is_it = !reply.is_final && reply.body == frames([part]);
                ensure(is_it, || format!("expected the partial reply {part}; {reply:?} came"))?;
            }
        }
        worker.done(&address, &["three"])?;
        let wanted: &[&str] =
            if version == Version::Mdp02 { &["200", "three"] } else { &["200", "one", "two", "three"] };
        let seen = client.final_reply("job.run")?;
        ensure(seen == frames(wanted), || format!("expected {wanted:?} as the final reply; seen {}", said(&seen)))?;
    }
    Ok(())
}

pub(in super::super) fn status(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let jobs = Jobs::of(&served)?;
    jobs.ask("job.status", &[NO_ID], "404")?;
    let id = jobs.submit("", "hi")?;
    jobs.until(&id, "waiting")?;
    let worker = served.worker(Version::Mdp02, SERVICE)?;
    let (address, _) = worker.work()?;
    worker.send(&partial(&address, &["half"]))?;
    jobs.until(&id, "open")?;
    let status = jobs.json("job.status", &id)?;
    ensure(status["service"] == SERVICE && status["attempts"] == 1 && status["parts"].is_u64(), || {
        format!("expected service, attempts and parts of an open job; its status is {status}")
    })?;
    worker.done(&address, &["all"])?;
    jobs.until(&id, "done")
}

pub(in super::super) fn list(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let (jobs, worker) = (Jobs::of(&served)?, served.worker(Version::Mdp02, "other")?);
    let done = jobs.submit_to("other", "", "hi")?;
    worker.echo()?;
    jobs.is_done(&done, &["hi"])?;
    worker.send(&Version::Mdp02.disconnect())?;
    served.until("other", "404")?;
    let (first, second) = (jobs.submit("", "1")?, jobs.submit_to("other", "", "2")?);
    let mut both = vec![first.clone(), second];
    both.sort();
    for (service, wanted) in [("", both), (SERVICE, vec![first])] {
        let seen = jobs.ids("job.list", service)?;
        ensure(seen == wanted, || format!("expected the jobs {wanted:?} for {service:?}; listed are {seen:?}"))?;
    }
    Ok(())
}

pub(in super::super) fn key(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let jobs = Jobs::of(&served)?;
    let options = r#"{"key":"Жук 7"}"#;
    let id = jobs.submit(options, "hi")?;
    let again = jobs.submit(options, "hi")?;
    ensure(again == id, || format!("expected the job {id} for the same key; its id is {again}"))?;
    jobs.ask("job.submit", &[options, SERVICE, "other"], "409")?;
    let other = jobs.submit(r#"{"key":"8"}"#, "hi")?;
    ensure(other != id, || "another key is the same job".to_owned())?;
    let worker = served.worker(Version::Mdp02, SERVICE)?;
    worker.echo()?;
    jobs.is_done(&id, &["hi"])?;
    let again = jobs.submit(options, "hi")?;
    ensure(again == id, || format!("expected the job {id}, which is done, for the same key; its id is {again}"))
}

pub(in super::super) fn options(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let jobs = Jobs::of(&served)?;
    for options in ["{", "[]", r#"{"other":1}"#, r#"{"tries":0}"#, r#"{"deadline_ms":0}"#, r#"{"key":""}"#] {
        for service in ["job.submit", "job.run"] {
            jobs.ask(service, &[options, SERVICE, "hi"], "400")?;
        }
    }
    let id = jobs.submit(r#"{"tries":5,"deadline_ms":60000,"key":"7"}"#, "hi")?;
    jobs.until(&id, "waiting")
}
