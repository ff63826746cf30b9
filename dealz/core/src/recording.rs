//! Records what is shown in a file, and reads it again.
//!
//! - [`file`]: the file of a new recording
//! - [`recorder`]: the thread that writes it
//! - [`read`](mod@read): a recording, checked line by line

mod file;
mod read;
mod recorder;

pub use self::read::PlayError;
pub(crate) use self::{
    file::create,
    read::{read, read_file},
    recorder::Recorder,
};

/// The largest size of a recording.
const BYTES_MAX: u64 = 64 << 20;
