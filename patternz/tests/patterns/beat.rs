//! beat: heartbeats.

use crate::cast::{BIND, Cast, to};

#[test]
fn silence_is_noticed_by_heartbeats_and_absence_by_the_connection() {
    let mut cast = Cast::new();
    let watching = cast.start(&format!("beat --interval 50ms --liveness 4 {BIND}"));
    let mut other = Some(cast.start(&format!("beat --interval 50ms {}", to(&watching, "dealer"))));
    cast.until(&watching, "beats", |beats| beats >= 5);
    let peer = other.take().unwrap();
    peer.suspend();
    cast.until(&watching, "silent", |silent| silent == 1);
    assert_eq!(cast.value(&watching, "gone"), 0);
    watching.line_where(|line| line == "the peer is silent, and still connected");
    peer.resume();
    cast.until(&watching, "silent", |silent| silent == 0);
    let beats = cast.value(&watching, "beats");
    cast.until(&watching, "beats", |more| more > beats);
    peer.kill();
    cast.until(&watching, "gone", |gone| gone == 1);
    watching.line_where(|line| line == "the peer is gone: there is no connection");
}
