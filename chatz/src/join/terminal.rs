//! `chatz join` in a terminal: the calling thread edits lines, and the thread `printer` prints events above them.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, sync_channel},
    },
    thread,
    time::Duration,
};

use anyhow::Context as _;
use rustyline::{Editor, ExternalPrinter, error::ReadlineError, history::MemHistory};
use signal_hook::{consts::SIGINT, low_level::raise};
use sockets::{Context, Stop, actor::NotTaken};
use wire::{Text, User};

use super::{EVENTS_MAX, gate::Gate, words::Words};
use crate::{
    client::{Client, ClientConfig},
    event::Event,
    member::{TEXTS_MAX, too_many},
};

const HELP: &str = "\
chatz: each line is said to all. Commands:
  /users  who is present
  /help   this
  /quit   leave (so do Ctrl-C and Ctrl-D)
  //text  say a line that begins with a slash";

/// How long leaving waits for the answers to what was said last.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// How long the printer may take for the last events, and the pause between two attempts to end the line editor.
const LAST_LINES: Duration = Duration::from_millis(200);

/// Joins until the person quits or `stop`.
pub(super) fn run(context: &Context, config: &ClientConfig, stop: &Stop) -> anyhow::Result<()> {
    let mut editor = Editor::<(), MemHistory>::with_history(rustyline::Config::default(), MemHistory::new())
        .context("cannot use the terminal")?;
    let printer = editor.create_external_printer().context("cannot use the terminal")?;
    say_to_person(HELP)?;
    let (sender, events) = sync_channel(EVENTS_MAX);
    let screen = Arc::new(Screen::new(config));
    let client = Client::spawn(context, config, sender, stop)?;

    let (left, quit) = sync_channel::<()>(0);
    let (printed_all, last_line) = sync_channel::<()>(1);
    let shown = Arc::clone(&screen);
    thread::Builder::new()
        .name("printer".to_owned())
        .spawn(move || {
            shown.print_all(printer, &events, &quit);
            let _ = printed_all.send(());
        })
        .context("cannot start a thread")?;

    let session = Session { client, screen, prompt: format!("{}> ", config.user) };
    let ended = session.edit(&mut editor, stop);
    drop(left);
    if !stop.is_stopped() {
        session.screen.gate.wait_until_clear_within(LAST_ANSWERS);
    }
    let client = session.client.leave();
    // With the editor goes the channel in which a line may still hang; the terminal is its own again.
    drop(editor);
    let _ = last_line.recv_timeout(LAST_LINES);
    client?;
    ended
}

/// What both threads share.
struct Screen {
    gate: Gate,
    words: Mutex<Words>,
    me: User,
    /// What was typed here and has not come back yet: it stands on the screen already.
    typed: Mutex<VecDeque<Text>>,
}

impl Screen {
    fn new(config: &ClientConfig) -> Self {
        Self {
            gate: Gate::default(),
            words: Mutex::new(Words::new(config)),
            me: config.user.clone(),
            typed: Mutex::new(VecDeque::new()),
        }
    }

    /// Prints events until there are no more, then sees to it that the line editor ends.
    fn print_all(&self, mut printer: impl ExternalPrinter, events: &Receiver<Event>, quit: &Receiver<()>) {
        for event in events {
            self.gate.handle(&event);
            if self.is_own_echo(&event) {
                continue;
            }
            for line in locked(&self.words).lines(&event) {
                // The terminal is gone: then the line editor ends as well.
                let _ = printer.print(line + "\n");
            }
        }
        self.gate.end();
        // The editor ends at SIGINT and gives the terminal back; it may be between two lines, so once is not enough.
        while quit.recv_timeout(LAST_LINES / 4) == Err(RecvTimeoutError::Timeout) {
            let _ = raise(SIGINT);
        }
    }

    fn is_own_echo(&self, event: &Event) -> bool {
        let Event::Message { user, text } = event else {
            return false;
        };
        let mut typed = locked(&self.typed);
        let found = typed.iter().position(|own| *user == self.me && own == text);
        found.is_some_and(|index| typed.remove(index).is_some())
    }

    fn remember(&self, text: &Text) {
        let mut typed = locked(&self.typed);
        // More cannot be under way; what is still here was lost on its way back.
        if typed.len() > TEXTS_MAX {
            typed.pop_front();
        }
        typed.push_back(text.clone());
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the thread that edits lines holds.
struct Session {
    client: Client,
    screen: Arc<Screen>,
    prompt: String,
}

impl Session {
    fn edit(&self, editor: &mut Editor<(), MemHistory>, stop: &Stop) -> anyhow::Result<()> {
        while !stop.is_stopped() && !self.client.is_ended() {
            let line = match editor.readline(&self.prompt) {
                Ok(line) => line,
                Err(ReadlineError::Interrupted | ReadlineError::Eof | ReadlineError::Signal(_)) => break,
                Err(error) => return Err(error).context("cannot read from the terminal"),
            };
            if line.trim().is_empty() {
                continue;
            }
            let _ = editor.add_history_entry(&line);
            match line.strip_prefix('/') {
                Some("quit") => break,
                Some("users") => say_to_person(&locked(&self.screen.words).present())?,
                Some("help") => say_to_person(HELP)?,
                Some(text) if text.starts_with('/') => self.say(text)?,
                Some(_) => say_to_person(&format!("chatz: no such command: {line} (/help lists them)"))?,
                None => self.say(&line)?,
            }
        }
        Ok(())
    }

    fn say(&self, line: &str) -> anyhow::Result<()> {
        let text = match line.parse::<Text>() {
            Ok(text) => text,
            Err(error) => return say_to_person(&format!("chatz: not said: {error}")),
        };
        self.screen.remember(&text);
        self.screen.gate.enter();
        if let Err(NotTaken::Full(text) | NotTaken::Ended(text)) = self.client.say(text) {
            self.screen.gate.leave();
            let refused = locked(&self.screen.words).lines(&too_many(text));
            return say_to_person(&refused.join("\n"));
        }
        Ok(())
    }
}

/// Between two lines the terminal is in its usual mode, and this thread may write to it.
fn say_to_person(lines: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{lines}")?;
    Ok(stdout.flush()?)
}
