//! What was typed, and what comes of it: which frontend to show, and the session that it shows.

use std::{
    env, fs,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use dealz_core::{DeskConfig, ScenesConfig, Stage, ValuzEndpoints, view::PageKind};
use scenez::args::parse_pause;
use settings::{BytesArgs, HostArgs, SuiteArgs, program::Usage};
use sockets::{Context, Endpoint, HubConfig, Mechanism};
use wire::{
    Symbol, User,
    chat::{BROADCASTS, REQUESTS},
    desk::COMMANDS,
    report::{OBSERVATIONS, REPORTS},
    tick::TICKS,
    value::{CONTROL, ORDERS, RESULTS},
};

use crate::{
    commands::CommandsConfig,
    remote::args::RemoteArgs,
    session::Session,
    symbols,
    web::{Address, Audience, Token, WebConfig},
};

/// The prices that come with the suite.
const PRICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/stocks.csv");

/// The desk: joins tickz, chatz and valuz, and shows what their sockets do
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, args_conflicts_with_subcommands = true, mut_arg("host", |host| host.visible_alias("connect")))]
pub struct Cli {
    /// What to do in place of showing a desk.
    #[command(subcommand)]
    pub task: Option<Task>,
    #[command(flatten)]
    frontend: FrontendArgs,
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    channels: ChannelArgs,
    /// What all programs of the suite share.
    #[command(flatten)]
    pub suite: SuiteArgs,
    /// What the desk lets observers see of it. It has no `--observe`: it runs the hub itself.
    #[command(flatten)]
    bytes: BytesArgs,
}

/// What to do in place of showing a desk.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Send a command to a desk that runs on this machine
    Do(RemoteArgs),
}

/// How the desk is shown.
#[derive(Debug, Args)]
#[command(next_help_heading = "Page")]
struct FrontendArgs {
    /// Serve the page to a browser instead of opening a window [default address: 127.0.0.1:9000; port 0: any]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:9000", value_parser = address)]
    web: Option<SocketAddr>,
    /// Serve pages that can view but not control: for an audience's phones
    #[arg(long, requires = "web")]
    web_view_only: bool,
    /// Serve a page with a link for the audience too: its phones can view, and say something in the chat under a name
    #[arg(long, requires = "web")]
    web_audience: bool,
    /// The token in the audience's link, in place of a random one
    #[arg(long, value_name = "TOKEN", env = "DEALZ_AUDIENCE_TOKEN", hide_env_values = true, requires = "web_audience")]
    audience_token: Option<Token>,
    /// Open the window too, in addition to the page
    #[arg(long, requires = "web")]
    window: bool,
    /// The token that opens the page, 16 to 128 letters, digits, - and _ [default: none on loopback addresses,
    /// otherwise a random one, printed in the link]
    #[arg(long, value_name = "TOKEN", env = "DEALZ_TOKEN", hide_env_values = true)]
    token: Option<Token>,
}

