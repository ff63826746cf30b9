//! The command line, and the configurations that come of it.

use std::time::Duration;

use clap::{Args, CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use settings::{HostArgs, ReportingArgs, Suite, positive_duration};
use sockets::Endpoint;
use wire::{
    Text, User,
    chat::{BROADCASTS, REQUESTS},
};

use crate::{client::ClientConfig, room::RoomConfig, say::SayConfig, server::ServerConfig};

/// Chat: a server with one room, and its clients
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    /// The flags that all programs of the suite share.
    #[command(flatten)]
    pub suite: ReportingArgs,
    /// The role.
    #[command(subcommand)]
    pub command: Command,
}

/// The roles.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    Serve(ServeArgs),
    /// Join the room: show what is said, and say each line of input
    Join(JoinArgs),
    /// Say one text, and print the present users
    Say(SayArgs),
}

impl Command {
    /// The role's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Serve(_) => "serve",
            Self::Join(_) => "join",
            Self::Say(_) => "say",
        }
    }
}

/// Arguments of `chatz serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chatz serve
  chatz serve --requests tcp://127.0.0.1:7001 --broadcasts tcp://127.0.0.1:7002 --expiry 10s
  chatz serve --security curve --key keys/server.key_secret --allow keys/allow")]
pub struct ServeArgs {
    /// Endpoint to bind for requests [default: tcp://*:9001]
    #[arg(long, value_name = "ENDPOINT", env = REQUESTS.variable)]
    pub requests: Option<Endpoint>,
    /// Endpoint to bind for broadcasts [default: tcp://*:9002]
    #[arg(long, value_name = "ENDPOINT", env = BROADCASTS.variable)]
    pub broadcasts: Option<Endpoint>,
    /// How long a user stays present without a request
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = positive_duration)]
    pub expiry: Duration,
    /// Most users present at once; further ones are refused
    #[arg(long, value_name = "COUNT", default_value = "10000", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_users: u32,
}

/// Arguments of `chatz join`.
#[derive(Debug, Args)]
#[command(after_help = "\
In a terminal each line is sent to everyone; /users, /help and /quit are commands, and a line that
begins with // is sent with one slash. In a pipe, and in a terminal that cannot edit lines, every
line of standard input is sent. The client leaves at the end of the input, after the reply to the
last line: keep the input open to stay.

Examples:
  chatz join ada
  chatz join ada --host 10.0.0.7
  tail -f notes.txt | chatz join scribe --json")]
pub struct JoinArgs {
    /// Your name: 1 to 32 letters, digits and _
    pub name: User,
    /// Print each event as one JSON object on a line
    #[arg(long)]
    pub json: bool,
    /// Interval of keep-alives; less than half the server's --expiry
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = positive_duration)]
    pub keep_alive: Duration,
    /// The server's address.
    #[command(flatten)]
    pub server: ServerArgs,
    /// The server's endpoint for broadcasts [default: tcp://127.0.0.1:9002]
    #[arg(long, value_name = "ENDPOINT", env = BROADCASTS.variable)]
    pub broadcasts: Option<Endpoint>,
}

/// Arguments of `chatz say`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chatz say ada Good morning
  chatz say ada --json --timeout 2s 'Good morning'
  chatz say ada -- -1 is a number")]
pub struct SayArgs {
    /// Your name: 1 to 32 letters, digits and _
    pub name: User,
    /// The text; words are joined by a space
    #[arg(required = true)]
    pub text: Vec<String>,
    /// Print the present users as one JSON object
    #[arg(long)]
    pub json: bool,
    /// How long to wait for the server and its reply
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = positive_duration)]
    pub timeout: Duration,
    /// The server's address.
    #[command(flatten)]
    pub server: ServerArgs,
}

/// The address of the server.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// The server's endpoint for requests [default: tcp://127.0.0.1:9001]
    #[arg(long, value_name = "ENDPOINT", env = REQUESTS.variable)]
    pub requests: Option<Endpoint>,
    /// The host of the default endpoints.
    #[command(flatten)]
    pub host: HostArgs,
}

impl ServeArgs {
    /// The server's configuration.
    #[must_use]
    pub fn config(self, suite: &Suite) -> ServerConfig {
        ServerConfig {
            requests: suite.to_bind(REQUESTS, self.requests),
            broadcasts: suite.to_bind(BROADCASTS, self.broadcasts),
            room: RoomConfig { expiry: self.expiry, users_max: self.max_users as usize },
        }
    }
}

impl JoinArgs {
    /// The client's configuration.
    #[must_use]
    pub fn config(self, suite: &Suite) -> ClientConfig {
        ClientConfig {
            broadcasts: suite.to_connect(BROADCASTS, self.broadcasts, &self.server.host),
            requests: suite.to_connect(REQUESTS, self.server.requests, &self.server.host),
            user: self.name,
            keep_alive: self.keep_alive,
        }
    }
}

impl SayArgs {
    /// The text and where to say it. Ends the program as a wrong call if the words make no text.
    #[must_use]
    pub fn config(self, suite: &Suite) -> SayConfig {
        let text = self.text.join(" ").parse::<Text>().unwrap_or_else(|error| {
            Cli::command().error(ErrorKind::ValueValidation, format!("invalid {error}")).exit()
        });
        SayConfig {
            user: self.name,
            text,
            requests: suite.to_connect(REQUESTS, self.server.requests, &self.server.host),
            timeout: self.timeout,
        }
    }
}
