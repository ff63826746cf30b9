//! What a scene file says: its cast, and its cues in order.
//!
//! Plain values without behaviour. [`crate::parse`] makes them of a file; [`crate::check`] knows what they may name.

use std::{collections::BTreeMap, time::Duration};

use observatory::Presence;
use wire::report::Phase;

use crate::fault::Fault;

/// A place in a scene file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Line(pub u32);

/// A scene.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// The name of its file, without the extension.
    pub name: String,
    /// Its heading.
    pub title: String,
    /// The idea: Markdown before the first cue.
    pub idea: String,
    /// Who is in it, in the order of the file.
    pub cast: Vec<Member>,
    /// What happens, in order.
    pub cues: Vec<Cue>,
}

/// A member of the cast: one process, or several equal ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name: letters, digits and `-`. Of several, `worker` are `worker-1`, `worker-2` and so on.
    pub name: String,
    /// Its program and arguments. `{ticks}` in a word stands for an endpoint that the engine gives, `{ticks:ipc}` for one
    /// of that transport.
    pub run: Vec<String>,
    /// How many there are.
    pub count: u32,
    /// Whether a cue starts it, and not the scene.
    pub waits: bool,
    /// Environment variables, with the same placeholders.
    pub variables: BTreeMap<String, String>,
    /// The endpoints that it reaches through a separate link, which can be given faults.
    pub links: Vec<String>,
    /// Where it is declared.
    pub line: Line,
}

impl Member {
    /// The name of its process with this number, from 1.
    #[must_use]
    pub fn process(&self, number: u32) -> String {
        if self.count == 1 { self.name.clone() } else { format!("{}-{number}", self.name) }
    }

    /// Whether it runs this program.
    #[must_use]
    pub fn runs(&self, program: &str) -> bool {
        self.run.first().is_some_and(|word| word == program)
    }
}

/// A cue: one press of a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Cue {
    /// Its heading.
    pub title: String,
    /// What the audience may read: Markdown.
    pub text: String,
    /// What the speaker alone reads: Markdown.
    pub notes: String,
    /// What happens, in order.
    pub acts: Vec<Placed<Act>>,
    /// What must then be true.
    pub expectations: Vec<Placed<Expectation>>,
    /// Where its heading is.
    pub line: Line,
}

/// Something and where it is in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// What.
    pub what: T,
    /// Where.
    pub line: Line,
}

/// Something that a cue does.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Does something to a process, or to each of several equal ones.
    Process(ProcessAct, String),
    /// Types a line into a process.
    Type {
        /// Who reads it.
        process: String,
        /// The line, without its end.
        text: String,
    },
    /// Makes something fail.
    Fault {
        /// The process, or the link as `process.endpoint`.
        on: String,
        /// How.
        fault: Fault,
        /// After how long it ends by itself.
        lasts: Duration,
    },
    /// Ends the faults of a process or a link; of all if there is no name.
    Clear(Option<String>),
    /// Shows a view of the desk.
    View(String),
    /// Points at a process, or at a socket as `process.socket`, in the diagram.
    Highlight(String),
}

/// What can be done to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessAct {
    /// Starts it.
    Start,
    /// Asks it to end (SIGTERM).
    Stop,
    /// Kills it (SIGKILL).
    Kill,
    /// Suspends it (SIGSTOP).
    Suspend,
    /// Resumes it (SIGCONT).
    Resume,
    /// Stops it, and starts it again.
    Restart,
}

/// What must be true after a cue.
#[derive(Debug, Clone, PartialEq)]
pub struct Expectation {
    /// What is looked at.
    pub path: Path,
    /// What it must be.
    pub wanted: Wanted,
    /// It becomes true within this time.
    pub within: Duration,
    /// And stays true for this long.
    pub stays: Duration,
}

/// Something that can be observed of a member of the cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The member, as in the cast; of several, `worker-2` is one, and `worker` the sum of all.
    pub member: String,
    /// What of it.
    pub property: Property,
}

/// What can be observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Property {
    /// A value that its program reports: `late.lost`.
    Value(String),
    /// A figure of one of its sockets, by the name of its channel or its own: `late.ticks.received`,
    /// `late.tickz.sub.received`.
    Socket(String, Figure),
    /// The exit code: `late.exit`; -9 for a process that signal 9 ended.
    Exit,
    /// Whether it reports: `late.presence`.
    Presence,
    /// A line that it has printed since the cue: `late.prints`.
    Prints,
}

/// A figure of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Messages sent.
    Sent,
    /// Messages received.
    Received,
    /// Malformed messages.
    Malformed,
    /// Peers whose connection is up.
    Peers,
    /// Messages a second, in both directions.
    Rate,
    /// Messages that were sent and not yet received by the peer.
    OnTheWay,
    /// Messages that have arrived and were not yet received by the program: an estimate.
    Waiting,
    /// The phase of its connection.
    Phase,
}

/// What a property must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A number compares so with another one.
    Number(Comparison, Operand),
    /// It rises by so much since the cue.
    Rises(Comparison, f64),
    /// A phase.
    Phase(Phase),
    /// Whether it reports.
    Presence(Presence),
    /// A line contains this.
    Contains(String),
}

/// How numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    Different,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// The other number.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// This one.
    Number(f64),
    /// The one that this path has.
    Path(Path),
}
