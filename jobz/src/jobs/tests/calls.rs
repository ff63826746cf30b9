//! What clients ask.

use wire::job::Dialect;

use super::{Bench, id_of, requests, to};

#[test]
fn a_job_is_accepted_when_the_vault_has_it_and_not_before() {
    let mut bench = Bench::new();
    bench.ready("w", "echo", 1);
    assert_eq!(bench.call(Dialect::Mdp2, "ada", "job.submit", &["", "echo", "hi"]), []);
    let sent = bench.vault();
    let [(address, body)] = &requests(&sent)[..] else { panic!("{sent:?}") };
    assert_eq!(body, "hi");
    let id = id_of(address);
    assert!(sent.contains(&to("ada", true, &format!("200|{id}"))), "{sent:?}");
    assert!(bench.answer("job.status", &[&id]).contains(r#""state":"open","attempts":1"#));
    bench.reply("w", address, true, "HI");
    assert_eq!(bench.answer("job.wait", &[&id]), "200|HI");
    assert!(bench.answer("job.status", &[&id]).contains(r#""state":"done""#));
    assert_eq!(bench.answer("job.close", &[&id]), "200");
    assert!(bench.answer("job.wait", &[&id]).starts_with("404|"));
    assert!(bench.majordomo.jobs().is_empty());
}

#[test]
fn titanic_is_the_same_with_statuses_alone() {
    let mut bench = Bench::new();
    let answer = bench.answer("titanic.request", &["echo", "hi"]);
    let id = answer.strip_prefix("200|").unwrap().to_owned();
    assert_eq!(bench.answer("titanic.reply", &[&id]), "300");
    assert_eq!(bench.answer("titanic.reply", &["unknown"]), "400");
    let sent = bench.ready("w", "echo", 1);
    bench.reply("w", &requests(&sent)[0].0.clone(), true, "HI");
    assert_eq!(bench.answer("titanic.reply", &[&id]), "200|HI");
    assert_eq!(bench.answer("titanic.close", &[&id]), "200");
    assert_eq!(bench.answer("titanic.close", &["unknown"]), "200");
    assert_eq!(bench.answer("titanic.reply", &[&id]), "400");
    assert_eq!(bench.answer("titanic.request", &["echo"]), "500");
    assert_eq!(bench.answer("titanic.other", &["echo"]), "501");
}

#[test]
fn a_key_makes_a_job_one() {
    let mut bench = Bench::new();
    let options = r#"{"key":"order 7"}"#;
    let id = bench.submit(options, "echo", "hi");
    assert_eq!(bench.submit(options, "echo", "hi"), id);
    assert!(bench.answer("job.submit", &[options, "echo", "other"]).starts_with("409|"));
    assert_eq!((bench.majordomo.jobs().len(), bench.majordomo.dispatcher().open_requests()), (1, 1));
}

#[test]
fn bad_calls_have_reasons() {
    let mut bench = Bench::new();
    for (parts, reason) in [
        (&["{\"dedline_ms\":1}", "echo", "hi"][..], "400|the options: unknown field `dedline_ms`"),
        (&["{\"key\":\"\"}", "echo", "hi"], "400|key: it has 1 to 255 bytes"),
        (&["{\"deadline_ms\":0}", "echo", "hi"], "400|deadline_ms: "),
        (&["{\"tries\":0}", "echo", "hi"], "400|tries: "),
        (&["{\"parent\":\"x\"}", "echo", "hi"], "400|parent: this is no id"),
        (&["", "mmi.stats", "hi"], "400|the broker itself"),
        (&["", "", "hi"], "400|the service: "),
        (&["", "echo"], "400|the body is missing"),
        (&[""], "400|the service is missing"),
    ] {
        let answer = bench.answer("job.submit", parts);
        assert!(answer.starts_with(reason), "{parts:?}: {answer}");
    }
    for service in ["job.wait", "job.status", "job.cancel", "job.resend"] {
        assert!(bench.answer(service, &["x"]).starts_with("404|"), "{service}");
        assert!(bench.answer(service, &[&"0".repeat(32)]).starts_with("404|"), "{service}");
    }
    assert!(bench.answer("job.other", &[""]).starts_with("501|"));
}
