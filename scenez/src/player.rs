//! A scene in a terminal: its text, what its processes print, and its expectations as they change.
//!
//! It only adds lines, so it works over any connection, in a narrow terminal and without colours. Enter plays the next cue.
//!
//! - `paper`: how things are written
//! - `shown`: what is written when something changes
//! - `quota`: how much of what a process prints is shown

mod paper;
mod quota;
mod shown;

use std::{
    io::{self, Read as _},
    os::fd::AsFd as _,
    path::Path,
    sync::Arc,
};

use anyhow::bail;
use sockets::{Events, Interest, Stop, input::Input};

use self::{paper::Paper, shown::Shown};
use crate::{
    bell::Bell,
    script::Scene,
    stage::{Command, Snapshot, Stage, StageConfig},
};

/// The most bytes of a typed line.
const TYPED_MAX: usize = 1_024;

/// Who decides when the next cue comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The person at the keys.
    Keys,
    /// The expectations: each cue comes when the one before is met.
    Expectations,
}

/// Plays a scene in this terminal until its end, `q`, or the stop signal. No process that it has started outlives it.
///
/// # Errors
/// The stage fails, or the terminal; without keys, also the first expectation that fails.
pub fn play(scene: Arc<Scene>, config: StageConfig, pace: Pace, stop: &Stop) -> anyhow::Result<()> {
    let bell = Bell::new()?;
    let rope = bell.rope();
    let mut player = Player {
        paper: Paper::new(),
        keys: (pace == Pace::Keys).then(|| Input::open(Path::new("-"), stop)).transpose()?,
        typed: Vec::new(),
        shown: Shown::default(),
    };
    player.paper.title(&scene)?;
    let stage = Stage::open(scene, config, move || rope.ring())?;
    let played = player.run(&stage, &bell, stop);
    let closed = stage.close();
    played?;
    Ok(closed?)
}

/// Everything but the stage.
struct Player {
    paper: Paper,
    /// Where keys come from, if they decide.
    keys: Option<Input>,
    typed: Vec<u8>,
    shown: Shown,
}

/// Why the player woke.
enum Event {
    Stop,
    Changed,
    Keys,
}

/// What the person wants.
enum Wish {
    Play(Command),
    End,
}

impl Player {
    fn run(&mut self, stage: &Stage, bell: &Bell, stop: &Stop) -> anyhow::Result<()> {
        let (mut events, mut asked) = (Events::new(), None);
        loop {
            let keys = || self.keys.as_ref().map_or_else(Interest::never, |_| stdin());
            let event = events.next(self.shown.next_deadline(), Event::Changed, || {
                [(Event::Stop, stop.interest()), (Event::Changed, bell.interest()), (Event::Keys, keys())]
            })?;
            match event {
                Event::Stop => return Ok(()),
                Event::Changed => bell.silence(),
                Event::Keys => {
                    for wish in self.read_keys()? {
                        match wish {
                            Wish::End => return Ok(()),
                            Wish::Play(Command::Next) if is_over(&stage.snapshot()) => return Ok(()),
                            // A stage that is busy will get the next one.
                            Wish::Play(command) => drop(stage.command(command)),
                        }
                    }
                }
            }
            let snapshot = stage.snapshot();
            self.shown.show(&self.paper, &snapshot, self.keys.is_some())?;
            if stage.is_ended() {
                return Ok(());
            }
            if self.keys.is_none() && snapshot.cue >= snapshot.target {
                let failures = snapshot.failures();
                if !failures.is_empty() {
                    bail!("{}", failures.join("\n"));
                }
                if is_over(&snapshot) {
                    return Ok(());
                }
                let cue = Some((snapshot.start, snapshot.cue));
                if snapshot.is_met() && asked != cue && stage.command(Command::Next).is_ok() {
                    asked = cue;
                }
            }
        }
    }

    /// Reads what was typed, a wish a line; the end of the input is a wish to end.
    fn read_keys(&mut self) -> io::Result<Vec<Wish>> {
        let Some(keys) = &mut self.keys else { return Ok(Vec::new()) };
        let mut bytes = [0; 256];
        let length = keys.read(&mut bytes)?;
        if length == 0 {
            return Ok(vec![Wish::End]);
        }
        self.typed.extend_from_slice(&bytes[..length]);
        let mut wishes = Vec::new();
        while let Some(end) = self.typed.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.typed.drain(..=end).collect();
            match line.trim_ascii() {
                b"" | b"n" => wishes.push(Wish::Play(Command::Next)),
                b"b" => wishes.push(Wish::Play(Command::Back)),
                b"r" => wishes.push(Wish::Play(Command::Reset)),
                b"q" => wishes.push(Wish::End),
                _ => self.paper.keys(false)?,
            }
        }
        self.typed.truncate(TYPED_MAX);
        Ok(wishes)
    }
}

/// Whether nothing follows.
fn is_over(snapshot: &Snapshot) -> bool {
    snapshot.is_met() && snapshot.is_last_cue()
}

/// Ready when something was typed.
fn stdin() -> Interest<'static> {
    static STDIN: std::sync::LazyLock<io::Stdin> = std::sync::LazyLock::new(io::stdin);
    Interest::to_read(STDIN.as_fd())
}
