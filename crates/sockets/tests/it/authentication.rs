//! Authentication: each clear case against a real server socket, and the reports on both sides.

use std::{
    io::Write,
    net::TcpStream,
    path::PathBuf,
    time::{Duration, Instant},
};

use ::sockets::{Context, Endpoint, KeepAlive, KeyPair, Mechanism, Role, Security, Socket, State, Stop, wait};
use tempfile::TempDir;
use testkit::Stopwatch;
use wire::{Frames, value::RESULTS};

/// A bound PULL with security, and the folder of its allow-list.
struct Server {
    socket: Socket,
    endpoint: Endpoint,
    context: Context,
    folder: TempDir,
    key: KeyPair,
}

fn curve(own: KeyPair, server: &KeyPair) -> Mechanism {
    Mechanism::Curve { own, server: Some(server.public) }
}

fn plain(username: &str, password: &str) -> Mechanism {
    Mechanism::Plain { username: username.to_owned(), password: password.to_owned() }
}

impl Server {
    fn secured(mechanism: impl FnOnce(KeyPair) -> Mechanism, list: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        testkit::write_private(folder.path().join("allow"), list);
        let security = Security { mechanism: mechanism(key.clone()), allow: Some(folder.path().join("allow")) };
        let context = Context::new(security, KeepAlive::Off).unwrap();
        let mut socket = context.socket(Role::Pull, RESULTS).unwrap();
        socket.watch("server").unwrap();
        let endpoint = socket.bind(&"tcp://127.0.0.1:*".parse().unwrap()).unwrap();
        Self { socket, endpoint, context, folder, key }
    }

    fn with_curve(list: &str) -> Self {
        Self::secured(|own| Mechanism::Curve { own, server: None }, list)
    }

    fn with_plain(list: &str) -> Self {
        Self::secured(|_| plain("", ""), list)
    }

    fn list(&self) -> PathBuf {
        self.folder.path().join("allow")
    }

    /// The user whom the server announces with the next message.
    fn receive_from(&mut self) -> Option<String> {
        let (_stopper, stop) = Stop::pair().unwrap();
        let deadline = Instant::now() + testkit::BOUND;
        let mut frames = Frames::new();
        while !self.socket.receive(&mut frames).unwrap() {
            assert!(Instant::now() < deadline, "nothing came to the server");
            wait(&stop, [self.socket.readable()], Some(deadline)).unwrap();
        }
        self.socket.peer_user().map(str::to_owned)
    }

    fn holds_nothing(&mut self) -> bool {
        !self.socket.receive(&mut Frames::new()).unwrap()
    }
}

/// A PUSH that connects to a server and sends one message, which arrives if it is accepted.
struct Client {
    socket: Socket,
    _context: Context,
}

impl Client {
    fn connect(server: &Server, mechanism: Mechanism) -> Self {
        let context = Context::new(Security { mechanism, allow: None }, KeepAlive::Off).unwrap();
        let mut socket = context.socket(Role::Push, RESULTS).unwrap();
        socket.watch("client").unwrap();
        socket.connect(&server.endpoint).unwrap();
        // False where the server has refused already: libzmq takes the connection's queue away with it.
        let _taken = socket.send(&["hello"].into_iter().collect()).unwrap();
        Self { socket, _context: context }
    }

    /// The first end of a handshake, good or bad.
    fn verdict(&mut self) -> State {
        first(&mut self.socket, |state| matches!(state, State::Up | State::Refused(_)))
    }
}

/// The first event of a socket that is wanted.
fn first(socket: &mut Socket, wanted: impl Fn(State) -> bool) -> State {
    let mut found = None;
    testkit::eventually("a monitor event", || {
        while let Some(event) = socket.next_event().unwrap() {
            let state = State::after(&event);
            if state.is_some_and(&wanted) {
                found = state;
                return true;
            }
        }
        false
    });
    found.unwrap()
}

#[test]
fn a_process_is_admitted_at_its_own_sockets_whatever_its_list_says() {
    for mut server in [Server::with_curve(""), Server::with_plain("")] {
        let mut own = server.context.to_itself().socket(Role::Push, RESULTS).unwrap();
        own.connect(&server.endpoint).unwrap();
        assert!(own.send(&[b"a"].into_iter().collect()).unwrap());
        assert_eq!(server.receive_from().as_deref(), Some("itself"));
    }
}

#[test]
fn the_right_key_gets_in_under_its_name() {
    let ada = KeyPair::generate().unwrap();
    let mut server = Server::with_curve(&format!("ada {}\n", ada.public));
    let mut client = Client::connect(&server, curve(ada, &server.key));
    assert_eq!(client.verdict(), State::Up);
    assert_eq!(server.receive_from().as_deref(), Some("ada"));
}

#[test]
fn a_key_that_is_not_on_the_list_is_refused_counted_and_reported_in_words() {
    let mut server = Server::with_curve("");
    let mut client = Client::connect(&server, curve(KeyPair::generate().unwrap(), &server.key));
    let verdict = client.verdict();
    assert!(verdict.to_string().contains("not on the server's allow-list"), "{verdict}");
    assert!(server.context.refused_peers() >= 1);
    assert!(server.holds_nothing());
}

