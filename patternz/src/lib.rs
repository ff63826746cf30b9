//! The patterns of ZeroMQ as tiny programs, one file each.
//!
//! Each file begins with its diagram, declares what observers see of it (`REPORTS`), and reads from top to bottom. All share one
//! program, `patternz NAME`, so that a scene starts any of them in milliseconds. Their sockets wait
//! ([`sockets::BlockingSocket`]), because a pattern is best read as a sequence.
//!
//! - [`node`]: what a pattern runs in
//! - `declared`: what it declares that it reports
//! - `text`: frames as text
//! - [`args`]: the command line

pub mod args;
mod declared;
pub mod node;
mod text;

pub mod lazy_pirate;
pub mod ping;
pub mod pong;
pub mod publish;
pub mod subscribe;

use clap::Subcommand;
use wire::report::Declaration;

pub(crate) use declared::{QUEUE, reports, socket, value};
pub use node::{Counter, Ends, Node};
pub(crate) use text::{number, texts};

/// The program's name in reports.
pub const PROGRAM: &str = "patternz";

/// Declares the patterns: `Type in module`.
macro_rules! patterns {
    ($($pattern:ident in $module:ident,)*) => {
        /// One of the patterns, with its flags.
        #[expect(missing_docs, reason = "each module has its own")]
        #[derive(Debug, Subcommand)]
        pub enum Pattern {
            $($pattern($module::$pattern),)*
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
}
