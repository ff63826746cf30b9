//! What can go wrong with a socket. Each text is complete: it contains the reason, which is not the error's source as
//! well, so that a log line and a program's error line state it once.

use thiserror::Error;

use crate::Endpoint;

/// An operation that failed, or that this libzmq cannot do.
#[derive(Debug, Error)]
pub enum SocketError {
    /// libzmq refused.
    #[error("cannot {operation}: {reason}")]
    Zmq {
        /// The operation, such as `send`.
        operation: &'static str,
        /// libzmq's reason.
        reason: zmq::Error,
    },
    /// This libzmq was built without CURVE, which the configuration requires.
    #[error("this libzmq has no CURVE: install one that has (Debian: libzmq3-dev), or use another security")]
    NoCurve,
    /// A connecting socket under CURVE needs the public key of the server.
    #[error("CURVE needs the public key of the server: --server-key")]
    NoServerKey,
    /// A bound socket under PLAIN or CURVE needs an allow-list.
    #[error("a server under {mechanism} needs an allow-list: --allow FILE")]
    NoAllowList {
        /// `PLAIN` or `CURVE`.
        mechanism: &'static str,
    },
    /// The allow-list cannot be used.
    #[error(transparent)]
    Allow(#[from] crate::allow::AllowError),
    /// The endpoint names no port to connect to.
    #[error("cannot connect to {endpoint}: a port from 1 to 65535 is needed")]
    NoPort {
        /// Where to connect.
        endpoint: Endpoint,
    },
    /// The operating system refused.
    #[error("cannot {operation}: {reason}")]
    System {
        /// The operation.
        operation: &'static str,
        /// The system's reason.
        reason: std::io::Error,
    },
}

/// Makes a [`SocketError::Zmq`] that names the operation.
pub(crate) fn zmq_error(operation: &'static str) -> impl FnOnce(zmq::Error) -> SocketError {
    move |reason| SocketError::Zmq { operation, reason }
}

/// Makes a [`SocketError::System`] that names the operation.
pub(crate) fn system_error(operation: &'static str) -> impl FnOnce(std::io::Error) -> SocketError {
    move |reason| SocketError::System { operation, reason }
}

/// Why a socket could not be bound.
#[derive(Debug, Error)]
pub enum BindError {
    /// The address is taken.
    #[error("{endpoint} is in use by {holder}")]
    InUse {
        /// Where it was to be bound.
        endpoint: Endpoint,
        /// The holder's name and process id, or that this user may not see it.
        holder: String,
    },
    /// A file that is no socket is at the path. libzmq would delete it.
    #[error("cannot bind {endpoint}: there is a file at this path that is no socket; choose another path")]
    NotASocket {
        /// Where it was to be bound.
        endpoint: Endpoint,
    },
    /// The address is not of this machine, or may not be used.
    #[error("cannot bind {endpoint}: {reason}")]
    Refused {
        /// Where it was to be bound.
        endpoint: Endpoint,
        /// The system's reason.
        reason: String,
    },
    /// The socket could not be made ready to bind.
    #[error(transparent)]
    Socket(#[from] SocketError),
}
