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
use wire::{Text, User, foreign};

use super::{EVENTS_MAX, counts::Counts, gate::Gate, words::Words};
use crate::{
    client::{Client, ClientConfig},
    event::Event,
    member::{TEXTS_MAX, left_before, too_many},
};

const HELP: &str = "\
chatz: each line is sent to everyone. Commands:
  /users  list the present users
  /help   show this help
  /quit   leave (so do Ctrl-C and Ctrl-D)
  //text  say a line that begins with a slash";

/// The most characters shown of a line that is not a valid text.
const EXCERPT_CHARS: usize = 40;

/// The time that leaving waits for the replies to the last texts.
const LAST_REPLIES: Duration = Duration::from_millis(500);

/// The time that the printer has for the last events.
const LAST_LINES: Duration = Duration::from_millis(200);

/// The time between two attempts to end the line editor.
const QUIT_AGAIN: Duration = Duration::from_millis(50);

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
    let counts = Counts::declared(context);
    thread::Builder::new()
        .name("printer".to_owned())
        .spawn(move || {
            shown.print_all(printer, counts, &events, &quit);
            let _ = printed_all.send(());
        })
        .context("cannot start a thread")?;

    let session = Session { client, screen, prompt: format!("{}> ", config.user) };
    let ended = session.edit(&mut editor, stop);
    drop(left);
    if !stop.is_stopped() {
        session.screen.gate.wait_until_clear_within(LAST_REPLIES);
    }
    let client = session.client.leave();
    // A line may still wait in the editor's channel, which closes with it; the terminal is in its usual mode again.
    drop(editor);
    let _ = last_line.recv_timeout(LAST_LINES);
    client?;
    ended
}

/// The state that both threads share.
struct Screen {
    gate: Gate,
    words: Mutex<Words>,
    me: User,
    /// Texts that were typed here and have not come back yet: they are on the screen already.
    typed: Mutex<VecDeque<Text>>,
}

impl Screen {
    fn new(config: &ClientConfig) -> Self {
        Self {
            gate: Gate::for_person(),
            words: Mutex::new(Words::new(config)),
            me: config.user.clone(),
            typed: Mutex::new(VecDeque::new()),
        }
    }

    /// Prints events until there are no more, then ends the line editor.
    fn print_all(
        &self,
        mut printer: impl ExternalPrinter,
        mut counts: Counts,
        events: &Receiver<Event>,
        quit: &Receiver<()>,
    ) {
        for event in events {
            self.gate.handle(&event);
            counts.handle(&event);
            if self.is_on_screen(&event) {
                continue;
            }
            for line in locked(&self.words).lines(&event) {
                // An error means that the terminal is gone: then the line editor ends as well.
                let _ = printer.print(line + "\n");
            }
        }
        self.gate.end();
        // SIGINT ends the editor, which restores the terminal. It may be between two lines, so once is not enough.
        while quit.recv_timeout(QUIT_AGAIN) == Err(RecvTimeoutError::Timeout) {
            let _ = raise(SIGINT);
        }
    }

    /// Whether it is the broadcast of a text that stands where it was typed. One that is kept, or may not have been said,
    /// is printed when it comes back: that it was said is new.
    fn is_on_screen(&self, event: &Event) -> bool {
        match event {
            Event::Message { user, text } => *user == self.me && self.forget(text),
            Event::Kept(text) | Event::Failed { text, .. } | Event::Refused { text: Some(text), .. } => {
                self.forget(text);
                false
            }
            _ => false,
        }
    }

    fn forget(&self, text: &Text) -> bool {
        let mut typed = locked(&self.typed);
        let found = typed.iter().position(|own| own == text);
        found.is_some_and(|index| typed.remove(index).is_some())
    }

    fn remember(&self, text: &Text) {
        let mut typed = locked(&self.typed);
        // More cannot be under way: the oldest was lost on its way back.
        if typed.len() > TEXTS_MAX {
            typed.pop_front();
        }
        typed.push_back(text.clone());
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The state of the thread that edits lines.
struct Session {
    client: Client,
    screen: Arc<Screen>,
    prompt: String,
}

impl Session {
    fn edit(&self, editor: &mut Editor<(), MemHistory>, stop: &Stop) -> anyhow::Result<()> {
        loop {
            let input = match editor.readline(&self.prompt) {
                Ok(input) => input,
                Err(ReadlineError::Interrupted | ReadlineError::Eof | ReadlineError::Signal(_)) => return Ok(()),
                Err(error) => return Err(error).context("cannot read from the terminal"),
            };
            // A paste may have several lines: each is as if it had been typed.
            for line in input.lines().filter(|line| !line.trim().is_empty()) {
                if stop.is_stopped() || self.client.is_ended() {
                    return Ok(());
                }
                let _ = editor.add_history_entry(line);
                if self.handle_line(line)? == Flow::Quit {
                    return Ok(());
                }
            }
        }
    }

    fn handle_line(&self, line: &str) -> anyhow::Result<Flow> {
        match line.strip_prefix('/') {
            None => self.say(line)?,
            Some(text) if text.starts_with('/') => self.say(text)?,
            Some(command) => match command.trim() {
                "quit" => return Ok(Flow::Quit),
                "users" => say_to_person(&locked(&self.screen.words).present())?,
                "help" => say_to_person(HELP)?,
                other => {
                    let excerpt = foreign(other).at_most(EXCERPT_CHARS);
                    say_to_person(&format!("chatz: no such command: /{excerpt} (/help lists them)"))?;
                }
            },
        }
        Ok(Flow::Continue)
    }

    fn say(&self, line: &str) -> anyhow::Result<()> {
        let text = match line.parse::<Text>() {
            Ok(text) => text,
            Err(error) => {
                let excerpt = foreign(line).at_most(EXCERPT_CHARS);
                return say_to_person(&format!("chatz: not said: {error}: {excerpt}"));
            }
        };
        self.screen.remember(&text);
        self.screen.gate.enter();
        let refused = match self.client.say(text) {
            Ok(()) => return Ok(()),
            Err(NotTaken::Full(text)) => too_many(text),
            Err(NotTaken::Ended(text)) => left_before(text),
        };
        self.screen.gate.leave();
        say_to_person(&locked(&self.screen.words).lines(&refused).join("\n"))
    }
}

/// Whether to read the next line.
#[derive(PartialEq, Eq)]
enum Flow {
    Continue,
    Quit,
}

/// Between two lines the terminal is in its usual mode, and this thread may write to it.
fn say_to_person(lines: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{lines}")?;
    Ok(stdout.flush()?)
}
