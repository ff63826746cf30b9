//! The units and manifests of `deploy/`: systemd's checker finds no fault, and their command lines do what they should.

use std::{collections::HashMap, fs, path::Path, process::Command};

use testkit::{Program, run};

use crate::support::JOBZ;

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy");

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(DEPLOY).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Starts a command line at ports that are free.
fn start(words: impl IntoIterator<Item = String>, variables: &[(&str, &str)]) -> Program {
    let mut command = Command::new(JOBZ);
    let words = words.into_iter().map(|word| word.replace(":9464", ":0").replace("*:9010", "127.0.0.1:*"));
    command.args(words).envs(variables.iter().copied()).env("SUITE_OBSERVE", "off");
    Program::spawn(command)
}

/// The words of a unit's command after the program. As systemd does it, `$NAME` is split into words.
fn unit_command(unit: &str, instance: &str, variables: &HashMap<&str, &str>) -> Vec<String> {
    let text = read(unit);
    let command = text.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/jobz ")).unwrap();
    let word = |word: &str| match word.strip_prefix('$') {
        Some(name) => variables[name].split_whitespace().map(str::to_owned).collect(),
        None => vec![word.replace("%I", instance)],
    };
    command.split_whitespace().flat_map(word).collect()
}

/// The words of the only container of a manifest: a flow sequence whose strings have no escapes.
fn container_command(manifest: &str) -> Vec<String> {
    let text = read(manifest);
    let words = text.lines().find_map(|line| line.trim().strip_prefix("args: [")?.strip_suffix(']')).unwrap();
    words.split(", ").map(|word| word.trim_matches('"').to_owned()).collect()
}

/// A broker and workers that were started so serve a request.
fn assert_serves(broker: Vec<String>, workers: Vec<String>, service: &str) {
    let broker = start(broker, &[("JOBZ_JOBS", "tcp://127.0.0.1:*")]);
    let _metrics = broker.endpoint("metrics");
    let endpoint = broker.endpoint("jobs");
    let _workers = start(workers, &[("JOBZ_JOBS", &endpoint)]);
    let asked = run(JOBZ, ["ask", service, "good morning", "--jobs", &endpoint, "--observe", "off"]);
    assert_eq!((asked.code, asked.stdout.trim()), (Some(0), "GOOD MORNING"), "{}", asked.stderr);
}

#[test]
#[cfg(target_os = "linux")]
fn the_checker_of_systemd_finds_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let verify = |unit: &str, text: String| {
        let path = folder.path().join(unit);
        fs::write(&path, text).unwrap();
        let verify = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path).output();
        let verify = verify.unwrap_or_else(|error| panic!("systemd-analyze: {error}; `./justw test` installs it"));
        (verify.status.success(), String::from_utf8_lossy(&verify.stderr).into_owned())
    };
    for unit in ["jobz-broker.service", "jobz-worker@.service"] {
        // It looks for the program.
        let text = read(&format!("systemd/{unit}")).replace("/usr/local/bin/jobz", JOBZ);
        assert_eq!(verify(unit, text.clone()), (true, String::new()));
        let (_, fault) = verify(unit, text.replace("ProtectHome", "ProtctHome"));
        assert!(fault.contains("Unknown key"), "{fault}");
    }
}

#[test]
fn the_command_lines_of_the_units_serve_requests() {
    // As the comment of the unit has it.
    let text = read("systemd/jobz-worker@.service");
    let variables: HashMap<&str, &str> =
        text.lines().filter_map(|line| line.strip_prefix("#   ")?.split_once('=')).collect();
    assert!(variables.contains_key("JOBZ_JOBS"));
    let broker = unit_command("systemd/jobz-broker.service", "", &variables);
    assert_serves(broker, unit_command("systemd/jobz-worker@.service", "upper", &variables), "upper");
}

#[test]
fn the_command_lines_of_the_manifests_serve_requests() {
    let broker = container_command("kubernetes/broker.yaml");
    assert_serves(broker, container_command("kubernetes/workers.yaml"), "upper");
}
