//! Real sockets, real libzmq, ports that the system chooses.
//!
//! - `authentication`: who gets in under NULL, PLAIN and CURVE
//! - `blocking`: sockets whose calls wait
//! - `connections`: clients that connect again, whatever they met; routing ids that no stranger can guess
//! - `floods`: peers that send without end, or speak where they should listen
//! - `hub`: the hub of the observation bus
//! - `reports`: a process that reports, to a `SUB` that is bound where a hub would be
//! - `sockets`: messages, limits, ports in use
//! - `protocol`: a protocol that is declared outside the suite
//! - `actors`: owner threads, doorbells, stop

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod actors;
mod authentication;
mod blocking;
mod connections;
mod floods;
mod hub;
mod protocol;
mod reports;
mod sockets;
