//! A desk that takes part in the scene that it plays: the member that runs `dealz` is the desk itself, which the scene neither starts
//! nor ends, and the channels are the desk's. Another process may hold one of them already: it plays the member that binds it.

use std::collections::BTreeMap;

use sockets::Endpoint;
use wire::Channel;

/// The program of the desk.
pub const DESK: &str = "dealz";

/// What the desk is called as the one that plays its member.
pub const THIS_DESK: &str = "this desk";

/// What a desk brings along. Its scene rests until it is reset for the first time: only hands start processes.
#[derive(Debug, Clone)]
pub struct House {
    /// The endpoints of the channels that the desk has. Other channels get ports of the scene.
    pub endpoints: Vec<(Channel, Endpoint)>,
    /// How many processes of a member there are, in place of its count.
    pub numbers: BTreeMap<String, u32>,
    /// Asks which process holds an endpoint that a member would bind.
    pub holder: fn(&str) -> Option<Holder>,
}

/// A process that holds an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Such as `chatz (pid 7)`, or where the endpoint is.
    pub words: String,
    /// Its process id, if it is a process of this machine that can be seen.
    pub pid: Option<u32>,
}
