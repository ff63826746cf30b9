//! How a scene is written to a terminal: headings, text in the terminal's width, and lines with the names of their processes.

use std::{
    env,
    io::{self, Write as _},
};

use anstyle::{AnsiColor, Style};
use rustix::termios::tcgetwinsize;

use crate::{
    play::{Check, Status},
    script::Scene,
    stage::Snapshot,
};

/// The least width that is made use of.
const WIDTH_MIN: usize = 40;

/// The width of text that is read, at most.
const TEXT_WIDTH_MAX: usize = 90;

/// The width of a name.
const NAME_WIDTH: usize = 12;

/// The colours of processes.
const COLOURS: [AnsiColor; 5] =
    [AnsiColor::Cyan, AnsiColor::Yellow, AnsiColor::Blue, AnsiColor::Green, AnsiColor::Magenta];

/// Standard output.
pub(crate) struct Paper {
    is_tour: bool,
}

/// When a key can be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before a scene of a tour.
    Before,
    /// In a cue that is not the last one.
    Cue,
    /// In the last cue.
    LastCue,
}

impl Moment {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        if snapshot.is_last_cue() { Self::LastCue } else { Self::Cue }
    }
}

impl Paper {
    /// Of one scene, or of a tour with keys to go to others.
    pub(crate) const fn new(is_tour: bool) -> Self {
        Self { is_tour }
    }

    pub(super) const fn is_tour(&self) -> bool {
        self.is_tour
    }

    /// The title of a talk and what it is about.
    pub(crate) fn talk(&self, title: &str, idea: &str) -> io::Result<()> {
        heading(title)?;
        text(idea)
    }

    /// Where a tour is, in words, and how it comes to what follows.
    pub(crate) fn place(&self, place: &str, transition: &str) -> io::Result<()> {
        let dim = Style::new().dimmed();
        let rule =
            "─".repeat(width().unwrap_or(TEXT_WIDTH_MAX).min(TEXT_WIDTH_MAX).saturating_sub(place.chars().count() + 4));
        writeln!(anstream::stdout(), "\n{dim}── {place} {rule}{dim:#}")?;
        text(transition)
    }

    /// The title of a scene and its idea.
    pub(crate) fn title(&self, scene: &Scene) -> io::Result<()> {
        heading(&scene.title)?;
        text(&scene.idea)
    }

    /// Why a scene is not played on this machine.
    pub(crate) fn skipped(&self, reason: &str) -> io::Result<()> {
        text(&format!("Skipped: {reason}"))
    }

    /// The heading of a cue and its text.
    pub(super) fn cue(&self, scene: &Scene, cue: usize) -> io::Result<()> {
        heading(&format!("{}/{}  {}", cue + 1, scene.cues.len(), scene.cues[cue].title))?;
        text(&scene.cues[cue].text)?;
        writeln!(anstream::stdout())
    }

    /// A line of a process.
    pub(super) fn line(&self, place: usize, name: &str, line: &str) -> io::Result<()> {
        let style = Style::new().fg_color(Some(COLOURS[place % COLOURS.len()].into()));
        writeln!(anstream::stdout(), "{style}{name:>NAME_WIDTH$}{style:#} │ {}", in_width(line, name.chars().count()))
    }

    /// Something about a process.
    pub(super) fn event(&self, place: usize, name: &str, event: &str) -> io::Result<()> {
        let (style, dim) = (Style::new().fg_color(Some(COLOURS[place % COLOURS.len()].into())), Style::new().dimmed());
        writeln!(anstream::stdout(), "{style}{name:>NAME_WIDTH$}{style:#} {dim}: {event}{dim:#}")
    }

    /// What the scene waits for.
    pub(super) fn note(&self, note: &str) -> io::Result<()> {
        let dim = Style::new().dimmed();
        writeln!(anstream::stdout(), "{dim}{note} …{dim:#}")
    }

