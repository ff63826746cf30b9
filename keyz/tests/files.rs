//! The program as its user runs it.

use std::{fs, os::unix::fs::PermissionsExt as _};

use testkit::run;

const KEYZ: &str = env!("CARGO_BIN_EXE_keyz");

#[test]
fn pairs_are_made_private_and_put_on_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, allow) = (folder.path().join("keys"), folder.path().join("allow"));
    let arguments = ["ada", "bob", "--out", keys.to_str().unwrap(), "--allow", allow.to_str().unwrap()];
    let finished = run(KEYZ, arguments);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    for name in ["ada", "bob"] {
        let secret = keys.join(format!("{name}.key_secret"));
        assert_eq!(fs::metadata(secret).unwrap().permissions().mode() & 0o777, 0o600);
        let public = fs::read_to_string(keys.join(format!("{name}.key"))).unwrap();
        let key = public.split('"').nth(1).unwrap();
        assert!(fs::read_to_string(&allow).unwrap().contains(&format!("{name} {key}\n")));
    }
}

#[test]
fn a_pair_that_exists_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["ada", "--out", folder.path().to_str().unwrap()];
    assert_eq!(run(KEYZ, arguments).code, Some(0));
    let before = fs::read_to_string(folder.path().join("ada.key_secret")).unwrap();
    let again = run(KEYZ, arguments);
    assert_eq!(again.code, Some(1));
    let exists = "ada.key_secret exists already, and a key pair is never overwritten: choose another name";
    assert!(again.stderr.contains(exists) && !again.stderr.contains("os error"), "{}", again.stderr);
    assert_eq!(fs::read_to_string(folder.path().join("ada.key_secret")).unwrap(), before);
}

#[test]
fn a_pair_whose_key_cannot_be_put_on_the_list_is_not_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, allow) = (folder.path().join("keys"), folder.path().join("allow"));
    let arguments = ["ada", "--out", keys.to_str().unwrap(), "--allow", allow.to_str().unwrap()];
    fs::write(&allow, "bob no-key\n").unwrap();
    let refused = run(KEYZ, arguments);
    assert!(refused.code == Some(1) && refused.stderr.contains("allow:1: "), "{}", refused.stderr);
    assert_eq!(fs::read_to_string(&allow).unwrap(), "bob no-key\n");
    fs::write(&allow, "# empty so far").unwrap();
    assert_eq!(run(KEYZ, arguments).code, Some(0));
    assert!(fs::read_to_string(&allow).unwrap().starts_with("# empty so far\nada "));
}

#[test]
fn names_that_are_no_users_are_wrong_usage() {
    for arguments in [&[][..], &["../ada"], &["a b"]] {
        assert_eq!(run(KEYZ, arguments).code, Some(2), "{arguments:?}");
    }
}
