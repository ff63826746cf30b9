//! bad-garbage: random bytes.

use crate::cast::{BIND, Cast, to};

#[test]
fn garbage_stops_no_server_and_no_client_that_asks_again() {
    let mut cast = Cast::new();
    let pong = cast.start(&format!("pong {BIND}"));
    let at = to(&pong, "rep");
    let pirate = cast.start(&format!("lazy-pirate --timeout 200ms --retries 100 --pause 1ms {at}"));
    let garbage = cast.start(&format!("bad-garbage --pause 1ms {at}"));
    cast.until(&garbage, "ended", |ended| ended >= 5);
    let replies = cast.value(&pirate, "replies");
    cast.until(&pirate, "replies", |more| more >= replies + 20);
    cast.until(&garbage, "bytes", |bytes| bytes >= 4_096);
}