/// The session that the desk shows.
#[derive(Debug, Args)]
#[command(next_help_heading = "Session")]
struct SessionArgs {
    /// Open the scene demo, and start the services of it that do not run yet: tickz with real prices, chatz, and workers
    #[arg(long)]
    stage: bool,
    /// The number of workers to start
    #[arg(long, value_name = "COUNT", default_value_t = 2, requires = "stage", value_parser = clap::value_parser!(u32).range(..=16))]
    workers: u32,
    /// The prices to replay: CSV with symbol, date and price [default: the suite's price history]
    #[arg(long, value_name = "FILE", requires = "stage")]
    prices: Option<PathBuf>,
    /// The folder of scenes; their casts run in the folder above it
    #[arg(long, value_name = "FOLDER", default_value = "scenes")]
    scenes: PathBuf,
    /// Open a scene at the start
    #[arg(long, value_name = "NAME")]
    scene: Option<String>,
    /// Play that scene by itself, each cue when the one before is met, and end: with exit code 1 at a cue that fails
    #[arg(long, requires_all = ["scene", "web"], conflicts_with = "window")]
    auto: bool,
    /// Wait this long after each cue that is met, such as 2s
    #[arg(long, value_name = "TIME", default_value = "0s", requires = "auto", value_parser = parse_pause)]
    pause: Duration,
    /// Your name in the chat: letters, digits and _, at most 32
    #[arg(long, value_name = "NAME", default_value = "desk")]
    name: User,
    /// Symbols to follow at the start, at most 16
    /// [default: MSFT,AAPL,GOOG,YHOO,BBRY; with --stage those of the price file]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    symbols: Option<Vec<Symbol>>,
    /// Take every tick as a message; otherwise a publisher that can sends ticks that are due together as one
    #[arg(long)]
    no_bursts: bool,
    /// Record the session to a file; if it exists, to a new one with a number, such as talk-2.jsonl
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Play a recording; opens no socket
    #[arg(long, value_name = "FILE", conflicts_with_all = ["record", "stage", "scene"])]
    play: Option<PathBuf>,
}

/// The endpoints of the services, and those at which the desk serves workers, processes that report, and observers.
#[derive(Debug, Args)]
#[command(next_help_heading = "Channels")]
struct ChannelArgs {
    /// Where chatz receives requests [default: tcp://127.0.0.1:9001]
    #[arg(long, value_name = "ENDPOINT", env = REQUESTS.variable)]
    requests: Option<Endpoint>,
    /// Where chatz publishes texts [default: tcp://127.0.0.1:9002]
    #[arg(long, value_name = "ENDPOINT", env = BROADCASTS.variable)]
    broadcasts: Option<Endpoint>,
    /// Where tickz publishes prices [default: tcp://127.0.0.1:9003]
    #[arg(long, value_name = "ENDPOINT", env = TICKS.variable)]
    ticks: Option<Endpoint>,
    /// Where to bind for orders to workers [default: tcp://*:9004]
    #[arg(long, value_name = "ENDPOINT", env = ORDERS.variable)]
    orders: Option<Endpoint>,
    /// Where to bind for results from workers [default: tcp://*:9005]
    #[arg(long, value_name = "ENDPOINT", env = RESULTS.variable)]
    results: Option<Endpoint>,
    /// Where to bind for commands to workers [default: tcp://*:9006]
    #[arg(long, value_name = "ENDPOINT", env = CONTROL.variable)]
    control: Option<Endpoint>,
    /// Where to bind for processes that report; another hub that has this address is used in its place
    /// [default: tcp://127.0.0.1:9007]
    #[arg(long, value_name = "ENDPOINT", env = REPORTS.variable)]
    reports: Option<Endpoint>,
    /// Where to bind for observers, and to observe [default: tcp://127.0.0.1:9008]
    #[arg(long, value_name = "ENDPOINT", env = OBSERVATIONS.variable)]
    observations: Option<Endpoint>,
    /// Where to bind for commands from other processes, such as `dealz do` [default: tcp://127.0.0.1:9009]
    #[arg(long, value_name = "ENDPOINT", env = COMMANDS.variable)]
    commands: Option<Endpoint>,
    /// The host of the services.
    #[command(flatten)]
    host: HostArgs,
}

const EXAMPLES: &str = "\
If there is no display, or WebKit cannot start, the page is served to a browser instead.

Examples:
  dealz --stage                                  everything on this machine, in a window
  dealz --stage --web                            the same in a browser
  dealz --scene slow-joiner                      a scene, in a window
  dealz --connect 10.0.0.7                       services on another host
  dealz --stage --window --web 0.0.0.0:9000 --web-view-only
                                                 a window for you, and read-only pages for phones
  dealz --stage --web 0.0.0.0:9000 --web-audience
                                                 phones that chat too; q shows the QR code of their link
  dealz --stage --record talk.jsonl              record a rehearsal
  dealz --play talk.jsonl                        play it, without a network
  dealz --web --scene proxy --auto --pause 2s --record proxy.jsonl
                                                 record a scene that plays by itself
  dealz do start tickz                           a command to the desk that runs (`dealz do --help`)

