//! The standard input of a child.

use std::io::{ErrorKind, Write as _};

use children::Exit;

use super::*;

#[test]
fn lines_are_written_in_order_and_then_the_input_is_closed() {
    let mut started = start_script("cat");
    for number in 0..1_000 {
        started.child.say(&number.to_string()).unwrap();
    }
    started.child.close_input();
    assert_eq!(started.child.say("too late").unwrap_err().kind(), ErrorKind::BrokenPipe);
    for number in 0..1_000 {
        assert_eq!(started.next(), printed(number));
    }
    assert_eq!(started.next(), Event::Exited(Exit::Code(0)));
}

#[test]
fn one_that_does_not_read_is_an_error_and_blocks_no_owner() {
    let mut started = start_script("read line; exit 0");
    started.child.suspend();
    let line = "x".repeat(1_000);
    let refused = (0..10_000).find_map(|_| started.child.say(&line).err());
    assert_eq!(refused.unwrap().kind(), ErrorKind::WouldBlock);
    started.child.resume();
    assert_eq!(started.next(), Event::Exited(Exit::Code(0)));
    let mut refused = None;
    eventually("its input is closed", || {
        refused = started.child.say("one").err().filter(|error| error.kind() != ErrorKind::WouldBlock);
        refused.is_some()
    });
    assert_eq!(refused.unwrap().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn a_large_input_is_fed_by_a_separate_thread() {
    let mut started = start_script("wc -c");
    started.child.feed(|mut pipe| pipe.write_all(&vec![b'x'; 10_000_000])).unwrap();
    assert_eq!(started.child.feed(|_| Ok(())).unwrap_err().kind(), ErrorKind::BrokenPipe);
    let Event::Printed(count) = started.next() else { panic!("no count") };
    assert_eq!(count.trim(), "10000000");
}

#[test]
fn an_input_that_is_not_piped_takes_no_line() {
    let mut started = start(script("exit 0").stdin(Stdio::null()), 100);
    assert_eq!(started.child.say("one").unwrap_err().kind(), ErrorKind::BrokenPipe);
}
