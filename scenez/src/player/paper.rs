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
pub(super) struct Paper;

impl Paper {
    pub(super) const fn new() -> Self {
        Self
    }

    /// The title and the idea.
    pub(super) fn title(&self, scene: &Scene) -> io::Result<()> {
        heading(&scene.title)?;
        text(&scene.idea)
    }

    /// The heading of a cue and its text.
    pub(super) fn cue(&self, scene: &Scene, cue: usize) -> io::Result<()> {
        heading(&format!("{}/{}  {}", cue + 1, scene.cues.len(), scene.cues[cue].title))?;
        text(&scene.cues[cue].text)
    }

    /// A line of a process.
    pub(super) fn line(&self, place: usize, name: &str, line: &str) -> io::Result<()> {
        let style = Style::new().fg_color(Some(COLOURS[place % COLOURS.len()].into()));
        let line = width().map_or_else(|| line.to_owned(), |width| cut(line, width - NAME_WIDTH - 3));
        writeln!(anstream::stdout(), "{style}{name:>NAME_WIDTH$}{style:#} │ {line}")
    }

    /// Something about a process.
    pub(super) fn event(&self, place: usize, name: &str, event: &str) -> io::Result<()> {
        let (style, dim) = (Style::new().fg_color(Some(COLOURS[place % COLOURS.len()].into())), Style::new().dimmed());
        writeln!(anstream::stdout(), "{style}{name:>NAME_WIDTH$}{style:#} {dim}: {event}{dim:#}")
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
        writeln!(anstream::stdout(), "{style}{word:>NAME_WIDTH$}{style:#}   {}", check.sentence())
    }

    /// Something that the cue could not do.
    pub(super) fn problem(&self, problem: &str) -> io::Result<()> {
        let style = Style::new().fg_color(Some(AnsiColor::Red.into())).bold();
        writeln!(anstream::stdout(), "{style}{:>NAME_WIDTH$}{style:#}   {problem}", "FAILED")
    }

    /// The keys.
    pub(super) fn keys(&self, is_last: bool) -> io::Result<()> {
        let next = if is_last { "end" } else { "next cue" };
        writeln!(anstream::stdout(), "[Enter: {next}   b Enter: back   r Enter: start again   q Enter: end]")
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
    writeln!(anstream::stdout(), "{}\n", wrapped(text, width().unwrap_or(TEXT_WIDTH_MAX).min(TEXT_WIDTH_MAX)))
}

/// The width of the terminal, or of the one that `COLUMNS` describes; a file or a pipe has none.
fn width() -> Option<usize> {
    let terminal = tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
    let described = || env::var("COLUMNS").ok()?.parse::<usize>().ok();
    terminal.or_else(described).map(|width| width.max(WIDTH_MIN))
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
