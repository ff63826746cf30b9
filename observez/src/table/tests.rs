use std::time::{Duration, Instant};

use expect_test::{Expect, expect};
use wire::{Frames, report::Report};

use super::*;

/// What an observer knows of a publisher and one of its two subscribers, after two seconds.
fn observatory() -> Observatory {
    let (mut observatory, start) = (Observatory::new(), Instant::now());
    for second in 0..3_u64 {
        for state in [publisher(second), subscriber(second)] {
            let _ = observatory.handle_state(start + Duration::from_secs(second), state, 100);
        }
    }
    observatory
}

fn publisher(second: u64) -> ProcessState {
    let connection = |id: u32, phase: &str, remote: &str| {
        format!(
            r#"{{"id":{id},"endpoint":"tcp://0.0.0.0:9003","phase":"{phase}","sinceMs":0,
                "local":"tcp://127.0.0.1:9003","remote":"{remote}"}}"#
        )
    };
    let connections =
        [connection(11, "up", "tcp://127.0.0.1:50001"), connection(12, "up", "tcp://127.0.0.1:50002")].join(",");
    state(
        1,
        second,
        "tickz",
        "publish",
        r#"{"name":"lost","value":3,"unit":"ticks"},{"name":"rate","value":12345.678},{"name":"none","value":null}"#,
        &format!(
            r#"{{"name":"ticks.pub","type":"XPUB","bound":["tcp://0.0.0.0:9003"],"connected":[],"sendQueue":0,
                "receiveQueue":0,"sent":{{"messages":{},"bytes":0}},"received":{{"messages":0,"bytes":0}},
                "malformed":2,"connections":[{connections}],"moreConnections":5}}"#,
            1_500 * second
        ),
    )
}

fn subscriber(second: u64) -> ProcessState {
    let connections = r#"{"id":9,"endpoint":"tcp://127.0.0.1:9003","phase":"up","sinceMs":0,
        "local":"tcp://127.0.0.1:50002","remote":"tcp://127.0.0.1:9003"},
        {"endpoint":"tcp://10.0.0.9:9003","phase":"retrying","sinceMs":0,"attempts":4,"retryMs":120,"reason":"refused"}"#;
    state(
        0x00f3_a1b2_c3d4_e5f6,
        second,
        "an exotic program",
        "\u{1b}[2J",
        "",
        &format!(
            r#"{{"name":"in","type":"SUB","bound":[],"connected":["tcp://127.0.0.1:9003","tcp://10.0.0.9:9003"],
                "sendQueue":0,"receiveQueue":0,"sent":{{"messages":0,"bytes":0}},
                "received":{{"messages":{},"bytes":0}},"malformed":0,"connections":[{connections}]}}"#,
            7 * second
        ),
    )
}

fn state(id: u64, number: u64, program: &str, role: &str, values: &str, sockets: &str) -> ProcessState {
    let (program, role) = (serde_json::to_string(program).unwrap(), serde_json::to_string(role).unwrap());
    let json = format!(
        r#"{{"process":"{id:016x}","program":{program},"role":{role},"language":"rust","pid":4711,"host":"lab",
            "startedMs":0,"timeMs":0,"number":{number},"events":0,"values":[{values}],"sockets":[{sockets}]}}"#
    );
    let frames: Frames = [format!("state/{id:016x}"), json].into_iter().collect();
    match Report::decode(&frames) {
        Ok(Report::State(state)) => state,
        other => panic!("{other:?}"),
    }
}

fn shown(layout: &Layout, expected: &Expect) {
    let rows = layout.rows(&observatory(), 80);
    assert!(rows.iter().all(|row| row.chars().count() <= 80), "{rows:#?}");
    expected.assert_eq(&(rows.join("\n") + "\n"));
}

fn layout(detail: Detail) -> Layout {
    Layout { detail, ..Layout::default() }
}

#[test]
fn processes_sockets_and_connections_fit_into_80_columns() {
    shown(
        &layout(Detail::Processes),
        &expect![[r#"
        PROCESS  PROGRAM      ROLE          PID SOCKETS  CONNS    MSG/S  VALUES
        00000000 tickz        publish      4711       1      7     1500  lost 3 ticks, …
        00f3a1b2 an exotic p… \u{1b}[2J    4711       1      2      7.0
    "#]],
    );
    shown(
        &layout(Detail::Connections),
        &expect![[r#"
        PROCESS  PROGRAM      ROLE          PID SOCKETS  CONNS    MSG/S  VALUES
          SOCKET               TYPE     CONNS    SENT/S    RECV/S  ENDPOINTS
            PHASE       REMOTE                     PEER
        00000000 tickz        publish      4711       1      7     1500  lost 3 ticks, …
          ticks.pub            XPUB         7      1500       0.0  2 malformed, 0.0.0.0…
            up          127.0.0.1:50001            does not report
            up          127.0.0.1:50002            an exotic program \u{1b}[2J 4711 in
            … and 5 more connections
        00f3a1b2 an exotic p… \u{1b}[2J    4711       1      2      7.0
          in                   SUB          1       0.0       7.0  127.0.0.1:9003, 10.0…
            up          127.0.0.1:9003             tickz publish 4711 ticks.pub
            retrying    10.0.0.9:9003              again in 120 ms, 4 attempts, refused
    "#]],
    );
}

#[test]
fn rows_are_sorted() {
    let firsts = |sort| {
        let rows = Layout { sort, ..Layout::default() }.rows(&observatory(), 80);
        rows[1..].iter().map(|row| row[..8].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(firsts(Sort::First), ["00000000", "00f3a1b2"]);
    assert_eq!(firsts(Sort::Rate), ["00000000", "00f3a1b2"]);
    assert_eq!(firsts(Sort::Name), ["00000000", "00f3a1b2"]);
    assert_eq!(firsts(Sort::Program), ["00f3a1b2", "00000000"]);
}

#[test]
fn a_filter_finds_names_roles_ids_and_addresses() {
    for (filter, count) in
        [("exotic", 1), ("tick", 1), ("sub", 1), (":9003", 2), ("50001", 1), ("00f3a1", 1), ("4711", 2), ("47", 0)]
    {
        let layout = Layout { filter: Some(filter.to_owned()), ..Layout::default() };
        assert_eq!(layout.rows(&observatory(), 80).len() - 1, count, "{filter}");
    }
}

#[test]
fn numbers_of_any_size_fit_into_a_column() {
    for (number, text) in [
        (0.0, "0.0"),
        (99.94, "99.9"),
        (1_234.5, "1234"),
        (12_345.0, "12.3k"),
        (1.5e7, "15.0M"),
        (2e12, "2000G"),
        (1e300, "1e300"),
        (f64::MAX, "2e308"),
    ] {
        assert_eq!(compact(number), text);
    }
}
