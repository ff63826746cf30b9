//! The thread that reads the two output streams of a child, and passes on their lines.
//!
//! It sleeps in poll until there is something to read, or the process has exited. Then everything that the process has
//! written is in its pipes, so their remaining bytes are counted and read, and no more: a process that the child has
//! started may hold them open for ever.

use std::{
    fs::File,
    io::{PipeReader, Read as _},
    mem,
    os::fd::{AsFd, OwnedFd},
    process::{ChildStderr, ChildStdout},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::{Errno, ioctl_fionread},
};

use crate::Event;

/// How much is read at a time.
const BLOCK_BYTES: usize = 64 * 1024;

/// Ends a line that was cut.
const CUT: char = '…';

/// Reads until the process has exited, for which `end` is closed, and takes every line that it wrote.
pub(crate) fn read(
    (stdout, stderr): (Option<ChildStdout>, Option<ChildStderr>),
    end: &PipeReader,
    line_bytes_max: usize,
    take: &mut impl FnMut(Event),
) {
    let mut block = vec![0; BLOCK_BYTES];
    let mut streams = [
        Stream::new(stdout.map(OwnedFd::from), line_bytes_max, Event::Printed),
        Stream::new(stderr.map(OwnedFd::from), line_bytes_max, Event::Logged),
    ];
    while let Some(is_ready) = wait(&streams, end) {
        for (stream, _) in streams.iter_mut().zip(is_ready).filter(|(_, is_ready)| *is_ready) {
            stream.read(&mut block, take);
        }
    }
    for stream in &mut streams {
        stream.read_rest(&mut block, take);
    }
}

/// Waits until streams can be read, and returns which; `None` once the process has exited.
fn wait(streams: &[Stream; 2], end: &PipeReader) -> Option<[bool; 2]> {
    let open = streams.each_ref().map(|stream| stream.pipe.as_ref());
    let mut polled = vec![PollFd::new(end, PollFlags::IN)];
    polled.extend(open.iter().flatten().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)));
    // No other error is possible with valid descriptors.
    while let Err(Errno::INTR) = poll(&mut polled, None) {}
    let mut is_ready = polled.iter().map(|polled| !polled.revents().is_empty());
    if is_ready.next() == Some(true) {
        return None;
    }
    Some(open.map(|pipe| pipe.is_some() && is_ready.next() == Some(true)))
}

/// One stream, and its line that has not ended yet.
struct Stream {
    pipe: Option<File>,
    line: Vec<u8>,
    line_bytes_max: usize,
    is_cut: bool,
    event: fn(String) -> Event,
}

impl Stream {
    fn new(pipe: Option<OwnedFd>, line_bytes_max: usize, event: fn(String) -> Event) -> Self {
        Self { pipe: pipe.map(File::from), line: Vec::new(), line_bytes_max, is_cut: false, event }
    }

    /// Reads once, what is there; returns how much. At the end, and after an error, it closes the pipe.
    fn read(&mut self, block: &mut [u8], take: &mut impl FnMut(Event)) -> usize {
        let length = self.pipe.as_mut().map_or(0, |pipe| pipe.read(block).unwrap_or(0));
        self.split(&block[..length], take);
        if length == 0 {
            self.close(take);
        }
        length
    }

    /// Reads what is in the pipe now, and closes it.
    fn read_rest(&mut self, block: &mut [u8], take: &mut impl FnMut(Event)) {
        let mut left = self.pipe.as_ref().and_then(|pipe| ioctl_fionread(pipe).ok()).unwrap_or(0);
        while left > 0 {
            let most = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
            match self.read(&mut block[..most], take) {
                0 => return,
                length => left -= length as u64,
            }
        }
        self.close(take);
    }

    /// Passes on the lines that end in these bytes.
    fn split(&mut self, mut bytes: &[u8], take: &mut impl FnMut(Event)) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.keep(&bytes[..end]);
            self.end_line(take);
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    fn keep(&mut self, part: &[u8]) {
        let room = self.line_bytes_max - self.line.len();
        self.is_cut |= part.len() > room;
        self.line.extend_from_slice(&part[..part.len().min(room)]);
    }

    fn end_line(&mut self, take: &mut impl FnMut(Event)) {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        let mut text = String::from_utf8_lossy(line).into_owned();
        if mem::take(&mut self.is_cut) {
            text.push(CUT);
        }
        self.line.clear();
        take((self.event)(text));
    }

    /// The last line needs no end.
    fn close(&mut self, take: &mut impl FnMut(Event)) {
        self.pipe = None;
        if !self.line.is_empty() {
            self.end_line(take);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&[u8]]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut take = |event| match event {
            Event::Printed(line) => lines.push(line),
            event => panic!("{event:?}"),
        };
        let mut stream = Stream::new(None, 10, Event::Printed);
        parts.iter().for_each(|part| stream.split(part, &mut take));
        stream.close(&mut take);
        lines
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let text = b"one\n\r\n\xff two\r\nlast";
        let expected = ["one", "", "\u{fffd} two", "last"];
        assert_eq!(lines(&[text]), expected);
        assert_eq!(lines(&text.chunks(1).collect::<Vec<_>>()), expected);
        assert_eq!(lines(&[b"one\n"]), ["one"]);
        assert_eq!(lines(&[]), [""; 0]);
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_the_next_is_whole() {
        let longest = "x".repeat(10);
        let cut = format!("{longest}{CUT}");
        let text = format!("{longest}\n{longest}x\n{longest}{longest}\nnext\n{longest}x");
        assert_eq!(lines(&[text.as_bytes()]), [longest.as_str(), &cut, &cut, "next", &cut]);
        assert_eq!(lines(&text.as_bytes().chunks(3).collect::<Vec<_>>()).len(), 5);
    }
}
