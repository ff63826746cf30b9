//! The patterns of ZeroMQ as tiny programs, one file each.
//!
//! Each file begins with its diagram, declares what observers see of it (`REPORTS`), and reads from
//! top to bottom. All share one program, `patternz NAME`, so that a scene starts any of them in
//! milliseconds. Their sockets wait ([`sockets::BlockingSocket`]), because a pattern is best read
//! as a sequence.
//!
//! - [`node`]: what a pattern runs in
//! - [`declared`]: what it declares that it reports
//! - [`text`](mod@text): frames as text
//! - [`flags`]: values of flags
//! - [`args`]: the command line

pub mod args;
pub mod declared;
pub mod flags;
pub mod node;
pub mod text;

pub mod ask;
pub mod bad_garbage;
pub mod bad_impostor;
pub mod bad_key;
pub mod bad_never_reads;
pub mod beat;
pub mod forward;
pub mod full;
pub mod last_value;
pub mod lazy_pirate;
pub mod pair;
pub mod parts;
pub mod ping;
pub mod pong;
pub mod publish;
pub mod pull;
pub mod push;
pub mod queue_lru;
pub mod queue_paranoid;
pub mod queue_round_robin;
pub mod sealed;
pub mod stream;
pub mod subscribe;
pub mod work;
pub mod work_paranoid;

use clap::Subcommand;
use wire::report::Declaration;

pub use declared::{QUEUE, reports, socket, value};
pub use flags::{interval, routing_id, time};
pub use node::{Counter, Ends, Node};
pub use text::{number, text, texts};

/// The program's name in reports.
pub const PROGRAM: &str = "patternz";

/// Declares the patterns: `Type in module`.
macro_rules! patterns {
    ($($pattern:ident in $module:ident,)*) => {
        /// One of the patterns, with its flags.
        #[expect(missing_docs, reason = "each module has its own")]
        #[derive(Debug, Subcommand)]
        pub enum Pattern {
            $(
                #[command(allow_negative_numbers = true)]
                $pattern($module::$pattern),
            )*
        }

        /// What observers see of each pattern.
        pub const REPORTS: &[Declaration] = &[$($module::REPORTS,)*];

        impl Pattern {
            /// What observers see of it.
            #[must_use]
            pub const fn reports(&self) -> Declaration {
                match self {
                    $(Self::$pattern(_) => $module::REPORTS,)*
                }
            }

            /// Runs it until it is done or stopped.
            ///
            /// # Errors
            /// It is stopped ([`sockets::Ended::Stopped`]), or a socket fails.
            pub fn run(&self, node: &Node) -> anyhow::Result<()> {
                match self {
                    $(Self::$pattern(pattern) => pattern.run(node),)*
                }
            }
        }
    };
}

patterns! {
    Ping in ping,
    Pong in pong,
    LazyPirate in lazy_pirate,
    Publish in publish,
    Subscribe in subscribe,
    Push in push,
    Pull in pull,
    QueueLru in queue_lru,
    QueueRoundRobin in queue_round_robin,
    Work in work,
    QueueParanoid in queue_paranoid,
    WorkParanoid in work_paranoid,
    Ask in ask,
    Forward in forward,
    LastValue in last_value,
    Pair in pair,
    Parts in parts,
    Stream in stream,
    Beat in beat,
    Full in full,
    Sealed in sealed,
    BadGarbage in bad_garbage,
    BadImpostor in bad_impostor,
    BadNeverReads in bad_never_reads,
    BadKey in bad_key,
}
