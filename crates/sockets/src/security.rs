//! NULL, PLAIN or CURVE on every socket of a process.

use std::path::PathBuf;

use crate::{
    SocketError,
    error::failed,
    keys::{KeyPair, PublicKey},
};

/// The ZAP domain of every bound socket; libzmq asks for one before it asks the handler.
const ZAP_DOMAIN: &str = "suite";

/// How a process authenticates, and which peers it accepts.
#[derive(Debug, Clone, Default)]
pub struct Security {
    /// How peers prove who they are.
    pub mechanism: Mechanism,
    /// The list of who may come in ([`crate::allow`]); needed by bound sockets unless the mechanism is NULL.
    pub allow: Option<PathBuf>,
}

/// How peers prove who they are.
#[derive(Debug, Clone, Default)]
pub enum Mechanism {
    /// Not at all (ZeroMQ RFC 23).
    #[default]
    Null,
    /// By name and password, readable on the network (RFC 24).
    Plain {
        /// What a connecting socket says; a bound one says nothing.
        username: String,
        /// What a connecting socket says.
        password: String,
    },
    /// By keys, all traffic encrypted (RFC 26).
    Curve {
        /// This process's own pair: for its bound sockets and its connecting ones.
        own: KeyPair,
        /// The public key of the bound sides to which it connects.
        server: Option<PublicKey>,
    },
}

impl Security {
    /// Prepares a socket that will bind.
    pub(crate) fn bound(&self, socket: &zmq::Socket) -> Result<(), SocketError> {
        match &self.mechanism {
            Mechanism::Null => return Ok(()),
            Mechanism::Plain { .. } => socket.set_plain_server(true).map_err(failed("use PLAIN"))?,
            Mechanism::Curve { own, .. } => {
                socket.set_curve_server(true).map_err(failed("use CURVE"))?;
                socket.set_curve_secretkey(&own.secret).map_err(failed("use the secret key"))?;
            }
        }
        socket.set_zap_domain(ZAP_DOMAIN).map_err(failed("set the ZAP domain"))
    }

    /// Prepares a socket that will connect.
    pub(crate) fn connecting(&self, socket: &zmq::Socket) -> Result<(), SocketError> {
        match &self.mechanism {
            Mechanism::Null => Ok(()),
            Mechanism::Plain { username, password } => {
                socket.set_plain_username(Some(username)).map_err(failed("use the user name"))?;
                socket.set_plain_password(Some(password)).map_err(failed("use the password"))
            }
            Mechanism::Curve { own, server } => {
                let server = server.ok_or(SocketError::NoServerKey)?;
                socket.set_curve_serverkey(&server.0).map_err(failed("use the server key"))?;
                socket.set_curve_publickey(&own.public.0).map_err(failed("use the public key"))?;
                socket.set_curve_secretkey(&own.secret).map_err(failed("use the secret key"))
            }
        }
    }
}

impl Mechanism {
    /// Its name in ZMTP.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Plain { .. } => "PLAIN",
            Self::Curve { .. } => "CURVE",
        }
    }
}
