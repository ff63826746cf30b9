//! A cue without processes: states, lines and times go in.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use observatory::{Flows, Observatory, Presence};
use wire::report::{Connection, Label, NamedValue, Phase, ProcessId, ProcessState, SocketState, Traffic};

use super::*;
use crate::{
    script::{Comparison, Expectation, Figure, Line, Operand, Path, Placed, Property, Wanted},
    values::Actor,
};

const SECOND: Duration = Duration::from_secs(1);

/// A stage that is made of words.
struct Stage {
    begun: Instant,
    now: Instant,
    observatory: Observatory,
    flows: Flows,
    actors: Vec<Actor>,
    numbers: BTreeMap<u32, u64>,
}

impl Stage {
    /// Processes `name-1`, `name-2` … of one member, or `name` alone.
    fn new(members: &[(&str, u32)]) -> Self {
        let mut actors = Vec::new();
        for (member, count) in members {
            for number in 1..=*count {
                let name = if *count == 1 { (*member).to_owned() } else { format!("{member}-{number}") };
                let pid = Some(1_000 + actors.len() as u32);
                actors.push(Actor { name, member: (*member).to_owned(), pid, ..Actor::default() });
            }
        }
        let begun = Instant::now();
        let (observatory, flows) = (Observatory::new(), Flows::new());
        Self { begun, now: begun, observatory, flows, actors, numbers: BTreeMap::new() }
    }

    fn actor(&mut self, name: &str) -> &mut Actor {
        self.actors.iter_mut().find(|actor| actor.name == name).unwrap()
    }

    /// A process reports a value, and a socket with as many messages received, in this phase.
    fn reports(&mut self, name: &str, value: f64, phase: Phase) {
        let now = self.now;
        let pid = self.actor(name).pid.unwrap();
        let number = self.numbers.entry(pid).or_default();
        *number += 1;
        let state = state(pid, *number, value, phase);
        self.observatory.handle_state(now, state.clone(), 100);
        self.actor(name).last = Some((now, state));
    }

    fn values(&self) -> Values<'_> {
        Values { observatory: &self.observatory, flows: &self.flows, actors: &self.actors }
    }

    /// A cue with this expectation that has acted now.
    fn begin(&self, expectations: &[Expectation]) -> Play {
        let placed = |what: &Expectation| Placed { what: what.clone(), line: Line(1) };
        let cue = Cue {
            title: String::new(),
            text: String::new(),
            notes: String::new(),
            acts: Vec::new(),
            expectations: expectations.iter().map(placed).collect(),
            line: Line(1),
        };
        let mut play = Play::new(&cue, &self.values());
        play.begin(self.now);
        play
    }

    fn after(&mut self, time: Duration) {
        self.now += time;
    }

    fn follow(&self, play: &mut Play) -> Verdict {
        play.follow(self.now, &self.values());
        play.verdict()
    }
}

fn state(pid: u32, number: u64, value: f64, phase: Phase) -> ProcessState {
    let connection = Connection {
        id: Some(7),
        endpoint: Label::cut("tcp://127.0.0.1:9003"),
        phase,
        since_ms: 0.0,
        attempts: None,
        retry_ms: None,
        reason: None,
        local: None,
        remote: None,
        peer_pid: None,
    };
    let socket = SocketState {
        name: "tickz.sub".parse().unwrap(),
        kind: Label::cut("SUB"),
        channel: Some(Label::cut("ticks")),
        bound: Vec::new(),
        connected: vec![Label::cut("tcp://127.0.0.1:9003")],
        send_queue: 0,
        receive_queue: 0,
        sent: Traffic::default(),
        received: Traffic { messages: value.max(0.0) as u64, bytes: 0 },
        malformed: 0,
        waiting: None,
        connections: vec![connection],
        more_connections: 0,
    };
    ProcessState {
        process: ProcessId(u64::from(pid)),
        program: Label::cut("tickz"),
        role: Label::cut("watch"),
        language: Label::cut("rust"),
        pid,
        host: Label::cut("lab"),
        started_ms: 0.0,
        time_ms: 0.0,
        number,
        events: 0,
        values: vec![NamedValue { name: Label::cut("lost"), value: Some(value), unit: None }],
        sockets: vec![socket],
        more_sockets: 0,
        ended: false,
    }
}

