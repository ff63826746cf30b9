//! A scene at a hub that others use too.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use scenez::{
    rehearsal::play_through,
    stage::{StageConfig, StageHub},
};
use sockets::{Context, Hub, HubConfig, KeepAlive, Security, Stop, observe::own_host};
use testkit::{Peer, peer};
use wire::{
    Frames,
    report::{Label, ProcessId, Report},
};

use crate::common::{SCENE, config, scene};

/// The machine that a stranger claims to be.
const ELSEWHERE: &str = "elsewhere";

/// What an observer of the hub has seen.
#[derive(Debug, Default)]
struct Seen {
    /// The roles of the processes of this machine.
    cast: BTreeSet<(String, u32)>,
    /// How many reports of the other machine have passed.
    strangers: usize,
}

/// Observes the hub, and repeats every report as one of another machine: the same process ids, and no
/// number but zero.
fn observe_and_imitate(hub: &HubConfig, is_over: &AtomicBool) -> Seen {
    let observer = Peer::connect(peer::SUB, hub.observations.as_str());
    let stranger = Peer::connect(peer::XPUB, hub.reports.as_str());
    observer.subscribe(b"state/");
    let mut seen = Seen::default();
    while !is_over.load(Ordering::Relaxed) {
        let Some(received) = observer.receive_within(Duration::from_millis(50)) else { continue };
        let frames: Frames = received.iter().collect();
        let Ok(Report::State(mut state)) = Report::decode(&frames) else { panic!("{}", frames.hex(500)) };
        if state.host != own_host() {
            seen.strangers += 1;
            continue;
        }
        seen.cast.insert((format!("{} {}", state.program.as_str(), state.role.as_str()), state.pid));
        (state.process, state.host) = (ProcessId(!state.process.0), Label::cut(ELSEWHERE));
        state.values.iter_mut().for_each(|value| value.value = Some(0.0));
        state.sockets.clear();
        let mut frames = Frames::new();
        Report::State(state).encode(&mut frames);
        stranger.send(frames.iter());
    }
    seen
}

#[test]
fn a_scene_plays_at_a_hub_with_strangers_and_its_cast_is_seen_there() {
    let context = Context::new(Security::default(), KeepAlive::default()).unwrap();
    let any = || "tcp://127.0.0.1:*".parse().unwrap();
    let hub = Hub::bind(&context, &HubConfig { reports: any(), observations: any() }).unwrap();
    let endpoints = hub.endpoints().clone();
    let (stopper, stop) = Stop::pair().unwrap();
    let hub = thread::spawn(move || hub.run(&stop));

    let is_over = Arc::new(AtomicBool::new(false));
    let observer = thread::spawn({
        let (endpoints, is_over) = (endpoints.clone(), Arc::clone(&is_over));
        move || observe_and_imitate(&endpoints, &is_over)
    });

    let hub_of_others = StageHub::Shared { context, endpoints, variables: Vec::new() };
    let (_stopper, stop) = Stop::pair().unwrap();
    // A stranger's report that is taken for one of the cast breaks what has to stay true.
    let text = SCENE.replacen("```toml expect\n", "```toml expect\nstays = \"1s\"\n", 1);
    let outcome =
        play_through(scene(&text), StageConfig { hub: hub_of_others, ..config() }, Duration::ZERO, &stop, |_| {})
            .unwrap();
    is_over.store(true, Ordering::Relaxed);
    let seen = observer.join().unwrap();
    drop(stopper);
    hub.join().unwrap().unwrap();

    assert!(outcome.failures.is_empty(), "{:#?}", outcome.failures);
    assert!(seen.strangers > 10, "{seen:?}");
    // The scene is started again in the end; how many of those processes are seen is chance.
    let count = |wanted: &str| seen.cast.iter().filter(|(role, _)| role == wanted).count();
    let counts = [count("tickz publish"), count("tickz watch")];
    assert!((1..=2).contains(&counts[0]) && (2..=3).contains(&counts[1]), "{seen:?}");
    assert_eq!(counts.iter().sum::<usize>(), seen.cast.len(), "{seen:?}");
}
