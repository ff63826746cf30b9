//! What a client of jobs sends, and what the broker's reply means.

use rand::RngExt as _;
use serde::Serialize;
use wire::Frames;

use super::{JobError, JobOptions};

/// The body that makes a job. Its key is the same for every try to send it.
pub(super) fn job(service: &str, body: &Frames, options: &JobOptions) -> Frames {
    #[derive(Serialize)]
    struct Json {
        key: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        deadline_ms: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        tries: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        parent: Option<String>,
    }
    let JobOptions { key, deadline, tries, parent } = options;
    let json = Json {
        key: key.clone().unwrap_or_else(|| format!("{:032x}", rand::rng().random::<u128>())),
        deadline_ms: deadline.map(|deadline| u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX)),
        tries: *tries,
        parent: parent.map(|parent| parent.to_string()),
    };
    let json = serde_json::to_vec(&json).unwrap_or_default();
    let mut frames: Frames = [&json, service.as_bytes()].into_iter().collect();
    frames.append_from(body, 0);
    frames
}

/// What comes after the status of a reply, if that is 200.
pub(super) fn result_of(reply: &Frames) -> Result<Frames, JobError> {
    let status = reply.get(0).filter(|status| status.len() == 3).and_then(|status| str::from_utf8(status).ok());
    let status: u16 = status.and_then(|status| status.parse().ok()).ok_or(JobError::Malformed)?;
    let reason = || String::from_utf8_lossy(reply.get(1).unwrap_or(b"without a reason")).into_owned();
    match status {
        200 => {
            let mut rest = Frames::new();
            rest.append_from(reply, 1);
            Ok(rest)
        }
        404 => Err(JobError::Unknown),
        410 => Err(JobError::Cancelled),
        424 => Err(JobError::Dead(reason())),
        _ => Err(JobError::Refused { status, reason: reason() }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::requests::Id;

    fn frames(frames: &[&str]) -> Frames {
        frames.iter().collect()
    }

    #[test]
    fn a_job_has_a_key_and_only_the_options_that_are_given() {
        let body = frames(&["a", "b"]);
        let options = JobOptions {
            key: Some("monday".to_owned()),
            deadline: Some(Duration::from_millis(1_500)),
            tries: Some(2),
            parent: Some(Id(255)),
        };
        let made = job("tea", &body, &options);
        let json = r#"{"key":"monday","deadline_ms":1500,"tries":2,"parent":"000000000000000000000000000000ff"}"#;
        assert_eq!(made, frames(&[json, "tea", "a", "b"]));
        let [one, other] = [(); 2].map(|()| job("tea", &body, &JobOptions::default()));
        assert_eq!(one.get(0).unwrap().len(), r#"{"key":""}"#.len() + 32);
        assert_ne!(one, other);
    }

    #[test]
    fn a_status_is_a_result() {
        assert_eq!(result_of(&frames(&["200", "x", "y"])).unwrap(), frames(&["x", "y"]));
        assert!(matches!(result_of(&frames(&["404"])), Err(JobError::Unknown)));
        assert!(matches!(result_of(&frames(&["410"])), Err(JobError::Cancelled)));
        assert!(
            matches!(result_of(&frames(&["424", "no paper"])), Err(JobError::Dead(reason)) if reason == "no paper")
        );
        let error = result_of(&frames(&["409", "another\u{9b} job has this key"])).unwrap_err().to_string();
        assert!(error.starts_with("the broker refuses it (409): another") && !error.contains('\u{9b}'), "{error}");
        for malformed in [&[][..], &["20"], &["2000"], &["ok!"], &["200 "]] {
            assert!(matches!(result_of(&frames(malformed)), Err(JobError::Malformed)), "{malformed:?}");
        }
    }
}
