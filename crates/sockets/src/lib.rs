//! The one user of libzmq in the suite.
//!
//! A [`Socket`] belongs to one thread: it is made there, or moved in once. Everything that is easy to forget is
//! set in one place, [`Context::socket`]: linger, queue lengths, message sizes, keep-alive, security.
//!
//! - [`endpoint`]: where a socket binds or connects
//! - [`context`]: makes sockets; holds the security and keep-alive that all of them share
//! - [`role`]: what a socket is for, and the options that follow from it
//! - [`socket`]: sends and receives [`wire::Frames`], never blocking
//! - [`blocking`]: a socket whose calls wait, for programs that do one thing at a time
//! - [`limits`]: what holds for every socket and for the process; a channel's own limits are in [`wire::Limits`]
//! - [`mod@request`]: one request and its reply
//! - [`mod@wait`]: sleeps until a socket, a monitor, a doorbell, a deadline or stop; an owner's `next_event()`
//! - [`stop`]: one signal that ends every loop
//! - [`state`]: the state of a connection, as a monitor's events report it
//! - [`connection`]: the connection of a connecting socket: states, log lines, new attempts after libzmq has given up
//! - [`listener`]: the connections that a binding socket accepts: refusals, floods, the reserve of file descriptors
//! - `incoming`: peers that send without completing a message that is received
//! - [`hub`]: passes reports of the observation bus from reporters to observers
//! - [`bell`]: wakes a thread that waits
//! - [`actor`]: a named owner thread with a bounded inbox and a doorbell
//! - `monitors`: one thread that reads the monitors of all sockets of a context, for an observer of all of them
//! - [`observe`]: reports all of it to a hub
//! - `probe`: what an observer can see of a socket: its addresses, its counts
//! - `tap`: the last messages of a socket, copied while an observer wants them
//! - [`security`], [`keys`], [`allow`], [`zap`]: NULL, PLAIN and CURVE, key files, allow-lists
//! - [`malformed`]: malformed messages, counted, and logged at a bounded rate
//! - [`input`]: reads a file or a stream, and stops waiting at the stop signal
//! - [`output`]: writes to standard output, and stops waiting for its reader at the stop signal
//! - [`text`]: reads small text files that people write
//! - [`ports`]: ports that are reserved for programs that bind them later
//! - [`error`]: what can go wrong

pub mod actor;
pub mod allow;
pub mod bell;
mod bind;
pub mod blocking;
pub mod connection;
pub mod context;
mod descriptor;
pub mod endpoint;
pub mod error;
mod holder;
pub mod hub;
mod incoming;
pub mod input;
pub mod keys;
pub mod limits;
pub mod listener;
pub mod malformed;
mod monitors;
pub mod observe;
pub mod output;
pub mod ports;
mod probe;
mod random;
mod raw;
pub mod request;
pub mod role;
pub mod security;
mod signal;
pub mod socket;
pub mod state;
pub mod stop;
mod tap;
pub mod text;
pub mod wait;
pub mod zap;

pub use blocking::{BlockingSocket, Ended};
pub use connection::Connection;
pub use context::{Context, KeepAlive};
pub(crate) use descriptor::Descriptor;
pub use endpoint::Endpoint;
pub use error::{BindError, SocketError};
pub use hub::{Hub, HubConfig};
pub use keys::{KeyPair, PublicKey};
pub use listener::{Heard, Listener, Subscription};
pub use malformed::MalformedMessages;
pub(crate) use monitors::Monitors;
pub use observe::{LinkReport, Reporting, Value};
pub use output::Output;
pub(crate) use probe::Probes;
pub use request::{RequestConfig, RequestError, request};
pub use role::Role;
pub use security::{Mechanism, Security};
pub use socket::{Delivery, Socket};
pub use state::{Refusal, State};
pub use stop::{Stop, Stopper};
pub(crate) use tap::Tapped;
pub use wait::{Events, Interest, Wake, wait};