    /// An expectation as it is now.
    pub(super) fn check(&self, check: &Check) -> io::Result<()> {
        let (colour, word) = match check.status() {
            Status::Waiting => (None, "waiting"),
            Status::Holding => (None, "true"),
            Status::Met => (Some(AnsiColor::Green), "ok"),
            Status::Failed | Status::Broken => (Some(AnsiColor::Red), "FAILED"),
        };
        let style = Style::new().fg_color(colour.map(Into::into)).bold();
        // What has failed is read to its end.
        let sentence = check.sentence();
        let sentence = if colour == Some(AnsiColor::Red) { sentence } else { in_width(&sentence, 0) };
        writeln!(anstream::stdout(), "{style}{word:>NAME_WIDTH$}{style:#}   {sentence}")
    }

    /// Something that the cue could not do.
    pub(super) fn problem(&self, problem: &str) -> io::Result<()> {
        let style = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
        writeln!(anstream::stdout(), "{style}{:>NAME_WIDTH$}{style:#}   {problem}", "FAILED")
    }

    /// The keys.
    pub(super) fn keys(&self, moment: Moment) -> io::Result<()> {
        let keys = match (self.is_tour, moment) {
            (false, Moment::LastCue) => "[Enter: end   b Enter: back   r Enter: start again   q Enter: end]",
            (false, _) => "[Enter: next cue   b Enter: back   r Enter: start again   q Enter: end]",
            (true, Moment::Before) => "[Enter: play it   s Enter: skip it   p Enter: previous scene   q Enter: end]",
            (true, Moment::Cue) => "[Enter: next cue   or b: back   r: again   s: next scene   p: previous   q: end]",
            (true, Moment::LastCue) => "[Enter: next scene   or b: back   r: again   p: previous scene   q: end]",
        };
        writeln!(anstream::stdout(), "{keys}")
    }
}

fn heading(text: &str) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(anstream::stdout(), "\n{bold}{text}{bold:#}")
}

fn text(text: &str) -> io::Result<()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(());
    }
    writeln!(anstream::stdout(), "{}", wrapped(text, width().unwrap_or(TEXT_WIDTH_MAX).min(TEXT_WIDTH_MAX)))
}

/// The width of the terminal, or of the one that `COLUMNS` describes; a file or a pipe has none.
fn width() -> Option<usize> {
    let terminal = tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
    let described = || env::var("COLUMNS").ok()?.parse::<usize>().ok();
    terminal.or_else(described).map(|width| width.max(WIDTH_MIN))
}

/// The text of a line after a name of this length, as much of it as fits the terminal.
fn in_width(text: &str, name_length: usize) -> String {
    let before = name_length.max(NAME_WIDTH) + 3;
    width().map_or_else(|| text.to_owned(), |width| cut(text, width.saturating_sub(before)))
}

/// The text, ended by `…` if it is longer than the width.
fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some(_) => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Markdown with its lines broken at the width; blocks of code, lists and tables stay as they are.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let (mut is_code, mut is_open) = (false, false);
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        let is_prose = !is_fence
            && !is_code
            && line.starts_with(|first: char| first.is_alphanumeric() || "`*_(\"".contains(first));
        if !is_prose {
            lines.push(line.to_owned());
            is_open = false;
            continue;
        }
        for word in line.split_whitespace() {
            match lines.last_mut().filter(|_| is_open) {
                Some(last) if last.chars().count() + 1 + word.chars().count() <= width => *last += &format!(" {word}"),
                _ => lines.push(word.to_owned()),
            }
            is_open = true;
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_fits_the_width_and_everything_else_stays() {
        let text =
            "One two three\nfour five.\n\n- a list of more than twelve\n\n```text\nA ──▶ B of any width\n```\nsix";
        let expected =
            "One two\nthree four\nfive.\n\n- a list of more than twelve\n\n```text\nA ──▶ B of any width\n```\nsix";
        assert_eq!(wrapped(text, 12), expected);
    }

    #[test]
    fn a_long_line_is_cut_and_marked() {
        assert_eq!((cut("ЖЖЖ", 3), cut("ЖЖЖЖ", 3)), ("ЖЖЖ".to_owned(), "ЖЖ…".to_owned()));
    }
}
