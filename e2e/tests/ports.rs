//! A port in use is reported in one line that names the port and its holder, with exit code 1.

use std::net::TcpListener;

use e2e::ANY;
use testkit::{run, sibling};

fn refused(program: &str, arguments: &[&str], port: u16) {
    let finished = run(sibling(program), arguments);
    assert_eq!(finished.code, Some(1), "{program} {arguments:?}");
    let errors: Vec<&str> = finished.stderr.lines().filter(|line| line.starts_with("error")).collect();
    let [error] = errors[..] else { panic!("not one line: {}", finished.stderr) };
    assert!(error.contains(&port.to_string()), "{error}");
    assert!(error.contains(&format!("pid {}", std::process::id())), "{error}");
}

#[test]
fn every_role_that_binds_names_the_port_and_its_holder() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let taken = &format!("tcp://127.0.0.1:{port}");
    refused("tickz", &["publish", "--ticks", taken], port);
    refused("chatz", &["serve", "--requests", taken, "--broadcasts", ANY], port);
    refused("chatz", &["serve", "--requests", ANY, "--broadcasts", taken], port);
    refused("valuz", &["source", "--count", "1", "--orders", taken], port);
    refused("valuz", &["reduce", "--workers", "1", "--count", "1", "--results", taken, "--control", ANY], port);
    refused("valuz", &["reduce", "--workers", "1", "--count", "1", "--results", ANY, "--control", taken], port);
}
