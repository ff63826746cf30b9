//! What is counted and what is logged, with the clock held by hand.

use super::*;

#[test]
fn each_refusal_is_counted_and_one_a_second_logged() {
    let (mut tally, start) = (Tally::default(), Instant::now());
    let logged = (0..2500).filter(|millis| tally.count(start + Duration::from_millis(*millis))).count();
    assert_eq!((tally.count, logged), (2500, 3));
}

#[test]
fn a_subscribers_message_is_read_by_its_first_byte() {
    let of = |bytes: &'static [u8]| [bytes].into_iter().collect::<Frames>();
    assert_eq!(Subscription::of(&of(b"\x01MSFT")), Subscription::Begin(b"MSFT"));
    assert_eq!(Subscription::of(&of(b"\x00")), Subscription::End(b""));
    assert!(matches!(Subscription::of(&of(b"")), Subscription::Malformed(_)));
    assert!(matches!(Subscription::of(&of(b"GET /")), Subscription::Malformed(_)));
    assert!(matches!(Subscription::of(&Frames::new()), Subscription::Malformed(_)));
}
