//! bad-never-reads: a subscriber that fills queues.

use crate::cast::{BIND, Cast, to};

#[test]
fn a_subscriber_that_never_reads_costs_the_others_nothing() {
    let mut cast = Cast::new();
    let publisher = cast.start(&format!("publish --topics {} --pause 500us {BIND}", "GO".repeat(1_000)));
    let deaf = cast.start(&format!("bad-never-reads {}", to(&publisher, "pub")));
    let good = cast.start(&format!("subscribe {}", to(&publisher, "pub")));
    // By then the queue of the deaf one, 1,000 messages, is full.
    cast.until(&good, "received", |received| received >= 2_000);
    assert_eq!(cast.value(&good, "lost"), 0);
    let state = cast.state(&deaf);
    assert_eq!(state.sockets[0].received.messages, 0);
}
