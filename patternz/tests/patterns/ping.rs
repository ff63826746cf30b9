//! ping, pong: REQ and REP in strict lock-step.

use std::time::Duration;

use crate::cast::{BIND, Cast, to};

#[test]
fn ping_gets_a_reply_to_each_request_whatever_the_transport() {
    let mut cast = Cast::new();
    for bind in [BIND, "--bind ipc://*"] {
        let pong = cast.start(&format!("pong {bind}"));
        let ping = cast.start(&format!("ping --pause 1ms {}", to(&pong, "rep")));
        let replies = cast.until(&ping, "replies", |replies| replies >= 20);
        cast.until(&pong, "requests", |requests| requests >= replies);
        cast.until_all(&ping, ["sent", "replies"], |[sent, replies]| sent == replies || sent == replies + 1);
    }
}

#[test]
fn either_may_bind_and_start_first() {
    let mut cast = Cast::new();
    let ping = cast.start(&format!("ping --pause 1ms {BIND}"));
    let pong = cast.start(&format!("pong {}", to(&ping, "req")));
    cast.until(&ping, "replies", |replies| replies >= 5);
    cast.until(&pong, "requests", |requests| requests >= 5);
}

#[test]
fn ping_waits_for_ever_for_a_pong_that_died_with_its_request() {
    let mut cast = Cast::new();
    let pong = cast.start(&format!("pong --pause 1h {BIND}"));
    let at = pong.endpoint("rep");
    let ping = cast.start(&format!("ping --connect {at}"));
    assert_eq!(pong.next_line(), "request 1");
    pong.kill();
    let _ = pong.finish();
    let pong = cast.start(&format!("pong --bind {at}"));
    let another = cast.start(&format!("ping --pause 1ms --connect {at}"));
    cast.until(&another, "replies", |replies| replies >= 100);
    cast.watch(Duration::from_millis(300));
    cast.until(&ping, "sent", |sent| sent == 1);
    assert_eq!(cast.value(&ping, "replies"), 0);
    drop(pong);
}
