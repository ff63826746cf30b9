//! Where the page is served, and the links to it.

use std::{
    io::{self, ErrorKind, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
};

use anyhow::{Context as _, anyhow};
use dealz_core::view::{PageKind, PageLink};
use listeners::Protocol;

use super::{Audience, Token, WebConfig, addresses::reached_at};

/// An address to serve at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// This one; it is an error if another process has it.
    Asked(SocketAddr),
    /// Any free port of 127.0.0.1, 9000 if possible.
    Free,
}

/// A frontend that has its address.
pub(crate) struct Server {
    pub(super) listener: TcpListener,
    pub(super) token: Option<Token>,
    /// The token of the audience's pages, if there are any.
    pub(super) audience: Option<Token>,
    /// What the other pages may do.
    pub(super) page: PageKind,
    address: SocketAddr,
}

impl Server {
    /// Takes the address.
    ///
    /// # Errors
    /// Another process has it, which is named, or it is not an address of this machine.
    pub(crate) fn bind(config: WebConfig) -> anyhow::Result<Self> {
        let listener = match config.address {
            Address::Asked(address) => listen(address)?,
            // The ports between belong to the suite.
            Address::Free => [9000]
                .into_iter()
                .chain(9010..9100)
                .chain([0])
                .find_map(free)
                .map_or_else(|| Err(anyhow!("no port of 127.0.0.1 is free")), Ok)?,
        };
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let token = match config.token {
            None if !address.ip().is_loopback() => Some(Token::random()?),
            token => token,
        };
        let audience = match config.audience {
            Some(Audience { token: Some(given) }) => {
                anyhow::ensure!(
                    token.as_ref() != Some(&given),
                    "--audience-token is that of --token: the audience could control the desk"
                );
                Some(given)
            }
            Some(Audience { token: None }) => Some(Token::random()?),
            None => None,
        };
        Ok(Self { listener, token, audience, page: config.page, address })
    }

    /// The links to its page.
    pub(crate) fn links(&self) -> Vec<PageLink> {
        let own = (self.page, self.token.as_ref());
        let audience = self.audience.as_ref().map(|token| (PageKind::Audience, Some(token)));
        let kinds = [own].into_iter().chain(audience);
        let link = |ip: IpAddr, page, token: Option<&Token>| PageLink {
            url: format!(
                "http://{}/{}",
                SocketAddr::new(ip, self.address.port()),
                token.map_or_else(String::new, |token| format!("?token={}", token.as_str()))
            ),
            network: !ip.is_loopback(),
            page,
        };
        let addresses = reached_at(self.address.ip());
        kinds.flat_map(|(page, token)| addresses.iter().map(move |&ip| link(ip, page, token))).collect()
    }
}

/// The links to the pages of all servers: those that the network reaches first, and of these the one that may do least, as it
/// is the first that is shown to a room.
pub(crate) fn links<'a>(servers: impl IntoIterator<Item = &'a Server>) -> Arc<[PageLink]> {
    let mut links: Vec<_> = servers.into_iter().flat_map(Server::links).collect();
    let power = |page| match page {
        PageKind::Audience => 0,
        PageKind::View => 1,
        PageKind::Control => 2,
    };
    links.sort_by_key(|link| (!link.network, power(link.page)));
    links.into()
}

/// Writes the links of a server to standard output, one a line.
///
/// # Errors
/// Standard output cannot be written to.
pub(crate) fn print_links(server: &Server) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for link in server.links() {
        let audience = if link.page == PageKind::Audience { " for the audience" } else { "" };
        writeln!(output, "dealz: {}{audience}", link.url)?;
    }
    output.flush()
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => {
                anyhow!("{address} is in use by {}; give another address to --web", holder(address.port()))
            }
            _ => anyhow!(error),
        })
        .context("cannot serve the page")
}

fn free(port: u16) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
}

/// The process that listens on a port, in words.
fn holder(port: u16) -> String {
    match listeners::get_process_by_port(port, Protocol::TCP) {
        Ok(process) => format!("{} (pid {})", process.name, process.pid),
        Err(_) => "a process that this user may not see".to_owned(),
    }
}
