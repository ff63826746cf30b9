//! What `docs/scenes.md` says is so.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{fs, path::Path};

use scenez::{
    check::check,
    known::{Programs, declarations},
    parse::parse,
};
use wire::report::Declaration;

fn document() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/scenes.md")).unwrap()
}

#[test]
fn its_example_is_a_scene_without_mistakes() {
    let document = document();
    let example = document.split("````markdown\n").nth(1).and_then(|rest| rest.split("````").next()).unwrap();
    let scene = parse("example", example).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(check(&scene, &Programs::of_this_machine(Path::new("."))), []);
    assert_eq!((scene.cast.len(), scene.cues.len()), (3, 2));
}

#[test]
fn its_table_has_what_each_role_declares() {
    let listed = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    for Declaration { program, role, sockets, values } in declarations().filter(|it| it.program != patternz::PROGRAM) {
        let channels = listed(sockets.iter().map(|socket| socket.channel.name).collect());
        let values = listed(values.iter().map(|value| value.name).collect());
        let row = format!("| `{program} {role}` | {channels} | {values} |").replace("|  |", "| |");
        assert!(document().contains(&row), "{row}");
    }
}
