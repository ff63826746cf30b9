//! A desk that takes part in its scene: here it is this test.

use std::{collections::BTreeMap, net::TcpStream, process, sync::Arc};

use scenez::{
    script::{Act, ProcessAct},
    stage::{ActorView, Command, Holder, House, Life, Snapshot, Stage, StageConfig},
};
use sockets::Endpoint;
use wire::tick::TICKS;

use crate::common::{config, scene};

const SCENE: &str = r#"# House

Prices flow.

```toml cast
[desk]
run = "dealz --web 127.0.0.1:0"
[tickz]
run = "tickz publish --symbols MSFT=41.78 --rate 50"
[watch]
run = "tickz watch MSFT"
count = 2
```

## They flow

```toml expect
within = "30s"
"tickz.ticks.peers" = 2
```
"#;

/// What is at an endpoint, if something listens there.
fn holder(endpoint: &str) -> Option<Holder> {
    let address = endpoint.trim_start_matches("tcp://");
    TcpStream::connect(address).ok().map(|_| Holder { words: "another program".to_owned(), pid: None })
}

fn open(ticks: &Endpoint, numbers: &[(&str, u32)]) -> Stage {
    let numbers: BTreeMap<_, _> = numbers.iter().map(|&(member, number)| (member.to_owned(), number)).collect();
    let house = House { endpoints: vec![(TICKS, ticks.clone())], numbers, holder };
    Stage::open(scene(SCENE), StageConfig { house: Some(house), ..config() }, || {}).unwrap()
}

fn free() -> Endpoint {
    let [endpoint] = testkit::free_endpoints();
    endpoint.parse().unwrap()
}

/// Has the stage do this, and returns what it then shows.
fn done(stage: &Stage, command: Command) -> Arc<Snapshot> {
    let number = stage.command(command).unwrap();
    stage.wait(testkit::BOUND, |snapshot| snapshot.obeyed >= number)
}

fn until(stage: &Stage, what: &str, wanted: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let snapshot = stage.wait(testkit::BOUND, &wanted);
    assert!(wanted(&snapshot), "not in time: {what}: {:#?}", snapshot.actors);
    snapshot
}

fn act(act: ProcessAct, name: &str) -> Command {
    Command::Act(Act::Process(act, name.to_owned()))
}

fn number(count: u32) -> Command {
    Command::Number { member: "watch".to_owned(), count }
}

fn running(snapshot: &Snapshot) -> Vec<&str> {
    let runs = |actor: &&ActorView| actor.runs() && actor.elsewhere.is_none();
    snapshot.actors.iter().filter(runs).map(|actor| actor.name.as_str()).collect()
}

#[test]
fn it_rests_until_it_is_reset_and_the_desk_is_neither_started_nor_ended() {
    let ticks = free();
    let stage = open(&ticks, &[]);
    let resting = until(&stage, "it rests", |snapshot| snapshot.start == 1);
    assert_eq!(running(&resting), [""; 0]);
    let desk = resting.named("desk").next().unwrap();
    assert_eq!(
        (desk.pid, desk.life, desk.elsewhere.as_deref()),
        (Some(process::id()), Life::Running, Some("this desk"))
    );
    let alone = done(&stage, act(ProcessAct::Start, "tickz"));
    assert_eq!(running(&alone), ["tickz"]);
    done(&stage, Command::Reset);
    until(&stage, "all run", |snapshot| running(snapshot) == ["tickz", "watch-1", "watch-2"] && snapshot.is_met());
    testkit::eventually("it is at the endpoint of the desk", || holder(ticks.as_str()).is_some());
    let killed = done(&stage, act(ProcessAct::Kill, "desk"));
    assert_eq!(killed.problems, ["desk was started outside of the scene: this desk"]);
    done(&stage, Command::Rest);
    until(&stage, "it rests again", |snapshot| snapshot.start == 3 && running(snapshot).is_empty());
    stage.close().unwrap();
}