fn expect(member: &str, property: Property, wanted: Wanted) -> Expectation {
    Expectation {
        path: Path { member: member.to_owned(), property },
        wanted,
        within: 5 * SECOND,
        stays: Duration::ZERO,
    }
}

fn lost(member: &str, comparison: Comparison, number: f64) -> Expectation {
    expect(member, Property::Value("lost".to_owned()), Wanted::Number(comparison, Operand::Number(number)))
}

fn ticks(figure: Figure, wanted: Wanted) -> Expectation {
    expect("early", Property::Socket("ticks".to_owned(), figure), wanted)
}

fn staying(expectation: Expectation, stays: Duration) -> Expectation {
    Expectation { stays, ..expectation }
}

#[test]
fn a_value_of_before_the_cue_decides_nothing() {
    let mut stage = Stage::new(&[("early", 1)]);
    stage.reports("early", 0.0, Phase::Up);
    let mut play = stage.begin(&[lost("early", Comparison::Equal, 0.0)]);
    assert_eq!(stage.follow(&mut play), Verdict::Open);
    assert_eq!(play.checks()[0].sentence(), "early.lost = 0, early has not reported since");
    stage.after(SECOND);
    stage.reports("early", 0.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Met);
    assert_eq!(play.checks()[0].sentence(), "early.lost = 0, is 0");
}

#[test]
fn a_rate_counts_only_when_all_of_it_was_measured_after_the_cue() {
    let mut stage = Stage::new(&[("early", 1)]);
    stage.reports("early", 0.0, Phase::Up);
    stage.after(SECOND / 2);
    let idle = Wanted::Number(Comparison::Less, Operand::Number(1.0));
    let mut play = stage.begin(&[ticks(Figure::Rate, idle)]);
    stage.after(SECOND / 2);
    stage.reports("early", 100.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Open);
    assert_eq!(play.checks()[0].sentence(), "early.ticks.rate < 1, early has not reported since");
    stage.after(SECOND);
    stage.reports("early", 101.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Open);
    assert_eq!(play.checks()[0].sentence(), "early.ticks.rate < 1, is 1");
    stage.after(SECOND);
    stage.reports("early", 101.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Met);
}

#[test]
fn what_does_not_come_true_in_time_has_failed_and_says_what_was_seen() {
    let mut stage = Stage::new(&[("early", 1)]);
    let mut play = stage.begin(&[lost("early", Comparison::Equal, 0.0)]);
    stage.after(4 * SECOND);
    stage.reports("early", 12.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Open);
    assert_eq!(play.next_deadline(), Some(stage.begun + 5 * SECOND));
    stage.after(SECOND);
    assert_eq!(stage.follow(&mut play), Verdict::Failed);
    assert_eq!(play.checks()[0].sentence(), "early.lost = 0, is 12 after 5 s");
}

#[test]
fn what_becomes_false_before_its_time_is_over_is_broken() {
    let mut stage = Stage::new(&[("early", 1)]);
    let mut play = stage.begin(&[staying(lost("early", Comparison::Equal, 0.0), SECOND)]);
    stage.after(SECOND);
    stage.reports("early", 0.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Open);
    assert_eq!(play.checks()[0].status(), Status::Holding);
    assert_eq!(play.next_deadline(), Some(stage.now + SECOND));
    stage.after(SECOND / 2);
    stage.reports("early", 1.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Failed);
    assert_eq!(play.checks()[0].sentence(), "early.lost = 0, is 1: was true, but not for 1 s");
}

#[test]
fn what_stays_true_for_its_time_is_met() {
    let mut stage = Stage::new(&[("early", 1)]);
    let mut play = stage.begin(&[staying(lost("early", Comparison::Equal, 0.0), SECOND)]);
    stage.after(SECOND);
    stage.reports("early", 0.0, Phase::Up);
    stage.follow(&mut play);
    stage.after(SECOND);
    assert_eq!(stage.follow(&mut play), Verdict::Met);
    // What happens later is another cue's.
    stage.reports("early", 1.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Met);
    assert_eq!(play.next_deadline(), None);
}

