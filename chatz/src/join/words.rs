//! Events as a person would say them.

use wire::{User, foreign};

use crate::{
    client::ClientConfig,
    event::{Event, LinkState},
};

/// Puts events into words; remembers who is present, to tell who came and who went.
pub(crate) struct Words {
    server: String,
    present: Vec<User>,
    /// Whether the server has answered before.
    known: bool,
}

impl Words {
    pub(crate) fn new(config: &ClientConfig) -> Self {
        Self { server: config.requests.to_string(), present: Vec::new(), known: false }
    }

    /// The lines that an event is worth.
    pub(crate) fn lines(&mut self, event: &Event) -> Vec<String> {
        match event {
            Event::Users(users) => self.changes(users),
            Event::Message { user, text } => vec![format!("{user}: {}", foreign(text.as_str()))],
            // What is malformed stands in the log.
            Event::Said(_) | Event::Malformed { .. } => vec![],
            Event::Kept(text) => {
                vec![format!("chatz: kept until the server answers: {}", foreign(text.as_str()))]
            }
            Event::Refused { reason, .. } => vec![format!("chatz: refused: {}", foreign(reason))],
            Event::Denied { endpoint, reason } => vec![format!("chatz: {endpoint}: {}", foreign(reason))],
            Event::Link(link) => vec![self.link(*link)],
        }
    }

    /// The answer to `/users`.
    pub(crate) fn present(&self) -> String {
        if self.present.is_empty() { "chatz: nobody is known to be present".to_owned() } else { list(&self.present) }
    }

    fn changes(&mut self, users: &[User]) -> Vec<String> {
        let before = std::mem::replace(&mut self.present, users.to_vec());
        if before.is_empty() {
            return vec![list(users)];
        }
        // Both are sorted by code point, as the protocol has it; a server that sorts otherwise costs a wrong word.
        let came = users.iter().filter(|user| before.binary_search(user).is_err());
        let went = before.iter().filter(|user| users.binary_search(user).is_err());
        came.map(|user| format!("chatz: {user} came")).chain(went.map(|user| format!("chatz: {user} went"))).collect()
    }

    fn link(&mut self, link: LinkState) -> String {
        let server = &self.server;
        match link {
            LinkState::Connecting => format!("chatz: looking for the server at {server}"),
            LinkState::Up if self.known => "chatz: the server is back".to_owned(),
            LinkState::Up => {
                self.known = true;
                format!("chatz: the server at {server} answers")
            }
            LinkState::Down => "chatz: the server is gone; what you say is kept until it is back".to_owned(),
        }
    }
}

fn list(users: &[User]) -> String {
    let names: Vec<_> = users.iter().map(User::as_str).collect();
    format!("chatz: present: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_first_list_is_told_whole_and_then_who_came_and_went() {
        let mut words = words();
        assert_eq!(words.present(), "chatz: nobody is known to be present");
        assert_eq!(words.lines(&users(&["ada", "bob"])), ["chatz: present: ada, bob"]);
        assert_eq!(words.lines(&users(&["ada", "eve"])), ["chatz: eve came", "chatz: bob went"]);
        assert_eq!(words.present(), "chatz: present: ada, eve");
    }

    #[test]
    fn the_server_answers_then_goes_then_is_back() {
        let mut words = words();
        let mut told = |link| words.lines(&Event::Link(link)).remove(0);
        assert_eq!(told(LinkState::Up), "chatz: the server at tcp://127.0.0.1:9001 answers");
        assert_eq!(told(LinkState::Down), "chatz: the server is gone; what you say is kept until it is back");
        assert_eq!(told(LinkState::Up), "chatz: the server is back");
    }
}
