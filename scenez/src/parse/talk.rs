//! The text of `talk.md` → a [`Talk`], or all mistakes in its form.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, OffsetIter, Options, Parser, Tag, TagEnd};

use super::{
    markdown::{LineCounter, append, content},
    normal,
};
use crate::{
    Problem,
    problem::Problems,
    script::Line,
    talk::{Cut, Part, Talk},
};

/// The longest talk is a day.
const MINUTES_MAX: u32 = 24 * 60;

/// How a part is written.
const PART: &str = "write `1. [Title of the scene](scene.md), 6 minutes`";

/// Reads the order of a talk.
///
/// # Errors
/// All mistakes in its form, in the order of the file.
pub fn talk(text: &str) -> Result<Talk, Vec<Problem>> {
    let text = &normal(text);
    let mut reader = Reader {
        text,
        done: 0,
        line: LineCounter::new(text),
        talk: Talk { title: String::new(), idea: String::new(), cuts: Vec::new() },
        problems: Problems::default(),
    };
    let mut events = Parser::new_ext(text, Options::empty()).into_offset_iter();
    let mut depth = 0_u32;
    while let Some((event, range)) = events.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) if depth == 0 && level <= HeadingLevel::H2 => {
                let title = content(&mut events);
                reader.heading(level, title.trim(), range);
            }
            Event::Start(Tag::List(Some(_))) if depth == 0 && !reader.talk.cuts.is_empty() => {
                reader.list(range, &mut events);
            }
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    reader.finish()
}

/// The talk up to a place in the text.
struct Reader<'a> {
    text: &'a str,
    /// Where what has not been read yet begins.
    done: usize,
    line: LineCounter<'a>,
    talk: Talk,
    problems: Problems,
}

impl Reader<'_> {
    fn heading(&mut self, level: HeadingLevel, title: &str, range: Range<usize>) {
        self.prose(range.clone());
        let line = self.line.at(range.start);
        if level == HeadingLevel::H2 {
            let minutes = minutes(title).unwrap_or_else(|| {
                self.problems.add(line, "a heading that is no length: write `## 75 minutes`, or `###` in a text");
                0
            });
            self.talk.cuts.push(Cut { minutes, text: String::new(), parts: Vec::new(), line });
        } else if self.talk.title.is_empty() && self.talk.cuts.is_empty() {
            title.clone_into(&mut self.talk.title);
        } else {
            self.problems.add(line, "a second title: a cut has `##`, a heading in its text `###`");
        }
    }

    /// The list of a cut.
    fn list(&mut self, range: Range<usize>, events: &mut OffsetIter<'_>) {
        self.prose(range.clone());
        let line = self.line.at(range.start);
        let mut parts = Vec::new();
        while let Some((Event::Start(Tag::Item), range)) = events.next() {
            let line = self.line.at(range.start);
            match self.part(range, line, events) {
                Some(part) => parts.push(part),
                None => self.problems.add(line, PART),
            }
        }
        let Some(cut) = self.talk.cuts.last_mut() else { return };
        if cut.parts.is_empty() {
            cut.parts = parts;
        } else {
            self.problems
                .add(line, "a second list in a cut: text between two scenes is indented, as a part of its item");
        }
    }

    /// An item of the list, up to its end.
    fn part(&self, range: Range<usize>, line: Line, events: &mut OffsetIter<'_>) -> Option<Part> {
        let (mut link, mut depth) = (None, 0_u32);
        while let Some((event, range)) = events.next() {
            match event {
                Event::Start(Tag::Link { dest_url, .. }) if link.is_none() => {
                    link = Some((dest_url, content(events), range));
                }
                Event::Start(_) => depth += 1,
                Event::End(TagEnd::Item) if depth == 0 => break,
                Event::End(_) => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let (file, title, link) = link?;
        let number = self.text[range.start..link.start].trim_end();
        let is_first = number.trim_start_matches(|digit: char| digit.is_ascii_digit()).len() == 1;
        let scene = file.strip_suffix(".md").filter(|name| is_first && !name.is_empty() && !name.contains('/'))?;
        let rest = &self.text[link.end..range.end.max(link.end)];
        let (first, text) = rest.split_once('\n').unwrap_or((rest, ""));
        let minutes = minutes(first.strip_prefix(',')?.trim())?;
        Some(Part { scene: scene.to_owned(), title: title.trim().to_owned(), minutes, text: outdented(text), line })
    }

    /// Adds the text before `range` to what it belongs to.
    fn prose(&mut self, range: Range<usize>) {
        let begin = self.done;
        let prose = &self.text[begin..range.start.max(begin)];
        self.done = range.end;
        match self.talk.cuts.last_mut() {
            Some(cut) if !cut.parts.is_empty() && !prose.trim().is_empty() => {
                let begin = begin + prose.len() - prose.trim_start().len();
                let line = self.line.at(begin);
                self.problems.add(line, "text after the list of a cut: indent it, as a part of the last item");
            }
            Some(cut) => append(&mut cut.text, prose),
            None => append(&mut self.talk.idea, prose),
        }
    }

    fn finish(mut self) -> Result<Talk, Vec<Problem>> {
        self.prose(self.text.len()..self.text.len());
        if self.talk.title.is_empty() {
            self.problems.add(Line(1), "a talk begins with its title: `# Title`");
        }
        if self.talk.cuts.is_empty() {
            self.problems.add(Line(1), "a talk without a cut: `## 75 minutes`");
        }
        for cut in self.talk.cuts.iter().filter(|cut| cut.parts.is_empty()) {
            self.problems.add(cut.line, format!("a cut without scenes: {PART}"));
        }
        let problems = self.problems.sorted();
        if problems.is_empty() { Ok(self.talk) } else { Err(problems) }
    }
}

/// A number of minutes in words.
fn minutes(words: &str) -> Option<u32> {
    let (number, unit) = words.split_once(' ')?;
    let minutes = number.parse().ok().filter(|minutes| (1..=MINUTES_MAX).contains(minutes))?;
    matches!(unit, "minute" | "minutes").then_some(minutes)
}

/// The text of an item without the indentation that makes it a part of the item.
fn outdented(text: &str) -> String {
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let depth = text.lines().filter(|line| !line.trim().is_empty()).map(indentation).min().unwrap_or_default();
    let lines = text.lines().map(|line| line.get(depth..).unwrap_or_default().trim_end());
    lines.collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}
