//! Each pattern with its peers, as real processes, on ports that the system chooses.

mod cast;
mod command_line;
mod lazy_pirate;
mod ping;
mod publish;
