//! Talk: what chatz's client tells becomes the panel, and lines that a person would write. Pure.

use chatz::{Event, LinkState, member::TEXTS_MAX};

use crate::view::{ChatLink, ChatzView, LineKind};

/// What is known of the chat.
#[derive(Debug)]
pub(crate) struct Talk {
    pub(crate) view: ChatzView,
    /// Whether the server has answered since we are called so.
    was_up: bool,
    /// Whether the refusal is of our being here, and not of a text.
    refuses_us: bool,
}

/// A new line of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewLine {
    pub(crate) kind: LineKind,
    pub(crate) user: String,
    pub(crate) text: String,
}

impl NewLine {
    fn note(text: impl Into<String>) -> Self {
        Self { kind: LineKind::Note, user: String::new(), text: text.into() }
    }

    fn refusal(text: impl Into<String>) -> Self {
        Self { kind: LineKind::Refusal, user: String::new(), text: text.into() }
    }
}

impl Talk {
    /// We are to be called so.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            view: ChatzView {
                name: name.to_owned(),
                link: ChatLink::Connecting,
                users: Vec::new(),
                waiting: Vec::new(),
                refusal: None,
            },
            was_up: false,
            refuses_us: false,
        }
    }

    /// We are called so from now on.
    pub(crate) fn handle_name(&mut self, name: &str) -> Option<NewLine> {
        let is_other = self.view.name != name;
        *self = Self::new(name);
        is_other.then(|| NewLine::note(format!("you are {name} now")))
    }

    /// The client tells.
    pub(crate) fn handle(&mut self, event: Event) -> Option<NewLine> {
        match event {
            Event::Users(users) => {
                self.view.users = users.iter().map(ToString::to_string).collect();
                if self.refuses_us {
                    self.accept();
                }
                None
            }
            Event::Message { user, text } => {
                Some(NewLine { kind: LineKind::Message, user: user.to_string(), text: text.to_string() })
            }
            Event::Said(text) => {
                self.take_back(text.as_str());
                self.accept();
                None
            }
            Event::Kept(text) => {
                if self.view.waiting.len() < TEXTS_MAX {
                    self.view.waiting.push(text.to_string());
                }
                None
            }
            Event::Refused { text, reason } => {
                if let Some(text) = &text {
                    self.take_back(text.as_str());
                }
                Some(self.refuse(text.is_none(), reason))
            }
            Event::Denied { endpoint, reason } => Some(self.refuse(true, format!("{endpoint}: {reason}"))),
            Event::Link(state) => self.handle_link(state),
            // Counted at its socket.
            Event::Malformed { .. } => None,
        }
    }

    /// Forgets what waits and what was refused.
    pub(crate) fn clear(&mut self) {
        self.view.waiting.clear();
        self.accept();
    }

    fn handle_link(&mut self, state: LinkState) -> Option<NewLine> {
        let (before, link) = (self.view.link, link(state));
        self.view.link = link;
        match link {
            ChatLink::Up if before != ChatLink::Up => {
                let text = if self.was_up { "chatz is back" } else { "chatz answers" };
                self.was_up = true;
                if self.refuses_us {
                    self.accept();
                }
                Some(NewLine::note(text))
            }
            ChatLink::Down if before != ChatLink::Down => Some(NewLine::note("chatz is away: what you say waits here")),
            _ => None,
        }
    }

    fn refuse(&mut self, refuses_us: bool, reason: String) -> NewLine {
        self.refuses_us = refuses_us;
        self.view.refusal = Some(reason.clone());
        NewLine::refusal(reason)
    }

    fn accept(&mut self) {
        self.view.refusal = None;
        self.refuses_us = false;
    }

    /// A text waits no longer.
    fn take_back(&mut self, text: &str) {
        if let Some(index) = self.view.waiting.iter().position(|waiting| waiting == text) {
            self.view.waiting.remove(index);
        }
    }
}

const fn link(state: LinkState) -> ChatLink {
    match state {
        LinkState::Connecting => ChatLink::Connecting,
        LinkState::Up => ChatLink::Up,
        LinkState::Down => ChatLink::Down,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(talk: &mut Talk, events: Vec<Event>) -> Vec<String> {
        events.into_iter().filter_map(|event| talk.handle(event)).map(|line| line.text).collect()
    }

    #[test]
    fn the_server_comes_goes_and_comes_back_in_sentences() {
        let mut talk = Talk::new("ada");
        let links = [LinkState::Connecting, LinkState::Up, LinkState::Up, LinkState::Down, LinkState::Up];
        let lines = texts(&mut talk, links.map(Event::Link).into());
        assert_eq!(lines, ["chatz answers", "chatz is away: what you say waits here", "chatz is back"]);
        assert_eq!(talk.handle_name("ada"), None);
        assert_eq!(
            (talk.handle_name("bob").unwrap().text, talk.view.link),
            ("you are bob now".to_owned(), ChatLink::Connecting)
        );
    }

    #[test]
    fn a_text_waits_until_it_is_said_or_refused() {
        let mut talk = Talk::new("ada");
        let text = |text: &str| text.parse::<wire::Text>().unwrap();
        texts(&mut talk, ["a", "b", "a"].map(|kept| Event::Kept(text(kept))).into());
        texts(&mut talk, vec![Event::Said(text("a"))]);
        assert_eq!(talk.view.waiting, ["b", "a"]);
        let refused = Event::Refused { text: Some(text("b")), reason: "b is not said".to_owned() };
        assert_eq!(texts(&mut talk, vec![refused]), ["b is not said"]);
        assert_eq!(
            (talk.view.waiting.as_slice(), talk.view.refusal.as_deref()),
            (&["a".to_owned()][..], Some("b is not said"))
        );
        texts(&mut talk, vec![Event::Users(Vec::new())]);
        assert!(talk.view.refusal.is_some(), "others coming accept no text");
        texts(&mut talk, vec![Event::Said(text("a"))]);
        assert_eq!((talk.view.waiting.len(), talk.view.refusal.as_deref()), (0, None));
        texts(&mut talk, (0..1_000).map(|_| Event::Kept(text("x"))).collect());
        assert_eq!(talk.view.waiting.len(), TEXTS_MAX);
    }

    #[test]
    fn a_name_that_is_taken_is_refused_until_we_are_present() {
        let mut talk = Talk::new("ada");
        talk.handle(Event::Refused { text: None, reason: "ada is here already".to_owned() });
        assert_eq!(talk.view.refusal.as_deref(), Some("ada is here already"));
        talk.handle(Event::Users(vec!["ada".parse().unwrap()]));
        assert_eq!((talk.view.refusal.as_deref(), talk.view.users.as_slice()), (None, &["ada".to_owned()][..]));
    }
}
