//! The types in `ui/src/generated` are those of [`dealz_core::view`] and [`dealz_core::command`].

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{collections::BTreeMap, fs, path::Path};

use dealz_core::{
    command::{Command, Refusal, Reply},
    view::{Hello, Recorded},
};
use ts_rs::{Config, TS as _};

/// The files of a folder and what is in them.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| (path.file_name().unwrap().display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn the_committed_types_are_fresh() {
    let committed = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/generated"));
    let folder = tempfile::tempdir().unwrap();
    let config = Config::new().with_out_dir(folder.path());
    Command::export_all(&config).unwrap();
    Refusal::export_all(&config).unwrap();
    Reply::export_all(&config).unwrap();
    Hello::export_all(&config).unwrap();
    Recorded::export_all(&config).unwrap();
    let fresh = files(folder.path());
    if fresh != files(committed) {
        let _ = fs::remove_dir_all(committed);
        fs::create_dir_all(committed).unwrap();
        for (name, text) in fresh {
            fs::write(committed.join(name), text).unwrap();
        }
        panic!("ui/src/generated was not fresh: it is now, commit it");
    }
}
