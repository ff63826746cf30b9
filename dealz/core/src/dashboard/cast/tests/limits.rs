//! What is wrong with the bus, malformed, or too much.

use super::*;

#[test]
fn a_fault_of_the_bus_and_what_is_malformed_are_shown() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[]));
    stage.cast.handle_bus(Some("no hub at tcp://127.0.0.1:9008".to_owned()), stage.now());
    stage.cast.handle_malformed_report();
    stage.pass(20_000);
    let _ = stage.look();
    assert_eq!(stage.page.fault.as_deref(), Some("no hub at tcp://127.0.0.1:9008"));
    assert_eq!((stage.page.malformed, stage.page.processes[0].presence), (1, Shown::Present));
    stage.cast.handle_bus(None, stage.now());
    stage.pass(200);
    assert!(stage.look().cast.unwrap().fault.is_none());
}

#[test]
fn whatever_is_claimed_what_is_shown_is_bounded_and_safe() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[CLIENT]));
    let hostile = Label::cut("\u{1b}[2J<script>\n");
    for process in 1_000..1_300 {
        let sockets = (0..16).map(|number| {
            let all = (0..50)
                .map(|id| Connection { reason: Some(hostile.clone()), ..connection(id, SERVER, Reported::Up, -1.0) });
            let socket = binds(&format!("s{number}"), "PAIR", SERVER, all.collect());
            SocketState { kind: hostile.clone(), more_connections: u64::MAX, ..socket }
        });
        let state = state(process, 0, sockets.collect());
        stage.report(ProcessState { program: hostile.clone(), more_sockets: u64::MAX, ..state });
        stage.event(process, "s0", 0, "\u{1b}", u32::MAX);
    }
    stage.pass(200);
    stage.pass(4_000);
    let changes = stage.look();
    let sockets: usize = stage.page.processes.iter().map(|process| process.sockets.len()).sum();
    let connections = stage.page.processes.iter().flat_map(|process| &process.sockets).map(|it| it.connections.len());
    assert!(sockets <= 256 * 8 && connections.sum::<usize>() <= 256 * 16 + 32);
    assert_eq!((stage.page.processes.len(), stage.page.others), (256, 45));
    assert!(stage.page.lines.len() <= 4_096 && stage.page.strangers.len() <= 64);
    let shown = serde_json::to_value((&stage.page, &changes.events)).unwrap();
    assert!(is_safe(&shown), "control characters are shown");
    let json = shown.to_string();
    assert!(json.len() < 8 << 20, "{} bytes", json.len());
    assert!(changes.states.len() <= 2 * 512);
    assert_eq!(changes.counts.iter().map(|it| it.sockets.len()).sum::<usize>(), sockets);
    // Those that were first are as they are.
    assert_eq!(stage.page.processes[0].sockets[0].peers, 1);
}

/// Whether no text controls how others are shown.
fn is_safe(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => !text.contains(wire::foreign::controls_display),
        serde_json::Value::Array(values) => values.iter().all(is_safe),
        serde_json::Value::Object(members) => members.values().all(is_safe),
        _ => true,
    }
}
