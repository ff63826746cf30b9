//! What is made to fail does, on real processes and sockets, and only for its time.

use std::{
    fs,
    sync::mpsc::{Receiver, sync_channel},
    time::{Duration, Instant},
};

use scenez::stage::{Command, Progress, Snapshot, Stage};

use crate::common::{config, outcome, scene};

/// A subscriber behind a link, and one without.
const LINKED: &str = r#"# A link

One of two subscribers is behind a link.

```toml cast
[prices]
run = "tickz publish --symbols MSFT=41.78 --rate 100 --sequence"
[near]
run = "tickz watch MSFT"
[far]
run = "tickz watch MSFT"
links = ["ticks"]
```

## Both receive

```toml expect
within = "10s"
"near.received" = ">= 10"
"far.received" = ">= 10"
"prices.ticks.peers" = 2
```

## The link is down

```toml do
fault = { on = "far.ticks", down = true, for = "20s" }
```

```toml expect
within = "10s"
"prices.ticks.peers" = 1
"far.ticks.phase" = "retrying"
"near.received" = "rises >= 50"
```

## And up again

```toml do
clear = "far.ticks"
```

```toml expect
within = "10s"
"prices.ticks.peers" = 2
"far.ticks.phase" = "up"
"far.received" = "rises >= 50"
```

## Half open: no peer notices

```toml do
fault = { on = "far.ticks", timeout = true, for = "20s" }
```

```toml expect
within = "10s"
stays = "1s"
"far.ticks.phase" = "up"
"far.ticks.rate" = "= 0"
"near.received" = "rises >= 50"
```

## A fault ends by itself

```toml do
clear = "all"
fault = { on = "far.ticks", down = true, for = "1s" }
```

```toml expect
within = "15s"
"far.ticks.phase" = "up"
"far.received" = "rises >= 20"
```
"#;

/// A program that does nothing but run.
const BUSY: &str = r#"# Busy

It counts.

```toml cast
[busy]
run = "sh -c 'while :; do :; done'"
```

## It is slow

```toml do
fault = { on = "busy", slow = 80, for = "20s" }
```

## No longer

```toml do
clear = "busy"
```
"#;

#[test]
fn a_link_fails_and_recovers_without_its_neighbour() {
    let outcome = outcome(LINKED);
    assert!(outcome.failures.is_empty(), "{:#?}", outcome.failures);
}

#[test]
fn a_link_that_does_not_fail_is_found() {
    let fault = "fault = { on = \"far.ticks\", down = true, for = \"20s\" }";
    let text = LINKED.replacen(fault, "highlight = \"far\"", 1).replacen(
        "10s\"\n\"prices.ticks.peers\" = 1",
        "2s\"\n\"prices.ticks.peers\" = 1",
        1,
    );
    assert_ne!(text, LINKED);
    let failures = outcome(&text).failures.join("\n");
    assert!(failures.contains("prices.ticks.peers = 1, is 2 after 2 s"), "{failures}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_slow_process_is_suspended_for_most_of_the_time_until_it_is_cleared() {
    let (sender, changes) = sync_channel(1);
    let stage = Stage::open(scene(BUSY), config(), move || {
        let _ = sender.try_send(());
    });
    let stage = stage.unwrap();
    let snapshot = until(&stage, &changes, |snapshot| !snapshot.faults.is_empty());
    assert_eq!((snapshot.faults[0].on.as_str(), snapshot.faults[0].fault.to_string().as_str()), ("busy", "slow 80%"));
    let pid = snapshot.actors[0].pid.unwrap();
    let suspended = share_suspended(pid);
    assert!(suspended >= 0.5, "{suspended}");
    testkit::eventually("it runs now and then", || !is_suspended(pid));
    stage.command(Command::Next).unwrap();
    until(&stage, &changes, |snapshot| snapshot.cue == 1 && snapshot.faults.is_empty());
    testkit::eventually("it runs", || !is_suspended(pid));
    assert_eq!(share_suspended(pid), 0.0);
    stage.close().unwrap();
}

fn until(stage: &Stage, changes: &Receiver<()>, wanted: impl Fn(&Snapshot) -> bool) -> std::sync::Arc<Snapshot> {
    let deadline = Instant::now() + testkit::BOUND;
    loop {
        let snapshot = stage.snapshot();
        if matches!(snapshot.progress, Progress::Watching(_)) && wanted(&snapshot) {
            return snapshot;
        }
        assert!(Instant::now() < deadline, "{snapshot:?}");
        let _ = changes.recv_timeout(testkit::BOUND);
    }
}

/// How much of a second a process is suspended.
fn share_suspended(pid: u32) -> f64 {
    let (begin, mut looks, mut suspended) = (Instant::now(), 0, 0);
    while begin.elapsed() < Duration::from_secs(1) {
        looks += 1;
        suspended += u32::from(is_suspended(pid));
    }
    f64::from(suspended) / f64::from(looks)
}

fn is_suspended(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
}
