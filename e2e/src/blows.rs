//! A broker of jobz with a store, and its workers, which are killed, suspended and started again. What happens to them is in the
//! journal.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rand::{Rng, RngExt as _};
use testkit::{Program, free_endpoints, sibling};

use crate::journal::{Entry, Journal, Outage};

/// What the workers do.
pub const SERVICE: &str = "upper";

/// How many workers there are, if none is suspended.
const WORKERS: usize = 6;

/// How many heartbeats of 2.5 s broker and workers may miss: more than a machine with much else to do keeps them from sending.
pub const LIVENESS: u32 = 10;

/// How long a worker is suspended: the broker gives it up.
const SUSPENDED: Duration = Duration::from_secs(28);

/// What is done to one of the processes.
#[derive(Debug, Clone, Copy)]
pub enum Blow {
    /// A worker is killed, and another one started.
    KillWorker,
    /// The broker is killed and started again.
    KillBroker,
    /// A worker is suspended, and another one started.
    Suspend,
}

/// Where everything is.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where the broker is bound.
    pub endpoint: String,
    folder: PathBuf,
}

impl Place {
    /// The path of the journal.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }

    /// The path of the store.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    fn broker(&self) -> Program {
        let store = text(&self.store());
        let arguments = ["broker", "--jobs", &self.endpoint, "--store", &store, "--observe", "off"];
        let limits = ["--heartbeat", "2500ms", "--liveness", &LIVENESS.to_string(), "--tries", "100"];
        Program::start(sibling("jobz"), arguments.iter().chain(&limits))
    }

    /// Every third worker is `jobz worker` with a program, the others use the library.
    fn worker(&self, number: u32) -> Program {
        let (scribe, journal, endpoint) = (text(&sibling("scribe")), text(&self.journal()), self.endpoint.as_str());
        let name = number.to_string();
        if number.is_multiple_of(3) {
            let liveness = LIVENESS.to_string();
            let worker = ["worker", SERVICE, "--jobs", endpoint, "--observe", "off", "--liveness", &liveness];
            let command = ["--credit", "2", "--lines", "--", &scribe, &journal, &name];
            Program::start(sibling("jobz"), worker.iter().chain(&command))
        } else {
            Program::start(&scribe, [&journal, &name, SERVICE, endpoint])
        }
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("the path is text").to_owned()
}

/// The broker and the workers.
pub struct Stage {
    /// Where they are.
    pub place: Place,
    journal: Journal,
    broker: Program,
    /// Those that work, by their numbers.
    workers: Vec<(u32, Program)>,
    /// How many workers were started.
    started: u32,
    /// Those that are suspended, and until when.
    suspended: Vec<(u32, Program, Instant)>,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// Starts them.
    ///
    /// # Panics
    /// The system has no room for the files.
    #[must_use]
    pub fn start() -> Self {
        let ([endpoint], folder) = (free_endpoints(), tempfile::tempdir().expect("a folder can be made"));
        let place = Place { endpoint, folder: folder.path().to_owned() };
        let journal = Journal::open(&place.journal()).expect("the journal can be made");
        let broker = place.broker();
        let mut stage =
            Self { place, journal, broker, workers: Vec::new(), started: 0, suspended: Vec::new(), _folder: folder };
        stage.fill();
        stage
    }

    /// Starts workers until there are enough.
    fn fill(&mut self) {
        while self.workers.len() < WORKERS {
            self.started += 1;
            self.workers.push((self.started, self.place.worker(self.started)));
        }
    }

    /// Strikes one of them.
    pub fn strike(&mut self, blow: Blow, chance: &mut impl Rng) {
        let victim = chance.random_range(0..self.workers.len());
        match blow {
            Blow::KillBroker => {
                self.journal.write(&Entry::Before(Outage::BrokerKilled));
                self.broker.kill();
                self.journal.write(&Entry::After(Outage::BrokerKilled));
                self.broker = self.place.broker();
            }
            Blow::KillWorker => {
                let (number, worker) = self.workers.swap_remove(victim);
                self.journal.write(&Entry::Before(Outage::WorkerKilled(number)));
                worker.kill();
                self.journal.write(&Entry::After(Outage::WorkerKilled(number)));
                self.fill();
            }
            Blow::Suspend => {
                let (number, worker) = self.workers.swap_remove(victim);
                self.journal.write(&Entry::Before(Outage::WorkerSuspended(number)));
                worker.suspend();
                self.suspended.push((number, worker, Instant::now() + SUSPENDED));
                self.fill();
            }
        }
    }

    /// Resumes workers whose time has come: there is one more until the next one is killed.
    pub fn resume_due(&mut self) {
        while self.suspended.first().is_some_and(|(_, _, until)| *until <= Instant::now()) {
            let (number, worker, _) = self.suspended.remove(0);
            worker.resume();
            self.journal.write(&Entry::After(Outage::WorkerSuspended(number)));
            self.workers.push((number, worker));
        }
    }

    /// Kills the broker for good.
    pub fn end(&self) {
        self.broker.kill();
    }
}
