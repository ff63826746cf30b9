//! The ZAP handler: for each handshake at a bound socket, libzmq asks it whether to accept the peer.
//!
//! It speaks ZeroMQ RFC 27 on a `REP` socket at `inproc://zeromq.zap.01`, on a thread named `zap`. Each request checks
//! whether the allow-list has changed, so that a change applies to the next handshake.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tracing::{error, warn};
use wire::Frames;

use crate::{
    Stop, Stopper,
    allow::AllowList,
    error::{SocketError, system_error, zmq_error},
    keys::PublicKey,
    role::Role,
    socket::Socket,
    wait::wait,
};

const ENDPOINT: &str = "inproc://zeromq.zap.01";
const VERSION: &[u8] = b"1.0";

/// How long further refusals are only counted: a refused peer tries again for ever.
const QUIET: Duration = Duration::from_secs(1);

/// The index of each field in a request.
const REQUEST_ID: usize = 1;
const ADDRESS: usize = 3;
const MECHANISM: usize = 5;
const CREDENTIALS: usize = 6;

/// The handler's thread; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Zap {
    stopper: Option<Stopper>,
    thread: Option<JoinHandle<()>>,
    refused: Arc<AtomicU64>,
}

impl Zap {
    /// Binds the handler and starts its thread. Must happen before the first socket of the context is bound:
    /// without a handler libzmq accepts every peer.
    pub(crate) fn spawn(context: &zmq::Context, allow: AllowList) -> Result<Self, SocketError> {
        let raw = context.socket(zmq::REP).map_err(zmq_error("make the ZAP socket"))?;
        raw.set_linger(0).map_err(zmq_error("make the ZAP socket"))?;
        raw.bind(ENDPOINT).map_err(zmq_error("bind the ZAP socket"))?;
        let socket = Socket::adopt(raw, Role::Rep);
        let (stopper, stop) = Stop::pair()?;
        let count = Arc::new(AtomicU64::new(0));
        let handler = Handler { socket, allow, refused: Arc::clone(&count), logged: None };
        let thread = thread::Builder::new()
            .name("zap".to_owned())
            .spawn(move || handler.run(&stop))
            .map_err(system_error("start the ZAP thread"))?;
        Ok(Self { stopper: Some(stopper), thread: Some(thread), refused: count })
    }

    /// How many peers were refused.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for Zap {
    fn drop(&mut self) {
        drop(self.stopper.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the ZAP thread panicked");
        }
    }
}

struct Handler {
    socket: Socket,
    allow: AllowList,
    refused: Arc<AtomicU64>,
    /// When a refusal was last logged.
    logged: Option<Instant>,
}

impl Handler {
    fn run(mut self, stop: &Stop) {
        if let Err(error) = self.answer_all(stop) {
            error!(%error, "the ZAP handler failed; no further peer is accepted");
        }
    }

    fn answer_all(&mut self, stop: &Stop) -> Result<(), SocketError> {
        let mut request = Frames::new();
        let mut reply = Frames::new();
        while !wait(stop, [self.socket.readable()], None)?.stopped {
            while self.socket.receive(&mut request)? {
                self.answer(&request, &mut reply);
                self.socket.send(&reply)?;
            }
        }
        Ok(())
    }

    /// Answers one handshake: version, request id, status, text, user id, metadata.
    fn answer(&mut self, request: &Frames, reply: &mut Frames) {
        self.allow.refresh();
        let field = |index| request.get(index).unwrap_or_default();
        let judged = judge(&self.allow, request);
        let (status, text, user): (_, _, &[u8]) = match &judged {
            Ok(user) => ("200", "OK", user),
            Err(reason) => ("400", *reason, &[]),
        };
        if let Err(reason) = judged {
            let count = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
            if self.logged.is_none_or(|last| last.elapsed() >= QUIET) {
                self.logged = Some(Instant::now());
                let [address, mechanism] = [ADDRESS, MECHANISM].map(|index| String::from_utf8_lossy(field(index)));
                warn!(peer = %address, %mechanism, reason, count, "peer refused");
            }
        }
        *reply = [VERSION, field(REQUEST_ID), status.as_bytes(), text.as_bytes(), user, b""].into_iter().collect();
    }
}

/// The user name of an accepted peer, or why it is refused.
fn judge(allow: &AllowList, request: &Frames) -> Result<Vec<u8>, &'static str> {
    let credential = |index| request.get(CREDENTIALS + index).unwrap_or_default();
    match request.get(MECHANISM) {
        Some(b"CURVE") => {
            let key = credential(0).try_into().map(PublicKey).map_err(|_| "no key")?;
            let user = allow.user_of_key(&key).ok_or("key not on the list")?;
            Ok(user.as_bytes().to_vec())
        }
        Some(b"PLAIN") => {
            let user = std::str::from_utf8(credential(0)).map_err(|_| "user name not UTF-8")?;
            if allow.has_password(user, credential(1)) {
                Ok(user.as_bytes().to_vec())
            } else {
                Err("unknown user or wrong password")
            }
        }
        _ => Err("mechanism not allowed"),
    }
}
