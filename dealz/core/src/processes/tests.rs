//! With the real programs, at ports that the system chooses.

mod languages;

use std::{
    cell::RefCell, collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::Path, sync::mpsc::Receiver,
    time::Instant,
};

use scenez::stage::StageHub;
use sockets::Endpoint;
use wire::{
    Channel,
    chat::{BROADCASTS, REQUESTS},
    tick::TICKS,
    value::{CONTROL, ORDERS, RESULTS},
};

use super::*;
use crate::{
    config,
    dashboard::workers::RUST,
    view::{LanguageView, ProcessState, ProcessView},
};

struct Started {
    processes: Processes,
    events: Receiver<Event>,
    /// The last report: an unchanged list is not reported again.
    last: RefCell<Option<(Views, Vec<LanguageView>)>>,
}

/// The programs of a folder, with endpoints at which no process listens.
fn programs(folder: &Path) -> Surroundings {
    let channels = [TICKS, REQUESTS, BROADCASTS, ORDERS, RESULTS, CONTROL];
    let endpoints: [String; 6] = testkit::free_endpoints();
    let endpoints = channels.into_iter().zip(endpoints.map(|endpoint| endpoint.parse().unwrap())).collect();
    Surroundings { programs: folder.to_owned(), root: ".".into(), stage: None, hub: StageHub::Own, endpoints }
}

/// The endpoint of a channel.
fn at(programs: &mut Surroundings, channel: Channel) -> &mut Endpoint {
    programs.endpoints.iter_mut().find(|(known, _)| *known == channel).map(|(_, endpoint)| endpoint).unwrap()
}

fn start_with(mut programs: Surroundings, workers: Option<u32>) -> Started {
    programs.stage = workers.map(|workers| config::Stage { prices: None, workers });
    let (sender, events) = sync_channel(16);
    let (processes, _) = Processes::spawn(programs, sender).unwrap();
    Started { processes, events, last: RefCell::default() }
}

fn folder() -> std::path::PathBuf {
    ["tickz", "chatz", "valuz"].map(|name| testkit::sibling(name).parent().unwrap().to_owned())[0].clone()
}

fn start(workers: Option<u32>) -> Started {
    start_with(programs(&folder()), workers)
}

