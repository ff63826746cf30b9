//! What a pattern declares is what it reports.

use std::collections::BTreeSet;

use crate::cast::Cast;

/// Arguments with which each pattern runs without a peer.
fn arguments(role: &str) -> &'static str {
    match role {
        "queue-lru" | "queue-round-robin" | "queue-paranoid" => "--clients inproc://clients --workers inproc://workers",
        "forward" => "--publishers inproc://publishers --subscribers inproc://subscribers",
        "pair" => "--pause 1h",
        "full" => "push",
        "bad-garbage" => "--connect tcp://127.0.0.1:1",
        "bad-key" => "--connect tcp://127.0.0.1:1 --with no-key --pause 1h",
        "bad-impostor" => "--bind inproc://bad --id ada",
        _ => "--bind inproc://end",
    }
}

#[test]
fn each_pattern_reports_the_sockets_and_values_that_it_declares_and_ends_at_the_stop_signal() {
    let mut cast = Cast::new();
    for declared in patternz::REPORTS {
        let program = cast.start(&format!("{} {}", declared.role, arguments(declared.role)));
        let socket_names = || declared.sockets.iter().map(|socket| (socket.name.to_owned(), socket.kind.to_owned()));
        let value_names = || declared.values.iter().map(|value| value.name.to_owned());
        cast.until_state(&program, |state| {
            let sockets: BTreeSet<_> = state
                .sockets
                .iter()
                .map(|socket| (socket.name.as_str().to_owned(), socket.kind.as_str().to_owned()))
                .collect();
            let values: BTreeSet<_> = state.values.iter().map(|value| value.name.as_str().to_owned()).collect();
            sockets == socket_names().collect() && values == value_names().collect()
        });
        assert_eq!((declared.program, cast.state(&program).role.as_str()), ("patternz", declared.role));
        program.terminate();
        let finished = program.finish();
        assert_eq!(finished.code, Some(0), "{}: {}", declared.role, finished.stderr);
    }
}
