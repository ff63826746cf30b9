//! What can go wrong with a socket. Each text is whole: a reason stands in it, and is not told again as the
//! error's source, so that a log line and the one line of a program that fails say it once.

use thiserror::Error;

use crate::Endpoint;

/// An operation of libzmq that failed, or one that this build cannot do.
#[derive(Debug, Error)]
pub enum SocketError {
    /// libzmq said no.
    #[error("cannot {operation}: {reason}")]
    Zmq {
        /// What was tried, such as `send`.
        operation: &'static str,
        /// libzmq's reason.
        reason: zmq::Error,
    },
    /// CURVE is asked for and this libzmq was built without it.
    #[error("this libzmq has no CURVE: install one that has (Debian: libzmq3-dev), or use another security")]
    NoCurve,
    /// A connecting socket under CURVE needs the public key of the bound side.
    #[error("CURVE needs the public key of the bound side: --server-key")]
    NoServerKey,
    /// A bound socket under PLAIN or CURVE needs to know who may come in.
    #[error("a bound side under {mechanism} needs a list of who may come in: --allow FILE")]
    NoAllowList {
        /// `PLAIN` or `CURVE`.
        mechanism: &'static str,
    },
    /// The list of who may come in cannot be used.
    #[error(transparent)]
    Allow(#[from] crate::allow::AllowError),
    /// The operating system said no.
    #[error("cannot {operation}: {reason}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// The system's reason.
        reason: std::io::Error,
    },
}

/// Makes a [`SocketError::Zmq`] that names the operation.
pub(crate) fn failed(operation: &'static str) -> impl FnOnce(zmq::Error) -> SocketError {
    move |reason| SocketError::Zmq { operation, reason }
}

/// Makes a [`SocketError::System`] that names the operation.
pub(crate) fn refused(operation: &'static str) -> impl FnOnce(std::io::Error) -> SocketError {
    move |reason| SocketError::System { operation, reason }
}

/// Why a socket could not be bound.
#[derive(Debug, Error)]
pub enum BindError {
    /// Somebody else has the port.
    #[error("{endpoint} is in use by {holder}")]
    InUse {
        /// Where it was to be bound.
        endpoint: Endpoint,
        /// The holder's name and process id, or that it is not to be seen.
        holder: String,
    },
    /// The address is not of this machine, or may not be used.
    #[error("cannot bind {endpoint}: {reason}")]
    Refused {
        /// Where it was to be bound.
        endpoint: Endpoint,
        /// libzmq's reason.
        reason: zmq::Error,
    },
    /// The socket could not be made ready to bind.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

impl BindError {
    pub(crate) fn new(endpoint: &Endpoint, reason: zmq::Error) -> Self {
        let endpoint = endpoint.clone();
        match reason {
            zmq::Error::EADDRINUSE => Self::InUse { holder: holder(&endpoint), endpoint },
            reason => Self::Refused { endpoint, reason },
        }
    }
}

/// Who listens on the endpoint's port, in words.
fn holder(endpoint: &Endpoint) -> String {
    let process = endpoint.port().and_then(|port| listeners::get_process_by_port(port, listeners::Protocol::TCP).ok());
    match process {
        Some(process) => format!("{} (pid {})", process.name, process.pid),
        None => "a process that this user may not see".to_owned(),
    }
}
