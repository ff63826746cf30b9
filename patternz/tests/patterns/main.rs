//! Each pattern with its peers, as real processes, on ports that the system chooses.

mod bad;
mod cast;
mod command_line;
mod declarations;
mod forward;
mod lazy_pirate;
mod others;
mod ping;
mod publish;
mod push;
mod queues;
