//! READY, requests and replies.

use super::rig::Rig;
use crate::kit::{Candidate, Finding, Verdict, bytes::frames, ppp::message::Addressed, vectors::invalid};

pub(super) fn ready(candidate: &Candidate) -> Verdict {
    Rig::start(candidate).map(drop)
}

pub(super) fn ready_once(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    for number in 0..3_u8 {
        rig.does(&[&[b'a', number]], &[b"hi"])?;
    }
    rig.is_quiet()
}

pub(super) fn one_reply(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    for number in 0..20_u8 {
        rig.does(&[&[b'a', number]], &[b"hi"])?;
    }
    rig.is_quiet()
}

pub(super) fn address_unchanged(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    for address in
        [&[&b"\0\x80\0\0\x29"[..]][..], &[b"\0queue", b"\0client"], &[b"a", b"\x01", b"\xff"], &[&b"q"[..]; 100]]
    {
        rig.does(address, &[b"hi"])?;
    }
    rig.does(&[], &[b"hi"])?;
    rig.replies_to(&Addressed { address: None, content: frames(["hi"]) })
}

pub(super) fn content_frames(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    for content in [&[&b""[..]][..], &[b"a", b"", b"\xff"], &[b"\x01"], &[b"\x02"], &[&b""[..]; 1000]] {
        rig.does(&[b"client"], content)?;
    }
    Ok(())
}

pub(super) fn malformed(candidate: &Candidate) -> Verdict {
    let rig = Rig::start(candidate)?;
    for case in invalid("ppp", "ppp_queue") {
        rig.send(&case.frames)?;
        rig.does(&[b"next"], &[b"hi"]).map_err(|finding| match finding {
            Finding::Failed(reason) => Finding::Failed(format!("after {}: {reason}", case.name)),
            Finding::Unsupported => Finding::Unsupported,
        })?;
    }
    rig.is_quiet()
}
