//! Scenes: Markdown files that are a talk's script, a lesson and a test at once (`docs/scenes.md`).
//!
//! - [`script`]: what a scene says: its cast, and its cues in order
//! - [`files`]: the folder of scenes, and one scene read and checked
//! - [`parse`]: the text of a file → a [`script::Scene`]
//! - [`check`](mod@check): mistakes that show before anything starts
//! - [`known`]: what the suite's programs report, and which programs there are
//! - [`problem`]: a mistake, and the line that it is in
//! - [`args`]: the command line

pub mod args;
pub mod check;
pub mod files;
pub mod known;
pub mod parse;
pub mod problem;
pub mod script;
mod suggest;

pub use problem::Problem;
pub use script::Scene;
