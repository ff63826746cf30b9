//! How jobs end.

use std::time::Duration;

use wire::job::FromWorker;

use super::{Bench, Sent, id_of, requests, to};

#[test]
fn a_cancelled_job_ends_at_its_worker_and_so_do_its_sub_jobs() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 1);
    let id = bench.submit("", "echo", "parent");
    let child = bench.submit(&format!(r#"{{"parent":"{id}"}}"#), "tea", "child");
    let sent = bench.ask("ada", "job.wait", &[&id]);
    assert_eq!(sent, []);
    let sent = bench.ask("bob", "job.cancel", &[&id]);
    assert!(matches!(&sent[0], Sent::Cancel { address, .. } if id_of(address) == id), "{sent:?}");
    assert!(sent.contains(&to("bob", true, "200")) && sent.contains(&to("ada", true, "410|the job was cancelled")));
    for id in [&id, &child] {
        assert_eq!(bench.answer("job.cancel", &[id]), "200");
        assert_eq!(bench.answer("job.wait", &[id]), "410|the job was cancelled");
    }
    let done = bench.submit("", "echo", "other");
    // The cancelled one holds the place until the worker has ended it.
    let Sent::Cancel { address, .. } = &sent[0] else { unreachable!() };
    let sent = bench.reply("w", address, true, "too late");
    bench.reply("w", &requests(&sent)[0].0.clone(), true, "done");
    assert!(bench.answer("job.cancel", &[&done]).starts_with("409|"));
    assert_eq!(bench.majordomo.dispatcher().counts().cancelled, 2);
}

#[test]
fn a_job_whose_time_is_over_or_whose_tries_are_used_up_is_dead_and_can_be_sent_again() {
    let mut bench = Bench::new();
    let id = bench.submit(r#"{"deadline_ms":500}"#, "echo", "hi");
    bench.after(Duration::from_secs(1));
    assert_eq!(bench.answer("job.wait", &[&id]), "424|its time is over");
    assert_eq!(bench.answer("job.resend", &[&id]), "200");
    bench.after(Duration::from_secs(100));
    bench.restart();
    assert!(bench.answer("job.list", &[""]).contains(&id));
    let mut sent = bench.ready("w", "echo", 1);
    for _ in 0..2 {
        let address = requests(&sent)[0].0.clone();
        sent = bench.say("w", FromWorker::Fail { address: &address, reason: "no paper" });
    }
    assert_eq!(bench.answer("job.wait", &[&id]), "424|2 attempts; the last: no paper");
    assert!(bench.answer("job.dead", &[""]).contains("no paper"));
}

#[test]
fn an_end_that_is_not_kept_is_kept_later() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 1);
    let sent = bench.ask("ada", "job.run", &["", "echo", "hi"]);
    let address = requests(&sent)[0].0.clone();
    bench.model.fails = true;
    assert_eq!(bench.reply("w", &address, true, "HI"), [to("ada", true, "500|no disk")]);
    assert_eq!(bench.answer("job.submit", &["", "echo", "hi"]), "503|no disk");
    bench.model.fails = false;
    bench.after(Duration::from_secs(1));
    assert_eq!(bench.answer("job.wait", &[&id_of(&address)]), "200|HI");
}