Exit codes: 0 closed or stopped, 1 failed, 2 wrong usage.";

impl Cli {
    /// Where to serve the page, if that was asked for.
    #[must_use]
    pub fn web(&self) -> Option<WebConfig> {
        let FrontendArgs { web, web_view_only, web_audience, audience_token, token, .. } = &self.frontend;
        web.map(|address| WebConfig {
            address: Address::Asked(address),
            page: if *web_view_only { PageKind::View } else { PageKind::Control },
            token: token.clone(),
            audience: web_audience.then(|| Audience { token: audience_token.clone() }),
        })
    }

    /// Whether to open a window.
    #[must_use]
    pub const fn opens_window(&self) -> bool {
        self.frontend.window || self.frontend.web.is_none()
    }

    /// Where to serve the page when no window can be had.
    #[must_use]
    pub fn fallback(&self) -> WebConfig {
        WebConfig {
            address: Address::Free,
            page: PageKind::Control,
            token: self.frontend.token.clone(),
            audience: None,
        }
    }

    /// The pause after each cue of a scene that plays by itself, if one is to.
    #[must_use]
    pub fn auto(&self) -> Option<Duration> {
        self.session.auto.then_some(self.session.pause)
    }

    /// What is shown.
    ///
    /// # Errors
    /// `suite.toml`, a key or the file of prices cannot be used.
    pub fn session(&self) -> anyhow::Result<Session> {
        if let Some(recording) = &self.session.play {
            return Ok(Session::Play(recording.clone()));
        }
        let suite = self.suite.clone().load()?;
        let prices = self.prices()?;
        let symbols = match (&self.session.symbols, &prices) {
            (Some(symbols), _) => symbols.clone(),
            (None, Some(prices)) => symbols::of_prices(prices)?,
            (None, None) => symbols::of_the_talk(),
        };
        anyhow::ensure!(symbols.len() <= symbols::MAX, "--symbols: at most {} can be followed", symbols::MAX);
        let own = env::current_exe().context("cannot tell where this program is")?;
        let context = suite.context()?;
        let channels = &self.channels;
        let to_connect = |channel, given: &Option<Endpoint>| suite.to_connect(channel, given.clone(), &channels.host);
        let to_bind = |channel, given: &Option<Endpoint>| suite.to_bind(channel, given.clone());
        let commands = CommandsConfig {
            endpoint: local(to_bind(COMMANDS, &channels.commands), &context)?,
            context: context.clone(),
            may_control: self.opens_window() || self.web().is_none_or(|web| web.page == PageKind::Control),
        };
        let desk = DeskConfig {
            with_bytes: suite.shows_bytes(&context, self.bytes),
            context,
            hub: HubConfig {
                reports: to_bind(REPORTS, &channels.reports),
                observations: to_bind(OBSERVATIONS, &channels.observations),
            },
            ticks: to_connect(TICKS, &channels.ticks),
            requests: to_connect(REQUESTS, &channels.requests),
            broadcasts: to_connect(BROADCASTS, &channels.broadcasts),
            valuz: ValuzEndpoints {
                orders: to_bind(ORDERS, &channels.orders),
                results: to_bind(RESULTS, &channels.results),
                control: to_bind(CONTROL, &channels.control),
            },
            name: self.session.name.clone(),
            symbols,
            asks_for_bursts: !self.session.no_bursts,
            programs: own.parent().context("cannot find the folder of this program")?.to_owned(),
            stage: self.session.stage.then_some(Stage { prices, workers: self.session.workers }),
            scenes: ScenesConfig { folder: self.session.scenes.clone(), open: self.session.scene.clone(), auto: None },
            variables: self.suite.variables().into_iter().chain(self.bytes.variable()).collect(),
            record: self.session.record.clone(),
        };
        Ok(Session::Live { desk: Box::new(desk), commands })
    }

