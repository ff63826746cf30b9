//! What can be done to a process at the moment. Pure.

use scenez::script;

use crate::{command::ProcessAct, view::ProcessState};

/// What the stage does to a process in this state when a page asks for `act`.
///
/// # Errors
/// It is not possible now: why, in words.
pub(crate) fn possible(state: &ProcessState, act: ProcessAct) -> Result<script::ProcessAct, String> {
    use ProcessAct::{Kill, Restart, Resume, Start, Stop, Suspend};
    use ProcessState::{Elsewhere, Ended, Running, Stopping, Suspended};
    let reason = match (state, act) {
        (Ended { .. }, Start | Restart) => return Ok(script::ProcessAct::Start),
        (Stopping, Start | Restart) => return Ok(script::ProcessAct::Restart),
        (Running | Suspended | Stopping, Stop | Kill)
        | (Running | Suspended, Restart)
        | (Running, Suspend)
        | (Suspended, Resume) => return Ok(of_scene(act)),
        (Elsewhere { holder, .. }, _) => return Err(format!("it was started outside of dealz: {holder}")),
        (Ended { .. }, _) => "it is not running",
        (Stopping, _) => "it is ending",
        (Running, Start) => "it is running already",
        (Suspended, Start) => "it is suspended: resume it",
        (Suspended, Suspend) => "it is suspended already",
        (Running, Resume) => "it is not suspended",
    };
    Err(reason.to_owned())
}

/// The same act on a process of a scene.
pub(crate) const fn of_scene(act: ProcessAct) -> script::ProcessAct {
    match act {
        ProcessAct::Start => script::ProcessAct::Start,
        ProcessAct::Stop => script::ProcessAct::Stop,
        ProcessAct::Restart => script::ProcessAct::Restart,
        ProcessAct::Kill => script::ProcessAct::Kill,
        ProcessAct::Suspend => script::ProcessAct::Suspend,
        ProcessAct::Resume => script::ProcessAct::Resume,
    }
}
