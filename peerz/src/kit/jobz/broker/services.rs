//! What the broker answers itself, and how it starts.

use super::served::{SERVICE, Served, serves};
use crate::kit::{
    Candidate, Verdict,
    bytes::{frames, show},
    check::ensure,
    jobz::message::{VERSIONS, Version},
    raw::send_garbage,
};

pub(super) fn answers(candidate: &Candidate) -> Verdict {
    Served::start(candidate)?.answers()
}

pub(super) fn restart(candidate: &Candidate) -> Verdict {
    let mut served = Served::start(candidate)?;
    served.answers()?;
    served.restart(candidate, &[])?;
    let (worker, client) = (served.worker(Version::Mdp02, SERVICE)?, served.speaker(Version::Mdp02)?);
    serves(&client, &worker, &frames(["hi"]))
}

pub(super) fn mmi_service(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let client = served.speaker(Version::Mdp01)?;
    for version in VERSIONS {
        let worker = served.worker(version, SERVICE)?;
        let seen = client.ask("mmi.service", &[SERVICE])?;
        ensure(seen == frames(["200"]), || format!("expected 200 for a client of version 0.1, seen {}", show(&seen)))?;
        worker.send(&version.disconnect())?;
        served.until(SERVICE, "404")?;
    }
    Ok(())
}

pub(super) fn mmi_other(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    for version in VERSIONS {
        let seen = served.speaker(version)?.ask("mmi.no-such-thing", &["x"])?;
        ensure(seen == frames(["501"]), || format!("expected 501, seen {}", show(&seen)))?;
    }
    Ok(())
}

pub(super) fn reserved_names(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    for version in VERSIONS {
        let worker = served.speaker(version)?;
        worker.send(&version.ready("mmi.service"))?;
        worker.is_disconnected("READY of mmi.service")?;
    }
    served.answers()
}

pub(super) fn stranger(candidate: &Candidate) -> Verdict {
    let served = Served::start(candidate)?;
    let (worker, client) = (served.worker(Version::Mdp02, SERVICE)?, served.speaker(Version::Mdp02)?);
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], b""] {
        send_garbage(&served.place.endpoint(), bytes)?;
        serves(&client, &worker, &frames(["hi"]))?;
    }
    Ok(())
}