    /// The file of prices to play; none where nothing is started, and where the suite's own is gone: then prices
    /// are simulated.
    fn prices(&self) -> anyhow::Result<Option<PathBuf>> {
        match &self.session.prices {
            Some(given) => {
                let metadata = fs::metadata(given).with_context(|| format!("--prices {}", given.display()))?;
                anyhow::ensure!(metadata.is_file(), "--prices {}: not a regular file", given.display());
                Ok(Some(given.clone()))
            }
            None => Ok(fs::canonicalize(PRICES).ok().filter(|_| self.session.stage).map(short)),
        }
    }
}

/// The endpoint for commands, if it is not open to everyone.
fn local(endpoint: Endpoint, context: &Context) -> Result<Endpoint, Usage> {
    if endpoint.is_local() || !matches!(context.security().mechanism, Mechanism::Null) {
        return Ok(endpoint);
    }
    Err(Usage(format!(
        "--commands {endpoint}: without security, other machines could control this desk: bind to 127.0.0.1 or ipc://, or add \
         --security curve"
    )))
}

/// A path as one would type it here: without the current folder.
fn short(path: PathBuf) -> PathBuf {
    let here = env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(PathBuf::from));
    here.unwrap_or(path)
}

/// An address to serve at: `127.0.0.1:9000`, `[::1]:9000`, `localhost:9000`.
fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    local
        .map(|port| SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port))
        .or_else(|| text.parse().ok())
        .ok_or_else(|| "not an IP address and a port, such as 127.0.0.1:9000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cli(arguments: &[&str]) -> Cli {
        Cli::try_parse_from([&["dealz"], arguments].concat()).unwrap()
    }

    #[test]
    fn web_stands_alone_or_with_an_address() {
        let address = |arguments: &[&str]| cli(arguments).web().map(|web| web.address);
        assert_eq!(address(&[]), None);
        assert_eq!(address(&["--web"]), Some(Address::Asked("127.0.0.1:9000".parse().unwrap())));
        assert_eq!(address(&["--web", "--stage"]), Some(Address::Asked("127.0.0.1:9000".parse().unwrap())));
        assert_eq!(address(&["--web", "[::1]:80"]), Some(Address::Asked("[::1]:80".parse().unwrap())));
        assert_eq!(address(&["--web", "localhost:0"]), Some(Address::Asked("127.0.0.1:0".parse().unwrap())));
        assert!(Cli::try_parse_from(["dealz", "--web", "example.org:80"]).is_err());
        assert!(Cli::try_parse_from(["dealz", "--web-view-only"]).is_err());
    }

    #[test]
    fn a_host_can_be_called_connect() {
        let Session::Live { desk: config, .. } = cli(&["--connect", "10.0.0.7"]).session().unwrap() else {
            panic!("nothing is played");
        };
        assert_eq!(config.ticks.as_str(), "tcp://10.0.0.7:9003");
        assert_eq!(config.valuz.orders.as_str(), "tcp://*:9004");
        assert_eq!(config.hub.reports.as_str(), "tcp://127.0.0.1:9007");
    }

    #[test]
    fn the_symbols_of_the_stage_are_those_of_its_prices() {
        let names = |arguments: &[&str]| match cli(arguments).session().unwrap() {
            Session::Live { desk: config, .. } => {
                config.symbols.iter().map(|symbol| symbol.as_str().to_owned()).collect::<Vec<_>>()
            }
            Session::Play(_) => Vec::new(),
        };
        assert_eq!(names(&["--symbols", "IBM,MSFT"]), ["IBM", "MSFT"]);
        assert_eq!(names(&["--stage"]), ["AAPL", "AMZN", "IBM", "MSFT", "GOOG"]);
        assert_eq!(names(&[]), ["MSFT", "AAPL", "GOOG", "YHOO", "BBRY"]);
    }
}
