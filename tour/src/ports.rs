//! The endpoints of the channels: on loopback, at their default ports if these are free.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Context as _;
use wire::{
    Channel,
    chat::{BROADCASTS, REQUESTS},
    tick::TICKS,
    value::{CONTROL, ORDERS, RESULTS},
};

/// The channels of the programs in the tour.
const CHANNELS: [Channel; 6] = [REQUESTS, BROADCASTS, TICKS, ORDERS, RESULTS, CONTROL];

/// One endpoint for each channel, as environment variables for the children.
pub(crate) struct Ports {
    endpoints: Vec<(Channel, String)>,
    /// The channels whose default port is in use.
    pub(crate) moved: Vec<Channel>,
}

impl Ports {
    /// Finds a free port for each channel.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let mut ports = Self { endpoints: Vec::new(), moved: Vec::new() };
        // Held until all are found, so that no two channels get the same one.
        let mut held = Vec::new();
        for channel in CHANNELS {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, channel.port)).or_else(|_| {
                ports.moved.push(channel);
                TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            });
            let listener = listener.context("no free port on loopback")?;
            ports.endpoints.push((channel, format!("tcp://{}", listener.local_addr()?)));
            held.push(listener);
        }
        Ok(ports)
    }

    /// The variables for a child's environment.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.endpoints.iter().map(|(channel, endpoint)| (channel.variable, endpoint.as_str()))
    }

    /// The endpoint of one channel.
    pub(crate) fn endpoint(&self, channel: Channel) -> &str {
        self.endpoints.iter().find(|(known, _)| *known == channel).map_or("", |(_, endpoint)| endpoint)
    }
}
