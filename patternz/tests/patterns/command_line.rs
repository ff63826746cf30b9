use testkit::run;

use crate::cast::Cast;

const PATTERNZ: &str = env!("CARGO_BIN_EXE_patternz");

#[test]
fn several_patterns_share_a_process_and_talk_over_inproc() {
    let mut cast = Cast::new();
    let both = cast.start("ping --connect inproc://a --pause 1ms and pong --bind inproc://a");
    cast.until(&both, "replies", |replies| replies >= 20);
    cast.until(&both, "requests", |requests| requests >= 20);
    assert_eq!(cast.state(&both).role.as_str(), "ping and pong");
    both.terminate();
    let finished = both.finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[test]
fn one_that_fails_ends_all() {
    let finished = run(PATTERNZ, "pong --bind inproc://a and pong --bind inproc://a".split(' '));
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains("error: inproc://a is in use"), "{}", finished.stderr);
}

#[test]
fn wrong_usage_is_explained_and_ends_with_2() {
    for (arguments, why) in [
        ("ping", "--bind <ADDRESS>|--connect <ADDRESS>"),
        ("ping --bind 7", "does not begin with tcp://"),
        ("ping --bind inproc://a and", "<COMMAND>"),
        ("ping --bind inproc://a and pong --bind inproc://a --observe off", "unexpected argument '--observe'"),
        ("publish --bind inproc://a --queue 0", "0 is not in 1..=65535"),
        ("ask --bind inproc://a --id ", "a routing id has 1 to 255 bytes"),
        ("bad-key --connect tcp://127.0.0.1:1 --with stranger", "--door <KEY>"),
        ("beat --bind inproc://a --interval 0s", "shorter than 1ms"),
        ("work-paranoid --connect inproc://a --interval 0s", "shorter than 1ms"),
        ("queue-paranoid --clients inproc://a --workers inproc://b --interval 999us", "shorter than 1ms"),
        ("ping --bind inproc://a --pause 500000000000years", "longer than a year"),
        ("beat --bind inproc://a --liveness 0", "0 is not in 1.."),
        ("push --bind inproc://a --count -1", "for '--count <N>'"),
        ("pang", "unrecognized subcommand 'pang'"),
    ] {
        let finished = run(PATTERNZ, arguments.split(' '));
        assert_eq!(finished.code, Some(2), "{arguments}: {}", finished.stderr);
        assert!(finished.stderr.contains(why), "{arguments}: {}", finished.stderr);
    }
}
