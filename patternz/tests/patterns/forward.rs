//! What stands between publishers and subscribers.

use crate::cast::{BIND, Cast, to};

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

#[test]
fn a_late_joiner_gets_the_last_value_of_each_of_its_topics_at_once() {
    let mut cast = Cast::new();
    // It publishes once, and never again.
    let publisher = cast.start(&format!("publish --topics GO,GOOG,MSFT --pause 20ms --count 100 {BIND}"));
    let cache = cast.start(&format!("last-value {} {BIND}", to(&publisher, "pub")));
    cast.until(&cache, "topics", |topics| topics == 3);
    cast.until(&publisher, "published", |published| published == 300);
    let early = cast.start(&format!("subscribe --topic GO {}", to(&cache, "xpub")));
    cast.until(&early, "received", |received| received >= 2);
    let mut lines = [early.next_line(), early.next_line()];
    lines.sort();
    assert_eq!(lines, ["GO | 99", "GOOG | 99"]);
    assert_eq!(cast.value(&early, "lost"), 0);
}
