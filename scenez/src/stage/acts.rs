//! What a cue does, step by step: an act on a member of several processes is a step for each of them.

use std::{collections::VecDeque, time::Duration};

use super::cast::Cast;
use crate::{
    fault::Fault,
    script::{Act, ProcessAct},
};

/// One step; the number is the place of the process.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Start(usize),
    /// Asks it to end, and waits until it has.
    Stop(usize),
    /// Kills it, and waits until it has ended.
    Kill(usize),
    Suspend(usize),
    Resume(usize),
    Type(usize, String),
    Fault(usize, Fault, Duration),
    Clear(usize),
    ClearAll,
    View(String),
    Highlight(String),
}

/// The most steps that may wait: many acts of a hand could add up.
const STEPS_MAX: usize = 1_000;

/// Adds the steps of an act.
///
/// # Errors
/// No process or link has that name, or very many steps wait already.
pub(super) fn add(act: &Act, cast: &Cast, steps: &mut VecDeque<Step>) -> Result<(), String> {
    let of = |name: &str| match cast.places(name) {
        places if places.is_empty() => Err(format!("there is no process or link {name}")),
        places => Ok(places),
    };
    let each = |name: &str, step: &dyn Fn(usize) -> Step| Ok::<_, String>(of(name)?.into_iter().map(step).collect());
    let new: Vec<Step> = match act {
        Act::Process(ProcessAct::Start, name) => each(name, &Step::Start)?,
        Act::Process(ProcessAct::Stop, name) => each(name, &Step::Stop)?,
        Act::Process(ProcessAct::Kill, name) => each(name, &Step::Kill)?,
        Act::Process(ProcessAct::Suspend, name) => each(name, &Step::Suspend)?,
        Act::Process(ProcessAct::Resume, name) => each(name, &Step::Resume)?,
        Act::Process(ProcessAct::Restart, name) => {
            of(name)?.into_iter().flat_map(|place| [Step::Stop(place), Step::Start(place)]).collect()
        }
        Act::Type { process, text } => each(process, &|place| Step::Type(place, text.clone()))?,
        Act::Fault { on, fault, lasts } => each(on, &|place| Step::Fault(place, *fault, *lasts))?,
        Act::Clear(Some(name)) => each(name, &Step::Clear)?,
        Act::Clear(None) => vec![Step::ClearAll],
        Act::View(view) => vec![Step::View(view.clone())],
        Act::Highlight(what) => vec![Step::Highlight(what.clone())],
    };
    if steps.len() + new.len() > STEPS_MAX {
        return Err("too many acts at once".to_owned());
    }
    steps.extend(new);
    Ok(())
}
