//! What a hand outside of the scene can do with it at the moment: pure. What a scene does was checked before it started.

use wire::foreign;

use super::snapshot::{ActorView, Progress, Snapshot};
use crate::{
    fault::Fault,
    script::{Act, ProcessAct},
    suggest::suggestion,
};

/// The most characters of a name in a sentence.
const NAME_CHARS_MAX: usize = 40;

impl Snapshot {
    /// The processes and links with this name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ActorView> {
        self.actors.iter().filter(move |actor| actor.name == name || actor.member == name)
    }

    /// Checks whether a hand can do this now.
    ///
    /// # Errors
    /// A sentence: no process or link has that name, it does not run, or it cannot fail in this way.
    pub fn allows(&self, act: &Act) -> Result<(), String> {
        if self.progress == Progress::Building {
            return Err("the scene has not started: its peers are not built".to_owned());
        }
        match act {
            Act::Process(ProcessAct::Start | ProcessAct::Restart, name) => self.find(name).map(drop),
            Act::Process(_, name) | Act::Type { process: name, .. } => self.find_running(name).map(drop),
            Act::Fault { on, fault, .. } => {
                let is_of_link = matches!(fault, Fault::Link(_));
                match self.find_running(on)?.iter().find(|actor| actor.is_link != is_of_link) {
                    Some(_) if is_of_link => Err(format!("{} is a fault of a link{}", fault.name(), self.links())),
                    Some(_) => Err(format!("{} is a fault of a process", fault.name())),
                    None => Ok(()),
                }
            }
            Act::Clear(Some(name)) | Act::Highlight(name) => self.find(name).map(drop),
            Act::Clear(None) | Act::View(_) => Ok(()),
        }
    }

    fn find<'a>(&'a self, name: &'a str) -> Result<Vec<&'a ActorView>, String> {
        let found: Vec<_> = self.named(name).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let known = self.actors.iter().map(|actor| actor.name.as_str());
        Err(format!("no process or link `{}`{}", foreign(name).at_most(NAME_CHARS_MAX), suggestion(name, known)))
    }

    fn find_running<'a>(&'a self, name: &'a str) -> Result<Vec<&'a ActorView>, String> {
        let found = self.find(name)?;
        match found.iter().find(|actor| !actor.runs()) {
            Some(actor) => Err(format!("{} does not run", actor.name)),
            None => Ok(found),
        }
    }

    /// Which links there are, to end a sentence.
    fn links(&self) -> String {
        let names: Vec<_> = self.actors.iter().filter(|actor| actor.is_link).map(|actor| actor.name.as_str()).collect();
        if names.is_empty() { "; this scene has none".to_owned() } else { format!(", such as {}", names.join(", ")) }
    }
}
