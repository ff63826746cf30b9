use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use redb::{StorageBackend, backends::InMemoryBackend};
use sockets::{Stop, wait};
use wire::Frames;

use super::*;
use crate::store::Ending;

fn frames(text: &str) -> Frames {
    [text].into_iter().collect()
}

fn record(body: Frames) -> Record {
    Record { service: "echo".to_owned(), key: Vec::new(), deadline: 0, tries: 0, attempts: 0, parent: 0, body }
}

fn accept(number: Number) -> Ask {
    Ask::Change(Change::Accept(number, record(frames("hi"))))
}

/// The answers to everything that was asked, waiting for them as a loop does.
fn answers(vault: &mut Vault, count: usize) -> Vec<(u64, Answer)> {
    let (_stopper, stop) = Stop::pair().unwrap();
    let mut answers = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(20);
    while answers.len() < count {
        assert!(Instant::now() < deadline, "{} of {count} answers", answers.len());
        wait(&stop, [vault.bell()], Some(deadline)).unwrap();
        vault.take_answers(|token, answer| answers.push((token, answer)));
    }
    answers
}

fn answer(vault: &mut Vault, ask: Ask) -> Answer {
    vault.ask(1, ask);
    answers(vault, 1).remove(0).1
}

fn on_disk(path: &Path) -> VaultConfig {
    VaultConfig { path: Some(path.to_owned()), ..VaultConfig::default() }
}

#[test]
fn what_is_asked_is_answered_in_order_and_found_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = on_disk(&folder.path().join("store"));
    let (mut vault, open) = Vault::open(&config).unwrap();
    assert_eq!(open, []);
    for number in 1..=4 {
        vault.ask(number, accept(Number::from(number)));
    }
    vault.ask(5, Ask::Change(Change::End(1, Ending::Reply(frames("HI")))));
    vault.ask(6, Ask::Change(Change::End(2, Ending::Dead("no paper".to_owned()))));
    vault.ask(7, Ask::Find(1));
    vault.ask(8, Ask::Dead { service: "echo".to_owned() });
    vault.ask(9, Ask::Change(Change::Revive(2)));
    vault.ask(10, Ask::Find(9));
    let answers = answers(&mut vault, 10);
    assert_eq!(answers.iter().map(|(token, _)| *token).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    assert_eq!(answers[0].1, Answer::Changed(Some(Accepted::New)));
    assert_eq!(answers[4].1, Answer::Changed(None));
    assert_eq!(answers[6].1, Answer::Found(Some(Found::Reply(frames("HI")))));
    assert!(matches!(&answers[8].1, Answer::Revived(Some(record)) if record.service == "echo"));
    assert_eq!(answers[9].1, Answer::Found(None));
    // What is not waited for is done as well.
    vault.ask(11, Ask::Change(Change::Close(3)));
    vault.ask(12, accept(5));
    drop(vault);
    let (_vault, open) = Vault::open(&config).unwrap();
    assert_eq!(open.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 4, 5]);
}

/// A disk in memory, which counts its syncs, and can be slow, full or broken.
#[derive(Debug, Clone, Default)]
struct Faulty(Arc<State>);

#[derive(Debug, Default)]
struct State {
    memory: InMemoryBackend,
    syncs: AtomicUsize,
    is_full: AtomicBool,
    /// A sync waits until something comes through it.
    gate: std::sync::Mutex<Option<Receiver<()>>>,
}

impl StorageBackend for Faulty {
    fn len(&self) -> io::Result<u64> {
        self.0.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.memory.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        if let Some(gate) = self.0.gate.lock().unwrap().take() {
            gate.recv().unwrap();
        }
        self.0.syncs.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.0.is_full.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.memory.write(offset, data)
    }
}

impl Faulty {
    fn vault(&self) -> Vault {
        let open = {
            let disk = self.clone();
            move || Store::on_backend(disk.clone(), &VaultConfig::default())
        };
        Vault::start(open().unwrap(), open).unwrap()
    }
}

#[test]
fn what_is_asked_during_a_sync_shares_the_next_one() {
    let disk = Faulty::default();
    let mut vault = disk.vault();
    let (open_gate, gate) = channel();
    *disk.0.gate.lock().unwrap() = Some(gate);
    let before = disk.0.syncs.load(Ordering::SeqCst);
    vault.ask(0, accept(0));
    testkit::eventually("the first transaction waits", || disk.0.gate.try_lock().is_err());
    for number in 1..1_000 {
        vault.ask(number, accept(Number::from(number)));
    }
    open_gate.send(()).unwrap();
    let answers = answers(&mut vault, 1_000);
    assert!(answers.iter().all(|(_, answer)| *answer == Answer::Changed(Some(Accepted::New))));
    // A transaction that makes the file longer syncs twice.
    let syncs = disk.0.syncs.load(Ordering::SeqCst) - before;
    assert!((2..=4).contains(&syncs), "{syncs} syncs");
}

