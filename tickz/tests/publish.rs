//! The publisher as a process: simulated prices, slow subscribers, signals.

mod support;

use std::{fs, time::Duration};

use support::{TICKZ, await_idle, file, hear, hear_all, heard_from, publish, small, subscriber, summary_of};
use testkit::{Peer, eventually, peer::SUB};

/// The most time that a service takes to end after a signal.
const ENOUGH: Duration = Duration::from_secs(1);

#[test]
fn the_same_seed_is_the_same_run_tick_for_tick_in_two_processes() {
    let run = |seed| -> Vec<(String, u64)> {
        let heard = heard_from(&["--rate", "max", "--seed", seed, "--count", "5000"], 5000);
        heard.into_iter().map(|tick| (tick.symbol, tick.price.to_bits())).collect()
    };
    let first = run("7");
    assert_eq!(first, run("7"));
    assert_ne!(first, run("8"));
}

#[test]
fn the_default_stocks_tick_round_robin_near_their_first_prices() {
    let heard = heard_from(&["--rate", "1000", "--count", "10"], 10);
    let ticks: Vec<_> = heard.iter().map(|tick| tick.symbol.as_str()).collect();
    assert_eq!(ticks, ["MSFT", "AAPL", "GOOG", "YHOO", "BBRY", "MSFT", "AAPL", "GOOG", "YHOO", "BBRY"]);
    for (tick, price) in heard.iter().zip([41.78, 95.35, 571.09, 34.53, 10.90]) {
        assert!((tick.price / price - 1.0).abs() < 0.01, "{tick:?}");
        assert_eq!(tick.sequence, None);
    }
}

#[test]
fn sequences_count_each_symbol_from_zero() {
    let heard = heard_from(&["--rate", "max", "--sequence", "--symbols", "AA=1,BB=2", "--count", "6"], 6);
    let ticks: Vec<_> = heard.iter().map(|tick| (tick.symbol.as_str(), tick.sequence)).collect();
    assert_eq!(
        ticks,
        [("AA", Some(0)), ("BB", Some(0)), ("AA", Some(1)), ("BB", Some(1)), ("AA", Some(2)), ("BB", Some(2))]
    );
}

#[test]
fn paced_ticks_carry_the_time_at_which_they_are_due() {
    let heard = heard_from(&["--interval", "20ms", "--count", "6"], 6);
    for pair in heard.windows(2) {
        assert!((pair[1].timestamp - pair[0].timestamp - 0.020).abs() < 1e-5, "{pair:?}");
    }
}

#[test]
fn the_summary_has_the_delays_of_paced_ticks() {
    let summary = summary_of(&["--rate", "1000", "--count", "200"]);
    assert_eq!(summary["published"], 200);
    assert!(summary["elapsed_ms"].as_f64().unwrap() >= 199.0, "{summary}");
    assert!(summary["late_us"]["p50"].as_f64().unwrap() > 0.0, "{summary}");
    assert!(summary.get("refused_lines").is_none());
    let summary = summary_of(&["--rate", "max", "--count", "1000"]);
    assert!(summary.get("late_us").is_none(), "{summary}");
}

#[test]
fn without_a_summary_it_is_logged() {
    let finished = publish(&["--rate", "max", "--count", "10"]).finish();
    assert!(finished.stdout.is_empty());
    assert!(finished.stderr.contains("done published=10"), "{}", finished.stderr);
}

#[test]
fn the_first_tick_waits_for_connections_and_not_for_subscriptions() {
    let publisher =
        publish(&["--rate", "max", "--count", "10", "--sequence", "--await-subscribers", "2", "--block", "--summary"]);
    let endpoint = publisher.endpoint("ticks");
    let many_topics = Peer::connect_with(SUB, &endpoint, |socket| {
        for topic in ["", "MSFT", "AAPL", "GOOG", "MSFT"] {
            socket.set_subscribe(topic.as_bytes()).unwrap();
        }
    });
    assert_eq!(many_topics.receive_within(Duration::from_millis(300)), None);
    assert!(publisher.is_running());
    let other = subscriber(&publisher);
    assert_eq!(hear_all(&many_topics, 10), hear_all(&other, 10));
    assert_eq!(publisher.finish().json()["published"], 10);
}

