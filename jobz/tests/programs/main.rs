//! The programs of jobz as processes.
//!
//! - `support`: a broker, and peers that send frames as bytes
//! - `broker`: `jobz broker`
//! - `deploy`: what is in `deploy/`
//! - `durable`: jobs, whatever dies
//! - `federation`: brokers that pass requests to each other
//! - `jobs`: jobs and Titanic
//! - `metrics`: `jobz broker --metrics`
//! - `scale`: `jobz scale`
//! - `submit`: `jobz submit`, and what is done with jobs
//! - `policy`: who may register, and how workers are drained
//! - `usage`: the command line
//! - `work`: `jobz worker` and `jobz ask`

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod broker;
mod deploy;
mod durable;
mod federation;
mod jobs;
mod metrics;
mod policy;
mod scale;
mod submit;
mod support;
mod usage;
mod work;