#[test]
fn a_cue_is_met_when_all_is_true_at_one_moment() {
    let mut stage = Stage::new(&[("early", 1)]);
    let received = Wanted::Number(Comparison::AtLeast, Operand::Number(3.0));
    let mut play = stage.begin(&[lost("early", Comparison::Less, 3.0), ticks(Figure::Received, received)]);
    stage.after(SECOND);
    stage.reports("early", 0.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Open);
    assert_eq!(play.checks()[0].status(), Status::Met);
    // The socket's count is the same number here: only one of the two can be true.
    stage.reports("early", 3.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Open);
    stage.after(4 * SECOND);
    assert_eq!(stage.follow(&mut play), Verdict::Failed);
    assert_eq!(play.checks()[0].sentence(), "early.lost < 3, is 3 after 5 s");
}

#[test]
fn a_rise_is_counted_from_the_cue_and_from_zero_for_a_new_process() {
    let mut stage = Stage::new(&[("worker", 2)]);
    stage.reports("worker-1", 100.0, Phase::Up);
    stage.reports("worker-2", 50.0, Phase::Up);
    let rises = expect("worker", Property::Value("lost".to_owned()), Wanted::Rises(Comparison::AtLeast, 10.0));
    let mut play = stage.begin(&[rises]);
    stage.after(SECOND);
    stage.reports("worker-1", 103.0, Phase::Up);
    // It was restarted, and counts from zero.
    stage.actor("worker-2").pid = Some(2_000);
    stage.reports("worker-2", 6.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Open);
    assert_eq!(play.checks()[0].sentence(), "worker.lost rises >= 10, has risen by 9");
    stage.reports("worker-2", 7.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Met);
}

#[test]
fn a_member_with_several_processes_is_their_sum_and_one_of_them_is_one() {
    let mut stage = Stage::new(&[("worker", 2)]);
    let mut play = stage.begin(&[lost("worker", Comparison::Equal, 7.0), lost("worker-2", Comparison::Equal, 4.0)]);
    stage.after(SECOND);
    stage.reports("worker-1", 3.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Open);
    stage.reports("worker-2", 4.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Met);
    // What one that has ended has counted still counts.
    stage.actor("worker-2").exit = Some(-9);
    let mut play = stage.begin(&[lost("worker", Comparison::Equal, 7.0)]);
    stage.after(SECOND);
    stage.reports("worker-1", 3.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Met);
}

#[test]
fn phases_presence_and_exits_are_seen() {
    let mut stage = Stage::new(&[("early", 1)]);
    let exit = |code: f64| expect("early", Property::Exit, Wanted::Number(Comparison::Equal, Operand::Number(code)));
    let presence = |presence| expect("early", Property::Presence, Wanted::Presence(presence));
    let phase = |phase| ticks(Figure::Phase, Wanted::Phase(phase));
    let sentence = |stage: &mut Stage, expectation: Expectation| {
        let mut play = stage.begin(&[expectation]);
        stage.after(SECOND);
        let runs = stage.actor("early").runs();
        if runs {
            stage.reports("early", 0.0, Phase::Retrying);
        }
        stage.follow(&mut play);
        play.checks()[0].sentence()
    };
    assert_eq!(sentence(&mut stage, phase(Phase::Up)), "early.ticks.phase = up, is retrying");
    assert_eq!(sentence(&mut stage, exit(0.0)), "early.exit = 0, early still runs");
    assert_eq!(sentence(&mut stage, presence(Presence::Gone)), "early.presence = gone, is present");
    stage.actor("early").is_suspended = true;
    assert_eq!(sentence(&mut stage, presence(Presence::Gone)), "early.presence = gone, is suspended");
    stage.actor("early").exit = Some(-9);
    assert_eq!(sentence(&mut stage, exit(-9.0)), "early.exit = -9, is -9");
    assert_eq!(sentence(&mut stage, presence(Presence::Gone)), "early.presence = gone, is gone");
    assert_eq!(sentence(&mut stage, phase(Phase::Up)), "early.ticks.phase = up, is closed");
}

