//! The roles of `polyglot/` at work with the Rust programs, in every language that this machine has.
//!
//! What a role must do in detail is the matter of `peerz conformance`. Here each takes part in a real batch, market or chat room. A
//! language that is missing is skipped, by name.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::{collections::HashSet, path::Path, process::Command, sync::OnceLock, time::Duration};

use e2e::{ANY, Batch, chatz, tickz, valuz};
use languages::{Language, Registry};
use serde_json::Value;
use testkit::{Program, free_endpoints};

/// How many orders a batch has.
const ORDERS: usize = 20_000;

/// How long a batch may take on a machine that has much else to do.
const LONG: Duration = Duration::from_secs(300);

/// The languages of this machine.
fn present() -> &'static [Language] {
    static PRESENT: OnceLock<Vec<Language>> = OnceLock::new();
    PRESENT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let registry = Registry::find(Some(&root)).unwrap();
        registry.languages().iter().filter(|language| is_present(language)).cloned().collect()
    })
}

#[expect(clippy::print_stdout, reason = "shown by the test runner on demand")]
fn is_present(language: &Language) -> bool {
    let is_present = language.is_present();
    if !is_present {
        println!("skipped: {}, which this machine does not have", language.name());
    }
    is_present
}

/// Calls `test` for each language that has the role.
fn each(role: &'static str, test: impl Fn(&Language)) {
    let speakers: Vec<&Language> = present().iter().filter(|language| language.roles().contains(&role)).collect();
    assert!(!speakers.is_empty(), "this machine has no language with the role {role}");
    speakers.into_iter().for_each(test);
}

/// Starts a role in a language.
fn start(language: &Language, role: &str, endpoints: &[(&str, &str)], arguments: &[&str]) -> Program {
    let words = language.command(role).unwrap();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(arguments).envs(endpoints.iter().copied());
    Program::spawn(command)
}

/// Starts a worker of a batch.
fn worker(language: &Language, batch: &Batch) -> Program {
    let [orders, results, control] = batch.endpoints();
    start(language, "worker", &[("VALUZ_ORDERS", orders), ("VALUZ_RESULTS", results), ("VALUZ_CONTROL", control)], &[])
}

/// The result of a batch that must be complete.
fn result_of(language: &str, reduce: Program) -> Value {
    let finished = reduce.finish_within(LONG);
    assert_eq!(finished.code, Some(0), "{language}: {}", finished.stderr);
    finished.json()
}

/// The total of Rust's own orders, as Rust values them.
fn total() -> &'static Value {
    static TOTAL: OnceLock<Value> = OnceLock::new();
    TOTAL.get_or_init(|| {
        let batch = Batch::start(ORDERS, 1, "1s");
        let _worker = batch.worker(&[]);
        result_of("rust", batch.reduce)["value"].clone()
    })
}

fn ends_well(language: &Language, program: Program) {
    let finished = program.finish();
    assert_eq!(finished.code, Some(0), "{}: {}", language.name(), finished.stderr);
}

#[test]
fn a_worker_in_any_language_gives_the_exact_total() {
    each("worker", |language| {
        // Nothing is asked for twice, however slow the machine is.
        let batch = Batch::start(ORDERS, 1, "9s");
        let worker = worker(language, &batch);
        let result = result_of(language.name(), batch.reduce);
        assert_eq!(&result["value"], total(), "{}", language.name());
        assert_eq!(
            (&result["count"], &result["duplicates"]),
            (&Value::from(ORDERS), &Value::from(0)),
            "{}",
            language.name()
        );
        ends_well(language, worker);
        assert_eq!(batch.source.finish().code, Some(0));
    });
}

#[test]
fn a_worker_in_any_language_takes_over_from_a_killed_one() {
    each("worker", |language| {
        // It is built before the batch begins, which a reduce gives up after 10 s without a result.
        language.command("worker").unwrap();
        let batch = Batch::start(ORDERS, 1, "200ms");
        let last = batch.worker(&["--delay", "100us"]);
        batch.reduce.wait_for_log("START");
        last.kill();
        let worker = worker(language, &batch);
        let result = result_of(language.name(), batch.reduce);
        assert_eq!(&result["value"], total(), "{}", language.name());
        ends_well(language, worker);
    });
}

#[test]
fn workers_in_all_languages_share_one_batch() {
    let workers: Vec<&Language> = present().iter().filter(|language| language.roles().contains(&"worker")).collect();
    let batch = Batch::start(ORDERS, workers.len() + 1, "1s");
    let running: Vec<Program> = workers.iter().map(|language| worker(language, &batch)).collect();
    let rust = batch.worker(&["--report"]);
    assert_eq!(&result_of("all", batch.reduce)["value"], total());
    assert_eq!(rust.finish().code, Some(0));
    workers.into_iter().zip(running).for_each(|(language, worker)| ends_well(language, worker));
}

