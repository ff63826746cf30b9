//! full: what a full queue does.

use crate::cast::Cast;

/// By the tables of RFC 28 (ROUTER, DEALER, REQ), 29 (PUB) and 30 (PUSH).
#[test]
fn a_full_queue_drops_or_waits_by_the_type_of_its_socket() {
    let mut cast = Cast::new();
    for (kind, line) in [
        ("pub", "Pub: takes 1000, never waits; 980 are dropped"),
        ("router", "Router: takes 1000, never waits; 980 are dropped"),
        ("push", "Push: takes 20, then waits; 0 are dropped"),
        ("dealer", "Dealer: takes 20, then waits; 0 are dropped"),
        ("req", "Req: takes 1, then waits; 0 are dropped"),
    ] {
        let full = cast.start(&format!("full {kind}"));
        assert_eq!(full.next_line(), line);
        let dropped = if line.contains("980") { 980 } else { 0 };
        cast.until(&full, "read", |read| read > 0);
        cast.until(&full, "dropped", |reported| reported == dropped);
        cast.until(&full, "waits", |waits| (waits == 1) == line.contains("then waits"));
    }
}
