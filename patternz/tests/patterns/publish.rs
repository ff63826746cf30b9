//! publish, subscribe: prefixes, late joiners, slow subscribers.

use crate::cast::{BIND, Cast, to};

#[test]
fn a_subscription_is_a_prefix_unless_the_whole_topic_is_compared() {
    let mut cast = Cast::new();
    let publisher = cast.start(&format!("publish --topics GO,GOOG,MSFT --pause 1ms {BIND}"));
    let at = to(&publisher, "pub");
    let prefix = cast.start(&format!("subscribe --topic GO {at}"));
    let exact = cast.start(&format!("subscribe --topic GO --exact {at}"));
    let all = cast.start(&format!("subscribe {at}"));
    for subscriber in [&prefix, &exact, &all] {
        cast.until(subscriber, "received", |received| received >= 60);
        assert_eq!(cast.value(subscriber, "lost"), 0);
    }
    cast.until(&exact, "unwanted", |unwanted| unwanted >= 60);
    assert_eq!(cast.value(&prefix, "unwanted"), 0);
    let topics = |program: &testkit::Program| -> std::collections::BTreeSet<String> {
        (0..30).filter_map(|_| program.next_line().split(' ').next().map(str::to_owned)).collect()
    };
    assert_eq!(topics(&prefix).into_iter().collect::<Vec<_>>(), ["GO", "GOOG"]);
    assert_eq!(topics(&exact).into_iter().collect::<Vec<_>>(), ["GO"]);
    assert_eq!(topics(&all).into_iter().collect::<Vec<_>>(), ["GO", "GOOG", "MSFT"]);
}

#[test]
fn what_was_published_before_a_subscriber_joined_is_not_lost() {
    let mut cast = Cast::new();
    let publisher = cast.start(&format!("publish --topics GO --pause 1ms {BIND}"));
    cast.until(&publisher, "published", |published| published >= 100);
    let late = cast.start(&format!("subscribe {}", to(&publisher, "pub")));
    cast.until(&late, "received", |received| received >= 20);
    assert!(cast.value(&late, "before_joining") >= 100);
    assert_eq!(cast.value(&late, "lost"), 0);
}

#[test]
fn a_slow_subscriber_loses_what_exceeds_the_queues() {
    let mut cast = Cast::new();
    let publisher = cast.start(&format!("publish --topics GO --pause 0s --queue 100 {BIND}"));
    let at = to(&publisher, "pub");
    let slow = cast.start(&format!("subscribe --queue 10 --pause 5ms {at}"));
    cast.until(&slow, "lost", |lost| lost >= 100);
    let received = cast.value(&slow, "received");
    cast.until(&publisher, "published", |published| published > received);
}
