//! Each pattern with its peers, as real processes, on ports that the system chooses. The first line of a test file names the
//! patterns that it tests, for `just eject`.

#![allow(dead_code, reason = "an ejected pattern needs only some of `cast`")]

mod bad_garbage;
mod bad_impostor;
mod bad_key;
mod bad_never_reads;
mod beat;
mod cast;
mod command_line;
mod declarations;
mod eject;
mod forward;
mod full;
mod last_value;
mod lazy_pirate;
mod pair;
mod paranoid;
mod parts;
mod ping;
mod publish;
mod push;
mod queues;
mod sealed;
mod stream;
