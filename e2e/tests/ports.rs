//! A port in use is reported in one line that names the port and its holder, with exit code 1. `just doctor` reports all.

use std::{net::TcpListener, path::Path, process::Command};

use e2e::ANY;
use testkit::{run, sibling};
use wire::{Channel, tick::TICKS};

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

#[test]
fn the_doctor_lists_the_port_of_every_channel() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let mut doctor = Command::new("scripts/doctor.sh");
    doctor.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    for channel in Channel::all() {
        doctor.env_remove(channel.variable);
    }
    let output = doctor.env(TICKS.variable, format!("tcp://127.0.0.1:{port}")).output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    for channel in Channel::all() {
        let Channel { name, program, variable, .. } = channel;
        let line = output.lines().find(|line| line.contains(&format!("{program} {name} ({variable})")));
        let line = line.unwrap_or_else(|| panic!("no line about {name}: {output}"));
        let expected = if channel == TICKS { port } else { channel.port };
        assert_eq!(line.split_whitespace().nth(1), Some(&*expected.to_string()), "{line}");
        assert!(channel != TICKS || line.contains(&format!("(pid {})", std::process::id())), "{line}");
    }
}
