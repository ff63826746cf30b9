//! NULL, PLAIN or CURVE on every socket of a process.

use std::{fmt, path::PathBuf};

use wire::User;

use crate::{
    SocketError,
    allow::{AllowList, Credentials},
    error::zmq_error,
    keys::{KeyPair, PublicKey},
    random,
};

/// The ZAP domain of every bound socket; without one libzmq does not ask the handler.
const ZAP_DOMAIN: &str = "suite";

/// The user name of a process at its own bound sockets.
const ITSELF: &str = "itself";

/// How a process authenticates, and which peers it accepts.
#[derive(Debug, Clone, Default)]
pub struct Security {
    /// How peers authenticate.
    pub mechanism: Mechanism,
    /// The allow-list ([`crate::allow`]); bound sockets need one unless the mechanism is NULL.
    pub allow: Option<PathBuf>,
}

/// How peers authenticate.
#[derive(Clone, Default)]
pub enum Mechanism {
    /// Not at all (ZeroMQ RFC 23).
    #[default]
    Null,
    /// By name and password, readable on the network (RFC 24).
    Plain {
        /// The name that a connecting socket sends; a bound one sends nothing.
        username: String,
        /// The password that a connecting socket sends.
        password: String,
    },
    /// By keys, all traffic encrypted (RFC 26).
    Curve {
        /// The pair of this process, for its bound and its connecting sockets.
        own: KeyPair,
        /// The public key of the servers to which it connects.
        server: Option<PublicKey>,
    },
}

impl Security {
    /// Whether a connecting socket has the credentials that it needs; a process that only binds has none.
    #[must_use]
    pub fn can_connect(&self) -> bool {
        match &self.mechanism {
            Mechanism::Null => true,
            Mechanism::Plain { username, .. } => !username.is_empty(),
            Mechanism::Curve { server, .. } => server.is_some(),
        }
    }

    /// The security of sockets that connect to bound ones of the same process: new credentials that no other process
    /// has, which `allow` admits. Those of the process are for other servers, and its own list may lack them.
    ///
    /// # Errors
    /// The system has no entropy.
    pub(crate) fn to_itself(&self, allow: &mut AllowList) -> Result<Self, SocketError> {
        let Ok(user) = ITSELF.parse::<User>() else { return Ok(self.clone()) };
        let mechanism = match &self.mechanism {
            Mechanism::Null => Mechanism::Null,
            Mechanism::Plain { .. } => {
                let password = random::password()?;
                allow.admit_password(user, password.clone());
                Mechanism::Plain { username: ITSELF.to_owned(), password }
            }
            Mechanism::Curve { own, .. } => {
                let pair = KeyPair::generate()?;
                allow.admit_key(user, pair.public);
                Mechanism::Curve { own: pair, server: Some(own.public) }
            }
        };
        Ok(Self { mechanism, allow: self.allow.clone() })
    }

    /// Prepares a socket that will bind.
    pub(crate) fn bound(&self, socket: &zmq::Socket) -> Result<(), SocketError> {
        match &self.mechanism {
            Mechanism::Null => return Ok(()),
            Mechanism::Plain { .. } => socket.set_plain_server(true).map_err(zmq_error("use PLAIN"))?,
            Mechanism::Curve { own, .. } => {
                socket.set_curve_server(true).map_err(zmq_error("use CURVE"))?;
                socket.set_curve_secretkey(&own.secret).map_err(zmq_error("use the secret key"))?;
            }
        }
        socket.set_zap_domain(ZAP_DOMAIN).map_err(zmq_error("set the ZAP domain"))
    }

    /// Prepares a socket that will connect.
    pub(crate) fn connecting(&self, socket: &zmq::Socket) -> Result<(), SocketError> {
        match &self.mechanism {
            Mechanism::Null => Ok(()),
            Mechanism::Plain { username, password } => {
                socket.set_plain_username(Some(username)).map_err(zmq_error("use the user name"))?;
                socket.set_plain_password(Some(password)).map_err(zmq_error("use the password"))
            }
            Mechanism::Curve { own, server } => {
                let server = server.ok_or(SocketError::NoServerKey)?;
                socket.set_curve_serverkey(&server.0).map_err(zmq_error("use the server key"))?;
                socket.set_curve_publickey(&own.public.0).map_err(zmq_error("use the public key"))?;
                socket.set_curve_secretkey(&own.secret).map_err(zmq_error("use the secret key"))
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

    /// What an allow-list has to hold for it.
    pub(crate) const fn credentials(&self) -> Option<Credentials> {
        match self {
            Self::Null => None,
            Self::Plain { .. } => Some(Credentials::Passwords),
            Self::Curve { .. } => Some(Credentials::Keys),
        }
    }
}

/// The mechanism and no secret.
impl fmt::Debug for Mechanism {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
