//! Events as lines.

use super::*;

#[test]
fn after_half_of_all_reports_was_lost_the_next_state_is_right() {
    let mut stage = Stage::new();
    let mut peers = 0;
    for step in 0..200_u32 {
        peers = step * 7 % 30;
        let clients: Vec<_> = (0..peers).map(|port| format!("tcp://10.0.0.9:{port}")).collect();
        let clients: Vec<_> = clients.iter().map(String::as_str).collect();
        for (number, name) in (4 * u64::from(step)..).zip(["ACCEPTED", "HANDSHAKE_SUCCEEDED", "DISCONNECTED", "CLOSED"])
        {
            if (number / 2 + number) % 2 == 0 {
                stage.event(2, "ticks.pub", number, name, step);
            }
        }
        if step % 2 == 1 {
            stage.report(publisher(2, &clients));
        }
    }
    stage.pass(200);
    assert_eq!(stage.socket(0).2, peers);
    let events = stage.look().events;
    assert!(stage.page.processes[0].missing_events > 100);
    assert!(events.iter().all(|line| line.sentence.ends_with('.')));
}

#[test]
fn events_of_any_process_are_lines_with_its_name() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[]));
    stage.now_ms = 17.0;
    for (number, name) in [(0, "ACCEPTED"), (1, "HANDSHAKE_SUCCEEDED"), (5, "UNKNOWN(0x8000)")] {
        stage.event(2, "ticks.pub", number, name, 11);
    }
    stage.event(9, "ticks.pub", 0, "ACCEPTED", 11);
    assert_eq!(stage.pass(200), 1);
    let events = stage.look().events;
    let shown: Vec<_> =
        events.iter().map(|line| (line.event.as_str(), line.number, line.value, line.time_ms)).collect();
    assert_eq!(
        shown,
        [
            ("ACCEPTED", 0x20, 11, 17.0),
            ("HANDSHAKE_SUCCEEDED", 0x1000, 11, 17.0),
            ("GAP", 0, 3, 17.0),
            ("UNKNOWN(0x8000)", 0x8000, 11, 17.0)
        ]
    );
    assert!(events.iter().all(|line| line.socket == "0000000000000002/ticks.pub"));
    assert_eq!((events[0].name.as_str(), events[2].name.as_str()), ("tickz publish XPUB", "tickz publish"));
    assert!(events[1].sentence.ends_with("1 peer is connected now."), "{}", events[1].sentence);
    assert_eq!(events[2].sentence, "3 events of tickz publish are missing: they were lost, or too many came.");
    // A state shows that two more are missing: the line of the gap counts them.
    stage.report(ProcessState { events: 8, ..publisher(2, &[]) });
    let events = stage.look().events;
    assert_eq!((events.len(), events[0].id, events[0].value, events[0].count), (1, 2, 5, 2));
}

#[test]
fn events_that_arrive_before_their_socket_is_reported_wait_for_it() {
    let mut stage = Stage::new();
    stage.report(state(2, 0, vec![]));
    stage.event(2, "ticks.pub", 0, "LISTENING", 5);
    assert_eq!(stage.look().events, []);
    stage.report(publisher(2, &[]));
    assert_eq!(stage.look().events[0].name, "tickz publish XPUB");
    // It is closed before it is reported.
    stage.event(2, "other", 1, "LISTENING", 5);
    stage.pass(1_100);
    stage.report(publisher(2, &[]));
    assert_eq!(stage.look().events[0].name, "tickz publish other");
    for number in 2..1_000 {
        stage.event(2, "other", number, "MONITOR_STOPPED", 5);
    }
    assert!(stage.cast.members.get(ProcessId(2)).unwrap().sockets.len() == 2 && !stage.look().events.is_empty());
}

#[test]
fn a_flood_of_events_leaves_the_lines_of_others() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[]));
    stage.report(watcher(3, CLIENT));
    stage.event(3, "ticks.sub", 0, "HANDSHAKE_SUCCEEDED", 0);
    for number in 0..20_000 {
        stage.event(2, "ticks.pub", number, "HANDSHAKE_SUCCEEDED", 0);
    }
    let events = stage.look().events;
    assert_eq!((events.len(), events[0].name.as_str()), (102, "tickz publish SUB"));
    assert_eq!((events[101].event.as_str(), events[101].value), ("GAP", 19_900));
}
