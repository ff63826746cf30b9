//! What is typed, a line at a time.

use std::{
    io::{self, Read as _},
    os::fd::AsFd as _,
    path::Path,
};

use sockets::{Interest, Stop, input::Input};

/// The most bytes of a typed line.
const TYPED_MAX: usize = 1_024;

/// What the person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// The next cue.
    Next,
    /// The cue before.
    Back,
    /// The scene again.
    Again,
    /// The next scene.
    NextScene,
    /// The scene before.
    PreviousScene,
    /// The end.
    Quit,
    /// Nothing that there is a key for.
    Unknown,
}

/// Standard input.
pub(crate) struct Keys {
    input: Input,
    typed: Vec<u8>,
}

impl Keys {
    pub(crate) fn open(stop: &Stop) -> io::Result<Self> {
        Ok(Self { input: Input::open(Path::new("-"), stop)?, typed: Vec::new() })
    }

    /// Ready when something was typed.
    pub(crate) fn interest() -> Interest<'static> {
        static STDIN: std::sync::LazyLock<io::Stdin> = std::sync::LazyLock::new(io::stdin);
        Interest::to_read(STDIN.as_fd())
    }

    /// Reads what was typed, a wish a line; the end of the input is a wish to end.
    pub(crate) fn read(&mut self) -> io::Result<Vec<Wish>> {
        let mut bytes = [0; 256];
        let length = self.input.read(&mut bytes)?;
        if length == 0 {
            return Ok(vec![Wish::Quit]);
        }
        self.typed.extend_from_slice(&bytes[..length]);
        let mut wishes = Vec::new();
        while let Some(end) = self.typed.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.typed.drain(..=end).collect();
            wishes.push(wish(line.trim_ascii()));
        }
        self.typed.truncate(TYPED_MAX);
        Ok(wishes)
    }
}

const fn wish(line: &[u8]) -> Wish {
    match line {
        b"" | b"n" => Wish::Next,
        b"b" => Wish::Back,
        b"r" => Wish::Again,
        b"s" => Wish::NextScene,
        b"p" => Wish::PreviousScene,
        b"q" => Wish::Quit,
        _ => Wish::Unknown,
    }
}
