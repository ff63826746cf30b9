//! What a person means by the name of a process.

use super::*;

#[test]
fn processes_and_sockets_are_found_by_the_names_that_people_use() {
    let mut stage = Stage::new();
    stage.report(state(DESK.0, 0, Vec::new()));
    stage.report(publisher(0x2345_0000_0000_0002, &[CLIENT]));
    stage.report(watcher(3, CLIENT));
    let child = |id: &str, pid| ProcessView {
        id: id.to_owned(),
        command: String::new(),
        state: Child::Running,
        pid: Some(pid),
        since_ms: 0.0,
        memory_bytes: None,
        log: Vec::new(),
    };
    stage.cast.handle_processes(&[child("worker-3", 3)]);
    let (publisher, watcher) = ("2345000000000002", "0000000000000003");
    for (target, processes) in [
        ("tickz", &[publisher, watcher][..]),
        ("tickz publish", &[publisher, watcher]),
        ("worker-3", &[watcher]),
        ("3", &[watcher]),
        ("2345", &[publisher]),
        ("dealz", &["0000000000000001"]),
    ] {
        let found = stage.cast.find(target).unwrap();
        assert_eq!((found.processes, found.sockets), (processes.iter().map(|id| (*id).to_owned()).collect(), vec![]));
    }
    let found = stage.cast.find("tickz/ticks.sub").unwrap();
    assert_eq!((found.processes, found.sockets), (vec![], vec![format!("{watcher}/ticks.sub")]));
    for (target, reason) in [
        ("", "no process  reports"),
        ("234", "no process 234 reports"),
        ("tickz watch", "no process tickz watch reports"),
        ("chatz\n/x", "no process chatz\\n reports"),
        ("worker-3/ticks.pub", "worker-3 has no socket ticks.pub; it has ticks.sub"),
        ("dealz/x", "dealz has no socket x; it has none"),
    ] {
        assert_eq!(stage.cast.find(target).unwrap_err(), reason);
    }
    stage.cast.handle_ended(ProcessId(3), stage.now());
    assert!(stage.cast.find("worker-3").is_err(), "it is gone");
}
