//! Events as sentences.

use wire::{User, foreign, plural};

use crate::{
    client::ClientConfig,
    event::{Event, ServerState},
};

/// The most users that are listed or announced by name: a crowd must not scroll the conversation away.
const NAMES_MAX: usize = 20;

/// Puts events into words; remembers who is present, to see who joined and who left.
pub(crate) struct Words {
    endpoint: String,
    present: Vec<User>,
    /// Whether the server has replied before.
    was_up: bool,
}

impl Words {
    pub(crate) fn new(config: &ClientConfig) -> Self {
        Self { endpoint: config.requests.to_string(), present: Vec::new(), was_up: false }
    }

    /// The lines to print for an event.
    pub(crate) fn lines(&mut self, event: &Event) -> Vec<String> {
        match event {
            Event::Users(users) => self.changes(users),
            Event::Message { user, text } => vec![format!("{user}: {}", foreign(text.as_str()))],
            Event::Renamed(user) => vec![format!("chatz: you are {user} now")],
            // Malformed messages are in the log.
            Event::Said(_) | Event::Malformed { .. } => vec![],
            Event::Kept(text) => {
                vec![format!("chatz: kept until the server replies: {}", foreign(text.as_str()))]
            }
            Event::Refused { text: None, reason } => vec![format!("chatz: refused: {}", foreign(reason))],
            Event::Refused { text: Some(text), reason } => {
                vec![format!("chatz: refused: {}: {}", foreign(reason), foreign(text.as_str()))]
            }
            Event::Failed { reason, .. } => vec![format!("chatz: {}", foreign(reason))],
            Event::Denied { endpoint, reason } => vec![format!("chatz: {endpoint}: {}", foreign(reason))],
            Event::Server(state) => vec![self.server(*state)],
        }
    }

    /// The answer to `/users`.
    pub(crate) fn present(&self) -> String {
        if self.present.is_empty() { "chatz: no users yet".to_owned() } else { list(&self.present) }
    }

    fn changes(&mut self, users: &[User]) -> Vec<String> {
        let before = std::mem::replace(&mut self.present, users.to_vec());
        if before.is_empty() {
            return vec![list(users)];
        }
        // Both are sorted by code point, as the protocol requires; from a server that sorts otherwise a line is wrong.
        let joined: Vec<_> = users.iter().filter(|user| before.binary_search(user).is_err()).collect();
        let left: Vec<_> = before.iter().filter(|user| users.binary_search(user).is_err()).collect();
        if joined.len() + left.len() > NAMES_MAX {
            return vec![format!(
                "chatz: {} joined, {} left; {} present",
                plural(joined.len(), "user"),
                left.len(),
                users.len()
            )];
        }
        let joined = joined.into_iter().map(|user| format!("chatz: {user} joined"));
        joined.chain(left.into_iter().map(|user| format!("chatz: {user} left"))).collect()
    }

    fn server(&mut self, state: ServerState) -> String {
        let endpoint = &self.endpoint;
        match state {
            ServerState::Connecting => format!("chatz: connecting to the server at {endpoint}"),
            ServerState::Up if self.was_up => "chatz: the server is back".to_owned(),
            ServerState::Up => {
                self.was_up = true;
                format!("chatz: connected to the server at {endpoint}")
            }
            ServerState::Down => "chatz: the server does not reply; your texts are kept until it is back".to_owned(),
        }
    }
}

fn list(users: &[User]) -> String {
    let names: Vec<_> = users.iter().take(NAMES_MAX).map(User::as_str).collect();
    let more = match users.len().saturating_sub(NAMES_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("chatz: present: {}{more}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::left_before;

    fn users(names: &[&str]) -> Event {
        Event::Users(names.iter().map(|name| name.parse().unwrap()).collect())
    }

    fn words() -> Words {
        let endpoint: sockets::Endpoint = "tcp://127.0.0.1:9001".parse().unwrap();
        Words::new(&ClientConfig {
            user: "ada".parse().unwrap(),
            requests: endpoint.clone(),
            broadcasts: endpoint,
            keep_alive: std::time::Duration::from_secs(2),
        })
    }

    #[test]
    fn the_first_list_is_shown_whole_and_then_who_joined_and_left() {
        let mut words = words();
        assert_eq!(words.present(), "chatz: no users yet");
        assert_eq!(words.lines(&users(&["ada", "bob"])), ["chatz: present: ada, bob"]);
        assert_eq!(words.lines(&users(&["ada", "eve"])), ["chatz: eve joined", "chatz: bob left"]);
        assert_eq!(words.present(), "chatz: present: ada, eve");
    }

    #[test]
    fn a_crowd_is_one_line() {
        let names: Vec<String> = (100..1_000).map(|number| format!("user{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut words = words();
        words.lines(&users(&["ada"]));
        assert_eq!(words.lines(&users(&names)), ["chatz: 900 users joined, 1 left; 900 present"]);
        assert!(words.present().ends_with("user118, user119 and 880 more"), "{}", words.present());
        assert_eq!(words.lines(&users(&["ada"])), ["chatz: 1 user joined, 900 left; 1 present"]);
    }

    #[test]
    fn a_refusal_names_its_text_and_a_failure_does_so_itself() {
        let text: wire::Text = "hi\u{7}".parse().unwrap();
        let refused = |text| Event::Refused { text, reason: "the room is full".to_owned() };
        assert_eq!(words().lines(&refused(None)), ["chatz: refused: the room is full"]);
        assert_eq!(words().lines(&refused(Some(text.clone()))), ["chatz: refused: the room is full: hi\\u{7}"]);
        assert_eq!(words().lines(&left_before(text)), ["chatz: left before it was said: hi\\u{7}"]);
    }

    #[test]
    fn the_server_is_connected_then_down_then_back() {
        let mut words = words();
        let mut line = |state| words.lines(&Event::Server(state)).remove(0);
        assert_eq!(line(ServerState::Up), "chatz: connected to the server at tcp://127.0.0.1:9001");
        assert_eq!(line(ServerState::Down), "chatz: the server does not reply; your texts are kept until it is back");
        assert_eq!(line(ServerState::Up), "chatz: the server is back");
    }
}
