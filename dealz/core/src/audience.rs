//! The audience: people in the room, each with a page that may view the desk and say something in the chat under a name of
//! its reader's own.
//!
//! The desk says it, as `ada (room): hello`. A chat client for each phone would be two sockets and a thread, would take names
//! of people in the chat, and could not join at all where names belong to keys. So one connection speaks for all of them, and
//! how much it may say is limited here: for each page, and for the room as a whole, as a page can always be opened again.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::SyncSender},
    time::Instant,
};

use wire::{User, foreign};

use crate::{
    command::{Command, Refusal},
    event::Event,
};

/// The most pages of the audience at a time.
pub const AUDIENCE_MAX: u32 = 100;

/// The most characters of a text.
const TEXT_CHARS_MAX: usize = 200;

/// How many texts a page may say at once, and how many a second after that.
const PAGE_TEXTS: (f64, f64) = (3.0, 0.5);

/// The same for all pages together: a conversation that can be read.
const ROOM_TEXTS: (f64, f64) = (10.0, 4.0);

/// The pages of the audience; clones share it.
#[derive(Clone)]
pub(crate) struct Audience {
    shared: Arc<Mutex<Shared>>,
    /// Where their number is reported; of a desk that plays a recording nowhere.
    events: Option<SyncSender<Event>>,
}

struct Shared {
    pages: u32,
    allowance: Allowance,
}

/// One page of the audience; dropping it leaves.
pub struct Seat {
    audience: Audience,
    allowance: Allowance,
}

/// How many texts may be said at present.
struct Allowance {
    most: f64,
    per_second: f64,
    left: f64,
    since: Instant,
}

impl Audience {
    /// No page yet.
    pub(crate) fn new(events: Option<SyncSender<Event>>) -> Self {
        let shared = Shared { pages: 0, allowance: Allowance::new(ROOM_TEXTS, Instant::now()) };
        Self { shared: Arc::new(Mutex::new(shared)), events }
    }

    /// A page joins.
    pub(crate) fn join(&self) -> Seat {
        self.count(|pages| pages + 1);
        Seat { audience: self.clone(), allowance: Allowance::new(PAGE_TEXTS, Instant::now()) }
    }

    fn count(&self, change: impl FnOnce(u32) -> u32) {
        let mut shared = self.locked();
        shared.pages = change(shared.pages);
        // With the lock held, so that the last report has the last number. If sending fails, the desk has ended.
        if let Some(events) = &self.events {
            let _ = events.send(Event::Audience(shared.pages));
        }
    }

    fn locked(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The command by which the desk says `text` for `name`.
    ///
    /// # Errors
    /// The name or the text is invalid; this page, or the whole room, has said too much.
    pub fn say(&mut self, name: &str, text: &str, now: Instant) -> Result<Command, Refusal> {
        let name: User =
            name.parse().map_err(|_| Refusal::invalid("name", "a name is 1 to 32 letters, digits and _"))?;
        let text = text.trim();
        if text.is_empty() {
            return Err(Refusal::invalid("text", "the text is empty"));
        }
        if text.chars().count() > TEXT_CHARS_MAX || text.contains(foreign::controls_display) {
            return Err(Refusal::invalid("text", "a text is one line of at most 200 characters"));
        }
        if !self.allowance.has_one(now) {
            return Err(Refusal::not_now("one text every two seconds: wait a moment"));
        }
        let mut shared = self.audience.locked();
        if !shared.allowance.has_one(now) {
            return Err(Refusal::not_now("everyone is talking: wait a moment"));
        }
        self.allowance.take();
        shared.allowance.take();
        Ok(Command::Say { text: format!("{name} (room): {text}") })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.audience.count(|pages| pages.saturating_sub(1));
    }
}

impl Allowance {
    const fn new((most, per_second): (f64, f64), now: Instant) -> Self {
        Self { most, per_second, left: most, since: now }
    }

    /// Whether one may be said now.
    fn has_one(&mut self, now: Instant) -> bool {
        let earned = now.saturating_duration_since(self.since).as_secs_f64() * self.per_second;
        (self.left, self.since) = ((self.left + earned).min(self.most), now);
        self.left >= 1.0
    }

    fn take(&mut self) {
        self.left -= 1.0;
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc::sync_channel, time::Duration};

    use super::*;

    fn reason(said: Result<Command, Refusal>) -> String {
        said.unwrap_err().to_string()
    }

    #[test]
    fn a_text_is_said_by_the_desk_with_its_name_before_it() {
        let mut seat = Audience::new(None).join();
        let said = seat.say("Ада_1", "  hello room ", Instant::now()).unwrap();
        assert_eq!(said, Command::Say { text: "Ада_1 (room): hello room".to_owned() });
    }

    #[test]
    fn a_name_that_is_none_and_a_text_of_several_lines_are_refused() {
        let (mut seat, now) = (Audience::new(None).join(), Instant::now());
        for name in ["", "a b", "ada:", "a\nb", &"x".repeat(33)] {
            assert!(reason(seat.say(name, "hello", now)).starts_with("name: "), "{name}");
        }
        for text in ["", "   ", "one\ntwo", "\u{1b}[2J", "\u{202e}olleh", &"x".repeat(201)] {
            assert!(reason(seat.say("ada", text, now)).starts_with("text: "), "{text}");
        }
        // None of these has cost anything.
        for _ in 0..3 {
            assert!(seat.say("ada", &"ж".repeat(200), now).is_ok());
        }
    }

    #[test]
    fn a_page_says_one_text_every_two_seconds_after_the_first_three() {
        let (mut seat, start) = (Audience::new(None).join(), Instant::now());
        let said = (0..100).filter(|&step| seat.say("ada", "hello", start + Duration::from_millis(200) * step).is_ok());
        // 19.8 seconds.
        assert_eq!(said.count(), 3 + 9);
        assert!(reason(seat.say("ada", "hello", start)).contains("wait"));
    }

    #[test]
    fn pages_that_come_again_and_again_say_no_more_than_a_room_may() {
        let (audience, start) = (Audience::new(None), Instant::now());
        let said = (0..1_000)
            .filter(|&step| audience.join().say("ada", "hello", start + Duration::from_millis(10) * step).is_ok());
        // 9.99 seconds.
        assert_eq!(said.count(), 10 + 39);
    }

    #[test]
    fn their_number_is_reported() {
        let (events, reported) = sync_channel(10);
        let audience = Audience::new(Some(events));
        let (one, two) = (audience.join(), audience.join());
        drop(one);
        drop(two);
        let numbers: Vec<u32> =
            reported.try_iter().map(|event| if let Event::Audience(pages) = event { pages } else { 99 }).collect();
        assert_eq!(numbers, [1, 2, 1, 0]);
    }
}
