//! The patterns of ZeroMQ as tiny programs, one file each.
//!
//! Each file begins with its diagram, declares what observers see of it (`REPORTS`), and reads from top to bottom. All share one
//! program, `patternz NAME`, so that a scene starts any of them in milliseconds. Their sockets wait
//! ([`sockets::BlockingSocket`]), because a pattern is best read as a sequence.
//!
//! - [`node`]: what a pattern runs in
//! - [`args`]: the command line

pub mod args;
pub mod node;

pub mod ping;
pub mod pong;

use clap::Subcommand;
use wire::report::Declaration;

pub use node::{Counter, Ends, Node};

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
}