#[test]
fn a_hand_changes_how_many_processes_of_a_member_run_and_what() {
    let stage = open(&free(), &[("watch", 3)]);
    done(&stage, Command::Reset);
    until(&stage, "as many as the desk wants", |it| running(it) == ["tickz", "watch-1", "watch-2", "watch-3"]);
    let more = done(&stage, number(5));
    assert_eq!(running(&more), ["tickz", "watch-1", "watch-2", "watch-3", "watch-4", "watch-5"]);
    done(&stage, act(ProcessAct::Kill, "watch-2"));
    until(&stage, "one is dead", |it| it.named("watch-2").all(|actor| actor.life == Life::Ended(-9)));
    done(&stage, number(3));
    let fewer = until(&stage, "fewer", |it| running(it) == ["tickz", "watch-1", "watch-3", "watch-4"]);
    // What has ended is forgotten.
    assert!(fewer.named("watch-2").chain(fewer.named("watch-5")).all(|actor| actor.life == Life::Waiting));
    done(&stage, number(4));
    let before = until(&stage, "the lowest number is free", |it| running(it).len() == 5 && running(it)[2] == "watch-2");

    let words = ["tickz", "watch", "MSFT", "--json"].map(str::to_owned).to_vec();
    done(&stage, Command::Run { member: "watch".to_owned(), words });
    let is_other = |it: &Snapshot| {
        it.named("watch").filter(|actor| actor.runs()).all(|actor| actor.command.ends_with("--json"))
            && running(it).len() == 5
    };
    let after = until(&stage, "all run something else", is_other);
    let pids =
        |it: &Snapshot| it.named("watch").filter(|actor| actor.runs()).map(|actor| actor.pid).collect::<Vec<_>>();
    assert!(!pids(&after).iter().any(|pid| pids(&before).contains(pid)));
    assert_eq!(done(&stage, Command::Number { member: "nothing".to_owned(), count: 1 }).problems.len(), 1);

    done(&stage, Command::Reset);
    let again = until(&stage, "as at the start", |it| it.start > after.start && running(it).len() == 4);
    assert!(again.actors.len() == 5 && again.named("watch").all(|actor| actor.command == "tickz watch MSFT"));
}

#[test]
fn another_program_at_the_port_of_a_member_plays_it_until_it_ends() {
    let ticks = free();
    let stage = open(&ticks, &[]);
    let listener = std::net::TcpListener::bind(ticks.as_str().trim_start_matches("tcp://")).unwrap();
    done(&stage, Command::Reset);
    let is_elsewhere =
        |it: &Snapshot| it.named("tickz").all(|actor| actor.elsewhere.as_deref() == Some("another program"));
    let shown = until(&stage, "it is found", |it| running(it) == ["watch-1", "watch-2"] && is_elsewhere(it));
    assert_eq!(shown.problems, [""; 0]);
    drop(listener);
    until(&stage, "its end is noticed", |it| it.named("tickz").all(|actor| actor.elsewhere.is_none()));
    done(&stage, act(ProcessAct::Start, "tickz"));
    until(&stage, "it is started", |it| running(it) == ["tickz", "watch-1", "watch-2"]);
}

#[test]
fn what_a_hand_stops_holds_up_no_other_act() {
    let stage = open(&free(), &[]);
    done(&stage, Command::Reset);
    let all = until(&stage, "all run", |it| running(it).len() == 3);
    let pid = all.named("tickz").next().unwrap().pid;
    done(&stage, act(ProcessAct::Restart, "tickz"));
    let killed = done(&stage, act(ProcessAct::Kill, "watch-1"));
    // It may have ended before this snapshot.
    assert!(killed.named("watch-1").all(|actor| actor.is_ending || !actor.runs()) && killed.problems.is_empty());
    until(&stage, "it runs again", |it| {
        it.named("tickz").all(|actor| actor.runs() && !actor.is_ending && actor.pid != pid)
    });
}
