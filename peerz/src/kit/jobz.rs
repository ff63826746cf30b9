//! The roles of jobz: its client, its worker and its broker, in both versions of the Majordomo Protocol.
//!
//! `message` makes and reads its messages as bytes.

pub mod broker;
pub mod client;
mod message;
pub mod worker;

/// The variable with the endpoint of the broker.
const JOBS: &str = "JOBZ_JOBS";

const PAGE: &str = "jobz.md";
