//! Counts, and how often pages get them.

use super::*;

#[test]
fn counts_alone_are_sent_apart_and_the_cast_stays_as_it_is() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[]));
    stage.report(watcher(3, CLIENT));
    stage.pass(2_000);
    let _ = stage.look();
    let mut counted = publisher(2, &[]);
    counted.sockets[0].sent = Traffic { messages: 7, bytes: 70 };
    stage.report(counted);
    assert_eq!(stage.pass(400), 0);
    let changes = stage.look();
    assert!(changes.cast.is_none() && changes.events.is_empty());
    let [counts] = changes.counts.as_slice() else { panic!("{:?}", changes.counts) };
    assert_eq!(
        (counts.process.as_str(), counts.sockets[0].sent, counts.sockets[0].sent_bytes),
        ("0000000000000002", 7, 70)
    );
    stage.pass(400);
    assert!(stage.look().counts.is_empty());
}

#[test]
fn the_rates_of_a_suspended_process_are_none() {
    let mut stage = Stage::new();
    for second in 0..3 {
        let mut state = publisher(2, &[]);
        state.sockets[0].sent = Traffic { messages: 50 * second, bytes: 0 };
        stage.report(state);
        stage.pass(1_000);
    }
    assert_eq!(stage.look().counts[0].sockets[0].sent_per_second, 50.0);
    stage.cast.handle_suspended(ProcessId(2), true, stage.now());
    stage.pass(400);
    let [counts] = stage.look().counts.try_into().unwrap();
    assert_eq!((counts.sockets[0].sent, counts.sockets[0].sent_per_second), (100, 0.0));
}

#[test]
fn what_is_on_the_way_is_counted() {
    let mut stage = Stage::new();
    let sent = |messages| Traffic { messages, bytes: 0 };
    let mut push = publisher(2, &[CLIENT]);
    push.sockets[0] = SocketState { kind: Label::cut("PUSH"), sent: sent(9), ..push.sockets[0].clone() };
    let mut pull = watcher(3, CLIENT);
    pull.sockets[0] = SocketState { kind: Label::cut("PULL"), received: sent(4), ..pull.sockets[0].clone() };
    stage.report(push);
    stage.report(pull);
    stage.pass(400);
    let counts = stage.look().counts;
    assert_eq!((counts[0].sockets[0].on_the_way, counts[1].sockets[0].on_the_way), (Some(5), None));
}

#[test]
fn a_process_that_changes_all_the_time_makes_ten_updates_a_second() {
    let mut stage = Stage::new();
    let mut prompt = 0;
    for step in 0..300 {
        let clients = if step % 2 == 0 { &[CLIENT][..] } else { &[] };
        stage.report(publisher(2, clients));
        stage.event(2, "ticks.pub", step, "HANDSHAKE_SUCCEEDED", 0);
        prompt += stage.pass(10);
    }
    assert!((20..=30).contains(&prompt), "{prompt} in three seconds");
}

#[test]
fn sixty_processes_that_count_cost_little() {
    let mut stage = Stage::new();
    let states: Vec<_> = (2..62)
        .map(|process| {
            let sockets = (0..4).map(|number| {
                let endpoint = format!("tcp://127.0.0.1:{}", process * 10 + number);
                binds(&format!("s{number}"), "PUSH", &endpoint, vec![])
            });
            state(process, 0, sockets.collect())
        })
        .collect();
    for state in &states {
        stage.report(state.clone());
    }
    stage.pass(2_000);
    let version = stage.cast.observatory.version();
    let drawn = stage.cast.graph.version();
    for round in 1..=20 {
        for state in &states {
            let mut state = state.clone();
            state.sockets[0].sent.messages = round;
            stage.report(state);
        }
        assert_eq!(stage.pass(500), 0);
    }
    assert_eq!((stage.cast.observatory.version(), stage.cast.graph.version()), (version, drawn));
    let changes = stage.look();
    assert!(changes.counts.len() == 60);
}
