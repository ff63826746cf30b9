//! Several children with one channel.

use std::sync::mpsc::SyncSender;

use children::Exit;

use super::*;

fn start_all(count: u32, text: &str, sender: &SyncSender<(u32, Event)>) -> Vec<Child> {
    let start = |number| {
        let sender = sender.clone();
        Child::start(&mut script(text), LINE_BYTES_MAX, move |event| drop(sender.send((number, event)))).unwrap()
    };
    (0..count).map(start).collect()
}

#[test]
fn sixty_stubborn_ones_are_stopped_together() {
    let (sender, events) = sync_channel(100);
    let children = start_all(60, STUBBORN, &sender);
    (0..60).for_each(|_| assert_eq!(events.recv_timeout(BOUND).unwrap().1, printed("ready")));
    let begin = Instant::now();
    children.iter().for_each(|child| child.stop(Duration::from_millis(700)));
    (0..60).for_each(|_| assert_eq!(events.recv_timeout(BOUND).unwrap().1, Event::Exited(Exit::Signal(9))));
    // One after another they would take 42 s.
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
}

#[test]
#[cfg(target_os = "linux")]
fn those_that_wait_for_their_reader_are_gone_when_they_are_dropped() {
    let (sender, events) = sync_channel(1);
    let children = start_all(20, "exec yes", &sender);
    events.recv_timeout(BOUND).unwrap();
    let pids: Vec<_> = children.iter().map(Child::pid).collect();
    drop(children);
    assert!(pids.iter().all(|&pid| state(pid).is_none()), "{pids:?}");
}
