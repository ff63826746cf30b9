//! push, pull: work for several workers.

use crate::cast::{BIND, Cast, to};

#[test]
fn the_first_worker_grabs_all_that_its_queue_holds() {
    let mut cast = Cast::new();
    let push = cast.start(&format!("push --count 100 {BIND}"));
    let first = cast.start(&format!("pull --pause 10ms {}", to(&push, "push")));
    cast.until(&push, "pushed", |pushed| pushed == 100);
    let second = cast.start(&format!("pull {}", to(&push, "push")));
    cast.until(&first, "pulled", |pulled| pulled == 100);
    cast.state(&second);
    assert_eq!(cast.value(&second, "pulled"), 0);
}

#[test]
fn with_all_workers_there_each_gets_its_share() {
    let mut cast = Cast::new();
    let push = cast.start(&format!("push --count 100 --workers 2 {BIND}"));
    let workers = [0, 1].map(|_| cast.start(&format!("pull {}", to(&push, "push"))));
    for worker in &workers {
        cast.until(worker, "pulled", |pulled| pulled == 50);
    }
}

#[test]
fn push_waits_for_a_slow_worker_and_drops_nothing() {
    let mut cast = Cast::new();
    let push = cast.start(&format!("push --count 3000 --queue 10 {BIND}"));
    let slow = cast.start(&format!("pull --queue 10 --pause 1ms {}", to(&push, "push")));
    cast.until(&slow, "pulled", |pulled| pulled >= 100);
    assert!(cast.value(&push, "pushed") < 3_000);
    cast.until(&slow, "pulled", |pulled| pulled == 3_000);
}
