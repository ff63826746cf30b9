//! The changes of a scene that must turn it red, made by rules on the parsed scene.

use std::{collections::BTreeSet, fmt, time::Duration};

use observatory::Presence;
use scenez::{
    Scene,
    script::{Act, Comparison, Cue, Expectation, Operand, Path, Placed, ProcessAct, Wanted},
};
use wire::report::Phase;

/// What is different in a changed scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    WithoutAct,
    WithoutProcess,
}

/// A scene with one change.
#[derive(Debug, Clone)]
pub(crate) struct Mutant {
    pub(crate) kind: Kind,
    pub(crate) scene: Scene,
    /// The first cue that is different.
    pub(crate) cue: usize,
    /// Where in the file, and what is different.
    line: u32,
    change: String,
}

impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.md:{}: {}", self.scene.name, self.line, self.change)
    }
}

/// How long a changed expectation may wait: `took` is how long the cue took without the change.
///
/// What is still to come after three times as long, and two seconds for a busy machine, is nothing that the cue has waited
/// for: a change that turned green only then would show no weakness of the scene.
pub(crate) fn patience(within: Duration, took: Duration) -> Duration {
    within.min(took * 3 + Duration::from_secs(2))
}

/// The scene with less patience in the cues from `first` on. Those before must be met as ever.
fn impatient(scene: &Scene, first: usize, took: &[Duration]) -> Scene {
    let mut scene = scene.clone();
    for (cue, took) in scene.cues.iter_mut().zip(took).skip(first) {
        for expectation in &mut cue.expectations {
            expectation.what.within = patience(expectation.what.within, *took);
        }
    }
    scene
}

/// The scene without one of its acts, for each that does something to the cast: a view and a highlight are the desk's alone.
pub(crate) fn without_an_act(scene: &Scene, took: &[Duration]) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (cue, original) in scene.cues.iter().enumerate() {
        for (place, act) in original.acts.iter().enumerate() {
            if matches!(act.what, Act::View(_) | Act::Highlight(_)) {
                continue;
            }
            let mut scene = impatient(scene, cue, took);
            scene.cues[cue].acts.remove(place);
            let (line, change) = (act.line.0, format!("without {:?}", act.what));
            mutants.push(Mutant { kind: Kind::WithoutAct, scene, cue, line, change });
        }
    }
    mutants
}

/// The scene with a process killed right before what a cue expects of it. One of which no cue expects anything is killed in
/// the cue in which it starts: if it is needed for something, that shows.
pub(crate) fn without_a_process(scene: &Scene, took: &[Duration]) -> Vec<Mutant> {
    let all: BTreeSet<&str> = scene.cues.iter().flat_map(named).collect();
    let mut running: BTreeSet<&str> = BTreeSet::new();
    let mut starting: Vec<&str> =
        scene.cast.iter().filter(|member| !member.waits).map(|member| &*member.name).collect();
    let mut mutants = Vec::new();
    for (cue, original) in scene.cues.iter().enumerate() {
        running.extend(&starting);
        for act in &original.acts {
            match &act.what {
                Act::Process(ProcessAct::Start | ProcessAct::Restart, name) => {
                    starting.push(name);
                    running.insert(name);
                }
                Act::Process(ProcessAct::Stop | ProcessAct::Kill, name) => drop(running.remove(&**name)),
                _ => {}
            }
        }
        let silent = starting.drain(..).filter(|name| !all.contains(name));
        let killed: BTreeSet<&str> = named(original).filter(|name| running.contains(name)).chain(silent).collect();
        for name in killed {
            let mut scene = impatient(scene, cue, took);
            let line = original.line;
            scene.cues[cue].acts.push(Placed { what: Act::Process(ProcessAct::Kill, name.to_owned()), line });
            let (line, change) = (line.0, format!("{name} is killed"));
            mutants.push(Mutant { kind: Kind::WithoutProcess, scene, cue, line, change });
        }
    }
    mutants
}

/// The processes of which a cue expects something.
fn named(cue: &Cue) -> impl Iterator<Item = &str> {
    cue.expectations.iter().flat_map(|placed| {
        let other = match &placed.what.wanted {
            Wanted::Number(_, Operand::Path(Path { member, .. })) => Some(&**member),
            _ => None,
        };
        [&*placed.what.path.member].into_iter().chain(other)
    })
}

/// The scene with the opposite of each expectation after all of a cue's own: one run judges all of them.
pub(crate) fn with_opposites(scene: &Scene, took: &[Duration]) -> Scene {
    let mut scene = scene.clone();
    for (cue, took) in scene.cues.iter_mut().zip(took) {
        let opposites =
            cue.expectations.iter().map(|placed| Placed { what: opposite(&placed.what, *took), line: placed.line });
        let opposites: Vec<_> = opposites.collect();
        cue.expectations.extend(opposites);
    }
    scene
}

/// What cannot be so if the expectation is.
///
/// "At some time before `within`" has the opposite "from the beginning, and for as long": so `received < 40` is false as soon
/// as `received >= 40` is true, though every counter is below its bound at first.
fn opposite(claim: &Expectation, took: Duration) -> Expectation {
    let wanted = match &claim.wanted {
        Wanted::Number(Comparison::Equal, Operand::Number(number)) => {
            Wanted::Number(Comparison::Equal, Operand::Number(number + 1.0))
        }
        Wanted::Number(comparison, operand) => Wanted::Number(inverse(*comparison), operand.clone()),
        Wanted::Rises(Comparison::Equal, number) => Wanted::Rises(Comparison::Equal, number + 1.0),
        Wanted::Rises(comparison, number) => Wanted::Rises(inverse(*comparison), *number),
        Wanted::Phase(Phase::Up) => Wanted::Phase(Phase::Retrying),
        Wanted::Phase(_) => Wanted::Phase(Phase::Up),
        Wanted::Presence(Presence::Present) => Wanted::Presence(Presence::Gone),
        Wanted::Presence(_) => Wanted::Presence(Presence::Present),
        Wanted::Contains(text) => Wanted::Contains(format!("{text} and what nothing prints")),
    };
    Expectation { path: claim.path.clone(), wanted, within: patience(claim.within, took), stays: claim.within }
}

const fn inverse(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::Different,
        Comparison::Different => Comparison::Equal,
        Comparison::Less => Comparison::AtLeast,
        Comparison::AtMost => Comparison::Greater,
        Comparison::Greater => Comparison::AtMost,
        Comparison::AtLeast => Comparison::Less,
    }
}
