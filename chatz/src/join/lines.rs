//! `chatz join` on pipes: every line of standard input is said, and events are written as plain lines or as JSON.
//!
//! The calling thread writes events; the thread `stdin` reads lines. At the end of the input that thread waits until
//! every text has been answered, and leaves. A reader of ours that is behind holds up our writing, and with it, in
//! the end, our reading.

use std::{
    io::{self, BufRead, Write as _},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel, sync_channel},
    },
    thread,
};

use anyhow::Context as _;
use serde::Serialize;
use sockets::{Context, Stop, actor::NotTaken};
use tracing::warn;
use wire::{Fault, Text, User, names::TEXT_BYTES_MAX};

use super::{EVENTS_MAX, gate::Gate, words::Words};
use crate::{
    client::{Client, ClientConfig, ClientError},
    event::Event,
    member::too_many,
};

/// Joins until the input ends or `stop`.
pub(super) fn run(context: &Context, json: bool, config: &ClientConfig, stop: &Stop) -> anyhow::Result<()> {
    let (sender, events) = sync_channel(EVENTS_MAX);
    let client = Client::spawn(context, config, sender, stop)?;
    let gate = Arc::new(Gate::default());
    let output = Arc::new(Mutex::new(Output { json, words: Words::new(config) }));

    let (left_sender, left) = channel();
    let reader = Reader { client, gate: Arc::clone(&gate), output: Arc::clone(&output) };
    let start = thread::Builder::new().name("stdin".to_owned());
    start.spawn(move || reader.run(&left_sender)).context("cannot start a thread")?;

    let shown = show(&events, &gate, &output);
    gate.end();
    drop(events);
    shown.context("cannot write to standard output")?;
    if stop.is_stopped() {
        // The reader may hang in its input; it ends with the process.
        return Ok(());
    }
    left.recv().context("the client ended by itself")??;
    Ok(())
}

fn show(events: &Receiver<Event>, gate: &Gate, output: &Mutex<Output>) -> io::Result<()> {
    for event in events {
        gate.handle(&event);
        locked(output).write(&event)?;
    }
    Ok(())
}

fn locked(output: &Mutex<Output>) -> impl std::ops::DerefMut<Target = Output> {
    output.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the thread `stdin` holds.
struct Reader {
    client: Client,
    gate: Arc<Gate>,
    output: Arc<Mutex<Output>>,
}

impl Reader {
    /// Says line after line, then leaves and tells how that went.
    fn run(self, left: &Sender<Result<(), ClientError>>) {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        while let Ok(true) = read_line(&mut input, &mut line)
            && !self.client.is_ended()
        {
            self.say(&line);
        }
        self.gate.wait_until_clear();
        // Nobody listens where stop came first.
        let _ = left.send(self.client.leave());
    }

    fn say(&self, line: &[u8]) {
        let text = match Text::decode(line) {
            Ok(text) => text,
            Err(error) if error.fault == Fault::Empty => return,
            Err(error) => {
                let reason = format!("not said: {error}");
                return self.write(&Event::Refused { text: None, reason });
            }
        };
        self.gate.enter();
        if let Err(NotTaken::Full(text) | NotTaken::Ended(text)) = self.client.say(text) {
            self.gate.leave();
            self.write(&too_many(text));
        }
    }

    fn write(&self, event: &Event) {
        // Where the output is closed, the writing thread learns the same and ends the program.
        let _ = locked(&self.output).write(event);
    }
}

/// Reads a line without its end; of a line too long for any text only as much as shows that. Says `false` at the
/// end of the input.
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

/// One event as a JSON object; the names are the documented ones.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Json<'a> {
    Users { users: Vec<&'a str> },
    Message { user: &'a str, text: &'a str },
    Refused { reason: &'a str },
    Link { state: &'static str },
}

impl Output {
    fn write(&mut self, event: &Event) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.json {
            let Some(object) = json(event) else {
                return Ok(());
            };
            serde_json::to_writer(&mut stdout, &object)?;
            stdout.write_all(b"\n")?;
        } else if !matches!(event, Event::Kept(_)) {
            // Here that would be a line for every line of a file, and the link's own line has told it.
            self.words.lines(event).iter().try_for_each(|line| writeln!(stdout, "{line}"))?;
        }
        stdout.flush()
    }
}

/// The event's object, if it has one; what has none and matters is logged.
fn json(event: &Event) -> Option<Json<'_>> {
    match event {
        Event::Users(users) => Some(Json::Users { users: users.iter().map(User::as_str).collect() }),
        Event::Message { user, text } => Some(Json::Message { user: user.as_str(), text: text.as_str() }),
        Event::Refused { reason, .. } => Some(Json::Refused { reason }),
        Event::Link(link) => Some(Json::Link { state: link.name() }),
        Event::Denied { endpoint, reason } => {
            warn!(%endpoint, "{reason}");
            None
        }
        Event::Said(_) | Event::Kept(_) | Event::Malformed { .. } => None,
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
