//! Chat: the events of chatz's client become the panel, and the lines of the conversation. Pure.

use chatz::{Event, ServerState, member::TEXTS_MAX};

use crate::view::{ChatzView, LineKind};

/// The state of the chat.
#[derive(Debug)]
pub(crate) struct Talk {
    pub(crate) view: ChatzView,
    /// The state in the last note about the server; `Connecting` before the first.
    noted: ServerState,
    /// Whether the refusal is of this desk's presence, and not of a text.
    refuses_presence: bool,
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
    /// A desk that joins as `name`.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            view: ChatzView {
                name: name.to_owned(),
                link: ServerState::Connecting,
                users: Vec::new(),
                waiting: Vec::new(),
                refusal: None,
            },
            noted: ServerState::Connecting,
            refuses_presence: false,
        }
    }

    /// The desk joins again, as `name`. Whether the server accepts that is not known yet.
    pub(crate) fn handle_name(&mut self, name: &str) {
        *self = Self { noted: self.noted, ..Self::new(name) };
    }

    /// Takes an event of the client.
    pub(crate) fn handle(&mut self, event: Event) -> Option<NewLine> {
        match event {
            Event::Users(users) => {
                self.view.users = users.iter().map(ToString::to_string).collect();
                if self.refuses_presence {
                    self.accept();
                }
                None
            }
            Event::Renamed(user) => {
                self.view.name = user.to_string();
                self.accept();
                Some(NewLine::note(format!("you are {user} now")))
            }
            Event::Message { user, text } => {
                Some(NewLine { kind: LineKind::Message, user: user.to_string(), text: text.to_string() })
            }
            Event::Said(text) => {
                self.remove_waiting(text.as_str());
                self.accept();
                None
            }
            Event::Kept(text) => {
                if self.view.waiting.len() < TEXTS_MAX {
                    self.view.waiting.push(text.to_string());
                }
                None
            }
            Event::Refused { text: None, reason } => Some(self.refuse(true, reason)),
            Event::Refused { text: Some(text), reason } => {
                self.remove_waiting(text.as_str());
                Some(self.refuse(false, format!("{reason}: {text}")))
            }
            Event::Failed { text, reason } => {
                self.remove_waiting(text.as_str());
                Some(self.refuse(false, reason))
            }
            Event::Denied { endpoint, reason } => Some(self.refuse(true, format!("{endpoint}: {reason}"))),
            Event::Server(state) => self.handle_server(state),
            // Counted at its socket.
            Event::Malformed { .. } => None,
        }
    }

    /// Discards what waits and what was refused.
    pub(crate) fn clear(&mut self) {
        self.view.waiting.clear();
        self.accept();
    }

    fn handle_server(&mut self, state: ServerState) -> Option<NewLine> {
        self.view.link = state;
        if state == ServerState::Up && self.refuses_presence {
            self.accept();
        }
        let text = match (self.noted, state) {
            (ServerState::Connecting, ServerState::Up) => "connected to chatz",
            (ServerState::Down, ServerState::Up) => "chatz is back",
            (ServerState::Connecting | ServerState::Up, ServerState::Down) => {
                "chatz does not reply: your texts wait here"
            }
            _ => return None,
        };
        self.noted = state;
        Some(NewLine::note(text))
    }

    fn refuse(&mut self, refuses_presence: bool, reason: String) -> NewLine {
        self.refuses_presence = refuses_presence;
        self.view.refusal = Some(reason.clone());
        NewLine::refusal(reason)
    }

    fn accept(&mut self) {
        self.view.refusal = None;
        self.refuses_presence = false;
    }

    /// A text waits no longer.
    fn remove_waiting(&mut self, text: &str) {
        if let Some(index) = self.view.waiting.iter().position(|waiting| waiting == text) {
            self.view.waiting.remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(talk: &mut Talk, events: Vec<Event>) -> Vec<String> {
        events.into_iter().filter_map(|event| talk.handle(event)).map(|line| line.text).collect()
    }

    #[test]
    fn changes_of_the_server_are_notes_and_a_new_session_is_none() {
        let mut talk = Talk::new("ada");
        let states = [ServerState::Connecting, ServerState::Up, ServerState::Down, ServerState::Up];
        let lines = texts(&mut talk, states.map(Event::Server).into());
        assert_eq!(lines, ["connected to chatz", "chatz does not reply: your texts wait here", "chatz is back"]);
        talk.handle_name("bob");
        assert_eq!(talk.view.link, ServerState::Connecting);
        let again = [ServerState::Connecting, ServerState::Up];
        assert_eq!(texts(&mut talk, again.map(Event::Server).into()), [""; 0]);
    }

    #[test]
    fn a_new_name_is_shown_once_the_server_has_accepted_it_and_a_refused_one_is_not() {
        let mut talk = Talk::new("ada");
        let refused = Event::Refused { text: None, reason: "the name is not yours".to_owned() };
        assert_eq!(texts(&mut talk, vec![Event::Server(ServerState::Up), refused])[1], "the name is not yours");
        assert_eq!((talk.view.name.as_str(), talk.view.refusal.as_deref()), ("ada", Some("the name is not yours")));
        assert_eq!(texts(&mut talk, vec![Event::Renamed("eve".parse().unwrap())]), ["you are eve now"]);
        assert_eq!((talk.view.name.as_str(), talk.view.refusal.as_deref()), ("eve", None));
    }

    #[test]
    fn a_text_waits_until_it_is_said_or_refused() {
        let mut talk = Talk::new("ada");
        let text = |text: &str| text.parse::<wire::Text>().unwrap();
        texts(&mut talk, ["a", "b", "a"].map(|kept| Event::Kept(text(kept))).into());
        texts(&mut talk, vec![Event::Said(text("a"))]);
        assert_eq!(talk.view.waiting, ["b", "a"]);
        let refused = Event::Refused { text: Some(text("b")), reason: "the room is full".to_owned() };
        assert_eq!(texts(&mut talk, vec![refused]), ["the room is full: b"]);
        assert_eq!(
            (talk.view.waiting.as_slice(), talk.view.refusal.as_deref()),
            (&["a".to_owned()][..], Some("the room is full: b"))
        );
        texts(&mut talk, vec![Event::Users(Vec::new())]);
        assert!(talk.view.refusal.is_some(), "a user who joins accepts no text");
        texts(&mut talk, vec![Event::Said(text("a"))]);
        assert_eq!((talk.view.waiting.len(), talk.view.refusal.as_deref()), (0, None));
        texts(&mut talk, (0..1_000).map(|_| Event::Kept(text("x"))).collect());
        assert_eq!(talk.view.waiting.len(), TEXTS_MAX);
    }

    #[test]
    fn a_refused_name_is_shown_until_the_desk_is_present() {
        let mut talk = Talk::new("ada");
        talk.handle(Event::Refused { text: None, reason: "ada is here already".to_owned() });
        assert_eq!(talk.view.refusal.as_deref(), Some("ada is here already"));
        talk.handle(Event::Users(vec!["ada".parse().unwrap()]));
        assert_eq!((talk.view.refusal.as_deref(), talk.view.users.as_slice()), (None, &["ada".to_owned()][..]));
    }
}
