//! pair: two threads.

use crate::cast::Cast;

#[test]
fn two_threads_exchange_messages() {
    let mut cast = Cast::new();
    let pair = cast.start("pair --pause 1ms");
    for line in ["0 squared is 0", "1 squared is 1", "2 squared is 4", "3 squared is 9"] {
        assert_eq!(pair.next_line(), line);
    }
    cast.until(&pair, "squares", |squares| squares >= 10);
    pair.terminate();
    assert_eq!(pair.finish().code, Some(0));
}
