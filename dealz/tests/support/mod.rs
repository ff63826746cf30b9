//! The real program with its page at a port that the system chose, and a browser that does as it is told.

#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::Command,
};

use serde_json::Value;
use testkit::{BOUND, Program};
use tokio_tungstenite::tungstenite::{
    ClientRequestBuilder, Error, Message, WebSocket, client::client, error::ProtocolError, handshake::HandshakeError,
    http::Uri,
};

/// The desk as a browser meets it.
pub(crate) struct Desk {
    pub(crate) program: Program,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What its link ends in: `/`, or with a token.
    pub(crate) path: String,
}

/// An answer over HTTP.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Lines of the head, their names in small letters.
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) type Socket = WebSocket<TcpStream>;

/// `dealz` with the suite's channels at ports that nobody uses, and no display.
pub(crate) fn dealz(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dealz"));
    command.args(arguments).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let variables =
        ["CHATZ_REQUESTS", "CHATZ_BROADCASTS", "TICKZ_TICKS", "VALUZ_ORDERS", "VALUZ_RESULTS", "VALUZ_CONTROL"];
    command.envs(variables.into_iter().zip(testkit::free_endpoints::<6>()));
    command
}

impl Desk {
    /// A desk that serves its page at an address of this machine alone.
    pub(crate) fn start() -> Self {
        Self::spawn(dealz(&["--web", "127.0.0.1:0"]))
    }

    /// A desk that was prepared.
    pub(crate) fn spawn(command: Command) -> Self {
        let program = Program::spawn(command);
        let link = program.line_where(|line| line.contains("http://127.0.0.1:") || line.contains("http://[::1]:"));
        let link = link.strip_prefix("dealz: http://").unwrap();
        let (address, path) = link.split_at(link.find('/').unwrap());
        Self { program, address: address.parse().unwrap(), path: path.to_owned() }
    }

    /// What a request for `path` with these further lines in its head is answered.
    pub(crate) fn get(&self, path: &str, head: &str) -> Answer {
        let host = format!("Host: {}\r\n", self.address);
        let host = if head.to_ascii_lowercase().contains("host:") { "" } else { &host };
        let mut stream = self.stream();
        write!(stream, "GET {path} HTTP/1.1\r\n{host}{head}Connection: close\r\n\r\n").unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// A page's socket, as our own page opens it.
    pub(crate) fn socket(&self) -> Socket {
        let path = self.path.replacen('/', "/socket", 1);
        self.try_socket(&path, Some(&format!("http://{}", self.address)), "").unwrap()
    }

    /// A socket that may be refused: then with which status.
    pub(crate) fn try_socket(&self, path: &str, origin: Option<&str>, cookie: &str) -> Result<Socket, u16> {
        let uri: Uri = format!("ws://{}{path}", self.address).parse().unwrap();
        let mut request = ClientRequestBuilder::new(uri);
        if let Some(origin) = origin {
            request = request.with_header("Origin", origin);
        }
        if !cookie.is_empty() {
            request = request.with_header("Cookie", cookie);
        }
        match client(request, self.stream()) {
            Ok((socket, _)) => Ok(socket),
            Err(HandshakeError::Failure(Error::Http(response))) => Err(response.status().as_u16()),
            Err(error) => panic!("neither opened nor refused: {error}"),
        }
    }

    /// A connection to where the page is served.
    pub(crate) fn stream(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(BOUND)).unwrap();
        stream
    }
}

/// What the desk sends next, or the code with which it closes; 1006 where it just goes.
pub(crate) fn next(socket: &mut Socket) -> Result<Value, u16> {
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => return Ok(serde_json::from_str(&text).unwrap()),
            Ok(Message::Close(frame)) => return Err(frame.map_or(1005, |frame| frame.code.into())),
            Ok(_) => {}
            Err(Error::ConnectionClosed | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
                return Err(1006);
            }
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::ConnectionReset => return Err(1006),
            Err(error) => panic!("the desk sends nothing: {error}"),
        }
    }
}

/// What the desk sends next that has `key`.
pub(crate) fn next_with(socket: &mut Socket, key: &str) -> Result<Value, u16> {
    loop {
        let mut told = next(socket)?;
        if let Some(value) = told.get_mut(key) {
            return Ok(value.take());
        }
    }
}

/// Sends a command, and gives what it is answered.
pub(crate) fn ask(socket: &mut Socket, id: u64, command: &Value) -> Result<Value, u16> {
    say(socket, &serde_json::json!({ "id": id, "command": command }).to_string());
    loop {
        let told = next(socket)?;
        if told["id"] == id {
            return Ok(told);
        }
    }
}

/// Sends a text; a desk that no longer listens is found out by reading.
pub(crate) fn say(socket: &mut Socket, text: &str) {
    let _ = socket.send(Message::text(text));
}
