//! The Markdown of a scene file, cut into its parts: the title, the idea, the cues, and the blocks of TOML in them.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, OffsetIter, Options, Parser, Tag};

use crate::{problem::Problems, script::Line, suggest::suggestion};

/// What a block of TOML is for: the second word of its info string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Who is in the scene.
    Cast,
    /// What happens.
    Do,
    /// What must then be true.
    Expect,
}

impl Purpose {
    const ALL: [(&'static str, Self); 3] = [("cast", Self::Cast), ("do", Self::Do), ("expect", Self::Expect)];
}

/// A block of TOML.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) purpose: Purpose,
    pub(super) toml: String,
    /// The line of its fence.
    pub(super) line: Line,
}

/// A heading and what is below it, up to the next one.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: String,
    pub(super) line: Line,
    /// The Markdown below the heading, without blocks and quotes.
    pub(super) text: String,
    /// The quotes, without their `>`.
    pub(super) notes: String,
    pub(super) blocks: Vec<Block>,
}

impl Section {
    fn new(title: String, line: Line) -> Self {
        Self { title, line, text: String::new(), notes: String::new(), blocks: Vec::new() }
    }
}

/// The sections of a file: the scene, and its cues.
pub(super) fn sections(text: &str, problems: &mut Problems) -> (Section, Vec<Section>) {
    let mut sections = Sections { text, done: 0, scene: Section::new(String::new(), Line(1)), cues: Vec::new() };
    let mut events = Parser::new_ext(text, Options::empty()).into_offset_iter();
    let (mut depth, mut line) = (0_u32, LineCounter::new(text));
    while let Some((event, range)) = events.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) if depth == 0 && level <= HeadingLevel::H2 => {
                let title = content(&mut events);
                sections.heading(level, title.trim(), line.at(range.start), range, problems);
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let (toml, line) = (content(&mut events), line.at(range.start));
                match purpose(&info, line, problems) {
                    None => {}
                    Some(purpose) if depth == 0 => sections.block(Block { purpose, toml, line }, range),
                    Some(_) => problems.add(line, "a block in a list or in a quote: move it to the left margin"),
                }
            }
            Event::Start(tag) => {
                if depth == 0 && matches!(tag, Tag::BlockQuote(_)) {
                    sections.quote(range);
                }
                depth += 1;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    sections.finish(problems)
}

/// The text up to the end of what has begun.
pub(super) fn content(events: &mut OffsetIter<'_>) -> String {
    let (mut content, mut depth) = (String::new(), 0_u32);
    for (event, _) in events {
        match event {
            Event::Text(text) | Event::Code(text) => content.push_str(&text),
            Event::SoftBreak | Event::HardBreak => content.push(' '),
            Event::Start(_) => depth += 1,
            Event::End(_) if depth == 0 => break,
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    content
}

/// What a fenced block is for; `None` for one that belongs to the text.
fn purpose(info: &str, line: Line, problems: &mut Problems) -> Option<Purpose> {
    let mut words = info.split_whitespace();
    let (Some("toml"), Some(word)) = (words.next(), words.next()) else {
        return None;
    };
    let purpose = Purpose::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, purpose)| purpose);
    if purpose.is_none() || words.next().is_some() {
        let meant = suggestion(word, Purpose::ALL.map(|(name, _)| name));
        problems.add(line, format!("`{}` is no kind of block{meant}", info.trim()));
        return None;
    }
    purpose
}

/// The sections up to a place in the text.
struct Sections<'a> {
    text: &'a str,
    /// Where what is not yet in a section begins.
    done: usize,
    scene: Section,
    cues: Vec<Section>,
}

impl Sections<'_> {
    fn heading(&mut self, level: HeadingLevel, title: &str, line: Line, range: Range<usize>, problems: &mut Problems) {
        self.prose(range);
        if title.is_empty() {
            problems.add(line, "a heading without a title");
        }
        if level == HeadingLevel::H2 {
            self.cues.push(Section::new(title.to_owned(), line));
        } else if self.scene.title.is_empty() && self.cues.is_empty() {
            (self.scene.title, self.scene.line) = (title.to_owned(), line);
        } else {
            problems.add(line, "a second title: a cue has `##`, a heading in its text `###`");
        }
    }

    fn block(&mut self, block: Block, range: Range<usize>) {
        self.prose(range).blocks.push(block);
    }

    fn quote(&mut self, range: Range<usize>) {
        let quote: Vec<&str> = self.text[range.clone()].lines().map(unquoted).collect();
        append(&mut self.prose(range).notes, &quote.join("\n"));
    }

    /// Adds the text before `range` to the section that it belongs to, and returns that section.
    fn prose(&mut self, range: Range<usize>) -> &mut Section {
        let prose = &self.text[self.done..range.start.max(self.done)];
        self.done = range.end;
        let section = self.cues.last_mut().unwrap_or(&mut self.scene);
        append(&mut section.text, prose);
        section
    }

    fn finish(mut self, problems: &mut Problems) -> (Section, Vec<Section>) {
        self.prose(self.text.len()..self.text.len());
        if self.scene.title.is_empty() {
            problems.add(Line(1), "a scene begins with its title: `# Title`");
        }
        (self.scene, self.cues)
    }
}

/// Adds a paragraph.
pub(super) fn append(text: &mut String, paragraph: &str) {
    // The spaces at the start of a line can mean something, those at the end of a paragraph cannot.
    let first = paragraph.len() - paragraph.trim_start().len();
    let paragraph = &paragraph[paragraph[..first].rfind('\n').map_or(0, |end| end + 1)..];
    if !paragraph.trim().is_empty() {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(paragraph.trim_end());
    }
}

/// A line of a quote without its mark. A line that continues a paragraph may have none.
fn unquoted(line: &str) -> &str {
    let line = line.trim_start();
    let line = line.strip_prefix('>').unwrap_or(line);
    line.strip_prefix(' ').unwrap_or(line)
}

/// The line of a place in a text; places must ascend.
pub(super) struct LineCounter<'a> {
    text: &'a str,
    at: usize,
    line: u32,
}

impl<'a> LineCounter<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    pub(super) fn at(&mut self, place: usize) -> Line {
        let passed = &self.text[self.at..place.max(self.at)];
        self.line += passed.bytes().filter(|&byte| byte == b'\n').count() as u32;
        self.at = place.max(self.at);
        Line(self.line)
    }
}
