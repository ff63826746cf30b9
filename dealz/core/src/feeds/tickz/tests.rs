//! The feed and a raw publisher.

use std::sync::mpsc::{Receiver, sync_channel};

use testkit::{Peer, peer};

use super::*;
use crate::view::PricePoint;

struct Desk {
    tickz: Tickz,
    events: Receiver<Event>,
}

fn desk(endpoint: &str, symbols: &[&str]) -> Desk {
    let context = crate::feeds::context();
    let symbols: Vec<Symbol> = symbols.iter().map(|text| text.parse().unwrap()).collect();
    let (sender, events) = sync_channel(4);
    let tickz = Tickz::spawn(&context, &endpoint.parse().unwrap(), &symbols, true, sender).unwrap();
    Desk { tickz, events }
}

impl Desk {
    /// Waits until the state is as wanted; with all points up to then.
    fn view(&self, wanted: impl Fn(&TickzView) -> bool) -> (TickzView, Vec<PricePoint>) {
        let mut points = Vec::new();
        for _ in 0..1_000 {
            if let Event::Tickz(view, new) = self.next() {
                points.extend(new);
                if wanted(&view) {
                    return (view, points);
                }
            }
        }
        panic!("a thousand events, and none as wanted");
    }

    fn next(&self) -> Event {
        self.events.recv_timeout(testkit::BOUND).unwrap()
    }
}

/// Sends a tick of a symbol.
fn tick(publisher: &Peer, symbol: &str, price: f64, sequence: u64) {
    publisher.send([symbol.as_bytes(), &1.5_f64.to_le_bytes(), &price.to_le_bytes(), &sequence.to_le_bytes()]);
}

/// Waits for what an XPUB hears of a subscription.
fn hear(publisher: &Peer, subscription: &[u8]) {
    while publisher.receive() != [subscription] {}
}

#[test]
fn ticks_of_a_symbol_travel_only_while_it_is_followed() {
    let publisher = Peer::bind(peer::XPUB);
    let desk = desk(publisher.endpoint(), &["GO"]);
    hear(&publisher, b"\x01GO");
    tick(&publisher, "GOOG", 9.0, 0);
    tick(&publisher, "GO", 1.0, 0);
    let (view, _) = desk.view(|view| view.received > 0);
    assert_eq!((view.received, view.quotes.len(), view.quotes[0].last), (1, 1, Some(1.0)));
    desk.tickz.follow("MSFT".parse().unwrap()).unwrap();
    hear(&publisher, b"\x01MSFT");
    tick(&publisher, "MSFT", 40.0, 7);
    tick(&publisher, "MSFT", 50.0, 9);
    let (view, _) = desk.view(|view| view.received == 3);
    assert_eq!((view.lost, view.quotes[1].lost, view.quotes[1].change_percent), (1, 1, Some(25.0)), "{view:?}");
    desk.tickz.forget("GO".parse().unwrap()).unwrap();
    hear(&publisher, b"\x00GO");
    let (view, _) = desk.view(|view| view.quotes.len() == 1);
    assert_eq!(view.quotes[0].symbol, "MSFT");
    desk.tickz.reset().unwrap();
    desk.view(|view| view.received == 0 && view.quotes.len() == 1);
}

#[test]
fn ticks_of_a_burst_count_one_by_one_and_those_that_came_before_it_once() {
    let publisher = Peer::bind(peer::XPUB);
    let desk = desk(publisher.endpoint(), &["MSFT"]);
    hear(&publisher, b"\x01MSFT");
    let burst = |sequence: u64, prices: &[f64]| {
        let ticks: Vec<u8> =
            prices.iter().flat_map(|price| [1.5_f64.to_le_bytes(), price.to_le_bytes()].concat()).collect();
        publisher.send([&b"+MSFT"[..], &ticks, &sequence.to_le_bytes()]);
    };
    tick(&publisher, "MSFT", 40.0, 7);
    burst(7, &[40.0, 41.0]);
    hear(&publisher, b"\x00MSFT");
    burst(10, &[42.0, 43.0, 50.0]);
    let (view, _) = desk.view(|view| view.received == 5);
    assert_eq!((view.lost, view.out_of_order, view.quotes[0].change_percent), (1, 0, Some(25.0)), "{view:?}");
    // One that is followed from now on is wanted in bursts.
    desk.tickz.follow("GO".parse().unwrap()).unwrap();
    hear(&publisher, b"\x01+GO");
    desk.tickz.forget("GO".parse().unwrap()).unwrap();
    hear(&publisher, b"\x00+GO");
}

