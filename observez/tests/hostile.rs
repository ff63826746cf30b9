//! Reports that are malformed, lie, or come without end: memory stays bounded, terminals safe, and others are shown.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use std::{fs, time::Duration};

use support::{Reporter, any_hub, label, observe, state};
use testkit::{Peer, Program, RawPeer, eventually, peer};
use wire::{
    Frames,
    report::{ProcessState, SocketState},
};

/// What a process may take, in a debug build, in bytes.
const MEMORY_MAX: u64 = 256 << 20;

/// The most memory that a process has taken so far, in bytes.
fn peak(program: &Program) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", program.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

fn frames(state: &ProcessState) -> Frames {
    let mut frames = Frames::new();
    state.encode(&mut frames);
    frames
}

/// The id and the JSON of a state that is nearly as large as a state may be.
fn large_state() -> (String, String) {
    let mut large = state(0x1a46e);
    let socket = &mut large.sockets[0];
    socket.connections = vec![socket.connections[0].clone(); 1_000];
    let named = |number| SocketState { name: format!("a{number}").parse().unwrap(), ..socket.clone() };
    large.sockets = (0..5).map(named).collect();
    (large.number, large.more_sockets, large.events) = (1 << 52, 1_000_000, (1 << 53) - 1);
    let frames = frames(&large);
    assert!(frames.byte_len() > 512 << 10, "{}", frames.byte_len());
    (large.process.to_string(), String::from_utf8(frames.get(1).unwrap().to_vec()).unwrap())
}

#[test]
fn lies_without_end_cost_an_observer_bounded_memory() {
    let liar = Peer::bind(peer::XPUB);
    let watch = Program::start(support::OBSERVEZ, ["watch", "--filter", "good", "--observations", liar.endpoint()]);
    while liar.receive() != [b"\x01state/"] {}
    let send = |frames: &Frames| liar.send(frames.iter());
    let mut good = state(0x900d);
    good.program = label("good\u{1b}[2J\u{9b}31m\n\u{202e}");
    send(&frames(&good));
    let name = watch.line_where(|line| line.ends_with("reports"));
    assert!(name.contains(r"good\u{1b}[2J\u{9b}31m\n\u{202e} publish 36877"), "{name}");
    let mut alive = |sockets: bool| {
        good.number += 1;
        if !sockets {
            good.sockets.clear();
        }
        send(&frames(&good));
    };
    for number in 0..100_000_u32 {
        let garbage: Frames = match number % 5 {
            0 => ["state/"].into_iter().collect(),
            1 => ["state/0000000000000001", "{\"process\":"].into_iter().collect(),
            2 => [&b"event/\xff"[..], &number.to_le_bytes()].into_iter().collect(),
            3 => ["state/0000000000000001", "[1e999]"].into_iter().collect(),
            _ => ["", ""].into_iter().collect(),
        };
        send(&garbage);
        if number % 1_000 == 0 {
            alive(true);
        }
    }
    for process in 0..10_000 {
        send(&frames(&state(1 << 32 | process)));
    }
    alive(true);
    let (id, large) = large_state();
    for process in 0..60_u64 {
        let text = large.replace(&id, &format!("{:016x}", 1 << 32 | process));
        send(&[format!("state/{:016x}", 1 << 32 | process), text].into_iter().collect());
    }
    eventually("the good one is shown", || {
        alive(false);
        let line = watch.next_line_within(Duration::from_millis(20));
        line.is_some_and(|line| line.ends_with("ticks.pub closed"))
    });
    assert!(peak(&watch) < MEMORY_MAX, "{} MiB", peak(&watch) >> 20);
}

#[test]
fn a_reporter_without_measure_costs_the_hub_bounded_memory_and_others_are_shown() {
    let hub = any_hub();
    let watch = observe(&hub, &["watch", "--json", "--filter", "good"]);
    // One that subscribes to everything and never reads.
    let mut stuck = RawPeer::connect(&hub.endpoint("observations"), "SUB").unwrap();
    stuck.send(&[b"\x01"]).unwrap();
    let mut good = Reporter::connect(&hub.endpoint("reports"), 0x900d);
    good.state.program = label("good");
    let _ = good.report_until(&watch, |line| line.contains("\"report\":\"state\""));
    let mut mad = RawPeer::connect(&hub.endpoint("reports"), "XPUB").unwrap();
    mad.wait_at_most(Duration::from_millis(100)).unwrap();
    let large = vec![b' '; 1 << 20];
    for round in 0..200_u64 {
        let topic = format!("state/{round:016x}");
        if mad.send(&[topic.as_bytes(), &large]).is_err() {
            // It was disconnected, or is not read any more.
            mad = RawPeer::connect(&hub.endpoint("reports"), "XPUB").unwrap();
            mad.wait_at_most(Duration::from_millis(100)).unwrap();
        }
        if round % 20 == 0 {
            let number = good.state.number;
            let _ = good.report_until(&watch, |line| {
                line.starts_with("{\"report\":\"state\"") && !line.contains(&format!("\"number\":{number},"))
            });
        }
    }
    assert!(peak(&hub) < MEMORY_MAX, "{} MiB", peak(&hub) >> 20);
}
