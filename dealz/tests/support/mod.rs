//! The real program with its page at a port that the system chose, and a minimal browser.

#![allow(dead_code, reason = "each test file uses a part")]

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

/// The desk as a browser sees it.
pub(crate) struct Desk {
    pub(crate) program: Program,
    /// Its address.
    pub(crate) address: SocketAddr,
    /// The path of its link: `/`, or with a token.
    pub(crate) path: String,
}

/// An HTTP response.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The headers, their names in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) type Socket = WebSocket<TcpStream>;

/// `dealz` with the suite's channels at free ports, and no display.
pub(crate) fn dealz(arguments: &[&str]) -> Command {
    let mut command = Command::new(testkit::sibling("dealz"));
    command.args(arguments).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let variables =
        ["CHATZ_REQUESTS", "CHATZ_BROADCASTS", "TICKZ_TICKS", "VALUZ_ORDERS", "VALUZ_RESULTS", "VALUZ_CONTROL"];
    command.envs(variables.into_iter().zip(testkit::free_endpoints::<6>()));
    command.envs(
        ["OBSERVE_REPORTS", "OBSERVE_OBSERVATIONS", "DEALZ_COMMANDS"].map(|variable| (variable, "tcp://127.0.0.1:*")),
    );
    command
}

/// The same command under a limit of open files, such as `-n 160`.
pub(crate) fn limited(limit: &str, command: &Command) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit {limit} && exec \"$@\""), "dealz"]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited
}

impl Desk {
    /// A desk that serves its page to this machine only.
    pub(crate) fn start() -> Self {
        Self::spawn(dealz(&["--web", "127.0.0.1:0"]))
    }

    /// A desk started by a prepared command.
    pub(crate) fn spawn(command: Command) -> Self {
        let program = Program::spawn(command);
        let link = program.line_where(|line| line.contains("http://127.0.0.1:") || line.contains("http://[::1]:"));
        let link = link.strip_prefix("dealz: http://").unwrap();
        let (address, path) = link.split_at(link.find('/').unwrap());
        Self { program, address: address.parse().unwrap(), path: path.to_owned() }
    }

    /// The response to a request for `path` with additional headers.
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

    /// A page's socket, as the desk's page opens it.
    pub(crate) fn socket(&self) -> Socket {
        let path = self.path.replacen('/', "/socket", 1);
        self.try_socket(&path, Some(&format!("http://{}", self.address)), "").unwrap()
    }

    /// A socket, or the status with which it was refused.
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

    /// A connection to the page's server.
    pub(crate) fn stream(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(BOUND)).unwrap();
        stream
    }
}

/// The next message of the desk, or the code with which it closes; 1006 if it disconnects without one.
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

/// The value of `key` in the next message of the desk that has it.
pub(crate) fn next_with(socket: &mut Socket, key: &str) -> Result<Value, u16> {
    loop {
        let mut message = next(socket)?;
        if let Some(value) = message.get_mut(key) {
            return Ok(value.take());
        }
    }
}

/// Sends a command and returns its reply.
pub(crate) fn ask(socket: &mut Socket, id: u64, command: &Value) -> Result<Value, u16> {
    say(socket, &serde_json::json!({ "id": id, "command": command }).to_string());
    loop {
        let message = next(socket)?;
        if message["id"] == id {
            return Ok(message);
        }
    }
}

/// Sends a text. If the desk has closed the socket, the next read shows it.
pub(crate) fn say(socket: &mut Socket, text: &str) {
    let _ = socket.send(Message::text(text));
}
