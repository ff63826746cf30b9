//! Any role may start first, and all exit by themselves.

use std::thread;

use super::{Channels, assert_ends, assert_total};

/// All orders of four things.
fn permutations() -> Vec<[usize; 4]> {
    let mut all = Vec::new();
    for number in 0..256 {
        let places = [number & 3, number >> 2 & 3, number >> 4 & 3, number >> 6];
        if (0..4).all(|place| places.contains(&place)) {
            all.push(places);
        }
    }
    all
}

#[test]
fn every_start_order_of_source_reduce_and_two_workers_gives_the_same_total() {
    let orders = permutations();
    assert_eq!(orders.len(), 24);
    for chunk in orders.chunks(6) {
        thread::scope(|scope| {
            for &order in chunk {
                scope.spawn(move || batch_started_in(order));
            }
        });
    }
}

/// Each role is at work, its log says so, before the next is started.
fn batch_started_in(order: [usize; 4]) {
    let channels = Channels::free();
    let (mut others, mut reduce) = (Vec::new(), None);
    for role in order {
        match role {
            0 => others.push(channels.source(&["--count", "2000"])),
            1 => {
                let started = channels.reduce(&["--workers", "2", "--count", "2000"]);
                started.wait_for_log("listening");
                reduce = Some(started);
            }
            _ => others.push(channels.worker(&[])),
        }
        if role == 0 {
            others.last().unwrap().wait_for_log("listening");
        }
    }
    assert_total(&reduce.unwrap().finish(), 2000);
    assert_ends(others);
}

#[test]
fn a_worker_whose_control_comes_up_last_still_receives_exit() {
    // The worker reaches control through a listener that accepts only when the batch is done.
    let channels = Channels::free();
    let reduce = channels.reduce(&["--workers", "1", "--count", "10"]);
    reduce.wait_for_log("listening");
    let source = channels.source(&["--count", "10"]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let behind = Channels { control: format!("tcp://{}", listener.local_addr().unwrap()), ..Channels::free() };
    let behind = Channels { orders: channels.orders.clone(), results: channels.results.clone(), ..behind };
    let worker = behind.worker(&[]);
    let (near, _) = listener.accept().unwrap();
    reduce.wait_for_log("EXIT");
    let far = std::net::TcpStream::connect(channels.control.trim_start_matches("tcp://")).unwrap();
    for (mut from, mut to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far.try_clone().unwrap(), near)]
    {
        thread::spawn(move || std::io::copy(&mut from, &mut to));
    }
    assert_total(&reduce.finish(), 10);
    assert_ends([source, worker]);
}

#[test]
fn an_empty_batch_is_done_at_once() {
    let channels = Channels::free();
    let reduce = channels.reduce(&["--workers", "1", "--count", "0"]);
    let (source, worker) = (channels.source(&["--count", "0"]), channels.worker(&[]));
    assert_total(&reduce.finish(), 0);
    assert_ends([source, worker]);
}

#[test]
fn the_json_has_exactly_its_keys_in_their_order() {
    let channels = Channels::free();
    let reduce = channels.reduce(&["--workers", "1", "--count", "100"]);
    let (source, worker) = (channels.source(&["--count", "100"]), channels.worker(&["--report"]));
    let finished = reduce.finish();
    assert_total(&finished, 100);
    let line = finished.stdout.lines().last().unwrap();
    let places: Vec<_> = [
        "count",
        "value",
        "by_symbol",
        "AAPL",
        "BBRY",
        "GOOG",
        "MSFT",
        "YHOO",
        "elapsed_ms",
        "duplicates",
        "repeated",
        "missing",
    ]
    .map(|key| line.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key} is not in {line}")))
    .into();
    assert!(places.is_sorted(), "{line}");
    assert_eq!(line.matches("\":").count(), places.len(), "{line}");
    assert_ends([source, worker]);
}

#[test]
fn the_text_lists_the_totals_and_what_each_worker_did() {
    let channels = Channels::free();
    let Channels { results, control, .. } = &channels;
    let arguments = ["reduce", "--results", results, "--control", control, "--workers", "2", "--count", "5000"];
    let reduce = super::start(&arguments, &[]);
    let workers = [channels.worker(&["--report"]), channels.worker(&["--report"])];
    let names = workers.each_ref().map(|worker| format!(":{}: ", worker.pid()));
    let source = channels.source(&["--count", "5000"]);
    let finished = reduce.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.starts_with("5000 orders in "), "{}", finished.stdout);
    assert!(finished.stdout.contains(&format!("total  {:.2}", super::total(5000))), "{}", finished.stdout);
    let done = names.map(|name| {
        let line = finished.stdout.lines().find(|line| line.starts_with("rust:") && line.contains(&name)).unwrap();
        line.split(&name).nth(1).unwrap().split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    assert_eq!(done.iter().sum::<u64>(), 5000, "{}", finished.stdout);
    assert_ends(workers);
    assert_ends([source]);
}

#[test]
fn value_at_risk_is_the_same_for_any_number_of_workers() {
    let totals: Vec<_> = ["1", "3"]
        .map(|workers| {
            let channels = Channels::free();
            let reduce = channels.reduce(&["--workers", workers, "--count", "60"]);
            let source = channels.source(&["--count", "60", "--seed", "5"]);
            let workers: Vec<_> = (0..workers.parse().unwrap())
                .map(|_| channels.worker(&["--valuation", "var", "--scenarios", "500"]))
                .collect();
            let summary = reduce.finish().json();
            assert_ends(workers);
            assert_ends([source]);
            (summary["value"].as_f64().unwrap(), summary["by_symbol"].clone())
        })
        .into();
    assert_eq!(totals[0], totals[1]);
    assert!(totals[0].0 > 0.0);
}

#[test]
fn source_and_worker_that_were_refused_get_in_once_the_list_has_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let allow = folder.path().join("allow");
    testkit::write_private(&allow, "ada secret\n");
    let plain =
        ["--security", "plain", "--allow", allow.to_str().unwrap(), "--username", "bob", "--password", "hidden"];
    let channels = Channels::free();
    let reduce = channels.reduce(&[&["--workers", "1", "--count", "2000"][..], &plain].concat());
    let source = channels.source(&[&["--count", "2000"][..], &plain].concat());
    let worker = channels.worker(&plain);
    for (program, channel) in [(&source, "control"), (&worker, "orders"), (&worker, "results"), (&worker, "control")] {
        program.wait_for_log(&format!("connecting channel=\"{channel}\" endpoint=tcp://127.0.0.1:"));
        program.wait_for_log(&format!("not on the server's allow-list (ZAP status 400) channel=\"{channel}\""));
    }
    reduce.wait_for_log("handshake failed");
    testkit::write_private(&allow, "ada secret\nbob hidden\n");
    worker.wait_for_log("up channel=\"orders\"");
    assert_total(&reduce.finish(), 2000);
    assert_ends([source, worker]);
}
