//! Ticks by hand.

use super::*;

fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

fn following(symbols: &[&str]) -> (Quotes, Instant) {
    let now = Instant::now();
    let mut quotes = Quotes::new(now, true);
    for text in symbols {
        assert!(quotes.follow(symbol(text)));
    }
    (quotes, now)
}

fn tick(quotes: &mut Quotes, text: &str, price: f64, sequence: u64, arrived_ms: f64) {
    let tick = Tick { symbol: symbol(text), timestamp: 2.5, price, sequence: Some(sequence) };
    let index = quotes.find(tick.symbol).unwrap();
    quotes.handle_tick(index, &tick, arrived_ms);
}

fn points(quotes: &mut Quotes) -> Vec<(String, f64, f64, u64)> {
    let points = quotes.take_points();
    points.into_iter().map(|point| (point.symbol, point.time_ms, point.price, point.lost)).collect()
}

#[test]
fn a_quote_has_the_last_price_and_its_change_since_the_first() {
    let (mut quotes, _) = following(&["MSFT", "GOOG"]);
    tick(&mut quotes, "MSFT", 40.0, 7, 1.0);
    tick(&mut quotes, "MSFT", 50.0, 9, 1.0);
    let view = quotes.view();
    assert_eq!((view.received, view.lost, view.out_of_order, view.restarts), (2, 1, 0, 0));
    let [msft, goog] = &view.quotes[..] else { panic!("{view:?}") };
    assert_eq!((msft.last, msft.tick_ms, msft.change_percent), (Some(50.0), Some(2500.0), Some(25.0)));
    assert_eq!((msft.received, msft.lost, goog.last, goog.received), (2, 1, None, 0));
}

#[test]
fn a_loop_of_the_history_starts_the_line_and_the_change_again() {
    let (mut quotes, start) = following(&["MSFT"]);
    let mut tenth = 0;
    let mut play = |quotes: &mut Quotes, timestamp, price, sequence| {
        let tick = Tick { symbol: symbol("MSFT"), timestamp, price, sequence: Some(sequence) };
        quotes.handle_tick(0, &tick, 1000.0 * sequence as f64);
        tenth += 1;
        quotes.handle_time(start + tenth * TENTH);
        quotes.take_points()[0].start
    };
    assert_eq!(play(&mut quotes, 100.0, 40.0, 0), Some(PriceStart::FirstSeen));
    assert_eq!(play(&mut quotes, 200.0, 200.0, 1), None);
    assert_eq!(quotes.view().quotes[0].change_percent, Some(400.0));
    assert_eq!(play(&mut quotes, 100.0, 40.0, 2), Some(PriceStart::Loop));
    let quote = &quotes.view().quotes[0];
    let expected = PriceReference { price: 40.0, tick_ms: Some(100_000.0), since: PriceStart::Loop };
    assert_eq!((quote.change_percent, quote.reference.as_ref()), (Some(0.0), Some(&expected)));
    // A restarted publisher numbers its ticks from 0 again.
    quotes.handle_connection();
    assert_eq!(play(&mut quotes, 300.0, 50.0, 0), Some(PriceStart::Restart));
    assert_eq!(quotes.view().quotes[0].change_percent, Some(0.0));
}

#[test]
fn a_tenth_with_ticks_makes_one_point_with_its_last_price_and_what_was_lost() {
    let (mut quotes, start) = following(&["MSFT", "GOOG"]);
    for (number, price) in [(0, 1.0), (1, 2.0), (5, 3.0)] {
        tick(&mut quotes, "MSFT", price, number, 1000.0 + price);
    }
    quotes.handle_time(start + TENTH / 2);
    assert!(!quotes.has_points());
    quotes.handle_time(start + TENTH);
    assert_eq!(points(&mut quotes), [("MSFT".to_owned(), 1003.0, 3.0, 3)]);
    quotes.handle_time(start + 5 * TENTH);
    assert!(!quotes.has_points());
    tick(&mut quotes, "MSFT", 4.0, 6, 900.0);
    quotes.handle_time(start + 6 * TENTH);
    assert_eq!(points(&mut quotes), [("MSFT".to_owned(), 1004.0, 4.0, 0)], "times rise strictly");
}

