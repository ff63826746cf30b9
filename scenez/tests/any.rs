//! Whatever is in a file, reading it ends with a scene or with mistakes that have lines in it.

use std::path::Path;

use proptest::prelude::*;
use scenez::{check::check, known::Programs, parse::parse};

/// Parts of scene files, in any order.
fn parts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("# Title\n".to_owned()),
        Just("\n## Cue\n".to_owned()),
        Just("\n```toml cast\n".to_owned()),
        Just("\n```toml do\n".to_owned()),
        Just("\n```toml expect\n".to_owned()),
        Just("\n```\n".to_owned()),
        Just("> - ".to_owned()),
        Just("[a]\nrun = \"tickz watch {é:ipc} {\"\n".to_owned()),
        Just("\"a.ticks.sent\" = \"> b.\"\n".to_owned()),
        Just("fault = { on = \"a.é\", for = \"1s\", down = true }\n".to_owned()),
        Just("start = [\"a\", \"é\"]\r\n".to_owned()),
        Just("\"a.prints\" = \"contains é\"\n".to_owned()),
        any::<String>(),
        "[a-z.{}=\"'\\[\\]#`> \n\r]{0,40}",
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_text_is_a_scene_or_has_mistakes_in_its_lines(text in parts()) {
        let problems = match parse("any", &text) {
            Ok(scene) => check(&scene, &Programs::of_this_machine(Path::new("."))),
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                problems
            }
        };
        let lines = text.matches('\n').count() as u32 + 1;
        for problem in problems {
            prop_assert!((1..=lines).contains(&problem.line.0), "{problem:?} in {lines} lines");
        }
    }
}
