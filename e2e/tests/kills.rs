//! Workers killed with SIGKILL at random moments of a batch cost time and no order.

use std::time::Duration;

use e2e::{Batch, chance, length};
use rand::RngExt as _;
use serde_json::Value;
use testkit::Program;

fn value_of(reduce: Program) -> Value {
    let finished = reduce.finish_within(Duration::from_secs(120));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished.json()
}

#[test]
fn a_worker_killed_at_any_moment_leaves_the_total_as_it_is() {
    let orders = 100_000;
    let undisturbed = Batch::start(orders, 1, "200ms");
    let _worker = undisturbed.worker(&[]);
    let expected = value_of(undisturbed.reduce);
    assert_eq!((&expected["count"], &expected["missing"]), (&Value::from(orders), &Value::from(0)));
    let usual = expected["elapsed_ms"].as_f64().unwrap().max(50.0);

    let mut chance = chance();
    for round in 0..length(3, 100) {
        let batch = Batch::start(orders, 2, "200ms");
        let (victim, _survivor) = (batch.worker(&[]), batch.worker(&[]));
        batch.reduce.wait_for_log("START");
        // The test needs a random moment of the batch, so this waits for no condition.
        std::thread::sleep(Duration::from_secs_f64(chance.random_range(0.0..usual) / 1000.0));
        victim.kill();
        let result = value_of(batch.reduce);
        assert_eq!(result["value"], expected["value"], "round {round}: {result}");
        assert_eq!(result["by_symbol"], expected["by_symbol"], "round {round}");
        assert_eq!(result["missing"], 0, "round {round}");
    }
}

#[test]
fn all_workers_killed_one_after_another_and_new_ones_join() {
    let batch = Batch::start(5_000, 1, "200ms");
    let mut last = batch.worker(&["--delay", "100us"]);
    for _ in 0..length(3, 10) {
        last.wait_for_log("up channel=\"orders\"");
        last.kill();
        last = batch.worker(&["--delay", "100us"]);
    }
    let result = value_of(batch.reduce);
    assert_eq!((&result["count"], &result["missing"]), (&Value::from(5_000), &Value::from(0)), "{result}");
    assert_eq!(batch.source.finish().code, Some(0));
    assert_eq!(last.finish().code, Some(0));
}