#[test]
fn a_full_disk_fails_what_is_asked_and_has_lost_nothing_when_there_is_room_again() {
    let disk = Faulty::default();
    let mut vault = disk.vault();
    assert_eq!(answer(&mut vault, accept(1)), Answer::Changed(Some(Accepted::New)));
    disk.0.is_full.store(true, Ordering::SeqCst);
    let Answer::Failed(reason) = answer(&mut vault, accept(2)) else { panic!("a full disk has room") };
    assert!(reason.contains("no storage space"), "{reason}");
    // It can still not be written, or is not tried yet.
    assert!(matches!(answer(&mut vault, accept(3)), Answer::Failed(_)));
    disk.0.is_full.store(false, Ordering::SeqCst);
    testkit::eventually("the store is open again", || {
        answer(&mut vault, accept(4)) == Answer::Changed(Some(Accepted::New))
    });
    let found = [1, 2, 3].map(|number| answer(&mut vault, Ask::Find(number)));
    assert_eq!(found, [Answer::Found(Some(Found::Open)), Answer::Found(None), Answer::Found(None)]);
}

#[test]
fn a_file_that_is_damaged_while_it_is_used_fails_what_is_asked_and_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = VaultConfig { sync: Fsync::Never, ..on_disk(&folder.path().join("store")) };
    let mut store = Store::open(&config).unwrap();
    let change = |number| match accept(number) {
        Ask::Change(change) => change,
        _ => unreachable!(),
    };
    store.commit(1, &(0..400).map(change).collect::<Vec<_>>()).unwrap();
    drop(store);
    let path = config.path.clone().unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut failures = 0;
    for at in (4_096..whole.len()).step_by(whole.len() / 199) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        std::fs::write(&path, bytes).unwrap();
        // The store is not checked, as if the damage came after its start.
        let (_asks, asks) = channel();
        let reopen = || Store::reopen(&config);
        let (answers, _answers) = sync_channel(1);
        let rope = Bell::new().unwrap().rope();
        let mut keeper = Keeper { store: None, reopen, failed_at: None, asks, answers, rope };
        for number in [0, 200, 399] {
            let found = keeper.try_with(|store| store.find(number));
            let ended = keeper.try_with(|store| store.commit(2, &[Change::Close(number), change(1_000 + number)]));
            failures += u32::from(found.is_err()) + u32::from(ended.is_err());
            keeper.failed_at = None;
        }
    }
    assert!(failures > 0);
}

#[test]
fn what_can_be_asked_is_limited_except_for_the_ends_of_requests() {
    let disk = Faulty::default();
    let mut vault = disk.vault();
    let (open_gate, gate) = channel();
    *disk.0.gate.lock().unwrap() = Some(gate);
    let count = ASKED_MAX as u64;
    for number in 0..count {
        vault.ask(number, accept(Number::from(number)));
    }
    vault.ask(count, Ask::Find(1));
    vault.ask(count + 1, Ask::Change(Change::Close(1)));
    let mut refused = Vec::new();
    vault.take_answers(|token, answer| refused.push((token, answer)));
    assert_eq!(refused, [(count, Answer::Failed("the store has too much to do".to_owned()))]);
    open_gate.send(()).unwrap();
    answers(&mut vault, ASKED_MAX + 1);
    assert_eq!(answer(&mut vault, Ask::Find(1)), Answer::Found(None));
    let large = |bytes: usize| Ask::Change(Change::Accept(20_000, record([vec![0_u8; bytes]].into_iter().collect())));
    assert!(matches!(answer(&mut vault, large(ASKED_BYTES_MAX + 1)), Answer::Failed(_)));
    assert!(matches!(answer(&mut vault, large(1 << 20)), Answer::Changed(_)));
}

#[test]
fn what_is_too_old_is_removed_without_being_asked_for() {
    let (mut vault, _) =
        Vault::open(&VaultConfig { keep: Duration::from_millis(1), ..VaultConfig::default() }).unwrap();
    answer(&mut vault, accept(1));
    answer(&mut vault, Ask::Change(Change::End(1, Ending::Cancelled)));
    testkit::eventually("it is removed", || answer(&mut vault, Ask::Find(1)) == Answer::Found(None));
}
