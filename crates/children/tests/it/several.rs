//! Several children.

use std::io::ErrorKind;

use children::{Children, Exit};

use super::*;

/// What an owner makes of their events.
#[derive(Debug, PartialEq)]
enum Happened {
    Child(String, Event),
    Reminder,
}

impl From<(String, Event)> for Happened {
    fn from((name, event): (String, Event)) -> Self {
        Self::Child(name, event)
    }
}

#[test]
fn their_events_share_a_channel_with_others() {
    let (sender, events) = sync_channel(100);
    let mut children = Children::new(sender.clone(), LINE_BYTES_MAX);
    children.start("ada".to_owned(), &mut script("read line; echo $line")).unwrap();
    sender.send(Happened::Reminder).unwrap();
    assert_eq!(events.recv_timeout(BOUND), Ok(Happened::Reminder));
    children.get_mut("ada").unwrap().say("hello").unwrap();
    let ada = |event| Ok(Happened::Child("ada".to_owned(), event));
    assert_eq!(events.recv_timeout(BOUND), ada(printed("hello")));
    assert_eq!(events.recv_timeout(BOUND), ada(Event::Exited(Exit::Code(0))));
}

#[test]
fn a_name_is_in_use_until_its_child_is_removed() {
    let (sender, events) = sync_channel::<(&str, Event)>(100);
    let mut children = Children::new(sender, LINE_BYTES_MAX);
    children.start("ada", &mut script("exit 1")).unwrap();
    assert_eq!(events.recv_timeout(BOUND), Ok(("ada", Event::Exited(Exit::Code(1)))));
    let refused = children.start("ada", &mut script("exit 2")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    assert_eq!(children.remove("ada").unwrap().exit(), Some(Exit::Code(1)));
    children.start("ada", &mut script("exit 2")).unwrap();
    assert_eq!(events.recv_timeout(BOUND), Ok(("ada", Event::Exited(Exit::Code(2)))));
    // One that cannot start leaves its name free.
    assert!(children.start("bob", &mut Command::new("/nowhere/program")).is_err());
    assert!(children.get("bob").is_none());
}

#[test]
fn sixty_stubborn_ones_are_stopped_together() {
    let (sender, events) = sync_channel::<(u32, Event)>(100);
    let mut children = Children::new(sender, LINE_BYTES_MAX);
    for number in 0..60 {
        children.start(number, &mut script(STUBBORN)).unwrap();
    }
    (0..60).for_each(|_| assert_eq!(events.recv_timeout(BOUND).unwrap().1, printed("ready")));
    let begin = Instant::now();
    children.stop(Duration::from_millis(700));
    while !children.is_empty() {
        let (number, event) = events.recv_timeout(BOUND).unwrap();
        assert_eq!(event, Event::Exited(Exit::Signal(9)));
        children.remove(&number).unwrap();
    }
    // One after another they would take 42 s.
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[test]
#[cfg(target_os = "linux")]
fn all_are_gone_when_they_are_dropped() {
    let (sender, events) = sync_channel::<(u32, Event)>(1);
    let mut children = Children::new(sender, LINE_BYTES_MAX);
    for number in 0..20 {
        children.start(number, &mut script("yes")).unwrap();
    }
    events.recv_timeout(BOUND).unwrap();
    let pids: Vec<_> = children.iter().map(|(_, child)| child.pid()).collect();
    drop(children);
    assert!(pids.iter().all(|&pid| state(pid).is_none()), "{pids:?}");
}
