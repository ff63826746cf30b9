//! What was typed after `dealz do`, as a command.

use clap::{Args, Subcommand};
use dealz_core::{
    command::{Command, CueStep, OrdersInput, ProcessAct},
    view::{BatchPace, ValuationName, ViewName},
};
use serde::de::{DeserializeOwned, IntoDeserializer as _, value::Error};
use sockets::Endpoint;
use wire::desk::COMMANDS;

/// A command, and the desk to which it goes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RemoteArgs {
    /// The command.
    #[command(subcommand)]
    pub command: RemoteCommand,
    /// Where the desk takes commands [default: tcp://127.0.0.1:9009]
    #[arg(long, value_name = "ENDPOINT", env = COMMANDS.variable, global = true)]
    pub commands: Option<Endpoint>,
}

const EXAMPLES: &str = "\
Examples:
  dealz do start tickz
  dealz do kill worker-2
  dealz do batch 100000 --valuation var
  dealz do workers 1 --language python
  dealz do say hello, everyone
  dealz do view wire
  dealz do highlight tickz
  dealz do scene slow-joiner
  dealz do cue next
  dealz do fault late.ticks latency 200ms --for 30s
  dealz do clear

Exit codes: 0 done, 1 refused or no desk, 2 wrong usage.";

/// A command to a desk.
#[derive(Debug, Subcommand)]
pub enum RemoteCommand {
    /// Start a process of the desk, or of the open scene
    Start(ProcessArgs),
    /// Ask a process to end (SIGTERM)
    Stop(ProcessArgs),
    /// End a process and start it again
    Restart(ProcessArgs),
    /// Kill a process (SIGKILL)
    Kill(ProcessArgs),
    /// Suspend a process (SIGSTOP)
    Suspend(ProcessArgs),
    /// Resume a process (SIGCONT)
    Resume(ProcessArgs),
    /// Set the number of workers in a language
    Workers {
        /// 0 to 16; all languages together have at most 16
        count: u32,
        /// rust, or another language with a worker (`just languages` lists them); it is built first if it must be
        #[arg(long, value_name = "NAME", default_value = "rust")]
        language: String,
    },
    /// Run a batch of simulated orders; a running one is stopped
    Batch {
        /// The number of orders
        count: u64,
        /// What workers compute for each order: notional or var
        #[arg(long, value_name = "NAME", default_value = "notional", value_parser = word::<ValuationName>)]
        valuation: ValuationName,
        /// Random seed: the same seed gives the same orders
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Stop the running batch
    StopBatch,
    /// Set how fast orders are sent, of the running batch and of later ones
    Pace {
        /// max, step (one order for each `step`), or orders a second
        #[arg(value_parser = pace)]
        pace: BatchPace,
    },
    /// Send one order of the running batch
    Step,
    /// Subscribe to a symbol
    Follow(SymbolArgs),
    /// Unsubscribe from a symbol
    Forget(SymbolArgs),
    /// Say something in the chat
    Say {
        /// The text; several words are joined by spaces
        #[arg(required = true, num_args = 1..)]
        text: Vec<String>,
    },
    /// Change the desk's name in the chat
    Rename {
        /// Letters, digits and _, at most 32
        name: String,
    },
    /// Have the pages that may control the desk show a view
    View {
        /// desk, tickz, chatz, valuz, monitor, wire, processes or stage
        #[arg(value_parser = word::<ViewName>)]
        view: ViewName,
    },
    /// Have a process, or one of its sockets, pulse in the diagram for five seconds
    Highlight {
        /// A process that reports: its program, `worker-2`, its process id, or the first digits of its id
        #[arg(value_name = "PROCESS[/SOCKET]")]
        target: String,
    },
    /// Open a scene and start it; another one ends first
    Scene {
        /// The name of its file, without .md
        name: String,
    },
    /// End the processes of the open scene
    CloseScene,
    /// Go to a cue of the open scene
    Cue {
        /// next; back (the scene starts again, and plays up to the cue before) or reset (the scene starts again)
        #[arg(value_parser = word::<CueStep>)]
        to: CueStep,
    },
    /// Make a process or a link of the open scene fail, for a time
    Fault {
        /// A process such as worker-2, or a link such as late.ticks
        on: String,
        /// latency 200ms [jitter 20ms], bandwidth BYTES, slicer BYTES, down, timeout or reset for a link; slow 50% for a
        /// process
        #[arg(required = true, num_args = 1..)]
        fault: Vec<String>,
        /// After how long it ends by itself
        #[arg(long = "for", value_name = "TIME", default_value = "10s")]
        lasts: String,
    },
    /// End the faults of a process or link, and its suspension
    Clear {
        /// The process or link [default: all]
        on: Option<String>,
    },
    /// Have the pages that may control the desk play the recording of a scene
    Play {
        /// The name of its file, without .md
        scene: String,
    },
    /// Have them show the desk again
    Live,
    /// Reset the desk: close its scene, restart its services, clear chat and counters
    Reset,
}

/// A process of the desk.
#[derive(Debug, Args)]
pub struct ProcessArgs {
    /// tickz, chatz, worker-1, … or a name in the open scene
    process: String,
    /// The one of the open scene, if one of the desk has that name too
    #[arg(long)]
    scene: bool,
}

/// A symbol.
#[derive(Debug, Args)]
pub struct SymbolArgs {
    /// 2 to 16 capital letters and digits
    symbol: String,
}

impl RemoteCommand {
    /// The command in the form of the desk.
    #[must_use]
    pub fn to_command(&self) -> Command {
        let process = |ProcessArgs { process, scene }: &ProcessArgs, act| Command::Process {
            id: process.clone(),
            act,
            scene: *scene,
        };
        match self {
            Self::Start(args) => process(args, ProcessAct::Start),
            Self::Stop(args) => process(args, ProcessAct::Stop),
            Self::Restart(args) => process(args, ProcessAct::Restart),
            Self::Kill(args) => process(args, ProcessAct::Kill),
            Self::Suspend(args) => process(args, ProcessAct::Suspend),
            Self::Resume(args) => process(args, ProcessAct::Resume),
            Self::Workers { count, language } => {
                Command::SetWorkers { count: *count, language: Some(language.clone()) }
            }
            Self::Batch { count, valuation, seed } => {
                Command::RunBatch { orders: OrdersInput::Seed { seed: *seed, count: *count }, valuation: *valuation }
            }
            Self::StopBatch => Command::StopBatch,
            Self::Pace { pace } => Command::Pace { pace: *pace },
            Self::Step => Command::Step,
            Self::Follow(SymbolArgs { symbol }) => Command::Follow { symbol: symbol.clone() },
            Self::Forget(SymbolArgs { symbol }) => Command::Forget { symbol: symbol.clone() },
            Self::Say { text } => Command::Say { text: text.join(" ") },
            Self::Rename { name } => Command::Rename { name: name.clone() },
            Self::View { view } => Command::View { view: *view },
            Self::Highlight { target } => Command::Highlight { target: target.clone() },
            Self::Scene { name } => Command::Scene { name: name.clone() },
            Self::CloseScene => Command::CloseScene,
            Self::Cue { to } => Command::Cue { to: *to },
            Self::Fault { on, fault, lasts } => {
                Command::Fault { on: on.clone(), fault: fault.join(" "), lasts: lasts.clone() }
            }
            Self::Clear { on } => Command::Clear { on: on.clone() },
            Self::Play { scene } => Command::Play { scene: scene.clone() },
            Self::Live => Command::Live,
            Self::Reset => Command::Reset,
        }
    }
}

/// A pace: two words, or a number.
fn pace(text: &str) -> Result<BatchPace, &'static str> {
    match text {
        "max" => Ok(BatchPace::Max),
        "step" => Ok(BatchPace::Step),
        rate => rate
            .parse()
            .map(|per_second| BatchPace::Rate { per_second })
            .map_err(|_| "max, step or a number of orders a second is expected"),
    }
}

/// One of the words of `T`.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    T::deserialize(text.into_deserializer())
}
