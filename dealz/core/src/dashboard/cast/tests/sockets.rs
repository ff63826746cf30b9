//! The states of sockets.

use super::*;

#[test]
fn a_bind_that_fails_is_a_state_of_any_process() {
    let mut stage = Stage::new();
    let unbound = SocketState { bound: vec![], ..binds("ticks.pub", "XPUB", SERVER, vec![]) };
    stage.report(state_of(2, unbound));
    stage.event(2, "ticks.pub", 0, "BIND_FAILED", 98);
    stage.pass(200);
    assert!(matches!(stage.socket(0).0, SocketIs::Failed { reason } if reason.contains("in use")));
    stage.report(publisher(2, &[]));
    stage.pass(200);
    assert_eq!(stage.socket(0).0, SocketIs::Listening);
}

#[test]
fn phases_are_kept_for_each_socket_and_forgotten_with_its_process() {
    let mut stage = Stage::new();
    stage.report(publisher(2, &[]));
    stage.pass(200);
    let of = |states: Vec<StateChange>| -> Vec<Phase> {
        let of_publisher = states.into_iter().filter(|change| change.socket == "0000000000000002/ticks.pub");
        of_publisher.map(|change| change.phase).collect()
    };
    assert_eq!(of(stage.look().states), [Phase::Listening]);
    stage.report(publisher(2, &[CLIENT]));
    stage.pass(200);
    assert_eq!(of(stage.look().states), [Phase::Up]);
    stage.cast.handle_ended(ProcessId(2), stage.now());
    stage.pass(200);
    assert_eq!(of(stage.cast.changes(&mut CastCursor::default()).states), [Phase::Listening, Phase::Up, Phase::Off]);
    stage.pass(6_000);
    assert_eq!(of(stage.cast.changes(&mut CastCursor::default()).states), []);
}
