//! Scenes with real processes: what is green, what turns red, and that nothing is left.
//!
//! - [`green`]: a scene plays, and each change of it fails
//! - [`chaos`]: any order of keys, acts and faults leaves nothing behind
//! - [`faults`]: what is made to fail does, and only for its time
//! - [`house`]: a desk that takes part
//! - [`orphans`]: nor does any end of the program
//! - [`peers`]: members in other languages
//! - [`shared`]: a hub that others use too
//! - [`terminal`]: what a person sees
//! - [`tour`]: the scenes of a talk, one after another
//! - [`common`]: the scene, and how to look for what is left

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod chaos;
mod common;
mod faults;
mod green;
mod house;
mod orphans;
mod peers;
mod shared;
mod terminal;
mod tour;
