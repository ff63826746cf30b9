//! Scenes: Markdown files that are a talk's script, a lesson and a test at once (`docs/scenes.md`).
//!
//! - [`script`]: what a scene says: its cast, and its cues in order
//! - [`fault`]: how something fails, and its words
//! - [`files`]: the folder of scenes, and one scene read and checked
//! - [`talk`]: the order of the scenes in a talk
//! - [`parse`]: the text of a file → a [`script::Scene`]
//! - [`check`](mod@check): mistakes that show before anything starts
//! - [`known`]: what the suite's programs report, and which programs there are
//! - [`peers`]: members of a cast in other languages
//! - [`problem`]: a mistake, and the line that it is in
//! - [`values`]: what the paths of a scene stand for at the moment
//! - [`play`]: one cue at work, and how far its expectations are
//! - [`endpoints`]: those that the engine gives to a scene
//! - [`stage`]: a scene at work: its processes, its bus, its faults
//! - [`player`]: a scene in a terminal
//! - [`tour`]: the scenes of a talk in a terminal, one after another
//! - [`rehearsal`]: scenes that play by themselves, and [`autoplay`]: when their next cue comes
//! - `folder`: a temporary folder, removed by whatever end of the program
//! - `vocabulary`: the words for figures, phases and comparisons
//! - `suggest`: the name that was probably meant
//! - [`args`]: the command line

pub mod args;
pub mod autoplay;
pub mod check;
pub mod endpoints;
pub mod fault;
pub mod files;
mod folder;
pub mod known;
pub mod parse;
pub mod peers;
pub mod play;
pub mod player;
pub mod problem;
pub mod rehearsal;
pub mod script;
pub mod stage;
mod suggest;
pub mod talk;
pub mod tour;
pub mod values;
mod vocabulary;

pub use fault::Fault;
pub use problem::Problem;
pub use script::Scene;
