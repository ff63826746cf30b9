//! Each scene of the project can fail: what it claims is false when the world, or the claim, is another one.
//!
//! With `SOAK` all changes of all scenes are played, or those of one (`SCENE=slow-joiner`); otherwise some, chosen by `SEED`. How many
//! of each kind were found is printed.
//!
//! - [`changes`]: what is changed, by rules
//! - [`run`]: changed scenes at work

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod changes;
mod run;

use std::{path::Path, time::Duration};

use rand::{SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use scenez::{Scene, files, known::Programs, parse::parse, peers};

use crate::{
    changes::{Kind, Mutant, with_opposites, without_a_process, without_an_act},
    run::{Played, each, play, play_with_opposites},
};

/// How many scenes are played without `SOAK`, and how many changes of each.
const SOME: (usize, usize) = (2, 2);

/// How soon a cue must be over for its changes to be among those.
const SOON: Duration = Duration::from_secs(6);

/// One run of a changed scene.
#[derive(Debug, Clone)]
enum Run {
    Opposites(Scene),
    Mutant(Mutant),
}

/// The scenes of the project that this machine can play, or the one that `SCENE` names.
fn scenes() -> Vec<Scene> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let programs = Programs::of_this_machine(&root);
    let only = std::env::var("SCENE").ok();
    let paths = files::all(&root.join("scenes")).unwrap().into_iter();
    let paths = paths.filter(|path| only.as_ref().is_none_or(|only| files::name(path) == *only));
    let scenes = paths.map(|path| files::load(&path, &programs).unwrap_or_else(|error| panic!("{error}")));
    scenes.filter(|scene| peers::missing(scene, &root).unwrap().is_empty()).collect()
}

/// A random number generator whose seed is printed, so that a failure can be reproduced.
#[expect(clippy::print_stdout, reason = "shown by the test runner when the test fails")]
fn chance() -> StdRng {
    let seed = std::env::var("SEED").map_or_else(|_| std::process::id().into(), |text| text.parse().unwrap());
    println!("SEED={seed}");
    StdRng::seed_from_u64(seed)
}

fn is_soak() -> bool {
    std::env::var_os("SOAK").is_some()
}

/// All of them in a soak, otherwise some.
fn some<T: Clone>(all: Vec<T>, count: usize, chance: &mut StdRng) -> Vec<T> {
    if is_soak() { all } else { all.sample(chance, count).cloned().collect() }
}

/// Plays scenes as they are; returns each with the times of its cues.
fn played(scenes: Vec<Scene>) -> Vec<(Scene, Vec<Duration>)> {
    each(scenes, |scene| {
        let Played { took, failures, .. } = play(scene.clone());
        assert!(failures.is_empty(), "{failures:#?}");
        (scene, took)
    })
}

/// Why a change is a finding: the scene is green with it, or fails before it, which shows nothing.
fn finding(mutant: Mutant) -> Option<String> {
    let (name, cue) = (mutant.to_string(), mutant.cue);
    let Played { took, failures, is_red } = play(mutant.scene);
    if !is_red {
        Some(format!("{name}: green {failures:?}"))
    } else if took.len() < cue {
        Some(format!("{name}: red before that: {failures:?}"))
    } else {
        None
    }
}

/// The changes of acts and processes of a scene: in a soak all, otherwise those that are soon over.
fn changes((scene, took): &(Scene, Vec<Duration>)) -> Vec<Mutant> {
    let mut mutants = [without_an_act(scene, took), without_a_process(scene, took)].concat();
    assert!(!mutants.is_empty(), "{}", scene.name);
    mutants.retain(|mutant| is_soak() || took[..=mutant.cue].iter().sum::<Duration>() < SOON);
    mutants
}

/// Prints how many changes of a kind were found.
#[expect(clippy::print_stdout, reason = "the numbers of a soak")]
fn count(kind: &str, total: usize, weak: usize) {
    println!("{kind}: {} of {total} found", total - weak);
}

/// How many expectations a scene has.
fn expectations(scene: &Scene) -> usize {
    scene.cues.iter().map(|cue| cue.expectations.len()).sum()
}

#[test]
fn a_scene_turns_red_without_an_act_or_a_process_and_no_claim_is_true_with_its_opposite() {
    let mut chance = chance();
    let scenes = played(some(scenes(), SOME.0, &mut chance));
    let total: usize = scenes.iter().map(|(scene, _)| expectations(scene)).sum();
    let opposites = scenes.iter().map(|(scene, took)| Run::Opposites(with_opposites(scene, took)));
    let mutants =
        scenes.iter().flat_map(|scene| some(changes(scene), SOME.1, &mut chance).into_iter().map(Run::Mutant));
    let runs: Vec<_> = opposites.chain(mutants).collect();
    let findings = each(runs.clone(), |run| match run {
        Run::Opposites(scene) => play_with_opposites(scene),
        Run::Mutant(mutant) => finding(mutant).into_iter().collect(),
    });
    let of = |kind| move |run: &Run| matches!(run, Run::Mutant(mutant) if mutant.kind == kind);
    let weak = |is_of: &dyn Fn(&Run) -> bool| {
        runs.iter().zip(&findings).filter(|(run, _)| is_of(run)).map(|(_, findings)| findings.len()).sum()
    };
    count("opposites", total, weak(&|run| matches!(run, Run::Opposites(_))));
    for (words, kind) in [("without an act", Kind::WithoutAct), ("without a process", Kind::WithoutProcess)] {
        let is_of = of(kind);
        count(words, runs.iter().filter(|run| is_of(run)).count(), weak(&is_of));
    }
    let findings = findings.concat();
    assert!(findings.is_empty(), "{findings:#?}");
}

/// A scene that shows nothing of its second cue: a suspended process has lost nothing, and a killed one as little.
const WEAK: &str = r#"# Weak

It claims too little.

```toml cast
[prices]
run = "tickz publish --symbols MSFT=41.78 --rate 50 --sequence"
[early]
run = "tickz watch MSFT --summary"
```

## Prices flow

```toml expect
"early.received" = ">= 10"
```

## Silence

```toml do
suspend = "early"
```

```toml expect
"early.lost" = 0
```
"#;

#[test]
fn a_weak_scene_is_found() {
    let scenes = played(vec![parse("weak", WEAK).unwrap()]);
    let findings: Vec<_> = each(changes(&scenes[0]), finding).into_iter().flatten().collect();
    let weak = ["weak.md:21: without Process(Suspend, \"early\"): green []", "weak.md:18: early is killed: green []"];
    assert_eq!(findings, weak);
}
