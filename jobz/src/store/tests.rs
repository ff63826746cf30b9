use std::fs;

use super::*;

fn config(path: &Path) -> VaultConfig {
    VaultConfig { path: Some(path.to_owned()), ..VaultConfig::default() }
}

fn record(key: &str, text: &str) -> Record {
    let body = [text, ""].into_iter().collect();
    Record { service: "echo".to_owned(), key: key.into(), deadline: 7, tries: 2, attempts: 0, parent: 9, body }
}

fn frames(text: &str) -> Frames {
    [text].into_iter().collect()
}

fn accept(number: Number, key: &str) -> Change {
    Change::Accept(number, record(key, "hi"))
}

fn end(number: Number, ending: Ending) -> Change {
    Change::End(number, ending)
}

fn reply(number: Number) -> Change {
    end(number, Ending::Reply(frames("HI")))
}

#[test]
fn what_is_committed_is_there_when_the_file_is_opened_again() {
    for sync in [Fsync::Always, Fsync::Interval(Duration::from_secs(3_600)), Fsync::Never] {
        let folder = tempfile::tempdir().unwrap();
        let config = VaultConfig { sync, ..config(&folder.path().join("store")) };
        let mut store = Store::open(&config).unwrap();
        store.commit(1, &[accept(1, "a"), accept(2, ""), accept(3, "c"), accept(4, ""), accept(5, "e")]).unwrap();
        store.commit(2, &[reply(1), end(3, Ending::Dead("no paper".to_owned())), end(5, Ending::Cancelled)]).unwrap();
        let bytes = store.bytes();
        drop(store);
        let mut store = Store::open(&config).unwrap();
        assert_eq!(store.bytes(), bytes);
        assert_eq!(store.open_requests().unwrap(), [(2, record("", "hi")), (4, record("", "hi"))]);
        assert_eq!(store.find(1).unwrap(), Some(Found::Reply(frames("HI"))));
        assert_eq!(store.find(2).unwrap(), Some(Found::Open));
        assert_eq!(store.find(3).unwrap(), Some(Found::Dead("no paper".to_owned())));
        assert_eq!(store.find(5).unwrap(), Some(Found::Cancelled));
        assert_eq!(store.find(6).unwrap(), None);
        let letter = DeadLetter { number: 3, service: "echo".to_owned(), reason: "no paper".to_owned(), at: 2 };
        assert_eq!(store.dead_letters("", 10).unwrap(), std::slice::from_ref(&letter));
        assert_eq!(store.dead_letters("echo", 10).unwrap(), [letter]);
        assert_eq!(store.dead_letters("tea", 10).unwrap(), []);

        let revived = Record { deadline: 0, parent: 0, ..record("c", "hi") };
        let outcomes = store.commit(3, &[Change::Revive(3), Change::Revive(1), Change::Close(1), Change::Close(4)]);
        assert_eq!(
            outcomes.unwrap(),
            [Outcome::Revived(Some(revived.clone())), Outcome::Revived(None), Outcome::Made, Outcome::Made]
        );
        assert_eq!(store.open_requests().unwrap(), [(2, record("", "hi")), (3, revived)]);
        // What is not open cannot end.
        store.commit(4, &[reply(1), reply(4)]).unwrap();
        assert_eq!((store.find(1).unwrap(), store.find(4).unwrap()), (None, None));
    }
}

#[test]
fn the_tries_of_an_open_request_are_counted_and_of_no_other() {
    let mut store = Store::open(&VaultConfig::default()).unwrap();
    store.commit(1, &[accept(1, "a"), accept(2, ""), reply(2)]).unwrap();
    let bytes = store.bytes();
    store.commit(1, &[Change::Try(1, 2), Change::Try(2, 1), Change::Try(3, 1)]).unwrap();
    assert_eq!(store.open_requests().unwrap(), [(1, Record { attempts: 2, ..record("a", "hi") })]);
    assert_eq!(store.bytes(), bytes);
    // A dead letter that is sent again has all its tries.
    store.commit(1, &[end(1, Ending::Dead("no paper".to_owned())), Change::Revive(1)]).unwrap();
    assert_eq!(store.open_requests().unwrap(), [(1, Record { deadline: 0, parent: 0, ..record("a", "hi") })]);
}

#[test]
fn a_request_with_a_known_key_is_the_same_or_refused() {
    let mut store = Store::open(&VaultConfig::default()).unwrap();
    let outcome = |store: &mut Store, number, record| store.commit(1, &[Change::Accept(number, record)]).unwrap();
    assert_eq!(outcome(&mut store, 1, record("a", "hi")), [Outcome::Accepted(Accepted::New)]);
    let again = Record { deadline: 9, tries: 1, ..record("a", "hi") };
    assert_eq!(outcome(&mut store, 2, again.clone()), [Outcome::Accepted(Accepted::Known(1))]);
    let other = Record { service: "tea".to_owned(), ..record("a", "hi") };
    assert_eq!(outcome(&mut store, 3, record("a", "ho")), [Outcome::Accepted(Accepted::Conflict)]);
    assert_eq!(outcome(&mut store, 4, other), [Outcome::Accepted(Accepted::Conflict)]);
    // The frames of a body are not one text.
    let joined = Record { body: ["h", "i"].into_iter().collect(), ..record("a", "") };
    assert_eq!(outcome(&mut store, 5, joined), [Outcome::Accepted(Accepted::Conflict)]);
    // In one transaction as well, and after the end, until it is closed.
    assert_eq!(
        store.commit(1, &[accept(6, "b"), accept(7, "b"), reply(1)]).unwrap()[1],
        Outcome::Accepted(Accepted::Known(6))
    );
    assert_eq!(outcome(&mut store, 8, again.clone()), [Outcome::Accepted(Accepted::Known(1))]);
    store.commit(1, &[Change::Close(1)]).unwrap();
    assert_eq!(outcome(&mut store, 9, again), [Outcome::Accepted(Accepted::New)]);
    assert_eq!(store.keys().unwrap(), 2);
}

