//! The languages in which dealz runs workers: Rust, and those of the folder `polyglot` that have a worker.
//!
//! This machine is asked for them only if someone wants to know: to ask all of them takes seconds, on a separate thread.

use std::{path::Path, sync::mpsc::SyncSender, thread};

use languages::{Language, Registry};
use scenez::stage::{ActorView, Life, Snapshot};
use tracing::warn;
use wire::foreign;

use super::{house, owner::Message};
use crate::{
    command::Refusal,
    dashboard::workers::RUST,
    view::{LanguageState, LanguageView},
};

/// The role that is started.
pub(super) const ROLE: &str = "worker";

/// The most characters of the reason why a worker could not be started: a compiler may say more.
const REASON_CHARS_MAX: usize = 300;

/// All languages with a worker.
pub(super) struct Languages {
    others: Vec<Other>,
    /// Why there are no others, if the folder cannot be read.
    fault: Option<String>,
    /// How many answers of this machine are expected.
    expected: usize,
}

/// A language besides Rust.
struct Other {
    language: Language,
    /// Whether this machine has it, once it was asked.
    is_present: Option<bool>,
}

impl Languages {
    /// Reads the folder `polyglot` that belongs to this one.
    pub(super) fn read(root: &Path) -> Self {
        let (others, fault) = match Registry::find(Some(root)) {
            Ok(registry) => (registry.languages().to_vec(), None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let others = others.into_iter().filter(|language| language.has_role(ROLE).is_ok());
        let others = others.map(|language| Other { language, is_present: None }).collect();
        Self { others, fault, expected: 0 }
    }

    /// The names of all besides Rust.
    pub(super) fn others(&self) -> impl Iterator<Item = &str> {
        self.others.iter().map(|other| other.language.id.as_str())
    }

    /// The member of the cast whose processes are the workers in a language.
    ///
    /// # Errors
    /// No worker is written in it.
    pub(super) fn member(&self, id: &str) -> Result<String, Refusal> {
        if id == RUST || self.others().any(|other| other == id) {
            return Ok(house::member_of_workers(id));
        }
        let known: Vec<&str> = std::iter::once(RUST).chain(self.others()).collect();
        let known = || format!("there are workers in {}", known.join(", "));
        Err(Refusal::invalid("language", &self.fault.clone().unwrap_or_else(known)))
    }

    /// Asks this machine, unless it is being asked; each answer is a [`Message::Present`].
    pub(super) fn ask(&mut self, sender: SyncSender<Message>) {
        if self.expected > 0 {
            return;
        }
        let languages: Vec<Language> = self.others.iter().map(|other| other.language.clone()).collect();
        let count = languages.len();
        let asked = thread::Builder::new().name("languages".to_owned()).spawn(move || {
            for language in languages {
                let is_present = language.is_present();
                if sender.send(Message::Present(language.id, is_present)).is_err() {
                    return;
                }
            }
        });
        match asked {
            Ok(_) => self.expected = count,
            Err(error) => warn!(%error, "cannot ask for languages"),
        }
    }

    /// Takes an answer of this machine.
    pub(super) fn handle_present(&mut self, id: &str, is_present: bool) {
        self.expected = self.expected.saturating_sub(1);
        if let Some(other) = self.others.iter_mut().find(|other| other.language.id == id) {
            other.is_present = Some(is_present);
        }
    }

    /// All languages, as pages get them.
    pub(super) fn views(&self, snapshot: &Snapshot) -> Vec<LanguageView> {
        let rust = (RUST, "Rust", LanguageState::Present);
        let others = self.others.iter().map(|Other { language, is_present }| {
            let state = match is_present {
                None => LanguageState::Unknown,
                Some(true) => LanguageState::Present,
                Some(false) => LanguageState::Missing,
            };
            (language.id.as_str(), language.name(), state)
        });
        let view = |(id, name, state): (&str, &str, LanguageState)| LanguageView {
            id: id.to_owned(),
            name: name.to_owned(),
            wanted: wanted(snapshot, id),
            state: attempt(snapshot, id).unwrap_or(state),
        };
        std::iter::once(rust).chain(others).map(view).collect()
    }
}

/// How many workers in a language run and are to go on, or will be started.
pub(super) fn wanted(snapshot: &Snapshot, id: &str) -> u32 {
    let is_wanted = |actor: &&ActorView| actor.will_start || (actor.runs() && !actor.is_ending);
    snapshot.named(&house::member_of_workers(id)).filter(is_wanted).count() as u32
}

/// What came of the last attempt to start a worker, if there is no worker yet.
fn attempt(snapshot: &Snapshot, id: &str) -> Option<LanguageState> {
    let member = house::member_of_workers(id);
    let mut idle = snapshot.named(&member).filter(|actor| actor.life == Life::Waiting);
    idle.find_map(|actor| match &actor.failure {
        _ if actor.will_start => Some(LanguageState::Building),
        failure => {
            let reason = foreign(failure.as_deref()?).at_most(REASON_CHARS_MAX).to_string();
            Some(LanguageState::Failed { reason })
        }
    })
}
