//! A client whose connection is up but not read: another peer has taken over its routing id.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod support;

use serde_json::{Value, json};
use support::CHATZ;
use testkit::{
    Peer, Program,
    peer::{DEALER, ROUTER, XPUB},
};

/// A server that replies "ada is here" to each request, and hands routing ids over as chatz does.
struct Server {
    router: Peer,
    publisher: Peer,
}

impl Server {
    fn start() -> Self {
        let router = Peer::bind(ROUTER);
        router.socket().set_router_handover(true).unwrap();
        Self { router, publisher: Peer::bind(XPUB) }
    }

    /// Replies to the next request; returns the peer's routing id and the request's first frame.
    fn reply(&self) -> (Vec<u8>, String) {
        let mut frames = self.router.receive();
        let body = frames.iter().position(Vec::is_empty).unwrap() + 1;
        let request = String::from_utf8(frames[body].clone()).unwrap();
        frames.truncate(body);
        frames.push(b"ada".to_vec());
        self.router.send(&frames);
        (frames[0].clone(), request)
    }
}

/// The next event of `join --json` that is no list of users.
fn event(client: &Program) -> Value {
    let events = std::iter::repeat_with(|| serde_json::from_str::<Value>(&client.next_line()).unwrap());
    events.into_iter().find(|event| event["event"] != "users").unwrap()
}

#[test]
fn a_client_whose_routing_id_is_taken_over_comes_back_with_another_and_says_nothing_twice() {
    let server = Server::start();
    let (requests, broadcasts) = (server.router.endpoint(), server.publisher.endpoint());
    let join = ["join", "ada", "--json", "--requests", requests, "--broadcasts", broadcasts];
    let mut client = Program::start(CHATZ, join);
    let (id, _) = server.reply();
    for state in ["connecting", "up"] {
        assert_eq!(event(&client), json!({ "event": "link", "state": state }));
    }

    let thief = Peer::connect_with(DEALER, requests, |raw| raw.set_identity(&id).unwrap());
    thief.send([&b""[..], b"eve"]);
    while server.reply() != (id.clone(), "eve".to_owned()) {}
    client.say("perhaps");
    assert_eq!(event(&client)["reason"], "no reply: the text may or may not have been said: perhaps");
    assert_eq!(event(&client), json!({ "event": "link", "state": "down" }));

    let (other, request) = server.reply();
    assert_eq!((other == id, request.as_str()), (false, "ada"));
    assert_eq!(event(&client), json!({ "event": "link", "state": "up" }));
    client.say("once");
    while server.reply() != (other.clone(), "ada\u{1f}once".to_owned()) {}
    client.terminate();
    assert_eq!(client.finish().code, Some(0));
    // The last request is the one by which ada leaves.
    while let Some(frames) = server.router.receive_within(std::time::Duration::from_millis(100)) {
        assert!(!frames.iter().any(|frame| frame.ends_with(b"perhaps")), "{frames:?}");
    }
}