#[test]
fn a_rate_is_that_of_the_last_second_and_falls_to_zero() {
    let (mut quotes, start) = following(&["MSFT"]);
    assert_eq!(quotes.next_deadline(), None);
    let mut number = 0;
    for tenth in 1..=20_u32 {
        for _ in 0..7 {
            tick(&mut quotes, "MSFT", 1.0, number, f64::from(tenth));
            number += 1;
        }
        quotes.handle_time(start + tenth * TENTH);
    }
    assert_eq!(quotes.view().quotes[0].per_second, 70.0);
    assert_eq!(quotes.next_deadline(), Some(start + 21 * TENTH));
    quotes.handle_time(start + 25 * TENTH);
    assert_eq!(quotes.view().quotes[0].per_second, 35.0);
    quotes.handle_time(start + 1000 * TENTH);
    assert_eq!((quotes.view().quotes[0].per_second, quotes.next_deadline()), (0.0, None));
}

#[test]
fn the_seventeenth_symbol_and_one_that_is_followed_are_not_taken() {
    let (mut quotes, _) = following(&[]);
    for number in 10..26 {
        assert!(quotes.follow(symbol(&format!("S{number}"))));
    }
    assert!(!quotes.follow(symbol("ZZ")) && !quotes.follow(symbol("S10")));
    assert!(quotes.forget(symbol("S12")) && !quotes.forget(symbol("S12")));
    assert!(quotes.follow(symbol("ZZ")));
    assert_eq!(quotes.view().quotes.last().map(|quote| quote.symbol.as_str()), Some("ZZ"));
}

#[test]
fn a_symbol_that_is_followed_again_starts_over() {
    let (mut quotes, _) = following(&["MSFT", "GOOG"]);
    tick(&mut quotes, "MSFT", 1.0, 5, 1.0);
    quotes.forget(symbol("MSFT"));
    quotes.follow(symbol("MSFT"));
    tick(&mut quotes, "MSFT", 2.0, 100, 2.0);
    let view = quotes.view();
    assert_eq!((view.lost, view.received), (0, 2));
    assert_eq!((view.quotes[1].received, view.quotes[1].change_percent), (1, Some(0.0)));
}

#[test]
fn a_reset_clears_the_counters_and_keeps_the_symbols() {
    let (mut quotes, start) = following(&["MSFT"]);
    tick(&mut quotes, "MSFT", 1.0, 5, 50.0);
    tick(&mut quotes, "MSFT", 1.0, 9, 50.0);
    quotes.handle_time(start + TENTH);
    quotes.reset();
    let view = quotes.view();
    assert_eq!((view.received, view.lost, view.quotes[0].received, view.quotes[0].last), (0, 0, 0, None));
    assert!(!quotes.has_points());
    tick(&mut quotes, "MSFT", 1.0, 20, 50.0);
    quotes.handle_time(start + 2 * TENTH);
    assert_eq!(points(&mut quotes), [("MSFT".to_owned(), 51.0, 1.0, 0)]);
}

#[test]
fn points_that_wait_are_bounded_and_keep_their_gaps() {
    let (mut quotes, start) = following(&["MSFT"]);
    for tenth in 1..=(POINTS_MAX as u32 + 10) {
        tick(&mut quotes, "MSFT", 1.0, 2 * u64::from(tenth), f64::from(tenth));
        quotes.handle_time(start + tenth * TENTH);
    }
    let points = quotes.take_points();
    assert_eq!(points.len(), POINTS_MAX);
    assert_eq!(points.iter().map(|point| point.lost).sum::<u64>(), POINTS_MAX as u64 + 9);
    quotes.give_back(points.clone());
    assert_eq!(quotes.take_points(), points);
}
