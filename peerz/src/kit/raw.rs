//! Peers below libzmq, for what libzmq cannot do: accept a connection and send no greeting, send bytes that are no message,
//! send half of one and reset the connection.

use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use super::Finding;

pub use testkit::RawPeer;

/// The time between two looks at a listener.
const LOOK: Duration = Duration::from_millis(5);

/// A listener on the loopback interface that does nothing by itself: the system accepts connections for it.
#[derive(Debug)]
pub struct Silent {
    listener: TcpListener,
    endpoint: String,
}

impl Silent {
    /// A listener at a port that the system chooses.
    ///
    /// # Errors
    /// The system has no port left.
    pub fn bind() -> Result<Self, Finding> {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| {
            listener.set_nonblocking(true)?;
            let endpoint = format!("tcp://{}", listener.local_addr()?);
            Ok(Self { listener, endpoint })
        });
        bound.map_err(|error| own_fault("listen", &error))
    }

    /// Where it listens.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The next connection, on which nothing was sent yet; `None` if there is none within `bound`.
    #[must_use]
    pub fn accept_within(&self, bound: Duration) -> Option<TcpStream> {
        let deadline = Instant::now() + bound;
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => return stream.set_nonblocking(false).ok().map(|()| stream),
                Err(_) if Instant::now() < deadline => std::thread::sleep(LOOK),
                Err(_) => return None,
            }
        }
    }
}

/// Completes the handshake of a socket of this type, such as `PUSH`, on a connection that [`Silent`] has accepted.
///
/// # Errors
/// The program does not follow ZMTP, or has closed the connection.
pub fn handshake(stream: TcpStream, socket_type: &str) -> Result<RawPeer, Finding> {
    RawPeer::over(stream, socket_type)
        .map_err(|error| Finding::Failed(format!("the handshake of a {socket_type} was cut off: {error}")))
}

/// Connects to a program that binds, and completes the handshake of a socket of this type.
///
/// # Errors
/// No program listens, or it does not follow ZMTP.
pub fn connect(endpoint: &str, socket_type: &str) -> Result<RawPeer, Finding> {
    RawPeer::connect(endpoint, socket_type)
        .map_err(|error| Finding::Failed(format!("no handshake of a {socket_type} at {endpoint}: {error}")))
}

/// A frame as it travels, after which more frames of its message follow. It is at most 255 bytes long.
#[must_use]
pub fn more_frame(frame: &[u8]) -> Vec<u8> {
    [&[1, frame.len() as u8], frame].concat()
}

/// Connects to a program that binds, sends these bytes, which are no greeting, and leaves.
///
/// # Errors
/// No program listens.
pub fn send_garbage(endpoint: &str, bytes: &[u8]) -> Result<(), Finding> {
    let sent = TcpStream::connect(endpoint.trim_start_matches("tcp://")).and_then(|mut stream| {
        // The program may have closed the connection by now, which is its right.
        let _ = stream.write_all(bytes);
        stream.shutdown(std::net::Shutdown::Write)
    });
    match sent {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Err(Finding::Failed(format!("no program listens at {endpoint}")))
        }
        _ => Ok(()),
    }
}

fn own_fault(what: &str, error: &io::Error) -> Finding {
    Finding::Failed(format!("the kit itself cannot {what}: {error}"))
}
