//! Validates commands and passes them on. A page is not trusted: every value becomes a validated type, or a refusal with a
//! reason.

use std::sync::{PoisonError, TryLockError};

use scenez::{
    fault::{self, Fault, FaultError},
    script::Act,
};
use valuz::pace::Pace;
use wire::{Symbol, Text, User};

use super::live::Live;
use crate::{
    command::{Command, OrdersInput, ProcessAct, Refusal, Reply},
    dashboard::workers::RUST,
    event::Event,
    feeds::valuz::{Run, orders_of},
    processes,
    view::{BatchPace, ValuationName},
};

impl Live {
    /// Executes a command of a page.
    ///
    /// # Errors
    /// As [`super::Desk::act`].
    pub(crate) fn act(&self, command: Command) -> Result<Reply, Refusal> {
        match command {
            Command::Follow { symbol } => self.tickz.follow(parse_symbol(&symbol)?)?,
            Command::Forget { symbol } => self.tickz.forget(parse_symbol(&symbol)?)?,
            Command::Rename { name } => self.chatz.rename(parse_name(&name)?)?,
            Command::Say { text } => self.chatz.say(parse_text(&text)?)?,
            Command::SayAs { .. } => {
                return Err(Refusal::not_now("only a page of the audience can say something under another name"));
            }
            Command::RunBatch { orders, valuation } => self.run_batch(&orders, valuation)?,
            Command::StopBatch => self.valuz.stop_batch()?,
            Command::Pace { pace } => self.valuz.set_pace(parse_pace(pace)?)?,
            Command::Step => self.valuz.step()?,
            Command::SetWorkers { count, language } => self.set_workers(language.as_deref().unwrap_or(RUST), count)?,
            Command::Languages => self.processes.ask_for_languages()?,
            Command::KillWorker => self.processes.kill_worker()?,
            Command::Process { id, act, scene: false } => self.act_on(id, act)?,
            Command::Process { id, act, scene: true } => self.scenes.act(Act::Process(processes::of_scene(act), id))?,
            Command::View { view } => self.report(Event::View(view)),
            Command::Highlight { target } => self.highlight(&target)?,
            Command::Scene { name } => self.scenes.open(name)?,
            Command::CloseScene => self.scenes.close()?,
            Command::Cue { to } => self.scenes.cue(to)?,
            Command::Fault { on, fault, lasts } => self.scenes.act(parse_fault(on, &fault, &lasts)?)?,
            Command::Clear { on } => self.scenes.act(Act::Clear(on))?,
            Command::Play { scene } => self.scenes.play(scene)?,
            Command::Live => self.scenes.show_live()?,
            Command::Reset => self.reset()?,
            Command::Wire { socket, after } => {
                return Ok(Reply::Wire { messages: self.observations.messages(&socket, after)? });
            }
            Command::Recording { scene: Some(scene) } => {
                return Ok(Reply::Recording { text: self.scenes.recording(&scene)? });
            }
            Command::Recording { scene: None } => return Err(Refusal::not_now("no recording is played")),
        }
        Ok(Reply::Done)
    }

    /// Acts on a process of the desk, or else of the open scene.
    fn act_on(&self, id: String, act: ProcessAct) -> Result<(), Refusal> {
        let refusal = match self.processes.act(id.clone(), act) {
            Err(refusal @ Refusal::Invalid { .. }) => refusal,
            done => return done,
        };
        let is_actor = self.dashboard().lock().unwrap_or_else(PoisonError::into_inner).has_actor(&id);
        if is_actor { self.scenes.act(Act::Process(processes::of_scene(act), id)) } else { Err(refusal) }
    }

    fn set_workers(&self, language: &str, count: u32) -> Result<(), Refusal> {
        let is_heavy = || self.dashboard().lock().unwrap_or_else(PoisonError::into_inner).runs(ValuationName::Var);
        if language != RUST && count > 0 && is_heavy() {
            let reason = "a batch of value at risk runs, which only workers in Rust compute: stop it first";
            return Err(Refusal::not_now(reason));
        }
        self.processes.set_workers(language, count)
    }

    fn run_batch(&self, orders: &OrdersInput, valuation: ValuationName) -> Result<(), Refusal> {
        let (orders, origin) = orders_of(orders)?;
        let await_pids = self.processes.set_valuation(valuation)?;
        self.valuz.run(Run { orders, origin, valuation, await_pids })
    }

    fn highlight(&self, target: &str) -> Result<(), Refusal> {
        let found = self.dashboard().lock().unwrap_or_else(PoisonError::into_inner).find(target);
        self.report(Event::Highlight(found.map_err(|reason| Refusal::invalid("target", &reason))?));
        Ok(())
    }