#[test]
fn points_report_the_ticks_lost_before_them() {
    let publisher = Peer::bind(peer::XPUB);
    let desk = desk(publisher.endpoint(), &["MSFT"]);
    hear(&publisher, b"\x01MSFT");
    for sequence in [0, 4] {
        tick(&publisher, "MSFT", 1.0, sequence);
    }
    let mut points = Vec::new();
    while points.is_empty() {
        points = desk.view(|_| true).1;
    }
    assert_eq!(points.iter().map(|point| point.lost).sum::<u64>(), 3);
    assert!(points.iter().all(|point| point.time_ms > 1.0e12 && point.symbol == "MSFT"));
}

#[test]
fn the_seventeenth_symbol_is_refused_until_another_is_forgotten() {
    let desk = desk("tcp://127.0.0.1:1", &[]);
    let symbol = |number: u32| format!("S{number}").parse::<Symbol>().unwrap();
    for number in 0..16 {
        desk.tickz.follow(symbol(number)).unwrap();
    }
    desk.tickz.follow(symbol(3)).unwrap();
    assert!(matches!(desk.tickz.follow(symbol(16)), Err(Refusal::Invalid { field, .. }) if field == "symbol"));
    desk.tickz.forget(symbol(3)).unwrap();
    desk.tickz.follow(symbol(16)).unwrap();
    desk.view(|view| view.quotes.len() == 16 && view.quotes.last().is_some_and(|quote| quote.symbol == "S16"));
}

#[test]
fn a_flood_of_garbage_is_counted_and_does_no_harm() {
    let publisher = Peer::bind(peer::XPUB);
    let desk = desk(publisher.endpoint(), &["MSFT"]);
    hear(&publisher, b"\x01MSFT");
    for _ in 0..500 {
        publisher.send([&b"MSFT"[..], b"garbage"]);
    }
    let mut reports = 0;
    loop {
        if let Event::Malformed(SUB, count, reason) = desk.next() {
            reports += 1;
            if count == 500 {
                assert!(reason.starts_with("timestamp: "), "{reason}");
                break;
            }
        }
    }
    assert!(reports < 250, "{reports} reports");
    tick(&publisher, "MSFT", 1.0, 0);
    desk.view(|view| view.received == 1);
}

#[test]
fn a_publisher_that_comes_back_is_a_restart() {
    let publisher = Peer::bind(peer::XPUB);
    let endpoint = publisher.endpoint().to_owned();
    let desk = desk(&endpoint, &["MSFT"]);
    hear(&publisher, b"\x01MSFT");
    tick(&publisher, "MSFT", 1.0, 100);
    desk.view(|view| view.received == 1);
    drop(publisher);
    let mut publisher = None;
    testkit::eventually("the port is free again", || {
        publisher = Peer::try_bind_at(peer::XPUB, &endpoint);
        publisher.is_some()
    });
    let publisher = publisher.unwrap();
    hear(&publisher, b"\x01MSFT");
    for sequence in 0..3 {
        tick(&publisher, "MSFT", 1.0, sequence);
    }
    let (view, _) = desk.view(|view| view.received == 4);
    assert_eq!((view.restarts, view.lost), (1, 0), "{view:?}");
}

#[test]
fn silence_after_a_steady_rate_and_its_end_are_reported() {
    let publisher = Peer::bind(peer::XPUB);
    let desk = desk(publisher.endpoint(), &["MSFT"]);
    hear(&publisher, b"\x01MSFT");
    for sequence in 0..50 {
        tick(&publisher, "MSFT", 1.0, sequence);
    }
    let silence = || loop {
        if let Event::Silent(SUB, silence) = desk.next() {
            return silence;
        }
    };
    assert!(silence().is_some_and(|silence| silence.reason.starts_with("no tick; ")));
    tick(&publisher, "MSFT", 1.0, 50);
    while silence().is_some() {}
}
