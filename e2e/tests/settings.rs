//! What holds for the settings of every program: a flag of a channel has its variable and port, credentials need a mechanism, an empty variable is none, errors name
//! their source, files stay open in large numbers.

use std::{fs, process::Command, time::Duration};

use e2e::{ANY, tickz};
use testkit::{Finished, Program, eventually, sibling};
use wire::Channel;

/// A role of each program, ready to fail before it does anything.
const ROLES: [(&str, &[&str]); 9] = [
    ("tickz", &["publish", "--ticks", ANY]),
    ("tickz", &["watch", "MSFT"]),
    ("chatz", &["serve", "--requests", ANY, "--broadcasts", ANY]),
    ("chatz", &["say", "ada", "hello"]),
    ("valuz", &["source", "--count", "1", "--orders", ANY]),
    ("valuz", &["worker"]),
    ("valuz", &["reduce", "--count", "1", "--workers", "1", "--results", ANY, "--control", ANY]),
    ("valuz", &["run", "--count", "1", "--workers", "1"]),
    ("dealz", &["--web", "127.0.0.1:0", "--reports", ANY, "--observations", ANY, "--commands", ANY]),
];

fn run_with(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
    let mut command = Command::new(sibling(name));
    command.args(arguments).envs(variables.iter().copied()).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let mut program = Program::spawn(command);
    program.close_stdin();
    program.finish()
}

#[test]
fn the_flag_of_a_channel_shows_its_variable_and_its_port() {
    for (name, role) in ROLES {
        let finished = run_with(name, &[role, &["--help"]].concat(), &[]);
        let flags = finished.stdout.split("      --").skip(1);
        let endpoints: Vec<&str> = flags.filter(|flag| flag.contains(" <ENDPOINT>")).collect();
        assert!(!endpoints.is_empty(), "{name} {role:?}: {finished:?}");
        for flag in endpoints {
            let channel = Channel::all().find(|channel| flag.starts_with(&format!("{} <", channel.name)));
            let channel = channel.unwrap_or_else(|| panic!("{name} {role:?}: the flag of no channel: --{flag}"));
            assert!(flag.contains(&format!("[env: {}=", channel.variable)), "{name} {role:?}: --{flag}");
            // `valuz run` binds to free ports.
            let has_port = flag.contains(&format!(":{}]", channel.port)) || flag.contains("a free port");
            assert!(has_port, "{name} {role:?}: --{flag}");
        }
    }
}

#[test]
fn credentials_without_a_mechanism_are_wrong_usage_in_every_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("suite.toml");
    fs::write(&config, "allow = 'allow'\n").expect("it can be written");
    let config = config.to_str().expect("it is UTF-8");
    for (name, role) in ROLES {
        for (arguments, variables, source) in [
            (&["--key", "k"][..], &[][..], "--key (or SUITE_KEY)"),
            (&[], &[("SUITE_ALLOW", "allow")], "--allow (or SUITE_ALLOW)"),
            (&["--config", config], &[], "suite.toml: allow"),
        ] {
            let finished = run_with(name, &[role, arguments].concat(), variables);
            assert_eq!(finished.code, Some(2), "{name} {role:?} {arguments:?}: {}", finished.stderr);
            let expected = format!("error: {source} is set but --security is not");
            let expected = expected.replace("suite.toml", config);
            assert!(finished.stderr.contains(&expected), "{name} {role:?}: {}", finished.stderr);
        }
    }
}

#[test]
fn a_password_shows_in_no_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("suite.toml");
    fs::write(&config, "security = 'plain'\npassword = 'hunter2\n").expect("it can be written");
    let config = config.to_str().expect("it is UTF-8");
    for (name, role) in ROLES {
        let finished = run_with(name, &[role, &["--config", config]].concat(), &[]);
        assert_eq!(finished.code, Some(1), "{name} {role:?}: {}", finished.stderr);
        assert!(finished.stderr.contains("suite.toml:2: "), "{name} {role:?}: {}", finished.stderr);
        assert!(!finished.stderr.contains("hunter2"), "{name} {role:?}: {}", finished.stderr);
    }
}

#[test]
fn empty_variables_are_none_and_bad_ones_are_named() {
    let empty = ["CONFIG", "SECURITY", "KEY", "SERVER_KEY", "ALLOW", "USERNAME", "PASSWORD", "NO_KEEP_ALIVE", "HOST"]
        .map(|name| format!("SUITE_{name}"));
    let channels = ["TICKZ_TICKS", "VALUZ_ORDERS", "VALUZ_RESULTS", "VALUZ_CONTROL"].map(str::to_owned);
    let empty: Vec<(&str, &str)> = empty.iter().chain(&channels).map(|name| (name.as_str(), "")).collect();
    let finished = run_with("valuz", &["run", "--count", "10", "--workers", "1"], &empty);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    for (name, role) in ROLES {
        let finished = run_with(name, role, &[("SUITE_SECURITY", "rot13")]);
        assert_eq!(finished.code, Some(2), "{name} {role:?}: {}", finished.stderr);
        assert!(finished.stderr.contains("'SUITE_SECURITY'"), "{name} {role:?}: {}", finished.stderr);
        assert!(!finished.stderr.contains("--security <"), "{name} {role:?}: {}", finished.stderr);
    }
}

#[test]
fn a_signal_ends_the_wait_for_a_config_that_is_a_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status().is_ok_and(|status| status.success()));
    let pipe = pipe.to_str().expect("it is UTF-8");
    let key = ["--security", "curve", "--key", pipe];
    for (name, role) in ROLES {
        for arguments in [&["--config", pipe][..], &key] {
            let program = Program::start(sibling(name), [role, arguments].concat());
            // Before its handlers are set, the signal would end any program.
            eventually("the program waits", || waits_with_handlers(&program));
            program.interrupt();
            let finished = program.finish_within(Duration::from_secs(1));
            assert!(matches!(finished.code, Some(0 | 1)), "{name} {role:?} {arguments:?}: {finished:?}");
        }
    }
}

/// Whether the process handles SIGINT and sleeps.
fn waits_with_handlers(program: &Program) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", program.pid())).unwrap_or_default();
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
    let caught = u64::from_str_radix(field("SigCgt:"), 16).unwrap_or(0);
    caught & 2 != 0 && field("State:").starts_with('S')
}

#[test]
fn a_program_may_open_as_many_files_as_the_system_allows() {
    let publisher = tickz(&["publish", "--ticks", ANY]);
    let _ = publisher.endpoint("ticks");
    let limits = fs::read_to_string(format!("/proc/{}/limits", publisher.pid())).expect("it runs");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("it has this limit");
    let numbers: Vec<&str> = line.split_whitespace().filter(|word| word.parse::<u64>().is_ok()).collect();
    assert!(matches!(numbers[..], [soft, hard] if soft == hard), "{line}");
}
