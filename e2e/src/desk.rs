//! A desk without a window, and the updates that its page receives.

use std::{
    collections::{BTreeSet, HashMap},
    io::ErrorKind,
    net::TcpStream,
    process::Command,
    time::Duration,
};

use serde_json::Value;
use testkit::{Program, sibling};
use tokio_tungstenite::tungstenite::{ClientRequestBuilder, Error, Message, WebSocket, client::client, http::Uri};

use crate::{
    ANY,
    truth::{Graph, Half},
};

/// A desk, with one page.
pub struct Desk {
    /// The program.
    pub program: Program,
    page: WebSocket<TcpStream>,
    /// The last cast that the page received.
    cast: Value,
}

impl Desk {
    /// A desk that runs the hub at `reports` and `observations`, and takes part in tickz and chatz at these endpoints:
    /// ticks, requests, broadcasts.
    ///
    /// # Panics
    /// It does not serve its page.
    #[must_use]
    pub fn start([reports, observations]: &[String; 2], [ticks, requests, broadcasts]: [&str; 3]) -> Self {
        let mut command = Command::new(sibling("dealz"));
        command.args(["--web", "127.0.0.1:0", "--reports", reports, "--observations", observations]);
        command.args(["--ticks", ticks, "--requests", requests, "--broadcasts", broadcasts]);
        command.args(["--orders", ANY, "--results", ANY, "--control", ANY, "--commands", ANY]);
        let program = Program::spawn(command);
        let link = program.line_where(|line| line.contains("http://"));
        let address = link.trim_start_matches("dealz: http://").trim_end_matches('/').to_owned();
        let uri: Uri = format!("ws://{address}/socket").parse().expect("the link is an address");
        let request = ClientRequestBuilder::new(uri).with_header("Origin", format!("http://{address}"));
        let stream = TcpStream::connect(&address).expect("the desk serves its page");
        let (page, _) = client(request, stream).expect("the page may be opened");
        Self { program, page, cast: Value::Null }
    }

    /// Reads the updates, until none has come for this long.
    ///
    /// # Panics
    /// The desk closes the page.
    pub fn look(&mut self, bound: Duration) {
        self.page.get_ref().set_read_timeout(Some(bound)).expect("the duration is not zero");
        loop {
            match self.page.read() {
                Ok(Message::Text(text)) => {
                    let mut message: Value = serde_json::from_str(&text).expect("updates are JSON");
                    let cast = message["update"]["cast"].take();
                    if cast.is_object() {
                        self.cast = cast;
                    }
                }
                Ok(_) => {}
                Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return,
                Err(error) => panic!("the desk closes its page: {error}; log:\n{}", self.program.log()),
            }
        }
    }

    /// The other processes, as the page draws them.
    #[must_use]
    pub fn graph(&self) -> Graph {
        let processes = list(&self.cast["processes"]).filter(|process| process["isDesk"] == false);
        let present: Vec<&Value> = processes.filter(|process| process["presence"] == "present").collect();
        let mut halves: HashMap<Half, (&str, Option<&str>)> = HashMap::new();
        for process in &present {
            for socket in list(&process["sockets"]) {
                let key = text(&socket["key"]).unwrap_or_default();
                halves.extend(list(&socket["connections"]).filter_map(|connection| {
                    let half = half(pid(process), connection)?;
                    Some((half, (key, text(&connection["peer"]))))
                }));
            }
        }
        let by_address: HashMap<(&str, &str), (&Half, &str)> =
            halves.iter().map(|(half, (key, _))| ((half.1.as_str(), half.2.as_str()), (half, *key))).collect();
        let line = |(half, (_, peer)): (&Half, &(&str, Option<&str>))| {
            let (far, key) = by_address.get(&(half.2.as_str(), half.1.as_str()))?;
            // The page draws a line to where the desk says that the peer is.
            let mut line = [half.clone(), (*far).clone()];
            line.sort();
            (*peer == Some(*key)).then_some(line)
        };
        let lines: BTreeSet<[Half; 2]> = halves.iter().filter_map(line).collect();
        Graph {
            present: present.iter().map(|process| pid(process)).collect(),
            lines,
            halves: halves.into_keys().collect(),
        }
    }
}

/// One end of a connection that has both addresses.
fn half(pid: u32, connection: &Value) -> Option<Half> {
    let is_there = connection["phase"] == "up" || connection["phase"] == "handshake";
    let (local, remote) = (text(&connection["local"])?, text(&connection["remote"])?);
    is_there.then(|| (pid, local.to_owned(), remote.to_owned()))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

fn pid(process: &Value) -> u32 {
    process["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).unwrap_or_default()
}
