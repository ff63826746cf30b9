//! A temporary folder of a scene, which no end of the program leaves behind for long.
//!
//! A killed program cannot remove its folders. But the kernel releases their locks, so that the next folder that is made in the same
//! place finds out which ones are not in use any more, and removes them.

use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// How the name of a folder begins and ends; random letters are between.
const NAME: (&str, &str) = ("scenez-", ".scene");

/// The folder inside, which programs may lock themselves.
const INSIDE: &str = "in";

/// How often another program may take a new folder for one that is not used, before its lock is set.
const ATTEMPTS: usize = 10;

/// A folder that is removed with what is in it when it is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _outer: TempDir,
    /// Held as long as the folder is used; no child has it.
    _lock: File,
}

impl Folder {
    /// Makes a folder where the system has temporary files.
    ///
    /// # Errors
    /// The system cannot make it.
    pub(crate) fn make() -> io::Result<Self> {
        Self::make_in(&env::temp_dir())
    }

    fn make_in(place: &Path) -> io::Result<Self> {
        remove_abandoned(place);
        for _ in 0..ATTEMPTS {
            let outer = tempfile::Builder::new().prefix(NAME.0).suffix(NAME.1).tempdir_in(place)?;
            let Some(lock) = lock(outer.path()) else { continue };
            let path = outer.path().join(INSIDE);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path, _outer: outer, _lock: lock }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("other programs remove each new folder"))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Removes the folders that killed programs have left. What cannot be removed stays: it is of another user, or in use.
fn remove_abandoned(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(NAME.0) && name.ends_with(NAME.1));
        if is_ours
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Some(_held) = lock(&entry.path())
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The lock of a folder, if no one has it.
fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.try_lock().ok().map(|()| file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_owner_or_when_the_next_one_is_made() {
        let place = tempfile::tempdir().unwrap();
        let count = || fs::read_dir(place.path()).unwrap().count();
        let used = Folder::make_in(place.path()).unwrap();
        let Folder { path, _outer: outer, _lock: lock } = Folder::make_in(place.path()).unwrap();
        fs::write(path.join("key"), "").unwrap();
        File::open(&path).unwrap().try_lock().unwrap();
        // As a killed program does: it forgets the folder, and the kernel its lock.
        let left = outer.keep();
        drop(Folder::make_in(place.path()).unwrap());
        assert!(left.is_dir(), "it is locked");
        drop(lock);
        let next = Folder::make_in(place.path()).unwrap();
        assert!(!left.exists() && used.path().is_dir() && next.path().is_dir());
        drop((used, next));
        assert_eq!(count(), 0);
    }

    #[test]
    fn what_only_looks_alike_stays() {
        let place = tempfile::tempdir().unwrap();
        let notes = place.path().join("scenez-notes");
        fs::create_dir(&notes).unwrap();
        fs::write(place.path().join("scenez-a.scene"), "").unwrap();
        std::os::unix::fs::symlink(&notes, place.path().join("scenez-b.scene")).unwrap();
        drop(Folder::make_in(place.path()).unwrap());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 3);
    }
}
