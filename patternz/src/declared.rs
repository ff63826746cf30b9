//! What a pattern declares that it reports. It makes its sockets and values from these constants,
//! and a scene that names one is checked against them.

use std::time::Duration;

use sockets::Role;
use wire::{
    Channel, Limits, SocketType,
    report::{Declaration, DeclaredSocket, DeclaredValue},
};

/// The high-water mark of a socket, in messages, unless a flag says otherwise.
pub const QUEUE: u16 = 1_000;

/// The channel of every socket, but for its name; no protocol has its port and types. The kernel's buffers are small, so that a
/// full queue shows soon, and a peer may be slow for long.
const MESSAGES: Channel = Channel {
    name: "",
    program: crate::PROGRAM,
    variable: "",
    port: 0,
    host: "127.0.0.1",
    binds: SocketType::Router,
    connects: SocketType::Dealer,
    limits: Limits {
        queue: QUEUE,
        frame_bytes: 1 << 20,
        kernel_bytes: Some(8 << 10),
        slow: Some(Duration::from_secs(3_600)),
    },
};

/// Declares what a pattern reports.
pub const fn reports(
    role: &'static str,
    sockets: &'static [DeclaredSocket],
    values: &'static [DeclaredValue],
) -> Declaration {
    Declaration { program: crate::PROGRAM, role, sockets, values }
}

/// Declares a socket. Its flags decide whether it binds.
pub const fn socket(name: &'static str, role: Role) -> DeclaredSocket {
    DeclaredSocket { name, kind: role.name(), channel: Channel { name, ..MESSAGES }, binds: None }
}

/// Declares a value.
pub const fn value(name: &'static str, unit: &'static str) -> DeclaredValue {
    DeclaredValue { name, unit }
}