#[test]
fn a_line_counts_from_the_cue_and_once_printed_stays_printed() {
    let mut stage = Stage::new(&[("late", 1), ("other", 1)]);
    let prints = |text: &str| expect("late", Property::Prints, Wanted::Contains(text.to_owned()));
    let mut play = stage.begin(&[prints("joined")]);
    stage.follow(&mut play);
    assert_eq!(play.checks()[0].sentence(), "late.prints contains 'joined', has printed nothing since");
    play.handle_line("other", "other", "joined");
    play.handle_line("late", "late", "hello");
    stage.follow(&mut play);
    assert_eq!(play.checks()[0].sentence(), "late.prints contains 'joined', not in 1 line, the last: 'hello'");
    play.handle_line("late", "late", "ada joined");
    play.handle_line("late", "late", "bye");
    assert_eq!(stage.follow(&mut play), Verdict::Met);
    stage.after(SECOND);
}

#[test]
fn of_a_long_line_that_part_is_shown_that_was_expected() {
    let stage = Stage::new(&[("late", 1)]);
    let mut play = stage.begin(&[expect("late", Property::Prints, Wanted::Contains("joined".to_owned()))]);
    play.handle_line("late", "late", &format!("{} Ä joined {}", "é".repeat(100), "x".repeat(100)));
    stage.follow(&mut play);
    let shown = format!("…{} Ä joined {}…", "é".repeat(14), "x".repeat(35));
    assert_eq!(play.checks()[0].sentence(), format!("late.prints contains 'joined', has printed '{shown}'"));
}

#[test]
fn what_waits_is_known_once_it_is_reported_and_ends_with_the_process() {
    let mut stage = Stage::new(&[("early", 1)]);
    let some = ticks(Figure::Waiting, Wanted::Number(Comparison::Greater, Operand::Number(0.0)));
    let mut play = stage.begin(&[some]);
    stage.after(SECOND);
    stage.reports("early", 3.0, Phase::Up);
    stage.follow(&mut play);
    assert_eq!(play.checks()[0].sentence(), "early.ticks.waiting > 0, cannot be known");
    let (_, state) = stage.actor("early").last.as_mut().unwrap();
    state.sockets[0].waiting = Some(5_000);
    assert_eq!(stage.follow(&mut play), Verdict::Met);
    let mut play = stage.begin(&[ticks(Figure::Waiting, Wanted::Number(Comparison::Equal, Operand::Number(0.0)))]);
    stage.actor("early").exit = Some(0);
    stage.after(SECOND);
    assert_eq!(stage.follow(&mut play), Verdict::Met);
}

#[test]
fn numbers_of_two_processes_compare() {
    let mut stage = Stage::new(&[("early", 1), ("late", 1)]);
    let other = Path { member: "early".to_owned(), property: Property::Value("lost".to_owned()) };
    let less =
        expect("late", Property::Value("lost".to_owned()), Wanted::Number(Comparison::Less, Operand::Path(other)));
    let mut play = stage.begin(&[less]);
    stage.after(SECOND);
    stage.reports("late", 3.0, Phase::Up);
    stage.follow(&mut play);
    assert_eq!(play.checks()[0].sentence(), "late.lost < early.lost, is 3; the other is not known");
    stage.reports("early", 3.0, Phase::Up);
    stage.follow(&mut play);
    assert_eq!(play.checks()[0].sentence(), "late.lost < early.lost, is 3; the other is 3");
    stage.reports("early", 4.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Met);
}

#[test]
fn a_cue_without_expectations_is_met_once_it_has_acted() {
    let stage = Stage::new(&[]);
    let mut play = stage.begin(&[]);
    assert_eq!(stage.follow(&mut play), Verdict::Met);
}

#[test]
fn before_the_cue_has_acted_nothing_is_looked_at() {
    let mut stage = Stage::new(&[("early", 1)]);
    let mut play = stage.begin(&[lost("early", Comparison::Equal, 0.0)]);
    play.begun = None;
    stage.after(10 * SECOND);
    stage.reports("early", 0.0, Phase::Up);
    assert_eq!(stage.follow(&mut play), Verdict::Open);
    assert_eq!(play.next_deadline(), None);
}
