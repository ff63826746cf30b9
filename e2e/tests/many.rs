//! Many processes with many messages: the hub and an observer see all of them, at little cost and in the same memory.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use e2e::{
    ANY,
    cast::Cast,
    length, length_up_to,
    observer::{Observer, hub, lines},
};
use testkit::{Program, free_endpoints};

/// The most processes.
const PROCESSES_MAX: usize = 60;

/// Messages a second of all processes.
const RATE: usize = 20_000;

/// What the hub and the observer may take together, in processor cores.
const CORES_MAX: f64 = 0.5;

/// How much the memory of each may grow after it has seen all processes.
const GROWTH_MAX: u64 = 4 << 20;

#[test]
fn many_processes_cost_the_hub_and_an_observer_little_and_no_memory() {
    let processes = length(12, PROCESSES_MAX);
    let hub = hub(ANY, ANY);
    let mut observer = Observer::connect(&hub.endpoint("observations"));
    let casts = ring(&hub.endpoint("reports"), processes, RATE * processes / PROCESSES_MAX);
    let expected: BTreeSet<String> = (0..processes)
        .flat_map(|number| {
            let next = (number + 1) % processes;
            [format!("{number} push -> {next} pull"), format!("{number} sub -> {next} pub")]
        })
        .collect();
    let name = |state: &wire::report::ProcessState, socket: &wire::report::SocketState| {
        format!("{} {}", state.role.as_str(), socket.name.as_str())
    };
    observer.until("all lines", |observatory| lines(observatory, name) == expected);
    settle(&mut observer, Duration::from_secs(length_up_to(1, 20, 60) as u64));

    let both = || [&hub, &observer.watch].map(Program::resident_bytes);
    let (before, spent, start) = (both(), processor_time(&hub, &observer), Instant::now());
    settle(&mut observer, Duration::from_secs(length_up_to(2, 60, 600) as u64));
    let programs = casts.iter().map(|cast| &cast.program);
    for program in programs.chain([&hub, &observer.watch]) {
        assert!(program.is_running(), "it has ended: {}", program.log());
    }
    let lines = lines(&observer.observatory, name);
    assert!(lines == expected, "{} lines; log: {}", lines.len(), observer.watch.log());
    let messages: f64 = observer.observatory.processes().iter().map(observatory::Process::messages_a_second).sum();
    let cores = (processor_time(&hub, &observer) - spent).as_secs_f64() / start.elapsed().as_secs_f64();
    let after = [&hub, &observer.watch].map(Program::resident_bytes);
    let grown: Vec<u64> = after.iter().zip(before).map(|(after, before)| after.saturating_sub(before)).collect();
    report(&format!(
        "{processes} processes, {:.0} messages/s: hub and observer take {cores:.3} cores; memory {after:?}, grown by {grown:?}",
        // Each is sent and received.
        messages / 2.0,
    ));
    assert!(grown.iter().all(|grown| *grown < GROWTH_MAX), "{grown:?}");
    // The rate, and what it costs, on an idle machine, which a soak has.
    assert!(messages > 0.0);
    if length(0, 1) == 1 {
        assert!(messages / 2.0 > 0.5 * (RATE * processes / PROCESSES_MAX) as f64, "{messages} messages a second");
        assert!(cores < CORES_MAX, "{cores}");
    }
}

/// Reads what the observer prints for this long.
fn settle(observer: &mut Observer, duration: Duration) {
    let end = Instant::now() + duration;
    while Instant::now() < end {
        observer.next_within(Duration::from_millis(100));
    }
}

fn processor_time(hub: &Program, observer: &Observer) -> Duration {
    hub.processor_time() + observer.watch.processor_time()
}

#[expect(clippy::print_stdout, reason = "shown in a soak")]
fn report(line: &str) {
    println!("{line}");
}

/// Processes of four sockets each: each one sends to the next one, and subscribes to it.
fn ring(hub: &str, processes: usize, rate: usize) -> Vec<Cast> {
    let endpoints = free_endpoints::<{ 2 * PROCESSES_MAX }>();
    let endpoint = |number: usize, socket: usize| &endpoints[2 * (number % processes) + socket];
    let rate = (rate as f64 / (2 * processes) as f64).to_string();
    let sockets = |number: usize| {
        [
            format!("pull PULL bind {}", endpoint(number, 0)),
            format!("pub XPUB bind {} {}", endpoint(number, 1), u64::MAX),
            format!("push PUSH connect {} {}", endpoint(number + 1, 0), u64::MAX),
            format!("sub SUB connect {}", endpoint(number + 1, 1)),
        ]
    };
    let start = |number: usize| {
        let sockets = sockets(number);
        let sockets = sockets.iter().map(String::as_str);
        let arguments: Vec<&str> = ["--rate", &rate].into_iter().chain(sockets).collect();
        Cast::start(hub, &number.to_string(), &arguments)
    };
    (0..processes).map(start).collect()
}
