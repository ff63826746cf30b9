//! forward: subscriptions travel.

use crate::cast::{Cast, to};

#[test]
fn subscriptions_travel_to_the_publishers_and_only_what_is_wanted_comes() {
    let mut cast = Cast::new();
    let forward = cast.start("forward --publishers tcp://127.0.0.1:* --subscribers tcp://127.0.0.1:*");
    let publisher = cast.start(&format!("publish --topics GO,MSFT --pause 1ms {}", to(&forward, "xsub")));
    cast.until(&publisher, "published", |published| published >= 100);
    assert_eq!(cast.value(&forward, "forwarded"), 0);
    let subscriber = cast.start(&format!("subscribe --topic MSFT {}", to(&forward, "xpub")));
    assert_eq!(forward.next_line(), "subscribe MSFT");
    cast.until(&subscriber, "received", |received| received >= 20);
    drop(subscriber);
    assert_eq!(forward.next_line(), "unsubscribe MSFT");
    cast.until(&forward, "subscriptions", |subscriptions| subscriptions == 2);
}
