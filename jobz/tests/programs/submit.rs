//! `jobz submit` and what is done with jobs, to a broker that is played by a raw peer.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use testkit::{Finished, Peer, Program, peer::ROUTER};

use crate::support::{Broker, JOBZ, command, reply};

const ID: &str = "0006449f0c3e8d2a0000000000000001";

fn start(broker: &Peer, arguments: &[&str]) -> Program {
    Program::start(JOBZ, arguments.iter().chain(&["--jobs", broker.endpoint(), "--observe", "off"]))
}

/// What a command asks, from its service on, and how it ends if the broker replies this.
fn asked(arguments: &[&str], reply: &[&str]) -> (Vec<String>, Finished) {
    let broker = Peer::bind(ROUTER);
    let program = start(&broker, arguments);
    let request = broker.receive();
    assert_eq!(request[1..3], [&b"MDPC02"[..], b"\x01"]);
    answer(&broker, &request, 3, reply);
    let words = request[3..].iter().map(|frame| String::from_utf8_lossy(frame).into_owned()).collect();
    (words, program.finish())
}

fn answer(broker: &Peer, request: &[Vec<u8>], command: u8, reply: &[&str]) {
    let mut frames = vec![request[0].clone(), b"MDPC02".to_vec(), vec![command], request[3].clone()];
    frames.extend(reply.iter().map(|frame| frame.as_bytes().to_vec()));
    broker.send(frames);
}

#[test]
fn submit_sends_what_is_given_and_prints_the_id() {
    let flags = ["--job-key", "monday", "--deadline", "2h", "--tries", "5", "--parent", ID];
    let arguments = ["submit", "report", "a", "b"].into_iter().chain(flags).collect::<Vec<_>>();
    let (asked, finished) = asked(&arguments, &["200", ID]);
    let options = format!(r#"{{"key":"monday","deadline_ms":7200000,"tries":5,"parent":"{ID}"}}"#);
    assert_eq!(asked, ["job.submit", &options, "report", "a", "b"]);
    assert_eq!((finished.code, finished.stdout), (Some(0), format!("{ID}\n")));
}

#[test]
fn a_job_that_is_sent_again_has_the_same_random_key() {
    let broker = Peer::bind(ROUTER);
    let program = start(&broker, &["submit", "report", "a", "--patience", "200ms"]);
    let [first, again] = [broker.receive(), broker.receive()];
    assert_ne!(first[0], again[0]);
    assert_eq!(first[1..], again[1..]);
    assert!(String::from_utf8_lossy(&first[4]).starts_with(r#"{"key":""#));
    answer(&broker, &again, 3, &["200", ID]);
    assert_eq!(program.finish().stdout, format!("{ID}\n"));
}

#[test]
fn wait_prints_partial_replies_as_lines_and_the_last_one_as_it_is() {
    let broker = Peer::bind(ROUTER);
    let program = start(&broker, &["wait", ID, "--parent", ID]);
    let request = broker.receive();
    assert_eq!(request[3..], [b"job.wait", ID.as_bytes(), ID.as_bytes()]);
    answer(&broker, &request, 2, &["half"]);
    answer(&broker, &request, 2, &["more\n"]);
    answer(&broker, &request, 3, &["200", "whole", "\0end"]);
    let finished = program.finish();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "half\nmore\nwhole\n\0end\n"));
}

#[test]
fn a_reply_of_any_bytes_stays_as_it_is() {
    let broker = Broker::start("");
    let worker = broker.worker("photo");
    let asking = Command::new(JOBZ)
        .args(["ask", "photo", "cat", "--jobs", &broker.endpoint, "--observe", "off"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let request = command(&worker, 2);
    reply(&worker, &request[2], b"\xff\x00\n\xd8");
    assert_eq!(asking.wait_with_output().unwrap().stdout, b"\xff\x00\n\xd8");
}

#[test]
fn each_command_asks_its_service_and_prints_its_answer() {
    let status = format!(
        r#"{{"id":"{ID}","service":"report","state":"open","attempts":2,"parts":3,"age_ms":90000,"new":true}}"#
    );
    let row = format!("{ID}  report   open   2      3      1m 30s\n");
    let (words, finished) = asked(&["status", ID], &["200", &status]);
    assert_eq!(words, ["job.status", ID]);
    assert!(finished.stdout.starts_with("ID ") && finished.stdout.ends_with(&row), "{}", finished.stdout);

    let (_, finished) = asked(&["status", ID], &["200", &format!(r#"{{"id":"{ID}","state":"done"}}"#)]);
    assert!(finished.stdout.ends_with(&format!("{ID}  -        done   -      -      -\n")), "{}", finished.stdout);

    let (words, finished) = asked(&["list", "report"], &["200", &format!("[{status}]")]);
    assert_eq!(words, ["job.list", "report"]);
    assert!(finished.stdout.ends_with(&row), "{}", finished.stdout);
    let (words, finished) = asked(&["list", "--json"], &["200", &format!("[{status}]")]);
    assert_eq!(words, ["job.list", ""]);
    assert_eq!(finished.stdout, format!("[{}]\n", status.replace(r#","new":true"#, "")));

    let dead = format!(r#"[{{"id":"{ID}","service":"report","reason":"no paper","at":1000}}]"#);
    let (words, finished) = asked(&["dead"], &["200", &dead]);
    assert_eq!(words, ["job.dead", ""]);
    assert!(finished.stdout.ends_with("report   1970-01-01T00:00:01Z  no paper\n"), "{}", finished.stdout);

    for name in ["cancel", "close", "resend"] {
        let (words, finished) = asked(&[name, ID], &["200"]);
        assert_eq!(words, [&format!("job.{name}"), ID]);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""));
    }
}

#[test]
fn a_status_other_than_200_is_an_error_in_plain_words() {
    for (name, status, sentence) in [
        ("status", &["404"][..], "error: no such job"),
        ("wait", &["410"], "error: the job is cancelled"),
        ("wait", &["424", "no paper"], "error: the job is dead: no paper"),
        ("cancel", &["409", "it is done"], "error: the broker refuses it (409): it is done"),
        ("close", &["what?"], "error: the broker's reply is malformed"),
        ("status", &["200", "{}"], "error: the broker's reply is malformed"),
    ] {
        let (_, finished) = asked(&[name, ID], status);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
        assert!(finished.stderr.contains(sentence), "{}", finished.stderr);
    }
}

#[test]
fn a_request_of_a_job_is_a_job_too() {
    let broker = Peer::bind(ROUTER);
    let mut command = Command::new(JOBZ);
    command.args(["ask", "report", "a", "--jobs", broker.endpoint(), "--observe", "off"]).env("JOBZ_JOB", ID);
    let program = Program::spawn(command);
    let request = broker.receive();
    assert_eq!((&request[3][..], &request[5][..], &request[6][..]), (&b"job.run"[..], &b"report"[..], &b"a"[..]));
    assert!(String::from_utf8_lossy(&request[4]).ends_with(&format!(r#""parent":"{ID}"}}"#)));
    answer(&broker, &request, 3, &["200", "done"]);
    assert_eq!(program.finish().stdout, "done\n");
}

#[test]
fn without_a_broker_a_command_ends_after_its_asks() {
    let [absent] = testkit::free_endpoints();
    let arguments = ["list", "--jobs", &absent, "--connect", "100ms", "--asks", "2", "--observe", "off"];
    let finished = Program::start(JOBZ, arguments).finish_within(Duration::from_secs(20));
    assert_eq!(finished.code, Some(1));
    assert!(finished.stderr.contains("no reply, tried 2 times: no broker at"), "{}", finished.stderr);
}