#[test]
fn a_wrong_server_key_does_not_get_in() {
    let ada = KeyPair::generate().unwrap();
    let mut server = Server::with_curve(&format!("ada {}\n", ada.public));
    let mut client = Client::connect(&server, curve(ada, &KeyPair::generate().unwrap()));
    // Each side sees only bytes that do not fit; the server's monitor reports the refusal.
    first(&mut server.socket, |state| matches!(state, State::Refused(_)));
    assert!(!matches!(first(&mut client.socket, |state| state != State::Handshaking), State::Up));
    assert!(server.holds_nothing());
}

#[test]
fn a_client_without_a_key_is_refused_by_a_curve_server_on_both_sides() {
    let mut server = Server::with_curve("");
    let mut client = Client::connect(&server, Mechanism::Null);
    // Either may see only that the other closes before it has read why.
    first(&mut server.socket, |state| matches!(state, State::Refused(_)));
    first(&mut client.socket, |state| matches!(state, State::Refused(_)));
    assert!(server.holds_nothing());
}

#[test]
fn a_server_reports_in_words_that_a_peer_has_other_security() {
    let mut server = Server::with_curve("");
    let mut client = TcpStream::connect(server.endpoint.as_str().trim_start_matches("tcp://")).unwrap();
    client.write_all(&testkit::raw::greeting("PUSH")).unwrap();
    let state = first(&mut server.socket, |state| matches!(state, State::Refused(_)));
    assert!(state.to_string().contains("different security"), "{state}");
}

#[test]
fn a_plain_client_is_refused_by_a_curve_server() {
    let mut server = Server::with_curve("");
    let _guest = Client::connect(&server, plain("ada", "secret"));
    first(&mut server.socket, |state| matches!(state, State::Refused(_)));
    assert!(server.holds_nothing());
}

#[test]
fn a_key_put_on_the_list_while_running_gets_in_without_a_restart() {
    let ada = KeyPair::generate().unwrap();
    let mut server = Server::with_curve("");
    let mut early = Client::connect(&server, curve(ada.clone(), &server.key));
    assert!(matches!(early.verdict(), State::Refused(_)));
    drop(early);
    testkit::write_private(server.list(), &format!("ada {}\n", ada.public));
    let mut late = Client::connect(&server, curve(ada, &server.key));
    assert_eq!(late.verdict(), State::Up);
    assert_eq!(server.receive_from().as_deref(), Some("ada"));
}

#[test]
fn a_key_taken_off_the_list_while_running_stays_out() {
    let ada = KeyPair::generate().unwrap();
    let mut server = Server::with_curve(&format!("ada {}\n", ada.public));
    assert_eq!(Client::connect(&server, curve(ada.clone(), &server.key)).verdict(), State::Up);
    assert_eq!(server.receive_from().as_deref(), Some("ada"));
    testkit::write_private(server.list(), "# empty\n");
    assert!(matches!(Client::connect(&server, curve(ada, &server.key)).verdict(), State::Refused(_)));
}

#[test]
fn a_plain_password_must_be_the_right_one() {
    let mut server = Server::with_plain("ada secret\n");
    let mut wrong = Client::connect(&server, plain("ada", "guess"));
    assert!(matches!(wrong.verdict(), State::Refused(_)));
    // It may have tried again.
    assert!(server.context.refused_peers() >= 1);
    drop(wrong);
    let mut right = Client::connect(&server, plain("ada", "secret"));
    assert_eq!(right.verdict(), State::Up);
    assert_eq!(server.receive_from().as_deref(), Some("ada"));
}

#[test]
fn a_null_server_asks_for_no_credentials() {
    let mut server = Server::secured(|_| Mechanism::Null, "");
    let mut client = Client::connect(&server, Mechanism::Null);
    assert_eq!(client.verdict(), State::Up);
    assert_eq!(server.receive_from(), None);
}

#[test]
fn a_mechanism_without_an_allow_list_cannot_be_bound() {
    let own = KeyPair::generate().unwrap();
    let security = Security { mechanism: Mechanism::Curve { own, server: None }, allow: None };
    let context = Context::new(security, KeepAlive::Off).unwrap();
    let mut socket = context.socket(Role::Pull, RESULTS).unwrap();
    let error = socket.bind(&"tcp://127.0.0.1:*".parse().unwrap()).unwrap_err().to_string();
    assert!(error.contains("--allow"), "{error}");
    let error = socket.connect(&"tcp://127.0.0.1:9".parse().unwrap()).unwrap_err().to_string();
    assert!(error.contains("--server-key"), "{error}");
}

#[test]
fn a_peer_that_is_refused_for_ever_does_not_hold_up_the_end() {
    let server = Server::with_curve("");
    let mut client = Client::connect(&server, curve(KeyPair::generate().unwrap(), &server.key));
    client.verdict();
    let begin = Stopwatch::start();
    drop((client, server));
    assert!(begin.elapsed() < Duration::from_secs(5), "sockets that cannot deliver close within their linger");
}
