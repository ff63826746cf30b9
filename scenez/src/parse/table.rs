//! The TOML of a block as entries with their lines, and values of the types that scenes use.

use std::{
    ops::{Range, RangeInclusive},
    time::Duration,
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::markdown::Block;
use crate::{problem::Problems, script::Line, suggest::suggestion};

/// The longest time that a scene can name: what takes longer is no cue.
const DURATION_MAX: Duration = Duration::from_secs(600);

/// Where places in a block's TOML are in the file.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    toml: &'a str,
    fence: Line,
}

impl<'a> Places<'a> {
    pub(super) fn of(block: &'a Block) -> Self {
        Self { toml: &block.toml, fence: block.line }
    }

    fn line(self, span: &Range<usize>) -> Line {
        let before = &self.toml[..self.toml.floor_char_boundary(span.start)];
        Line(self.fence.0 + 1 + before.bytes().filter(|&byte| byte == b'\n').count() as u32)
    }
}

/// A key and its value.
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) line: Line,
    value: &'a DeValue<'a>,
    places: Places<'a>,
}

/// Gives the entries of a block to `read`, in the order of their lines, unless it is no TOML.
pub(super) fn read(block: &Block, problems: &mut Problems, read: impl FnOnce(Vec<Entry<'_>>, &mut Problems)) {
    let places = Places::of(block);
    let (table, errors) = DeTable::parse_recoverable(&block.toml);
    if errors.is_empty() {
        read(entries(table.get_ref(), places), problems);
    }
    for error in errors {
        let span = error.span().unwrap_or_default();
        let line = places.line(&span);
        let reason = error.message().lines().collect::<Vec<_>>().join(", ");
        if reason == "duplicate key" {
            let key = block.toml.get(span).unwrap_or_default();
            problems.add(line, format!("`{key}` is there twice"));
        } else {
            problems.add(line, format!("not TOML: {reason}"));
        }
    }
}

fn entries<'a>(table: &'a DeTable<'a>, places: Places<'a>) -> Vec<Entry<'a>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
        .into_iter()
        .map(|(key, value)| Entry {
            key: key.get_ref(),
            line: places.line(&key.span()),
            value: value.get_ref(),
            places,
        })
        .collect()
}

impl<'a> Entry<'a> {
    /// Reports that there is no such key.
    pub(super) fn unknown(&self, known: &[&str], problems: &mut Problems) {
        problems.add(self.line, format!("unknown key `{}`{}", self.key, suggestion(self.key, known.iter().copied())));
    }

    fn must_be<T>(&self, what: &str, problems: &mut Problems) -> Option<T> {
        problems.add(self.line, format!("`{}` must be {what}", self.key));
        None
    }

    /// A text.
    pub(super) fn text(&self, problems: &mut Problems) -> Option<&'a str> {
        match self.value {
            DeValue::String(text) if text.contains('\0') => self.must_be("a text without NUL", problems),
            DeValue::String(text) if !text.trim().is_empty() => Some(text),
            _ => self.must_be("a text in quotes", problems),
        }
    }

    /// A text, or a list of them.
    pub(super) fn texts(&self, problems: &mut Problems) -> Vec<&'a str> {
        let text = |value: &'a DeValue<'a>| match value {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.as_ref()),
            _ => None,
        };
        let texts = match self.value {
            DeValue::Array(list) => list.iter().map(|item| text(item.get_ref())).collect(),
            value => text(value).map(|text| vec![text]),
        };
        texts
            .filter(|texts: &Vec<_>| !texts.is_empty())
            .or_else(|| self.must_be("a name in quotes, or a list of them", problems))
            .unwrap_or_default()
    }

    /// The entries of a table.
    pub(super) fn table(&self, problems: &mut Problems) -> Option<Vec<Self>> {
        match self.value {
            DeValue::Table(table) => Some(entries(table, self.places)),
            _ => self.must_be("a table", problems),
        }
    }

    /// The entries of a table, or of each in a list, with the line of each.
    pub(super) fn tables(&self, problems: &mut Problems) -> Vec<(Line, Vec<Self>)> {
        let table = |value: &'a DeValue<'a>, line| match value {
            DeValue::Table(table) => Some((line, entries(table, self.places))),
            _ => None,
        };
        let in_list = |item: &'a Spanned<DeValue<'a>>| table(item.get_ref(), self.places.line(&item.span()));
        let tables: Option<Vec<_>> = match self.value {
            DeValue::Array(list) => list.iter().map(in_list).collect(),
            value => table(value, self.line).map(|table| vec![table]),
        };
        tables
            .filter(|tables| !tables.is_empty())
            .or_else(|| self.must_be("a table such as { … }, or a list of them", problems))
            .unwrap_or_default()
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, problems: &mut Problems) -> Option<bool> {
        match self.value {
            DeValue::Boolean(flag) => Some(*flag),
            _ => self.must_be("true or false", problems),
        }
    }

    /// The key and its value as words: `slicer = 3` is `slicer 3`, and `down = true` is `down`.
    pub(super) fn words(&self, problems: &mut Problems) -> Option<String> {
        match self.value {
            DeValue::Boolean(true) => Some(self.key.to_owned()),
            DeValue::Integer(number) => Some(format!("{} {number}", self.key)),
            DeValue::String(text) if !text.trim().is_empty() => Some(format!("{} {text}", self.key)),
            _ => self.must_be("true, a whole number or a text in quotes", problems),
        }
    }

    /// A whole number in this range.
    pub(super) fn whole(&self, range: RangeInclusive<u32>, problems: &mut Problems) -> Option<u32> {
        let number = match self.value {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let what = format!("a whole number from {} to {}", range.start(), range.end());
        number.filter(|number| range.contains(number)).or_else(|| self.must_be(&what, problems))
    }

    /// A time above zero, such as `"200ms"`.
    pub(super) fn time(&self, problems: &mut Problems) -> Option<Duration> {
        let time = match self.value {
            DeValue::String(text) => humantime::parse_duration(text).ok(),
            _ => None,
        };
        let what = "a time in quotes such as \"200ms\" or \"10s\", at most 10 minutes";
        time.filter(|time| !time.is_zero() && *time <= DURATION_MAX).or_else(|| self.must_be(what, problems))
    }

    /// A number, or the text that stands for a condition.
    pub(super) fn number_or_text(&self, problems: &mut Problems) -> Option<NumberOrText<'a>> {
        let number = match self.value {
            DeValue::String(text) => return Some(NumberOrText::Text(text.trim())),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number as f64)
            }
            DeValue::Float(number) => number.as_str().parse().ok().filter(|number: &f64| number.is_finite()),
            DeValue::Table(_) => {
                problems.add(self.line, "a path must be in quotes: \"late.lost\" = 0");
                return None;
            }
            _ => None,
        };
        number.map(NumberOrText::Number).or_else(|| self.must_be("a number, or a condition in quotes", problems))
    }
}

/// A value of an expectation.
pub(super) enum NumberOrText<'a> {
    Number(f64),
    Text(&'a str),
}
