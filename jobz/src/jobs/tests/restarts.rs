//! What a broker that was killed knows of the jobs that it had accepted.

use std::time::Duration;

use wire::job::{Dialect, FromWorker};

use super::{Bench, Sent, id_of, requests};

/// Fails the one request that was sent.
fn fail(bench: &mut Bench, sent: &[Sent]) -> Vec<Sent> {
    let [(address, _)] = &requests(sent)[..] else { panic!("{sent:?}") };
    bench.say("w", FromWorker::Fail { address, reason: "no paper" })
}

#[test]
fn a_restarted_broker_has_what_was_accepted_with_its_deadline_and_tries() {
    let mut bench = Bench::new();
    let early = bench.submit(r#"{"deadline_ms":60000}"#, "tea", "early");
    let id = bench.submit(r#"{"tries":1}"#, "echo", "hi");
    bench.call(Dialect::Mdp2, "ada", "job.submit", &["", "echo", "not accepted"]);
    bench.now += Duration::from_secs(1);
    bench.restart();
    let sent = bench.ready("w", "echo", 2);
    assert_eq!(
        requests(&sent).iter().map(|(address, _)| id_of(address)).collect::<Vec<_>>(),
        std::slice::from_ref(&id)
    );
    bench.gone("w");
    bench.vault();
    assert_eq!(bench.answer("job.wait", &[&id]), "424|1 attempt; the last: its worker is gone");
    bench.after(Duration::from_secs(60));
    assert_eq!(bench.answer("job.wait", &[&early]), "424|its time is over");
}

#[test]
fn a_restarted_broker_knows_how_often_a_job_was_tried() {
    let mut bench = Bench::new();
    let id = bench.submit(r#"{"tries":4}"#, "echo", "hi");
    let sent = bench.ready("w", "echo", 1);
    let sent = fail(&mut bench, &sent);
    fail(&mut bench, &sent);
    bench.restart();
    assert!(bench.answer("job.status", &[&id]).contains(r#""state":"waiting","attempts":3"#));
    let sent = bench.ready("w", "echo", 1);
    assert_eq!(fail(&mut bench, &sent), []);
    assert_eq!(bench.answer("job.wait", &[&id]), "424|4 attempts; the last: no paper");
}

#[test]
fn a_job_that_ends_its_worker_and_the_broker_each_time_is_dead_in_the_end() {
    let mut bench = Bench::new();
    let id = bench.submit(r#"{"tries":3}"#, "echo", "hi");
    let mut given = 0;
    for _ in 0..10 {
        given += requests(&bench.ready("w", "echo", 1)).len();
        bench.restart();
        bench.vault();
    }
    // The first try, which the broker did not survive, is not known.
    assert_eq!(given, 4);
    assert_eq!(bench.answer("job.wait", &[&id]), "424|3 attempts; the last: the broker ended");
}

#[test]
fn a_job_that_only_waits_uses_up_no_try_however_often_the_broker_is_killed() {
    let mut bench = Bench::new();
    let id = bench.submit("", "echo", "hi");
    for _ in 0..10 {
        bench.restart();
        bench.vault();
    }
    assert!(bench.answer("job.status", &[&id]).contains(r#""state":"waiting","attempts":0"#));
}

#[test]
fn a_try_after_a_restart_is_kept_before_a_worker_gets_it() {
    let mut bench = Bench::new();
    bench.submit("", "echo", "hi");
    bench.restart();
    let ready = FromWorker::Ready { service: "echo", credit: Some(1) };
    let sent = bench.message("w", |frames| ready.encode(Dialect::Mdp2, frames));
    assert_eq!(sent, []);
    let sent = bench.vault();
    assert_eq!(requests(&sent).len(), 1, "{sent:?}");
}

#[test]
fn a_store_that_fails_stops_no_job() {
    let mut bench = Bench::new();
    bench.submit("", "echo", "hi");
    bench.restart();
    bench.model.fails = true;
    let sent = bench.ready("w", "echo", 1);
    assert_eq!(requests(&sent).len(), 1, "{sent:?}");
}

#[test]
fn a_job_that_is_cancelled_while_its_try_is_kept_is_given_to_no_worker() {
    let mut bench = Bench::new();
    let id = bench.submit("", "echo", "hi");
    bench.restart();
    bench.message("w", |frames| {
        FromWorker::Ready { service: "echo", credit: Some(1) }.encode(Dialect::Mdp2, frames);
    });
    bench.call(Dialect::Mdp2, "ada", "job.cancel", &[&id]);
    let sent = bench.vault();
    assert_eq!(requests(&sent), []);
    assert_eq!(bench.majordomo.dispatcher().open_requests(), 0);
    assert_eq!(bench.answer("job.wait", &[&id]), "410|the job was cancelled");
}

#[test]
fn sub_jobs_are_below_their_parents_after_a_restart_as_well() {
    let mut bench = Bench::new();
    let parent = bench.submit("", "echo", "parent");
    let child = bench.submit(&format!(r#"{{"parent":"{parent}"}}"#), "echo", "child");
    let grandchild = bench.submit(&format!(r#"{{"parent":"{child}"}}"#), "echo", "grandchild");
    bench.restart();
    // The deepest is the first.
    let sent = bench.ready("w", "echo", 3);
    let bodies: Vec<String> = requests(&sent).into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies, ["grandchild", "child", "parent"]);
    assert_eq!(bench.answer("job.cancel", &[&parent]), "200");
    for id in [&child, &grandchild] {
        assert_eq!(bench.answer("job.wait", &[id]), "410|the job was cancelled");
    }
}

#[test]
fn a_sub_job_whose_parent_has_ended_is_a_job_like_others_after_a_restart() {
    let mut bench = Bench::new();
    let parent = bench.submit("", "echo", "parent");
    let child = bench.submit(&format!(r#"{{"parent":"{parent}"}}"#), "tea", "child");
    let sent = bench.ready("w", "echo", 1);
    bench.reply("w", &requests(&sent)[0].0.clone(), true, "done");
    bench.restart();
    let sent = bench.ready("w", "tea", 1);
    bench.reply("w", &requests(&sent)[0].0.clone(), true, "done");
    assert_eq!(bench.answer("job.wait", &[&child]), "200|done");
    assert_eq!(bench.answer("job.cancel", &[&parent]).split('|').next(), Some("409"));
}
