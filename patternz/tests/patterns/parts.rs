//! parts: messages of several frames.

use crate::cast::{BIND, Cast, to};

#[test]
fn a_message_arrives_whole_or_not_at_all() {
    let mut cast = Cast::new();
    let pull = cast.start(&format!("pull {BIND}"));
    let parts = cast.start(&format!("parts --pause 20ms --die-in 3 {}", to(&pull, "pull")));
    let finished = parts.finish();
    assert_eq!((finished.code, finished.stdout.as_str()), (None, "1: sent\n2: sent\n"), "{}", finished.stderr);
    cast.until(&pull, "pulled", |pulled| pulled == 2);
    assert_eq!(pull.next_line(), "1: 1 of 3 | 1: 2 of 3 | 1: 3 of 3");
    // Another one comes after whatever the dead one may have left.
    let parts = cast.start(&format!("parts --pause 0s --frames 1 {}", to(&pull, "pull")));
    cast.until(&pull, "pulled", |pulled| pulled >= 20);
    drop(parts);
    assert_eq!(pull.next_line(), "2: 1 of 3 | 2: 2 of 3 | 2: 3 of 3");
    assert_eq!(pull.next_line(), "1: 1 of 1");
    // Each message of the first has two frames more than one.
    cast.until_all(&pull, ["frames", "pulled"], |[frames, pulled]| frames == pulled + 4);
}

#[test]
fn a_stopped_sender_finishes_its_message_and_sends_no_other() {
    let mut cast = Cast::new();
    let pull = cast.start(&format!("pull {BIND}"));
    let parts = cast.start(&format!("parts --pause 100ms --frames 255 {}", to(&pull, "pull")));
    cast.until(&parts, "frames", |frames| frames >= 2);
    parts.terminate();
    let finished = parts.finish();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "1: sent\n"), "{}", finished.stderr);
    // One that comes after it is the second.
    let next = cast.start(&format!("push --count 1 {}", to(&pull, "pull")));
    cast.until_all(&pull, ["pulled", "frames"], |values| values == [2, 256]);
    drop(next);
}