/// A folder with programs of shell.
fn scripts(script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["tickz", "chatz", "valuz"] {
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

type Views = BTreeMap<String, ProcessView>;

impl Started {
    /// Waits until the list, and the number of workers, are as wanted.
    fn until(&self, what: &str, wanted: impl Fn(&Views, u32) -> bool) -> Views {
        self.until_with_languages(what, |views, languages| {
            wanted(views, languages.iter().map(|language| language.wanted).sum())
        })
    }

    /// Waits until the list and the languages are as wanted.
    fn until_with_languages(&self, what: &str, wanted: impl Fn(&Views, &[LanguageView]) -> bool) -> Views {
        let mut last = self.last.borrow_mut();
        let deadline = Instant::now() + testkit::BOUND;
        loop {
            if let Some((views, languages)) = &*last
                && wanted(views, languages)
            {
                return views.clone();
            }
            let Ok(event) = self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) else {
                panic!("not in time: {what}: {last:#?}");
            };
            let Event::Processes(views, languages) = event else { panic!("{event:?}") };
            *last = Some((views.into_iter().map(|view| (view.id.clone(), view)).collect(), languages));
        }
    }

    fn until_ended(&self, id: &str) -> String {
        let views = self.until("ended", |views, _| matches!(views[id].state, ProcessState::Ended { .. }));
        match &views[id].state {
            ProcessState::Ended { how } => how.clone(),
            state => panic!("{state:?}"),
        }
    }

    fn act(&self, id: &str, act: ProcessAct) -> Result<(), String> {
        self.processes.act(id.to_owned(), act).map_err(|refusal| refusal.to_string())
    }
}

fn running(views: &Views) -> usize {
    views.values().filter(|view| view.state == ProcessState::Running).count()
}

fn lives(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn the_stage_is_started_shown_and_ended() {
    let started = start(Some(2));
    let views = started.until("all run and write", |views, _| {
        views.len() == 4
            && running(views) == 4
            && views.values().all(|view| view.memory_bytes > Some(1 << 20) && !view.log.is_empty())
    });
    assert_eq!(views["tickz"].command, "tickz publish --sequence");
    let pids: Vec<u32> = views.values().filter_map(|view| view.pid).collect();
    assert!(pids.iter().all(|&pid| lives(pid)));
    drop(started);
    assert!(!pids.iter().any(|&pid| lives(pid)), "{pids:?}");
}

#[test]
fn without_a_stage_a_service_starts_when_asked() {
    let started = start(None);
    let views = started.until("shown", |views, _| views.len() == 2);
    assert_eq!(views["tickz"].state, ProcessState::Ended { how: String::new() });
    assert_eq!(started.act("tickz", ProcessAct::Stop), Err("tickz: it is not running".to_owned()));
    assert!(started.act("nothing", ProcessAct::Stop).is_err());
    started.act("tickz", ProcessAct::Start).unwrap();
    assert_eq!(started.act("tickz", ProcessAct::Start), Err("tickz: it is running already".to_owned()));
    // It acts on SIGTERM once it listens.
    let listens = |view: &ProcessView| view.log.iter().filter(|line| line.contains("listening")).count();
    let pid = started.until("listens", |views, _| listens(&views["tickz"]) == 1)["tickz"].pid;
    started.act("tickz", ProcessAct::Restart).unwrap();
    started.until("listens again", |views, _| views["tickz"].pid != pid && listens(&views["tickz"]) == 2);
    started.act("tickz", ProcessAct::Stop).unwrap();
    assert_eq!(started.until_ended("tickz"), "stopped");
}

#[test]
fn the_end_of_a_process_is_shown_and_it_is_not_restarted() {
    let started = start(Some(1));
    let views = started.until("all run", |views, _| running(views) == 3);
    started.act("chatz", ProcessAct::Kill).unwrap();
    assert_eq!(started.until_ended("chatz"), "killed by signal 9");
    // From outside of dealz.
    let pid = rustix::process::Pid::from_raw(views["worker-1"].pid.unwrap() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    assert_eq!(started.until_ended("worker-1"), "killed by signal 9");
    started.act("chatz", ProcessAct::Start).unwrap();
    started.until("only what is asked for runs", |views, wanted| running(views) == 2 && wanted == 0);
}

#[test]
fn the_last_line_of_a_failed_program_is_shown() {
    let folder = scripts("head -c 1000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo 'error: no luck' >&2; exit 3");
    let started = start_with(programs(folder.path()), Some(0));
    assert_eq!(started.until_ended("tickz"), "exit code 3: error: no luck");
    let log = &started.until("log", |views, _| views["chatz"].log.len() == 2)["chatz"].log;
    assert_eq!((log[0].chars().count(), log[1].as_str()), (501, "error: no luck"));
    let nowhere = start_with(programs(Path::new("/nowhere")), Some(1));
    assert!(nowhere.until_ended("worker-1").starts_with("cannot start /nowhere/valuz: No such file"));
}

#[test]
fn a_suspended_process_is_resumed_or_ended() {
    let started = start(Some(2));
    started.until("all run", |views, _| running(views) == 4);
    for id in ["tickz", "worker-2"] {
        started.act(id, ProcessAct::Suspend).unwrap();
    }
    assert!(started.act("tickz", ProcessAct::Suspend).is_err() && started.act("chatz", ProcessAct::Resume).is_err());
    let views = started.until("two are suspended", |views, _| running(views) == 2);
    assert_eq!((&views["tickz"].state, views["tickz"].pid.is_some()), (&ProcessState::Suspended, true));
    started.act("worker-2", ProcessAct::Resume).unwrap();
    started.until("one is resumed", |views, _| views["worker-2"].state == ProcessState::Running);
    started.act("worker-2", ProcessAct::Suspend).unwrap();
    started.act("worker-2", ProcessAct::Stop).unwrap();
    assert_eq!(started.until_ended("worker-2"), "stopped");
    let pid = views["tickz"].pid.unwrap();
    drop(started);
    assert!(!lives(pid));
}

#[test]
fn one_that_will_not_end_is_killed() {
    let folder = scripts("trap '' TERM; echo ready >&2; while :; do sleep 0.05; done");
    let started = start_with(programs(folder.path()), Some(0));
    let views = started.until("ready", |views, _| views.values().all(|view| view.log == ["ready"]));
    started.act("tickz", ProcessAct::Stop).unwrap();
    started.until("asked", |views, _| views["tickz"].state == ProcessState::Stopping);
    assert_eq!(started.until_ended("tickz"), "killed by signal 9");
    drop(started);
    assert!(!lives(views["chatz"].pid.unwrap()));
}

#[test]
fn a_service_started_elsewhere_is_used_and_its_start_and_end_are_noticed() {
    let mut programs = programs(&folder());
    let ticks = at(&mut programs, TICKS).clone();
    let tickz = || {
        let arguments = ["publish", "--ticks", ticks.as_str()];
        testkit::Program::start(testkit::sibling("tickz"), arguments)
    };
    let program = tickz();
    program.wait_for_log("listening");
    let started = start_with(programs, Some(0));
    let holder = format!("tickz (pid {})", program.pid());
    let elsewhere = ProcessState::Elsewhere { holder: holder.clone(), suspended: false };
    started.until("found", |views, _| views["tickz"].state == elsewhere && running(views) == 1);
    for act in [ProcessAct::Start, ProcessAct::Kill, ProcessAct::Suspend] {
        assert_eq!(started.act("tickz", act), Err(format!("tickz: it was started outside of dealz: {holder}")));
    }
    started.processes.reset().unwrap();
    drop(program);
    assert_eq!(started.until_ended("tickz"), format!("{holder} has ended"));
    let program = tickz();
    let elsewhere = ProcessState::Elsewhere { holder: format!("tickz (pid {})", program.pid()), suspended: false };
    started.until("found again", |views, _| views["tickz"].state == elsewhere);
}

#[test]
#[cfg(target_os = "linux")]
fn a_suspended_service_at_a_path_holds_up_nothing_and_is_called_suspended() {
    let folder_of_paths = tempfile::tempdir().unwrap();
    let path = |name: &str| format!("ipc://{}", folder_of_paths.path().join(name).display()).parse().unwrap();
    let mut programs = programs(&folder());
    let [requests, broadcasts]: [Endpoint; 2] = [path("requests"), path("broadcasts")];
    let arguments = ["serve", "--requests", requests.as_str(), "--broadcasts", broadcasts.as_str()];
    (*at(&mut programs, REQUESTS), *at(&mut programs, BROADCASTS)) = (requests.clone(), broadcasts.clone());
    let chatz = testkit::Program::start(testkit::sibling("chatz"), arguments);
    chatz.wait_for_log("listening");
    let started = start_with(programs, None);
    let is_elsewhere = |is_suspended: bool| {
        let holder = format!("chatz (pid {})", chatz.pid());
        let elsewhere = ProcessState::Elsewhere { holder, suspended: is_suspended };
        move |views: &Views, _| views.get("chatz").is_some_and(|view| view.state == elsewhere)
    };
    started.until("found", is_elsewhere(false));
    chatz.suspend();
    started.until("called suspended", is_elsewhere(true));
    // Each look at it would take a place of its queue of connections, which nothing empties now.
    for _ in 0..200 {
        let refused = started.act("chatz", ProcessAct::Start).unwrap_err();
        assert!(refused.contains("it was started outside of dealz"), "{refused}");
    }
    chatz.resume();
    started.until("resumed", is_elsewhere(false));
    assert!(!chatz.log().contains("handshake"), "{}", chatz.log());
}

#[test]
fn a_service_on_another_host_is_not_started_here() {
    let mut programs = programs(&folder());
    *at(&mut programs, TICKS) = "tcp://192.0.2.1:9003".parse().unwrap();
    let started = start_with(programs, Some(0));
    let elsewhere = ProcessState::Elsewhere { holder: "on 192.0.2.1".to_owned(), suspended: false };
    started.until("elsewhere", |views, _| views["tickz"].state == elsewhere && running(views) == 1);
    assert!(started.act("tickz", ProcessAct::Start).unwrap_err().contains("192.0.2.1"));
}

#[test]
fn workers_come_and_go_as_asked() {
    let started = start(Some(2));
    let numbers = |views: &Views| -> Vec<String> {
        let live = views.values().filter(|view| view.state == ProcessState::Running);
        live.filter_map(|view| view.id.strip_prefix("worker-").map(str::to_owned)).collect()
    };
    started.processes.set_workers(RUST, 3).unwrap();
    started.until("three", |views, wanted| numbers(views) == ["1", "2", "3"] && wanted == 3);
    started.processes.kill_worker().unwrap();
    let views = started.until("one is dead", |views, wanted| numbers(views) == ["1", "2"] && wanted == 2);
    assert!(views.contains_key("worker-3"));
    started.until_ended("worker-3");
    started.processes.set_workers(RUST, 3).unwrap();
    started.until("three again", |views, wanted| numbers(views) == ["1", "2", "3"] && wanted == 3);
    started.processes.set_workers(RUST, 1).unwrap();
    started.until("one", |views, wanted| numbers(views) == ["1"] && wanted == 1 && views.len() == 3);
    started.processes.set_workers(RUST, 0).unwrap();
    started.until("none", |views, wanted| views.len() == 2 && wanted == 0);
    assert!(started.processes.kill_worker().is_err());
    assert!(started.processes.set_workers(RUST, 17).is_err());
    started.processes.set_workers(RUST, 16).unwrap();
    started.until("no more than may be", |views, wanted| numbers(views).len() == 16 && wanted == 16);
}

#[test]
fn another_valuation_restarts_the_workers() {
    let started = start(Some(2));
    let before = started.processes.set_valuation(ValuationName::Notional).unwrap();
    assert_eq!(before.len(), 2);
    assert_eq!(started.processes.set_valuation(ValuationName::Notional).unwrap(), before);
    let after = started.processes.set_valuation(ValuationName::Var).unwrap();
    assert!(after.len() == 2 && !after.iter().any(|pid| before.contains(pid)) && !before.iter().any(|&pid| lives(pid)));
    started.processes.set_workers(RUST, 3).unwrap();
    started.until("a new one computes the same", |views, _| {
        views.get("worker-3").is_some_and(|view| view.command.contains("--valuation var"))
    });
    assert_eq!(started.processes.set_valuation(ValuationName::Var).unwrap().len(), 3);
}

#[test]
fn a_reset_brings_the_stage_back_soon() {
    let started = start(Some(2));
    let before = started.until("all run", |views, _| running(views) == 4);
    started.processes.set_workers(RUST, 5).unwrap();
    started.processes.set_valuation(ValuationName::Var).unwrap();
    started.act("tickz", ProcessAct::Suspend).unwrap();
    started.act("chatz", ProcessAct::Kill).unwrap();
    started.processes.reset().unwrap();
    let after = started.until("as at the start", |views, wanted| {
        views.len() == 4 && running(views) == 4 && wanted == 2 && views["tickz"].pid != before["tickz"].pid
    });
    assert_eq!(after["worker-1"].command, "valuz worker --report");
    assert!(!before.values().any(|view| lives(view.pid.unwrap())));
}
