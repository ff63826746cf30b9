//! last-value: a cache for late joiners.

use crate::cast::{BIND, Cast, to};

#[test]
fn a_late_joiner_gets_the_last_value_of_each_of_its_topics_at_once() {
    let mut cast = Cast::new();
    // It publishes once, and never again.
    let publisher = cast.start(&format!("publish --topics GO,GOOG,MSFT --pause 20ms --count 100 {BIND}"));
    let cache = cast.start(&format!("last-value {} {BIND}", to(&publisher, "pub")));
    cast.until(&cache, "topics", |topics| topics == 3);
    let witness = cast.start(&format!("subscribe {}", to(&cache, "xpub")));
    cast.until(&publisher, "published", |published| published == 300);
    // The cache has it, as it has passed it on.
    witness.line_where(|line| line == "MSFT | 99");
    let early = cast.start(&format!("subscribe --topic GO {}", to(&cache, "xpub")));
    cast.until(&early, "received", |received| received >= 2);
    let mut lines = [early.next_line(), early.next_line()];
    lines.sort();
    assert_eq!(lines, ["GO | 99", "GOOG | 99"]);
    assert_eq!(cast.value(&early, "lost"), 0);
}
