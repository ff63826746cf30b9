use super::{state::CONNECTIONS_MAX, *};
use crate::Fault;

const STATE: &str = concat!(
    r#"{"process":"00f3a1b2c3d4e5f6","program":"tickz","role":"publish","language":"rust","pid":123,"host":"lab","#,
    r#""startedMs":1764406923123.0,"timeMs":1764406930000.5,"number":17,"events":412,"#,
    r#""values":[{"name":"lost","value":3.0,"unit":"ticks"},{"name":"rate","value":null}],"#,
    r#""sockets":[{"name":"ticks.pub","type":"XPUB","channel":"ticks","bound":["tcp://127.0.0.1:9003"],"connected":[],"#,
    r#""sendQueue":10000,"receiveQueue":4,"sent":{"messages":1,"bytes":28},"received":{"messages":0,"bytes":0},"#,
    r#""malformed":0,"connections":[{"id":11,"endpoint":"tcp://127.0.0.1:9003","phase":"up","sinceMs":1764406925000.0,"#,
    r#""local":"tcp://127.0.0.1:9003","remote":"tcp://127.0.0.1:51724"}],"moreConnections":0}],"moreSockets":0}"#,
);

fn decoded(topic: &str, json: &str) -> Result<Report, DecodeError> {
    Report::decode(&[topic, json].into_iter().collect())
}

fn state(json: &str) -> Result<ProcessState, DecodeError> {
    match decoded("state/00f3a1b2c3d4e5f6", json)? {
        Report::State(state) => Ok(state),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_state_comes_back_as_it_was_sent() {
    let state = state(STATE).unwrap();
    assert_eq!(state.sockets[0].connections[0].phase, Phase::Up);
    let mut frames = Frames::new();
    state.encode(&mut frames);
    assert_eq!(frames, ["state/00f3a1b2c3d4e5f6", STATE].into_iter().collect());
}

#[test]
fn a_fault_has_its_place_in_bytes() {
    let wrong = STATE.replace(r#""pid":123"#, "\n\"pid\":\n\"123\"");
    let place = wrong.find("\"123\"").unwrap() + "\"123\"".len();
    assert_eq!(state(&wrong), Err(Fault::Member { at: place }.of("state")));
    assert_eq!(state(&STATE[..200]), Err(Fault::NotJson { at: 200 }.of("state")));
}

#[test]
fn an_array_is_no_object_and_an_object_no_word() {
    for (from, to) in [
        (r#"{"messages":1,"bytes":28}"#, "[1,28]"),
        (r#"{"name":"lost","value":3.0,"unit":"ticks"}"#, r#"["lost",3.0,"ticks"]"#),
        (r#""phase":"up""#, r#""phase":{"up":null}"#),
    ] {
        assert!(STATE.contains(from), "{from}");
        assert_eq!(state(&STATE.replace(from, to)).unwrap_err().fault.code(), "member", "{to}");
    }
    assert_eq!(decoded("event/00f3a1b2c3d4e5f6/a", r#"[0,0.0,"CLOSED",1,""]"#).unwrap_err().fault.code(), "member");
}

#[test]
fn deep_json_is_ignored_or_refused_without_recursion() {
    let deep = format!("{}{}", "[".repeat(400_000), "]".repeat(400_000));
    let unknown = STATE.replacen('{', &format!("{{\"unknown\":{deep},"), 1);
    assert_eq!(state(&unknown), state(STATE));
    for place in ["\"tickz\"", "123", "[\"tcp://127.0.0.1:9003\"]"] {
        assert_eq!(state(&STATE.replacen(place, &deep, 1)).unwrap_err().fault.code(), "member", "{place}");
    }
    assert_eq!(state(&"[".repeat(FRAME_BYTES_MAX)).unwrap_err().fault.code(), "member");
    assert_eq!(state(&"{".repeat(FRAME_BYTES_MAX + 1)).unwrap_err().fault.code(), "too_long");
}

#[test]
fn a_state_beyond_every_limit_is_shortened_until_it_fits() {
    let mut big = state(STATE).unwrap();
    let long = Label::cut(&"\u{1}".repeat(256));
    let socket = &mut big.sockets[0];
    (socket.bound, socket.connected) = (vec![long.clone(); 20], vec![long.clone(); 20]);
    socket.connections[0].reason = Some(long);
    socket.connections = vec![socket.connections[0].clone(); CONNECTIONS_MAX + 7];
    big.values = vec![big.values[0].clone(); 70];
    big.sockets = (0..70)
        .map(|number| SocketState { name: format!("socket-{number}").parse().unwrap(), ..big.sockets[0].clone() })
        .collect();
    let mut frames = Frames::new();
    for sockets in [70, 8, 1] {
        big.sockets.truncate(sockets);
        big.encode(&mut frames);
        assert!(frames.byte_len() <= FRAME_BYTES_MAX);
        let Report::State(small) = Report::decode(&frames).unwrap() else { panic!("not a state") };
        assert_eq!(small.sockets.len() as u64 + small.more_sockets, sockets as u64);
        for socket in &small.sockets {
            assert_eq!(socket.connections.len() as u64 + socket.more_connections, CONNECTIONS_MAX as u64 + 7);
        }
    }
    assert_eq!(frames.get(1).map(|json| json.len() > FRAME_BYTES_MAX / 8), Some(true), "shortened no more than needed");
}

#[test]
fn an_event_keeps_a_name_that_this_build_does_not_know() {
    let event = |name| match decoded(
        "event/00f3a1b2c3d4e5f6/ticks.pub",
        &format!(r#"{{"number":411,"timeMs":1.5,"event":"{name}","value":11,"endpoint":"tcp://127.0.0.1:9003"}}"#),
    ) {
        Ok(Report::Event(report)) => report.event,
        other => panic!("{other:?}"),
    };
    assert_eq!(event("CONNECTED").kind(), Some(crate::monitor::EventKind::Connected));
    assert_eq!((event("UNKNOWN(0x8000)").kind(), event("PIPES_STATS").kind()), (None, None));
}

#[test]
fn a_message_agrees_with_its_header() {
    let read = |frames: u64, bytes: u64, cut: bool, content: &[&str]| {
        let header =
            format!(r#"{{"number":0,"timeMs":1.5,"direction":"sent","frames":{frames},"bytes":{bytes},"cut":{cut}}}"#);
        let all = ["message/00f3a1b2c3d4e5f6/a", &header].into_iter().chain(content.iter().copied()).collect();
        Report::decode(&all).map(|_| ()).map_err(|error| (error.field, error.fault.code()))
    };
    assert_eq!(read(2, 3, false, &["ab", "c"]), Ok(()));
    assert_eq!(read(2, 9, true, &["ab", "c"]), Ok(()));
    assert_eq!(read(9, 3, true, &["ab", "c"]), Ok(()));
    assert_eq!(read(0, 0, false, &[]), Ok(()));
    assert_eq!(read(3, 3, false, &["ab", "c"]), Err(("frames", "mismatch")));
    assert_eq!(read(1, 3, true, &["ab", "c"]), Err(("frames", "mismatch")));
    assert_eq!(read(2, 4, false, &["ab", "c"]), Err(("bytes", "mismatch")));
    assert_eq!(read(2, 2, true, &["ab", "c"]), Err(("bytes", "mismatch")));
    assert_eq!(read(2, 3, true, &["ab", "c"]), Err(("cut", "mismatch")));
    assert_eq!(read(65, 65, false, &["a"; 65]), Err(("content", "too_long")));
    assert_eq!(read(1, 16_385, false, &[&"a".repeat(16_385)]), Err(("content", "too_long")));
}
