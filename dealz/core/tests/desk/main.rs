//! The engine with real services, at ports that the system chooses.
//!
//! - [`rig`]: a desk, and a page that folds its updates
//! - [`services`]: services that come, go, and speak nonsense
//! - [`batches`]: valuations, and who holds their ports
//! - [`observations`]: processes that report, also those of other terminals
//! - [`resets`]: back to the start, recordings
//! - [`scenes`]: a scene of the folder, its cues and its faults
//! - [`troupe`]: its processes
//! - [`ends`]: no child is left, whatever the state

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod batches;
mod ends;
mod observations;
mod resets;
mod rig;
mod scenes;
mod services;
mod troupe;
