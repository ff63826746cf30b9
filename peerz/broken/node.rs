//! What every broken peer has: its fault, its context, the signals, and monitors.

use std::{
    fs::File,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::consts::{SIGINT, SIGTERM};
use zmq::SocketEvent;

/// How long a loop waits for sockets before it looks for signals.
pub(crate) const TICK_MS: i64 = 10;

/// How long unsent messages may delay the end.
const LINGER_MS: i32 = 300;

pub(crate) type Frames = Vec<Vec<u8>>;

pub(crate) struct Node {
    fault: String,
    pub(crate) context: zmq::Context,
    interrupted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
}

/// A socket and its monitor.
pub(crate) struct Watched {
    pub(crate) socket: zmq::Socket,
    monitor: zmq::Socket,
}

impl Node {
    pub(crate) fn new(fault: String) -> Self {
        let [interrupted, terminated] = [SIGINT, SIGTERM].map(|signal| {
            let flag = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal, Arc::clone(&flag)).expect("a signal can be handled");
            flag
        });
        Self { fault, context: zmq::Context::new(), interrupted, terminated }
    }

    /// Whether this is what it gets wrong.
    pub(crate) fn is(&self, fault: &str) -> bool {
        self.fault == fault
    }

    /// Whether a signal asks it to end.
    pub(crate) fn is_stopped(&self) -> bool {
        let is_terminated = self.terminated.load(Ordering::Relaxed) && !self.is("ignores-sigterm");
        self.interrupted.load(Ordering::Relaxed) || is_terminated
    }

    /// Ends the process after all sockets are closed.
    pub(crate) fn end(self, code: i32) -> ! {
        let code = if self.is("exit-code-130") && self.interrupted.load(Ordering::Relaxed) { 130 } else { code };
        // Waits for unsent messages as long as the sockets linger.
        drop(self.context);
        std::process::exit(code)
    }

    pub(crate) fn socket(&self, kind: zmq::SocketType) -> zmq::Socket {
        let socket = self.context.socket(kind).expect("a socket can be made");
        socket.set_linger(if self.is("lingers") { -1 } else { LINGER_MS }).expect("an option can be set");
        socket
    }

    pub(crate) fn bind(&self, socket: &zmq::Socket, endpoint: &str) {
        self.lock(endpoint);
        socket.bind(endpoint).expect("the endpoint is free");
    }

    /// With a fault, a file says that a process has this endpoint, and stays there.
    pub(crate) fn lock(&self, endpoint: &str) {
        if self.is("lock-file-stays") {
            let name = endpoint.replace(|letter: char| !letter.is_alphanumeric(), "-");
            File::create_new(std::env::temp_dir().join(name)).expect("no other process has the endpoint");
        }
    }

    pub(crate) fn watched(&self, kind: zmq::SocketType, name: &str) -> Watched {
        let (socket, endpoint) = (self.socket(kind), format!("inproc://{name}"));
        let events = [
            SocketEvent::CONNECTED,
            SocketEvent::HANDSHAKE_SUCCEEDED,
            SocketEvent::HANDSHAKE_FAILED_NO_DETAIL,
            SocketEvent::HANDSHAKE_FAILED_PROTOCOL,
            SocketEvent::CLOSED,
            SocketEvent::DISCONNECTED,
            SocketEvent::CONNECT_RETRIED,
        ];
        let mask = events.into_iter().map(|event| i32::from(event.to_raw())).sum();
        socket.monitor(&endpoint, mask).expect("a monitor can be made");
        let monitor = self.context.socket(zmq::PAIR).expect("a socket can be made");
        monitor.connect(&endpoint).expect("the monitor is there");
        Watched { socket, monitor }
    }
}

impl Watched {
    /// The next event that has happened.
    #[expect(clippy::host_endian_bytes, reason = "libzmq's monitor is a struct of this machine")]
    pub(crate) fn next_event(&self) -> Option<SocketEvent> {
        let frames = self.monitor.recv_multipart(zmq::DONTWAIT).ok()?;
        frames[0].first_chunk().map(|bytes| SocketEvent::from_raw(u16::from_ne_bytes(*bytes)))
    }

    pub(crate) fn poll_monitor(&self) -> zmq::PollItem<'_> {
        self.monitor.as_poll_item(zmq::POLLIN)
    }
}

/// Whether a peer has shown that it does not speak ZMTP.
pub(crate) const fn is_stranger(event: SocketEvent) -> bool {
    matches!(event, SocketEvent::HANDSHAKE_FAILED_NO_DETAIL | SocketEvent::HANDSHAKE_FAILED_PROTOCOL)
}

/// The endpoint in a variable.
pub(crate) fn endpoint(variable: &str) -> String {
    std::env::var(variable).expect("the kit sets the variables of the role")
}
