//! The job for which another one is done, and ids of jobs.

use clap::Args;

use crate::{exec::JOB_VARIABLE, requests::Id};

/// The job for which another one is done.
#[derive(Debug, Args)]
pub struct ParentArgs {
    /// Id of the job for which this is done; a program that `jobz worker` runs has it in this variable
    #[arg(long, value_name = "ID", env = JOB_VARIABLE, value_parser = id)]
    pub parent: Option<Id>,
}

/// The id of a job.
pub(super) fn id(text: &str) -> Result<Id, String> {
    Id::decode(text.as_bytes()).ok_or_else(|| "not an id of 32 hexadecimal digits".to_owned())
}