#[test]
fn reduce_in_any_language_gives_the_total_of_rust() {
    each("reduce", |language| {
        let [results, control] = free_endpoints();
        let endpoints = [("VALUZ_RESULTS", results.as_str()), ("VALUZ_CONTROL", control.as_str())];
        let count = ORDERS.to_string();
        let reduce = start(language, "reduce", &endpoints, &["--workers", "2", "--count", &count]);
        let source = valuz(&["source", "--count", &count, "--seed", "7", "--orders", ANY, "--control", &control]);
        let orders = source.endpoint("orders");
        let arguments = ["worker", "--orders", &orders, "--results", &results, "--control", &control];
        // One with a name and one without.
        let workers = [valuz(&arguments), valuz(&[&arguments[..], &["--report"]].concat())];
        let finished = reduce.finish_within(LONG);
        let last = finished.stdout.lines().last().unwrap_or_else(|| panic!("{}", finished.stderr)).to_owned();
        assert_eq!(last.parse::<f64>().ok(), total().as_f64(), "{}: {last}", language.name());
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        assert_eq!(source.finish().code, Some(0));
        workers.into_iter().for_each(|worker| assert_eq!(worker.finish().code, Some(0)));
    });
}

#[test]
fn reduce_in_any_language_asks_again_for_the_orders_of_a_killed_worker() {
    each("reduce", |language| {
        let [results, control] = free_endpoints();
        let endpoints = [("VALUZ_RESULTS", results.as_str()), ("VALUZ_CONTROL", control.as_str())];
        let count = ORDERS.to_string();
        let reduce = start(language, "reduce", &endpoints, &["--workers", "1", "--count", &count]);
        let source = valuz(&["source", "--count", &count, "--seed", "7", "--orders", ANY, "--control", &control]);
        let orders = source.endpoint("orders");
        let arguments = ["worker", "--orders", &orders, "--results", &results, "--control", &control];
        let victim = valuz(&[&arguments[..], &["--delay", "1ms"]].concat());
        source.wait_for_log("started");
        victim.kill();
        let survivor = valuz(&arguments);
        let finished = reduce.finish_within(LONG);
        assert_eq!(finished.stdout.trim().parse::<f64>().ok(), total().as_f64(), "{}", finished.stderr);
        assert_eq!(survivor.finish().code, Some(0));
        assert_eq!(source.finish().code, Some(0));
    });
}

#[test]
fn a_source_in_any_language_sends_a_whole_batch() {
    each("source", |language| {
        let count = ORDERS.to_string();
        let reduce =
            valuz(&["reduce", "--workers", "1", "--count", &count, "--json", "--results", ANY, "--control", ANY]);
        let (results, control) = (reduce.endpoint("results"), reduce.endpoint("control"));
        let [orders] = free_endpoints();
        let source =
            start(language, "source", &[("VALUZ_ORDERS", &orders), ("VALUZ_CONTROL", &control)], &["--count", &count]);
        let worker = valuz(&["worker", "--orders", &orders, "--results", &results, "--control", &control]);
        let result = result_of(language.name(), reduce);
        assert_eq!(
            (&result["count"], &result["missing"]),
            (&Value::from(ORDERS), &Value::from(0)),
            "{}",
            language.name()
        );
        ends_well(language, source);
        assert_eq!(worker.finish().code, Some(0));
    });
}

#[test]
fn a_watcher_in_any_language_prints_the_prices_of_rust() {
    each("watch", |language| {
        let publisher = tickz(&["publish", "--ticks", ANY, "--interval", "10ms"]);
        let ticks = publisher.endpoint("ticks");
        // It receives whatever the other one does.
        let rust = tickz(&["watch", "MSFT", "AAPL", "--json", "--ticks", &ticks]);
        let _ = rust.next_line();
        let watcher = start(language, "watch", &[("TICKZ_TICKS", &ticks)], &["MSFT", "AAPL"]);
        let printed: Vec<(String, f64)> = (0..10).map(|_| symbol_and_price(&watcher.next_line())).collect();
        let mut published = HashSet::new();
        for (symbol, price) in printed {
            let wanted = (symbol, price.to_bits());
            while !published.contains(&wanted) {
                let tick: Value = serde_json::from_str(&rust.next_line()).unwrap();
                published
                    .insert((tick["symbol"].as_str().unwrap().to_owned(), tick["price"].as_f64().unwrap().to_bits()));
            }
        }
    });
}

