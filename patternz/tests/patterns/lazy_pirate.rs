//! lazy-pirate: a client that asks again.

use crate::cast::{BIND, Cast, to};

#[test]
fn a_pirate_survives_a_pong_that_died_with_its_request() {
    let mut cast = Cast::new();
    let pong = cast.start(&format!("pong --pause 1h {BIND}"));
    let at = pong.endpoint("rep");
    let pirate = cast.start(&format!("lazy-pirate --timeout 100ms --retries 1000 --pause 1ms --connect {at}"));
    assert_eq!(pong.next_line(), "request 1");
    pong.kill();
    let _ = pong.finish();
    cast.until(&pirate, "retries", |retries| retries >= 2);
    let _pong = cast.start(&format!("pong --bind {at}"));
    cast.until(&pirate, "replies", |replies| replies >= 20);
}

#[test]
fn a_pirate_gives_up_in_the_end() {
    let cast = Cast::new();
    let pong = cast.start(&format!("pong --pause 1h {BIND}"));
    for observed in ["", "--observe off "] {
        let at = to(&pong, "rep");
        let pirate = cast.start(&format!("{observed}lazy-pirate --timeout 50ms --retries 2 {at}"));
        let finished = pirate.finish();
        assert_eq!(finished.code, Some(1));
        assert!(finished.stderr.contains("error: no reply to request 1, sent 3 times"), "{}", finished.stderr);
        assert_eq!(finished.stdout.lines().count(), 2, "{}", finished.stdout);
    }
}
