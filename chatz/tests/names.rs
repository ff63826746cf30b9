//! Under PLAIN a connection can use only its own name.

mod support;

use std::collections::BTreeSet;

use support::{CHATZ, Server};
use testkit::{Finished, Program, eventually, run};

#[test]
fn a_request_counts_only_for_the_authenticated_name_of_its_connection() {
    let folder = tempfile::tempdir().unwrap();
    let allow = folder.path().join("allow");
    testkit::write_private(&allow, "ada secret\nbob hidden\n");
    let server = Server::start(&["--security", "plain", "--allow", allow.to_str().unwrap()]);
    let say = |user: &str, security: &[&str]| -> Finished {
        run(CHATZ, [&server.client(&["say", user, "hi", "--timeout", "3s"]), security].concat())
    };
    let ada = ["--security", "plain", "--username", "ada", "--password", "secret"];
    let said = say("ada", &ada);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "ada\n"));

    let said = say("bob", &ada);
    let refused = "error: refused: this connection is authenticated as ada and cannot use the name bob\n";
    assert_eq!((said.code, said.stderr.as_str()), (Some(1), refused));

    let said = say("ada", &["--security", "plain", "--username", "ada", "--password", "wrong"]);
    assert!(said.code == Some(1) && said.stderr.contains("not on the server's allow-list"), "{}", said.stderr);
    server.program.wait_for_log("peer refused");
    let said = say("ada", &[]);
    assert!(said.code == Some(1) && said.stderr.contains("no server at"), "{}", said.stderr);
}

#[test]
fn a_client_that_was_refused_gets_in_once_the_list_has_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let allow = folder.path().join("allow");
    testkit::write_private(&allow, "ada secret\n");
    let server = Server::start(&["--security", "plain", "--allow", allow.to_str().unwrap()]);
    let bob = ["--security", "plain", "--username", "bob", "--password", "hidden"];
    let client = Program::start(CHATZ, [&server.client(&["join", "bob"]), &bob[..]].concat());
    client.line_where(|line| line.contains("not on the server's allow-list"));
    testkit::write_private(&allow, "ada secret\nbob hidden\n");
    client.line_where(|line| line == "chatz: present: bob");
}

#[test]
fn a_failed_handshake_is_reported_once_per_reason_though_it_is_retried() {
    let folder = tempfile::tempdir().unwrap();
    let allow = folder.path().join("allow");
    testkit::write_private(&allow, "ada secret\n");
    let server = Server::start(&["--security", "plain", "--allow", allow.to_str().unwrap()]);
    let client = Program::start(CHATZ, server.client(&["join", "ada"]));
    // Which of two reasons an attempt meets is a race.
    eventually("many attempts fail", || server.program.log().matches("handshake failed").count() >= 8);
    client.terminate();
    let lines = client.finish().stdout;
    let reports: Vec<&str> = lines.lines().filter(|line| line.contains("handshake failed")).collect();
    let different: BTreeSet<&str> = reports.iter().copied().collect();
    assert!(!reports.is_empty() && reports.len() == different.len(), "{reports:?}");
}