    /// Reports to the dashboard, which drains the channel; if that fails, it has ended.
    fn report(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// Resets the desk.
    fn reset(&self) -> Result<(), Refusal> {
        let _one_at_a_time = match self.resetting.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(Refusal::not_now("the desk is already being reset")),
        };
        self.scenes.reset()?;
        self.processes.reset()?;
        if self.shows_house {
            self.scenes.show_house()?;
        }
        self.valuz.reset()?;
        for symbol in self.tickz.followed() {
            self.tickz.forget(symbol)?;
        }
        for &symbol in &self.symbols {
            self.tickz.follow(symbol)?;
        }
        self.tickz.reset()?;
        self.chatz.reset()?;
        self.chatz.rename(self.name.clone())?;
        self.observations.taps().clear();
        // Last, so that all earlier events are cleared too.
        self.report(Event::Reset);
        Ok(())
    }
}

fn parse_symbol(symbol: &str) -> Result<Symbol, Refusal> {
    symbol.parse().map_err(|_| {
        Refusal::invalid("symbol", "a symbol is 2 to 16 capital letters and digits, starting with a letter")
    })
}

fn parse_name(name: &str) -> Result<User, Refusal> {
    name.parse().map_err(|_| Refusal::invalid("name", "a name is 1 to 32 letters, digits and _"))
}

fn parse_pace(pace: BatchPace) -> Result<Pace, Refusal> {
    match pace {
        BatchPace::Max => Ok(Pace::Max),
        BatchPace::Rate { per_second } => {
            Pace::per_second(per_second).map_err(|reason| Refusal::invalid("pace", &reason))
        }
        BatchPace::Step => Ok(Pace::Step),
    }
}

fn parse_fault(on: String, fault: &str, lasts: &str) -> Result<Act, Refusal> {
    let fault: Fault = fault.parse().map_err(|error: FaultError| Refusal::invalid("fault", &error.to_string()))?;
    let lasts = fault::lasts(lasts).map_err(|error| Refusal::invalid("for", &error.to_string()))?;
    Ok(Act::Fault { on, fault, lasts })
}

fn parse_text(text: &str) -> Result<Text, Refusal> {
    text.parse().map_err(|_| {
        let reason = match text {
            "" => "the text is empty",
            _ => "a text is at most 4,096 bytes without U+001F",
        };
        Refusal::invalid("text", reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_has_words_and_a_time() {
        let fault = |fault, lasts| parse_fault("late.ticks".to_owned(), fault, lasts);
        assert!(matches!(fault("latency 200ms jitter 20ms", "10s"), Ok(Act::Fault { .. })));
        for (words, lasts, reason) in [
            ("late", "10s", "fault: 'late' is no fault: latency, "),
            ("latency", "10s", "fault: 'latency' needs a duration"),
            ("slow 100%", "10s", "fault: 'slow' needs a share of the time"),
            ("down", "soon", "for: 'soon' is no duration, such as"),
            ("down", "0s", "for: a fault can last from 1ms to 24 hours"),
        ] {
            let refusal = fault(words, lasts).unwrap_err().to_string();
            assert!(refusal.starts_with(reason), "{refusal}");
        }
    }

    #[test]
    fn a_refusal_gives_the_reason_in_words() {
        assert!(parse_symbol("MSFT").is_ok() && parse_name("Ада_1").is_ok() && parse_text("hi").is_ok());
        for wrong in ["", "M", "msft", "1A", "A B", "ABCDEFGHIJKLMNOPQ"] {
            let refusal = parse_symbol(wrong).unwrap_err().to_string();
            assert_eq!(refusal, "symbol: a symbol is 2 to 16 capital letters and digits, starting with a letter");
        }
        for wrong in ["", "a b", "é!", &"x".repeat(33)] {
            assert_eq!(parse_name(wrong).unwrap_err().to_string(), "name: a name is 1 to 32 letters, digits and _");
        }
        for per_second in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
            let refusal = parse_pace(BatchPace::Rate { per_second }).unwrap_err().to_string();
            assert_eq!(refusal, "pace: must be from 0.001 to 1000000 orders per second, or max");
        }
        assert_eq!(parse_text("").unwrap_err().to_string(), "text: the text is empty");
        for wrong in ["a\u{1f}b", &"x".repeat(4_097)] {
            assert!(parse_text(wrong).unwrap_err().to_string().contains("at most 4,096 bytes"));
        }
    }
}
