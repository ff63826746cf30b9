//! Owner threads: commands in, a result out, nothing polled.

use std::time::Duration;

use ::sockets::{
    actor::{self, Inbox, NotTaken},
    wait,
};
use testkit::Stopwatch;

use crate::sockets::context;

/// Adds up commands until it is stopped.
fn adder(inbox: Inbox<u64>) -> u64 {
    let mut sum = 0;
    while !wait(&inbox.stop, [inbox.ring()], None).unwrap().stopped {
        while let Some(number) = inbox.next() {
            sum += number;
        }
    }
    while let Some(number) = inbox.next() {
        sum += number;
    }
    sum
}

#[test]
fn commands_reach_the_owner_thread_and_its_result_comes_back() {
    let handle = actor::spawn(&context(), "adder", 2_000, adder).unwrap();
    for number in 1..=1_000 {
        handle.send(number).unwrap();
    }
    assert_eq!(handle.stop(), Ok(500_500));
}

#[test]
fn a_ring_wakes_a_thread_that_waits_for_ever() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let handle = actor::spawn(&context(), "echo", 1, move |inbox: Inbox<u64>| {
        while !wait(&inbox.stop, [inbox.ring()], None).unwrap().stopped {
            while let Some(number) = inbox.next() {
                sender.send(number).unwrap();
            }
        }
    })
    .unwrap();
    for number in 0..100 {
        handle.send(number).unwrap();
        assert_eq!(receiver.recv_timeout(testkit::BOUND), Ok(number));
    }
}

#[test]
fn a_full_inbox_gives_the_command_back() {
    let (go, hold) = std::sync::mpsc::channel::<()>();
    let handle = actor::spawn(&context(), "busy", 1, move |inbox: Inbox<u64>| {
        hold.recv().unwrap_or_default();
        adder(inbox)
    })
    .unwrap();
    handle.send(1).unwrap();
    assert_eq!(handle.send(2), Err(NotTaken::Full(2)));
    drop(go);
    assert_eq!(handle.stop(), Ok(1));
}

#[test]
fn a_thread_that_ended_returns_the_command_and_a_panic_is_reported() {
    let handle = actor::spawn(&context(), "short", 1, |_inbox: Inbox<u64>| ()).unwrap();
    testkit::eventually("the thread ends", || handle.is_ended());
    assert_eq!(handle.send(7), Err(NotTaken::Ended(7)));
    let handle = actor::spawn(&context(), "fragile", 1, |_inbox: Inbox<u64>| panic!("on purpose")).unwrap();
    assert_eq!(handle.stop(), Err(actor::Panicked));
}

#[test]
fn a_dropped_handle_ends_its_thread() {
    let begin = Stopwatch::start();
    drop(actor::spawn(&context(), "adder", 1, adder).unwrap());
    assert!(begin.elapsed() < Duration::from_secs(10));
}