/// The tick on a line of words, or of JSON.
fn symbol_and_price(line: &str) -> (String, f64) {
    match serde_json::from_str::<Value>(line) {
        Ok(Value::Object(tick)) => (tick["symbol"].as_str().unwrap().to_owned(), tick["price"].as_f64().unwrap()),
        _ => {
            let mut words = line.split_whitespace();
            let symbol = words.next().unwrap().to_owned();
            (symbol, words.find_map(|word| word.parse().ok()).unwrap_or_else(|| panic!("no price: {line}")))
        }
    }
}

#[test]
fn a_publisher_in_any_language_is_watched_by_rust() {
    each("publish", |language| {
        let [ticks] = free_endpoints();
        let _publisher = start(language, "publish", &[("TICKZ_TICKS", &ticks)], &[]);
        let watcher = tickz(&["watch", "MSFT", "--count", "10", "--summary", "--ticks", &ticks]);
        let finished = watcher.finish();
        assert_eq!(finished.code, Some(0), "{}: {}", language.name(), finished.stderr);
        let totals = finished.json();
        assert_eq!((&totals["received"], &totals["malformed"]), (&Value::from(10), &Value::from(0)), "{totals}");
    });
}

#[test]
fn a_member_in_any_language_talks_with_one_in_rust() {
    each("join", |language| {
        let server = chatz(&["serve", "--requests", ANY, "--broadcasts", ANY]);
        let (requests, broadcasts) = (server.endpoint("requests"), server.endpoint("broadcasts"));
        talk(language, &requests, &broadcasts, "join");
    });
}

#[test]
fn a_server_in_any_language_serves_members_in_rust() {
    each("serve", |language| {
        let [requests, broadcasts] = free_endpoints();
        let endpoints = [("CHATZ_REQUESTS", requests.as_str()), ("CHATZ_BROADCASTS", broadcasts.as_str())];
        let server = start(language, "serve", &endpoints, &[]);
        talk(language, &requests, &broadcasts, "");
        server.terminate();
        ends_well(language, server);
    });
}

/// Bob, in Rust, and Ada hear each other. She is in this language if it is her role, otherwise in Rust.
fn talk(language: &Language, requests: &str, broadcasts: &str, role: &str) {
    let flags = ["--requests", requests, "--broadcasts", broadcasts];
    let mut bob = chatz(&[&["join", "bob", "--json"], &flags[..]].concat());
    let users = |line: &str, wanted: &[&str]| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["users"].as_array().is_some_and(|users| users.iter().eq(wanted))
    };
    bob.line_where(|line| users(line, &["bob"]));
    let mut ada = match role {
        "join" => start(language, role, &[("CHATZ_REQUESTS", requests), ("CHATZ_BROADCASTS", broadcasts)], &["ada"]),
        _ => chatz(&[&["join", "ada"], &flags[..]].concat()),
    };
    bob.line_where(|line| users(line, &["ada", "bob"]));
    ada.say("Привет, Боб");
    bob.line_where(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        (&event["user"], &event["text"]) == (&Value::from("ada"), &Value::from("Привет, Боб"))
    });
    // Her SUB may still be connecting.
    let mut heard = None;
    testkit::eventually("ada hears bob", || {
        bob.say("hi, ada");
        heard = ada.next_line_within(Duration::from_millis(100));
        heard.as_ref().is_some_and(|line| line.contains("bob") && line.contains("hi, ada"))
    });
    ada.close_stdin();
    ends_well(language, ada);
    bob.line_where(|line| users(line, &["bob"]));
}

/// All roles and the endpoints that they have.
const ROLES: [(&str, &[&str], &[&str]); 7] = [
    ("publish", &["TICKZ_TICKS"], &[]),
    ("watch", &["TICKZ_TICKS"], &["MSFT"]),
    ("serve", &["CHATZ_REQUESTS", "CHATZ_BROADCASTS"], &[]),
    ("join", &["CHATZ_REQUESTS", "CHATZ_BROADCASTS"], &["ada"]),
    ("source", &["VALUZ_ORDERS", "VALUZ_CONTROL"], &["--count", "10"]),
    ("worker", &["VALUZ_ORDERS", "VALUZ_RESULTS", "VALUZ_CONTROL"], &[]),
    ("reduce", &["VALUZ_RESULTS", "VALUZ_CONTROL"], &["--workers", "1", "--count", "10"]),
];

#[test]
fn wrong_arguments_are_a_usage_error_in_any_language() {
    for (role, _, arguments) in ROLES {
        each(role, |language| {
            let wrong = [arguments, &["--no such argument"]].concat();
            let finished = start(language, role, &[], &wrong).finish();
            assert_eq!(finished.code, Some(2), "{} {role}: {}", language.name(), finished.stderr);
            assert!(
                finished.stdout.is_empty() && !finished.stderr.is_empty(),
                "{} {role}: {finished:?}",
                language.name()
            );
        });
    }
}
