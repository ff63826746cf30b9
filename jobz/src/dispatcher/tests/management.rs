//! What the broker answers itself.

use std::time::Duration;

use wire::job::FromWorker;

use super::{Bench, Sent, final_reply, request_to};

#[test]
fn mmi_service_is_200_only_while_a_worker_is_registered() {
    let mut bench = Bench::new();
    assert_eq!(bench.ask("ada", "mmi.service", "echo"), final_reply("ada", "404"));
    bench.ready("w", "echo");
    assert_eq!(bench.ask("ada", "mmi.service", "echo"), final_reply("ada", "200"));
    bench.say("w", FromWorker::Disconnect);
    assert_eq!(bench.ask("ada", "mmi.service", "echo"), final_reply("ada", "404"));
    assert_eq!(bench.ask("ada", "mmi.anything", "echo"), final_reply("ada", "501"));
}

/// The JSON in the answer of one of the broker's services.
fn answer(bench: &mut Bench, service: &str, body: &str) -> serde_json::Value {
    match &bench.ask("ada", service, body)[..] {
        [Sent::Reply { body, .. }] => serde_json::from_str(body.strip_prefix("200|").unwrap()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_broker_says_what_its_workers_do_and_what_it_has_done() {
    let mut bench = Bench::new();
    bench.say("w", FromWorker::Ready { service: "echo", credit: Some(2) });
    bench.ready("v", "tea");
    let address = request_to("w", &bench.ask("ada", "echo", "1"));
    bench.ask("ada", "echo", "2");
    bench.ask("ada", "echo", "3");
    bench.reply("w", &address, true, "1");
    bench.now += Duration::from_millis(700);
    assert_eq!(
        answer(&mut bench, "mmi.workers", "echo"),
        serde_json::json!([{ "service": "echo", "dialect": "0.2", "credit": 2, "open": 2, "silent_ms": 700, "failures": 0, "paused_ms": 0 }])
    );
    assert_eq!(answer(&mut bench, "mmi.workers", "").as_array().unwrap().len(), 2);
    let stats = answer(&mut bench, "mmi.stats", "");
    assert_eq!(
        (&stats["workers"], &stats["waiting"], &stats["open"], &stats["answered"]),
        (&2.into(), &0.into(), &2.into(), &1.into())
    );
    let echo = serde_json::json!({ "name": "echo", "workers": 1, "waiting": 0, "open": 2, "answered": 1 });
    assert!(stats["services"].as_array().unwrap().contains(&echo), "{stats}");
}
