//! Clients that wait, and workers that lend their places.

use wire::job::Dialect;

use super::{Bench, id_of, requests, to};
use crate::requests::Number;

#[test]
fn what_waits_gets_every_frame_of_the_reply_once() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 1);
    let sent = bench.ask("early", "job.run", &["", "echo", "hi"]);
    let address = requests(&sent)[0].0.clone();
    let id = id_of(&address);
    assert_eq!(bench.reply("w", &address, false, "one"), [to("early", false, "one")]);
    assert_eq!(bench.ask("late", "job.wait", &[&id]), [to("late", false, "one")]);
    assert_eq!(bench.call(Dialect::Mdp1, "old", "job.wait", &[&id]), []);
    let sent = bench.reply("w", &address, true, "two");
    assert_eq!(sent, [to("early", true, "200|two"), to("late", true, "200|two"), to("old", true, "200|one|two")]);
    assert_eq!(bench.answer("job.wait", &[&id]), "200|one|two");
}

#[test]
fn a_reply_too_long_for_one_message_comes_in_parts() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 1);
    let id = bench.submit("", "echo", "hi");
    let address = [&Number::from_str_radix(&id, 16).unwrap().to_be_bytes()[..], &[0, 0, 0, 1]].concat();
    for _ in 0..1_500 {
        bench.reply("w", &address, false, "x");
    }
    bench.reply("w", &address, true, "x");
    let part = to("ada", false, &vec!["x"; 999].join("|"));
    let last = to("ada", true, &format!("200|{}", vec!["x"; 502].join("|")));
    assert_eq!(bench.ask("ada", "job.wait", &[&id]), [part, last]);
}

/// A worker with one place does `job`: it submits the next one, waits for it, and replies what it has got.
#[test]
fn a_worker_with_one_place_does_jobs_that_wait_for_each_other_32_deep_among_many_others() {
    let mut bench = Bench::new();
    let first = bench.submit("", "deep", "first");
    for other in 0..50 {
        bench.submit("", "deep", &format!("other {other}"));
    }
    let mut sent = bench.ready("w", "deep", 1);
    let mut open = Vec::new();
    for depth in 0..=32 {
        let [(address, body)] = &requests(&sent)[..] else { panic!("at {depth}: {sent:?}") };
        assert_eq!(body, if depth == 0 { "first" } else { "sub-job" });
        open.push(address.clone());
        if depth < 32 {
            let parent = format!(r#"{{"parent":"{}"}}"#, id_of(address));
            sent = bench.ask(&format!("at {depth}"), "job.run", &[&parent, "deep", "sub-job"]);
        }
    }
    let parent = format!(r#"{{"parent":"{}"}}"#, id_of(&open[32]));
    assert!(bench.answer("job.run", &[&parent, "deep", "sub-job"]).starts_with("400|"));
    while let Some(address) = open.pop() {
        let sent = bench.reply("w", &address, true, "done");
        // The others have to wait until the first one is done.
        assert_eq!(requests(&sent).len(), usize::from(open.is_empty()), "{sent:?}");
    }
    assert_eq!(bench.answer("job.wait", &[&first]), "200|done");
    assert_eq!(bench.majordomo.dispatcher().lent(), 0);
}

#[test]
fn a_job_that_was_submitted_by_another_one_is_done_first_when_it_is_waited_for() {
    let mut bench = Bench::new();
    let first = bench.submit("", "echo", "first");
    let second = bench.submit("", "echo", "second");
    let sent = bench.ready("w", "echo", 1);
    assert_eq!(requests(&sent)[0].1, "first");
    let sent = bench.ask("script", "job.wait", &[&second, &first]);
    assert_eq!(requests(&sent)[0].1, "second");
    // Two that wait for each other would wait for ever.
    assert!(bench.answer("job.wait", &[&first, &second]).starts_with("400|"));
    bench.gone("script");
    assert_eq!(bench.majordomo.dispatcher().lent(), 0);
}

#[test]
fn a_worker_lends_no_more_than_100_places() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 200);
    for number in 0..101 {
        let sent = bench.ask("ada", "echo", &["parent"]);
        let parent = format!(r#"{{"parent":"{}"}}"#, id_of(&requests(&sent)[0].0));
        let sent = bench.ask(&format!("script {number}"), "job.run", &[&parent, "absent", "hi"]);
        assert_eq!(sent.len(), usize::from(number == 100), "{sent:?}");
    }
    assert_eq!(bench.majordomo.dispatcher().lent(), 100);
}
