//! Where clients connect: a listener that can be closed and opened again at the same address.
//!
//! The system gives a port that no socket is bound to to any process that asks for one. So a second socket stays bound there
//! without listening: a closed door refuses connections, and its port is not given away.

use std::{
    future, io,
    net::{Ipv4Addr, SocketAddr, ToSocketAddrs as _},
};

use sockets::{BindError, Endpoint};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 128;

/// A place to connect to, open or closed.
#[derive(Debug)]
pub(crate) struct Door {
    address: SocketAddr,
    endpoint: Endpoint,
    listener: Option<TcpListener>,
    /// Keeps the port. Only Linux lets a listener have the address of another socket and no other listener.
    _place: Option<TcpSocket>,
}

impl Door {
    /// A closed door at `endpoint`, whose port the system may choose.
    pub(crate) fn bind(endpoint: &Endpoint) -> Result<Self, BindError> {
        let refused = |reason: io::Error| BindError::of_system(endpoint, &reason);
        let place = bound(resolve(endpoint).map_err(refused)?).map_err(refused)?;
        let address = place.local_addr().map_err(refused)?;
        let actual = format!("tcp://{address}").parse().map_err(|error| refused(io::Error::other(error)))?;
        let mut door =
            Self { address, endpoint: actual, listener: None, _place: cfg!(target_os = "linux").then_some(place) };
        // Another process that listens there is noticed now.
        door.open()?;
        door.close();
        Ok(door)
    }

    /// Where it is, with the actual port.
    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.listener.is_some()
    }

    /// Accepts connections from now on.
    pub(crate) fn open(&mut self) -> Result<(), BindError> {
        let listener = bound(self.address).and_then(|socket| socket.listen(BACKLOG));
        self.listener = Some(listener.map_err(|reason| BindError::of_system(&self.endpoint, &reason))?);
        Ok(())
    }

    /// Refuses connections from now on.
    pub(crate) fn close(&mut self) {
        self.listener = None;
    }

    /// The next connection; never while it is closed.
    pub(crate) async fn accept(&self) -> io::Result<TcpStream> {
        match &self.listener {
            Some(listener) => Ok(listener.accept().await?.0),
            None => future::pending().await,
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// The address of an endpoint: a `*` is any, as host or as port.
fn resolve(endpoint: &Endpoint) -> io::Result<SocketAddr> {
    let (host, port) = (endpoint.host().unwrap_or_default(), endpoint.port().unwrap_or(0));
    if host == "*" {
        return Ok((Ipv4Addr::UNSPECIFIED, port).into());
    }
    (host, port).to_socket_addrs()?.next().ok_or_else(|| io::ErrorKind::NotFound.into())
}
