//! `chatz join` on pipes: every line of standard input is said, and events are written as plain lines or as JSON.
//!
//! The calling thread writes events; the thread `stdin` reads lines. At the end of the input that thread waits until
//! every text has its reply, and leaves. If the reader of standard output is behind, writing waits, and with it, in the
//! end, reading.

use std::{
    io::{self, BufRead, BufReader, Write as _},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
    thread,
};

use anyhow::Context as _;
use serde::Serialize;
use settings::Input;
use sockets::{Context, Stop, actor::NotTaken};
use tracing::warn;
use wire::{Fault, Text, User, names::TEXT_BYTES_MAX};

use super::{EVENTS_MAX, counts::Counts, gate::Gate, words::Words};
use crate::{
    client::{Client, ClientConfig},
    event::{Event, ServerState},
    member::{left_before, too_many},
};

/// Joins until the input ends or `stop`.
pub(super) fn run(context: &Context, json: bool, config: &ClientConfig, stop: &Stop) -> anyhow::Result<()> {
    let (sender, events) = sync_channel(EVENTS_MAX);
    let client = Client::spawn(context, config, sender, stop)?;
    let gate = Arc::new(Gate::for_program());
    let output = Arc::new(Mutex::new(Output { json, words: Words::new(config) }));

    let (ended, client_ended) = Stop::pair()?;
    let input = Input::open(Path::new("-"), &client_ended).context("cannot read standard input")?;
    let reader = Reader { client, client_ended, gate: Arc::clone(&gate), output: Arc::clone(&output) };
    let start = thread::Builder::new().name("stdin".to_owned());
    let reading = start.spawn(move || reader.run(input)).context("cannot start a thread")?;

    let shown = show(&events, &gate, Counts::declared(context), &output);
    gate.end();
    // Without a receiver the client ends, if it has not ended yet.
    drop(events);
    ended.stop();
    let read = reading.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the thread stdin panicked")));
    shown.context("cannot write to standard output")?;
    read
}

fn show(events: &Receiver<Event>, gate: &Gate, mut counts: Counts, output: &Mutex<Output>) -> io::Result<()> {
    for event in events {
        gate.handle(&event);
        counts.handle(&event);
        locked(output).write(&event)?;
    }
    Ok(())
}

fn locked(output: &Mutex<Output>) -> impl std::ops::DerefMut<Target = Output> {
    output.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The state of the thread `stdin`.
struct Reader {
    client: Client,
    /// The client has ended; it also ends the wait for input.
    client_ended: Stop,
    gate: Arc<Gate>,
    output: Arc<Mutex<Output>>,
}

impl Reader {
    /// Says line after line, then leaves.
    fn run(self, input: Input) -> anyhow::Result<()> {
        let read = self.say_lines(BufReader::new(input));
        self.gate.wait_until_clear();
        self.client.leave()?;
        read.context("cannot read standard input")
    }

    fn say_lines(&self, mut input: impl BufRead) -> io::Result<()> {
        let mut line = Vec::new();
        for number in 1_u64.. {
            match read_line(&mut input, &mut line) {
                _ if self.client_ended.is_stopped() => break,
                Ok(true) => self.say(number, &line),
                Ok(false) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn say(&self, number: u64, line: &[u8]) {
        let text = match Text::decode(line) {
            Ok(text) => text,
            Err(error) if error.fault == Fault::Empty => return,
            Err(error) => {
                // If the output is closed, the thread that writes events learns the same and ends the program.
                let _ = locked(&self.output).write_fault(&format!("line {number} is not said: {error}"));
                return;
            }
        };
        self.gate.enter();
        match self.client.say(text) {
            Ok(()) => {}
            Err(NotTaken::Full(text)) => {
                self.gate.leave();
                self.write(&too_many(text));
            }
            Err(NotTaken::Ended(text)) => self.write(&left_before(text)),
        }
    }

    fn write(&self, event: &Event) {
        let _ = locked(&self.output).write(event);
    }
}

/// Reads a line without its end; of a line too long for any text only as much as shows that. `false` at the end of the
/// input.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut read_any = false;
    loop {
        let available = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if available.is_empty() {
            return Ok(read_any);
        }
        read_any = true;
        let end = available.iter().position(|&byte| byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        let room = (TEXT_BYTES_MAX + 2).saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(true);
        }
    }
}

/// Standard output, written by one thread at a time.
struct Output {
    json: bool,
    words: Words,
}

/// One event as a JSON object.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Json<'a> {
    Users { users: Vec<&'a str> },
    Message { user: &'a str, text: &'a str },
    Refused { reason: &'a str },
    Link { state: ServerState },
}

impl Output {
    fn write(&mut self, event: &Event) -> io::Result<()> {
        match event {
            _ if self.json => json(event).map_or(Ok(()), |object| write_json(&object)),
            // That would be a line for every line of a file, and the line about the server says it already.
            Event::Kept(_) => Ok(()),
            _ => write_lines(&self.words.lines(event)),
        }
    }

    /// Writes why a line of the input is not a valid text.
    fn write_fault(&mut self, reason: &str) -> io::Result<()> {
        if self.json { write_json(&Json::Refused { reason }) } else { write_lines(&[format!("chatz: {reason}")]) }
    }
}

fn write_json(object: &Json<'_>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    serde_json::to_writer(&mut stdout, object)?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}

fn write_lines(lines: &[String]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    lines.iter().try_for_each(|line| writeln!(stdout, "{line}"))?;
    stdout.flush()
}

/// The event's object, if it has one; one that matters and has none is logged.
fn json(event: &Event) -> Option<Json<'_>> {
    match event {
        Event::Users(users) => Some(Json::Users { users: users.iter().map(User::as_str).collect() }),
        Event::Message { user, text } => Some(Json::Message { user: user.as_str(), text: text.as_str() }),
        Event::Refused { reason, .. } | Event::Failed { reason, .. } => Some(Json::Refused { reason }),
        Event::Server(state) => Some(Json::Link { state: *state }),
        Event::Denied { endpoint, reason } => {
            warn!(%endpoint, "{reason}");
            None
        }
        Event::Said(_) | Event::Renamed(_) | Event::Kept(_) | Event::Malformed { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(mut input: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        let mut line = Vec::new();
        while read_line(&mut input, &mut line).unwrap() {
            lines.push(line.clone());
        }
        lines
    }

    #[test]
    fn lines_end_with_any_line_end_or_with_the_input() {
        assert_eq!(lines_of(b"one\r\n\ntwo"), [&b"one"[..], b"", b"two"]);
        assert!(lines_of(b"").is_empty());
    }

    #[test]
    fn of_an_endless_line_only_enough_is_kept_to_refuse_it_and_the_next_one_is_whole() {
        let mut input = vec![b'x'; 1 << 20];
        input.extend_from_slice(b"\nnext\n");
        let lines = lines_of(&input);
        assert!(Text::decode(&lines[0]).is_err() && lines[0].len() < 2 * TEXT_BYTES_MAX);
        assert_eq!(lines[1], b"next");
    }
}