#[test]
fn what_has_ended_is_removed_when_it_is_too_old_with_its_key() {
    let mut store = Store::open(&VaultConfig { keep: Duration::from_secs(10), ..VaultConfig::default() }).unwrap();
    let accepts: Vec<_> = (0..500).map(|number| accept(number, &number.to_string())).collect();
    store.commit(1_000, &accepts).unwrap();
    assert_eq!(store.next_removal().unwrap(), None);
    let ends = (0..300).map(|number| if number % 2 == 0 { reply(number) } else { end(number, Ending::Cancelled) });
    store.commit(2_000, &ends.collect::<Vec<_>>()).unwrap();
    store.commit(3_000, &[end(300, Ending::Dead("no paper".to_owned())), reply(301)]).unwrap();
    assert_eq!(store.next_removal().unwrap(), Some(12_000));
    store.commit(11_999, &[]).unwrap();
    assert_eq!(store.keys().unwrap(), 500);
    // Not everything at once.
    store.commit(12_001, &[]).unwrap();
    assert!((201..500).contains(&store.keys().unwrap()));
    store.commit(12_001, &[]).unwrap();
    assert_eq!((store.keys().unwrap(), store.next_removal().unwrap()), (200, Some(13_000)));
    store.commit(13_001, &[]).unwrap();
    assert_eq!((store.keys().unwrap(), store.find(300).unwrap(), store.find(301).unwrap()), (198, None, None));
    let rest: Vec<_> = (302..500).map(Change::Close).collect();
    store.commit(13_001, &rest).unwrap();
    assert_eq!((store.bytes(), store.next_removal().unwrap()), (0, None));
}

#[test]
fn a_full_store_accepts_nothing_and_has_room_again_later() {
    let mut store = Store::open(&VaultConfig { bytes_max: 10_000, ..VaultConfig::default() }).unwrap();
    let large = || Record { body: frames(&"x".repeat(4_000)), ..record("", "") };
    let accepts = [1, 2, 3].map(|number| Change::Accept(number, large()));
    let new = Outcome::Accepted(Accepted::New);
    assert_eq!(store.commit(1, &accepts).unwrap(), [new.clone(), new.clone(), Outcome::Full]);
    assert_eq!(store.find(3).unwrap(), None);
    // Replies may be larger than requests, but not without limit.
    let reply = |number| end(number, Ending::Reply(frames(&"x".repeat(14_000))));
    store.commit(1, &[reply(1), reply(2)]).unwrap();
    assert!(matches!(store.find(1).unwrap(), Some(Found::Reply(_))));
    assert!(matches!(store.find(2).unwrap(), Some(Found::Dead(reason)) if reason.contains("no room")));
    assert_eq!(store.commit(1, &[Change::Close(1), accepts[2].clone()]).unwrap()[1], new);
}

#[test]
fn a_file_that_is_open_or_no_store_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let _store = Store::open(&config(&path)).unwrap();
    let error = Store::open(&config(&path)).unwrap_err().to_string();
    assert!(error.ends_with("store: another process uses it"), "{error}");
    let other = folder.path().join("other");
    fs::write(&other, "not a store".repeat(1000)).unwrap();
    let error = Store::open(&config(&other)).unwrap_err();
    assert!(matches!(error.reason, StoreFault::File(_)), "{error}");
    let error = Store::open(&config(folder.path())).unwrap_err().to_string();
    assert!(error.contains("directory"), "{error}");
}

#[test]
fn a_damaged_file_is_refused_or_read_and_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut store = Store::open(&config(&path)).unwrap();
    let accept = |number| Change::Accept(number, record("", &"x".repeat(1_000)));
    store.commit(1, &(0..200).map(accept).collect::<Vec<_>>()).unwrap();
    drop(store);
    let whole = fs::read(&path).unwrap();
    let damaged = VaultConfig { sync: Fsync::Never, ..config(&folder.path().join("damaged")) };
    let check = |bytes: &[u8]| {
        fs::write(damaged.path.as_ref().unwrap(), bytes).unwrap();
        if let Ok(mut store) = Store::open(&damaged) {
            let _ = (store.open_requests(), store.dead_letters("", 10), store.find(7));
            let _ = store.commit(2, &[reply(7), Change::Close(8)]);
        }
    };
    for length in [0, 1, 9, 63, 64, 320, 4_096, whole.len() / 2, whole.len() - 1] {
        check(&whole[..length]);
    }
    for at in (0..whole.len()).step_by(whole.len() / 97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        check(&bytes);
    }
}
