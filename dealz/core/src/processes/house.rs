//! The scene of the desk, `scenes/demo.md`: its cast are the desk's own processes. It is part of the program, so that a desk has its
//! services wherever it is started.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, sync::Arc};

use scenez::{
    Scene,
    parse::parse,
    script::{Line, Member},
    stage::{House, Stage, StageConfig, StageError, StageHub},
};
use sockets::Endpoint;
use wire::Channel;

use super::{languages::ROLE, place};
use crate::{
    config,
    dashboard::workers::{RUST, WORKER},
    view::ValuationName,
};

/// The name of the scene.
pub(crate) const NAME: &str = "demo";

/// Its file.
const TEXT: &str = include_str!("../../../../scenes/demo.md");

/// The word with which the command line of a worker in another language begins.
const PEER: &str = "peer";

/// The member that publishes prices.
const PRICES: &str = "tickz";

/// How the words begin that have prices replayed, up to the last one.
const REPLAY: &str = "--replay";

/// How many scenarios a worker simulates for each order: heavy enough to be watched at 10,000 orders.
const SCENARIOS: &str = "10000";

/// What the processes of the desk need.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// The folder of the suite's programs.
    pub(crate) programs: PathBuf,
    /// Where processes run; the folder `polyglot` is there, or above the programs.
    pub(crate) root: PathBuf,
    /// What starts with the desk.
    pub(crate) stage: Option<config::Stage>,
    /// What processes report to.
    pub(crate) hub: StageHub,
    /// Where the services and the desk are.
    pub(crate) endpoints: Vec<(Channel, Endpoint)>,
}

/// Opens the scene, whose cast may have workers in these languages, too; it rests until it is reset.
///
/// # Errors
/// The system has no ports, descriptors or threads left.
pub(super) fn open<'a>(
    surroundings: Surroundings,
    languages: impl Iterator<Item = &'a str>,
) -> Result<Stage, StageError> {
    let Surroundings { programs, root, stage, hub, endpoints } = surroundings;
    let workers = stage.as_ref().map(|stage| (member_of_workers(RUST), stage.workers.min(super::WORKERS_MAX)));
    let house = House { endpoints, numbers: workers.into_iter().collect(), holder: place::holder };
    let mut scene = scene(stage.and_then(|stage| stage.prices));
    // In the list they follow the workers in Rust.
    let at = scene.cast.iter().position(|member| member.name == member_of_workers(RUST)).map_or(0, |at| at + 1);
    scene.cast.splice(at..at, languages.map(peer));
    Stage::open(Arc::new(scene), StageConfig { programs, root, hub, house: Some(house) }, || {})
}

/// The scene, with these prices in place of the suite's; without any, prices are simulated.
fn scene(prices: Option<PathBuf>) -> Scene {
    #[expect(clippy::expect_used, reason = "a test reads the same text")]
    let mut scene = parse(NAME, TEXT).expect("the scene of the desk has no mistakes");
    let tickz = scene.cast.iter_mut().find(|member| member.name == PRICES);
    if let Some(Member { run, .. }) = tickz
        && let Some(place) = run.iter().position(|word| word == REPLAY)
    {
        match (prices.map(PathBuf::into_os_string).map(OsString::into_string), run.get_mut(place + 1)) {
            (Some(Ok(prices)), Some(word)) => *word = prices,
            _ => run.truncate(place),
        }
    }
    scene
}

/// The workers in a language of the folder `polyglot`: none yet.
fn peer(language: &str) -> Member {
    Member {
        name: member_of_workers(language),
        run: [PEER, language, ROLE].map(str::to_owned).to_vec(),
        count: 0,
        waits: true,
        variables: BTreeMap::new(),
        links: Vec::new(),
        line: Line::default(),
    }
}

/// The member of the cast whose processes are the workers in a language.
pub(super) fn member_of_workers(language: &str) -> String {
    match language {
        RUST => WORKER.trim_end_matches('-').to_owned(),
        _ => format!("{WORKER}{language}"),
    }
}

/// What a worker in Rust runs to compute this.
pub(super) fn words_of_worker(scene: &Scene, valuation: ValuationName) -> Vec<String> {
    let worker = scene.cast.iter().find(|member| member.name == member_of_workers(RUST));
    let mut words = worker.map_or_else(Vec::new, |worker| worker.run.clone());
    if valuation == ValuationName::Var {
        words.extend(["--valuation", "var", "--scenarios", SCENARIOS].map(str::to_owned));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(scene: &Scene, name: &str) -> String {
        scene.cast.iter().find(|member| member.name == name).unwrap().run.join(" ")
    }

    #[test]
    fn the_cast_has_what_the_desk_needs() {
        let scene = scene(Some("a b.csv".into()));
        assert_eq!(words(&scene, PRICES), "tickz publish --sequence --replay a b.csv --speed 10000000 --loop");
        assert_eq!(words(&scene, "chatz"), "chatz serve");
        let worker = scene.cast.iter().find(|member| member.name == member_of_workers(RUST)).unwrap();
        assert_eq!((worker.process(2), worker.waits), ("worker-2".to_owned(), false));
        assert_eq!(
            words_of_worker(&scene, ValuationName::Var).join(" "),
            "valuz worker --report --valuation var --scenarios 10000"
        );
    }

    #[test]
    fn without_a_file_prices_are_simulated() {
        assert_eq!(words(&scene(None), PRICES), "tickz publish --sequence");
    }
}