#[test]
fn the_first_tick_waits_for_all_subscriptions_of_those_that_it_waits_for() {
    // libzmq hands over a few subscriptions at a time.
    let publisher = publish(&["--rate", "max", "--count", "1000", "--await-subscribers", "1", "--block"]);
    let peer = Peer::connect_with(SUB, &publisher.endpoint("ticks"), |socket| {
        // In the order of topics, which is that of libzmq, the symbols come last.
        for number in 0..500 {
            socket.set_subscribe(format!("{number}").as_bytes()).unwrap();
        }
        for symbol in ["MSFT", "AAPL", "GOOG", "YHOO", "BBRY"] {
            socket.set_subscribe(symbol.as_bytes()).unwrap();
        }
    });
    assert_eq!(hear_all(&peer, 1000).len(), 1000);
}

#[test]
fn a_closed_connection_is_not_counted() {
    // Its attempts to reach a hub would be counted too.
    let publisher =
        publish(&["--rate", "max", "--count", "10", "--await-subscribers", "2", "--summary", "--observe", "off"]);
    let endpoint = publisher.endpoint("ticks");
    let folder = format!("/proc/{}/fd", publisher.pid());
    let connections = || fs::read_dir(&folder).unwrap().count();
    let none = connections();
    for _ in 0..5 {
        let peer = Peer::connect(SUB, &endpoint);
        peer.subscribe(b"MSFT");
        eventually("a connection", || connections() > none);
        drop(peer);
        eventually("no connection", || connections() == none);
    }
    assert!(publisher.is_running());
    let (one, _other) = (subscriber(&publisher), subscriber(&publisher));
    assert_eq!(hear(&one).symbol, "MSFT");
}

#[test]
fn with_block_a_slow_subscriber_loses_nothing() {
    const COUNT: usize = 150_000;
    let count = COUNT.to_string();
    let publisher = publish(&[
        "--rate",
        "max",
        "--count",
        &count,
        "--sequence",
        "--symbols",
        "AA=1",
        "--await-subscribers",
        "1",
        "--block",
    ]);
    let peer = small(&publisher);
    for expected in 0..COUNT as u64 {
        if expected % 50_000 == 0 {
            // The subscriber does not read for a while: the queues fill up and the publisher has to wait.
            await_idle(publisher.pid());
        }
        assert_eq!(hear(&peer).sequence, Some(expected));
    }
    assert_eq!(publisher.finish().code, Some(0));
}

#[test]
fn a_suspended_subscriber_takes_bounded_memory_and_costs_no_other_subscriber_a_tick() {
    let publisher = publish(&["--rate", "max", "--sequence", "--symbols", "AA=1"]);
    let suspended = small(&publisher);
    let first = hear(&suspended);
    let reading = subscriber(&publisher);
    let before = publisher.resident_bytes();
    hear_all(&reading, 200_000);
    let grown = publisher.resident_bytes().saturating_sub(before);
    assert!(grown < 20 << 20, "{grown} bytes");
    // The suspended one finds a gap after the ticks that its queue held.
    let mut expected = first.sequence.unwrap() + 1;
    let gap = (0..200_000).any(|_| {
        let before = std::mem::replace(&mut expected, hear(&suspended).sequence.unwrap() + 1);
        expected > before + 1
    });
    assert!(gap);
}

#[test]
fn every_state_ends_within_a_second_of_a_signal() {
    let (_folder, path) = file("symbol,date,price\nMSFT,2000-01-01,1\nMSFT,2001-01-01,2\n");
    for arguments in [
        &["--interval", "1h"][..],
        &["--rate", "max"],
        &["--rate", "10000", "--block"],
        &["--await-subscribers", "1"],
        &["--replay", &path],
        &["--replay", "-"],
        &["--replay", &path, "--loop", "--speed", "max"],
    ] {
        let publisher = publish(arguments);
        let _ = publisher.endpoint("ticks");
        publisher.terminate();
        assert_eq!(publisher.finish_within(ENOUGH).code, Some(0), "{arguments:?}");
    }
}

#[test]
fn a_publisher_that_waits_for_a_suspended_subscriber_ends_within_a_second_of_a_signal() {
    for count in [None, Some("100000")] {
        let mut arguments = vec!["--rate", "max", "--block", "--await-subscribers", "1"];
        arguments.extend(count.iter().flat_map(|count| ["--count", count]));
        let publisher = publish(&arguments);
        let suspended = small(&publisher);
        let _ = hear(&suspended);
        // Until every queue between them is full.
        await_idle(publisher.pid());
        publisher.interrupt();
        assert_eq!(publisher.finish_within(ENOUGH).code, Some(0), "{count:?}");
    }
}

#[test]
fn a_port_in_use_is_one_line_that_names_the_holder() {
    let first = publish(&[]);
    let finished = testkit::run(TICKZ, ["publish", "--ticks", &first.endpoint("ticks")]);
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains(&format!("in use by tickz (pid {})", first.pid())), "{}", finished.stderr);
}
