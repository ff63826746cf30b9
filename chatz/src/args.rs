//! What is typed on the command line, and the configurations that come of it.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use settings::{HostArgs, Suite, SuiteArgs};
use sockets::Endpoint;
use wire::{Channel, User};

use crate::{client::ClientConfig, room::RoomConfig, say::SayConfig, server::ServerConfig};

/// Talk: a server where users are present as long as they keep asking, and its clients
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// What all programs of the suite share.
    #[command(flatten)]
    pub suite: SuiteArgs,
    /// Which role.
    #[command(subcommand)]
    pub command: Command,
}

/// The roles.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    Serve(ServeArgs),
    /// Be present, hear all, and say line after line
    Join(JoinArgs),
    /// Say one thing, print who is present, and leave
    Say(SayArgs),
}

/// What `chatz serve` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chatz serve
  chatz serve --requests tcp://127.0.0.1:7001 --broadcasts tcp://127.0.0.1:7002 --expiry 10s
  chatz serve --security curve --key keys/server.key_secret --allow keys/allow")]
pub struct ServeArgs {
    /// Where to take requests [default: tcp://*:9001]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Requests.variable())]
    pub requests: Option<Endpoint>,
    /// Where to tell what was said [default: tcp://*:9002]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Broadcasts.variable())]
    pub broadcasts: Option<Endpoint>,
    /// How long a user stays present without a request
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = positive_duration)]
    pub expiry: Duration,
    /// How many users may be present; further ones are refused
    #[arg(long, value_name = "COUNT", default_value = "10000", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_users: u32,
}

/// What `chatz join` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
In a terminal each line is said; /users, /help and /quit are commands, and a line that begins with
// is said with one slash. Elsewhere every line of standard input is said, and at the end of the
input the program leaves once the last line was answered: keep the input open to stay.

Examples:
  chatz join ada
  chatz join ada --host 10.0.0.7
  tail -f notes.txt | chatz join scribe --json")]
pub struct JoinArgs {
    /// Who you are: letters, digits and _, at most 32
    pub name: User,
    /// Write one JSON object a line for each event
    #[arg(long)]
    pub json: bool,
    /// How often to ask at least; under half the server's --expiry
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = positive_duration)]
    pub keep_alive: Duration,
    /// Where the server is.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Where the server tells what was said [default: tcp://127.0.0.1:9002]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Broadcasts.variable())]
    pub broadcasts: Option<Endpoint>,
}

/// What `chatz say` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chatz say ada Good morning
  chatz say ada --json --timeout 2s 'Good morning'
  chatz say ada -- -1 is a number")]
pub struct SayArgs {
    /// Who you are: letters, digits and _, at most 32
    pub name: User,
    /// What to say; words are joined by a space
    #[arg(required = true)]
    pub text: Vec<String>,
    /// Print the present users as one JSON object
    #[arg(long)]
    pub json: bool,
    /// How long to wait for the server and its answer
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = positive_duration)]
    pub timeout: Duration,
    /// Where the server is.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// How clients find the server.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// Where the server takes requests [default: tcp://127.0.0.1:9001]
    #[arg(long, value_name = "ENDPOINT", env = Channel::Requests.variable())]
    pub requests: Option<Endpoint>,
    /// On which host.
    #[command(flatten)]
    pub host: HostArgs,
}

impl ServeArgs {
    /// What the server uses.
    #[must_use]
    pub fn config(self, suite: &Suite) -> ServerConfig {
        ServerConfig {
            requests: suite.to_bind(Channel::Requests, self.requests),
            broadcasts: suite.to_bind(Channel::Broadcasts, self.broadcasts),
            room: RoomConfig { expiry: self.expiry, users_max: self.max_users as usize },
        }
    }
}

impl JoinArgs {
    /// What the client uses.
    #[must_use]
    pub fn config(self, suite: &Suite) -> ClientConfig {
        ClientConfig {
            broadcasts: suite.to_connect(Channel::Broadcasts, self.broadcasts, &self.server.host),
            requests: suite.to_connect(Channel::Requests, self.server.requests, &self.server.host),
            user: self.name,
            keep_alive: self.keep_alive,
        }
    }
}

impl SayArgs {
    /// What saying one thing takes.
    #[must_use]
    pub fn config(self, suite: &Suite) -> SayConfig {
        SayConfig {
            user: self.name,
            text: self.text.join(" "),
            requests: suite.to_connect(Channel::Requests, self.server.requests, &self.server.host),
            timeout: self.timeout,
        }
    }
}

/// A length of time such as `5s` or `200ms`, from a millisecond to a year.
fn positive_duration(text: &str) -> Result<Duration, String> {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    let duration = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if (Duration::from_millis(1)..=YEAR).contains(&duration) {
        Ok(duration)
    } else {
        Err("not between 1ms and a year".to_owned())
    }
}
