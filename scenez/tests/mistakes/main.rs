//! Each kind of mistake in a scene file has a message that names its line, and all of them are found at once.
//!
//! - [`form`]: Markdown, TOML, and where blocks are
//! - [`cast`]: who is in the scene
//! - [`acts`]: what a cue does
//! - [`expectations`]: what it expects

mod acts;
mod cast;
mod expectations;
mod form;

use std::path::Path;

use expect_test::Expect;
use scenez::{check::check, known::Programs, parse::parse};

const CAST: &str = r#"
[prices]
run = "tickz publish"
[late]
run = "tickz watch MSFT"
links = ["ticks"]
wait = true
[worker]
run = "valuz worker"
count = 3
[run]
run = "valuz run --workers 2"
[other]
run = "sh -c true"
"#;

/// A scene of this cast, a cue with these blocks, and one that starts `late` if no other does. `acts` begin in line 19, and
/// `expected` begins three lines after their last.
fn scene(acts: &str, expected: &str) -> String {
    let cast = format!("# Title\n```toml cast{CAST}```\n");
    let cue = format!("## Cue\n```toml do\n{acts}\n```\n```toml expect\n{expected}\n```\n");
    let is_started = ["start = \"late\"", "start = [\"late\""].iter().any(|start| acts.contains(start));
    let last = if is_started { "" } else { "## Last\n```toml do\nstart = \"late\"\n```\n" };
    cast + &cue + last
}

/// The mistakes in a file, as a person sees them after its name.
fn mistakes(text: &str) -> String {
    let problems = match parse("test", text) {
        Ok(scene) => check(&scene, &Programs::of_this_machine(Path::new("."))),
        Err(problems) => problems,
    };
    problems.into_iter().map(|problem| format!("{}: {}\n", problem.line.0, problem.reason)).collect()
}

/// Those in a cue that does this. It expects something that can be false.
fn of_acts(acts: &str) -> String {
    mistakes(&scene(acts, "\"prices.ticks.sent\" = \"> 0\""))
}

/// Those in a cue that starts `late` in line 19 and expects this from line 22 on.
fn of_expected(expected: &str) -> String {
    mistakes(&scene("start = \"late\"", expected))
}

/// Those of a cast from line 3 on.
fn of_cast(cast: &str) -> String {
    mistakes(&format!(
        "# Title\n```toml cast\n{cast}\n```\n## Cue\n```toml expect\n\"a.presence\" = \"present\"\n```\n"
    ))
}

#[track_caller]
fn assert_all(found: String, expected: Expect) {
    expected.assert_eq(&found);
}
