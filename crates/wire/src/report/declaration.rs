//! What a program declares that it reports: constants that it uses itself, so that a reader of its reports can know their
//! names beforehand.

use crate::Channel;

/// What one role of a program reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declaration {
    /// The program's name, such as `tickz`.
    pub program: &'static str,
    /// The program's part in its protocol, such as `publish`.
    pub role: &'static str,
    /// The sockets of a process in this role.
    pub sockets: &'static [DeclaredSocket],
    /// The numbers that it wants seen.
    pub values: &'static [DeclaredValue],
}

/// A socket that a role reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredSocket {
    /// Its name.
    pub name: &'static str,
    /// libzmq's name of its type without `ZMQ_`, such as `XPUB`.
    pub kind: &'static str,
    /// The channel that it serves or uses.
    pub channel: Channel,
    /// Whether it binds or connects; `None` if the flags of the role decide.
    pub binds: Option<bool>,
}

/// A number that a role reports. It counts something, so it is never below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclaredValue {
    /// Its name, such as `lost`.
    pub name: &'static str,
    /// Its unit, such as `ticks`.
    pub unit: &'static str,
}
