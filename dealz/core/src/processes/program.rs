//! The programs that dealz starts, the two services and the workers, as command lines.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use settings::observe;
use sockets::Endpoint;
use wire::{
    chat::{BROADCASTS, REQUESTS},
    foreign,
    tick::TICKS,
    value::{CONTROL, ORDERS, RESULTS},
};

use super::place::Place;
use crate::{
    config::{Stage, ValuzEndpoints},
    dashboard::workers::WORKER,
    view::ValuationName,
};

/// How many times faster than real life prices are played: ten years of months in half a minute.
const SPEED: &str = "10000000";

/// How many scenarios a worker simulates for each order: heavy enough to be watched at 10,000 orders.
const SCENARIOS: &str = "10000";

/// A service or a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Service {
    Tickz,
    Chatz,
    /// With its number, from 1.
    Worker(u32, ValuationName),
}

/// How programs are started.
#[derive(Debug)]
pub(crate) struct Programs {
    /// Their folder.
    pub(crate) folder: PathBuf,
    pub(crate) stage: Option<Stage>,
    /// Their environment variables.
    pub(crate) variables: Vec<(&'static str, OsString)>,
    /// Where tickz publishes.
    pub(crate) ticks: Endpoint,
    /// Where chatz receives requests.
    pub(crate) requests: Endpoint,
    /// Where chatz publishes.
    pub(crate) broadcasts: Endpoint,
    /// Where workers reach dealz.
    pub(crate) valuz: ValuzEndpoints,
    /// Where processes report.
    pub(crate) reports: Endpoint,
}

impl Service {
    /// Its name in commands.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Tickz => "tickz".to_owned(),
            Self::Chatz => "chatz".to_owned(),
            Self::Worker(number, _) => format!("{WORKER}{number}"),
        }
    }

    const fn program(&self) -> &'static str {
        match self {
            Self::Tickz => "tickz",
            Self::Chatz => "chatz",
            Self::Worker(..) => "valuz",
        }
    }
}

impl Programs {
    /// The place of a service. Workers bind nothing.
    pub(crate) fn place(&self, service: &Service) -> Place {
        match service {
            Service::Tickz => Place::of(&[&self.ticks]),
            Service::Chatz => Place::of(&[&self.requests, &self.broadcasts]),
            Service::Worker(..) => Place::Here(Vec::new()),
        }
    }

    /// The command line, as typed in a shell.
    pub(crate) fn typed(&self, service: &Service) -> String {
        let words = self.arguments(service, from_here).into_iter().map(|word| quoted(&word.to_string_lossy()));
        let line = [service.program().to_owned()].into_iter().chain(words).collect::<Vec<_>>().join(" ");
        foreign(&line).to_string()
    }

    /// The command.
    pub(crate) fn command(&self, service: &Service) -> Command {
        let mut command = Command::new(self.folder.join(service.program()));
        command.args(self.arguments(service, Path::to_owned));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let channels = [
            (TICKS.variable, &self.ticks),
            (REQUESTS.variable, &self.requests),
            (BROADCASTS.variable, &self.broadcasts),
            (ORDERS.variable, &self.valuz.orders),
            (RESULTS.variable, &self.valuz.results),
            (CONTROL.variable, &self.valuz.control),
            (observe::VARIABLE, &self.reports),
        ];
        command.envs(channels.map(|(variable, endpoint)| (variable, endpoint.reachable().to_string())));
        command
    }

    fn arguments(&self, service: &Service, spell: fn(&Path) -> PathBuf) -> Vec<OsString> {
        let prices = self.stage.as_ref().and_then(|stage| stage.prices.as_deref());
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        match service {
            Service::Tickz => {
                let mut arguments = words(&["publish", "--sequence"]);
                if let Some(prices) = prices {
                    arguments.extend(["--replay".into(), spell(prices).into_os_string()]);
                    arguments.extend(words(&["--speed", SPEED, "--loop"]));
                }
                arguments
            }
            Service::Chatz => words(&["serve"]),
            Service::Worker(_, ValuationName::Notional) => words(&["worker", "--report"]),
            Service::Worker(_, ValuationName::Var) => {
                words(&["worker", "--report", "--valuation", "var", "--scenarios", SCENARIOS])
            }
        }
    }
}

/// A path relative to the folder in which dealz was started.
fn from_here(path: &Path) -> PathBuf {
    let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let here = env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
    whole.strip_prefix(here).map(Path::to_owned).unwrap_or(whole)
}

/// A word, quoted for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "-_./:=,+@%".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(prices: Option<&str>) -> Programs {
        let endpoint = |text: &str| text.parse::<Endpoint>().unwrap();
        Programs {
            folder: "/opt/suite".into(),
            stage: Some(Stage { prices: prices.map(PathBuf::from), workers: 2 }),
            variables: vec![("SUITE_KEY", "k".into()), ("SUITE_OBSERVE", "off".into())],
            ticks: endpoint("tcp://127.0.0.1:9003"),
            requests: endpoint("tcp://127.0.0.1:9001"),
            broadcasts: endpoint("tcp://127.0.0.1:9002"),
            valuz: ValuzEndpoints {
                orders: endpoint("tcp://*:9004"),
                results: endpoint("tcp://0.0.0.0:9005"),
                control: endpoint("ipc:///tmp/control"),
            },
            reports: endpoint("tcp://*:9007"),
        }
    }

    fn programs_with(prices: &str) -> String {
        programs(Some(prices)).typed(&Service::Tickz)
    }

    #[test]
    fn command_lines_can_be_typed() {
        let programs = programs(Some("my data/it's.csv"));
        assert_eq!(
            programs.typed(&Service::Tickz),
            r"tickz publish --sequence --replay 'my data/it'\''s.csv' --speed 10000000 --loop"
        );
        let own = programs_with(concat!(env!("CARGO_MANIFEST_DIR"), "/../core/Cargo.toml"));
        assert_eq!(own, "tickz publish --sequence --replay Cargo.toml --speed 10000000 --loop");
        assert_eq!(programs.typed(&Service::Chatz), "chatz serve");
        let worker = Service::Worker(2, ValuationName::Var);
        assert_eq!(programs.typed(&worker), "valuz worker --report --valuation var --scenarios 10000");
        assert_eq!(worker.id(), "worker-2");
    }

    #[test]
    fn programs_get_the_endpoints_of_the_channels_and_of_the_hub() {
        let command = programs(None).command(&Service::Chatz);
        assert_eq!(command.get_program(), "/opt/suite/chatz");
        let variables: Vec<_> =
            command.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?))).collect();
        for expected in [
            ("CHATZ_REQUESTS", "tcp://127.0.0.1:9001"),
            ("VALUZ_ORDERS", "tcp://127.0.0.1:9004"),
            ("VALUZ_RESULTS", "tcp://127.0.0.1:9005"),
            ("VALUZ_CONTROL", "ipc:///tmp/control"),
            ("SUITE_KEY", "k"),
            ("SUITE_OBSERVE", "tcp://127.0.0.1:9007"),
        ] {
            assert!(variables.contains(&expected), "{expected:?} {variables:?}");
        }
    }
}
