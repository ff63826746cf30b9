//! Makes sockets, and holds the options that all sockets of a process share: security and keep-alive.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use wire::{
    Channel, Limits,
    report::{DeclaredValue, ProcessId},
};

use crate::{
    Mechanism, Monitors, Probes, Role, Security, Socket, SocketError, Stop,
    allow::AllowList,
    error::{system_error, zmq_error},
    observe::{LinkReport, Reporter, Reporting, Value, Values},
    random, raw,
    socket::{Shared, milliseconds},
    wait::wait,
    zap::Zap,
};

/// How long an unsent message may delay the closing of its socket.
const LINGER: Duration = Duration::from_millis(400);

/// How long unsent messages may delay the exit of a stopped program: its last messages should be sent, and it must exit
/// within a second.
const LINGER_WHEN_STOPPED: Duration = Duration::from_millis(250);

/// The delay before a reconnection, at first and at most; libzmq adds up to the first of them at random, so that not all
/// peers reconnect at the same moment.
pub const RECONNECT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));

/// How long an attempt to connect may go unanswered. The system would wait for two minutes, and retry ever more rarely, so
/// a network that dropped packets for a while would be noticed only long after it works again.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// The bytes that PLAIN and CURVE need in addition to the frames of a channel: libzmq treats their handshakes as frames, a
/// kilobyte with long names, and CURVE makes each frame 33 bytes longer.
const SECURITY_BYTES: u32 = 2048;

/// How a peer that is gone without closing is detected: by the kernel (TCP keep-alive, and a limit on how long sent bytes
/// may stay unacknowledged), for clients and servers.
///
/// Not by ZMTP's own PING: libzmq 4.3 ends the whole process by an assertion if heartbeats are on and a connection
/// breaks or times out while the receive queue is full (libzmq issues 3937 and 4364), so any peer that
/// floods and leaves could end a service. Its timers also cost a core at 10,000 connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepAlive {
    /// Probes, in whole seconds.
    Every {
        /// The time without traffic before the first probe.
        interval: Duration,
        /// The time without an answer after which the connection counts as broken.
        timeout: Duration,
    },
    /// None: a connection lasts until one side closes it.
    Off,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self::Every { interval: Duration::from_secs(2), timeout: Duration::from_secs(5) }
    }
}

/// The maker of a process's sockets. Clones share all of it; the last one to be dropped waits for unsent messages, up to
/// their linger.
#[derive(Clone)]
pub struct Context {
    // Before `zmq`: the handler's socket must be closed when libzmq's context ends.
    zap: Option<Arc<Zap>>,
    zmq: zmq::Context,
    security: Arc<Security>,
    /// For sockets that connect to bound ones of this process.
    to_itself: Arc<Security>,
    keep_alive: KeepAlive,
    observation: Option<Observation>,
}

/// What observes watched sockets.
#[derive(Debug, Clone)]
pub(crate) struct Observation {
    pub(crate) monitors: Monitors,
    pub(crate) probes: Probes,
    pub(crate) values: Values,
}

impl Context {
    /// A new context. With an allow-list in `security`, its ZAP handler runs before any socket exists.
    ///
    /// # Errors
    /// CURVE is required and this libzmq has none; the allow-list cannot be read.
    pub fn new(security: Security, keep_alive: KeepAlive) -> Result<Self, SocketError> {
        if matches!(security.mechanism, Mechanism::Curve { .. }) && zmq::has("curve") != Some(true) {
            return Err(SocketError::NoCurve);
        }
        random::seed_libzmq()?;
        let zmq = zmq::Context::new();
        let security = Arc::new(security);
        let (zap, to_itself) = match (security.mechanism.credentials(), &security.allow) {
            (Some(credentials), Some(path)) => {
                let mut allow = AllowList::read(path, credentials)?;
                let to_itself = security.to_itself(&mut allow)?;
                (Some(Arc::new(Zap::spawn(&zmq, allow)?)), Arc::new(to_itself))
            }
            _ => (None, Arc::clone(&security)),
        };
        Ok(Self { zap, zmq, security, to_itself, keep_alive, observation: None })
    }

    /// This context, for sockets that connect to bound ones of this process. Under PLAIN and CURVE they have credentials of
    /// their own, for which neither a server's key nor an entry of the allow-list is needed.
    #[must_use]
    pub fn to_itself(&self) -> Self {
        Self { security: Arc::clone(&self.to_itself), ..self.clone() }
    }

    /// This context, for sockets with other credentials than those of the process. An allow-list is used unless the process
    /// has one: all sockets of a context share one ZAP handler.
    ///
    /// # Errors
    /// The allow-list cannot be read.
    pub fn with_security(&self, security: Security) -> Result<Self, SocketError> {
        let zap = match (&self.zap, security.mechanism.credentials(), &security.allow) {
            (None, Some(credentials), Some(path)) => {
                Some(Arc::new(Zap::spawn(&self.zmq, AllowList::read(path, credentials)?)?))
            }
            (zap, ..) => zap.clone(),
        };
        Ok(Self { zap, security: Arc::new(security), ..self.clone() })
    }

    /// This context, for sockets that no observer sees.
    pub(crate) fn unobserved(&self) -> Self {
        Self { observation: None, ..self.clone() }
    }

    /// This context, for sockets that are reported to a hub from [`Socket::watch`] on, and the id by which observers know the
    /// process. Without a hub nothing is sent.
    ///
    /// # Errors
    /// The hub's address cannot be connected to; the process has no thread, socket or file descriptor left.
    pub fn reporting(&self, reporting: &Reporting) -> Result<(Self, ProcessId), SocketError> {
        let (probes, values) = (Probes::new(), Values::default());
        let context = if reporting.is_own_hub { self.to_itself() } else { self.clone() };
        let reporter = Reporter::connect(&context, reporting, probes.clone(), values.clone())?;
        let process = reporter.process();
        let monitors = Monitors::spawn(self, reporter)?;
        Ok((self.observed(Observation { monitors, probes, values }), process))
    }

    /// This context, for sockets that are observed so from [`Socket::watch`] on.
    pub(crate) fn observed(&self, observation: Observation) -> Self {
        Self { observation: Some(observation), ..self.clone() }
    }

    /// The number that the process has declared so, as observers see it.
    #[must_use]
    pub fn declared(&self, value: DeclaredValue) -> Value {
        self.value(value.name, value.unit)
    }

    /// The number of this name and unit that observers of the process see, zero at first; clones share it.
    #[must_use]
    pub fn value(&self, name: &'static str, unit: &'static str) -> Value {
        self.observation.as_ref().map_or_else(Value::default, |observation| observation.values.value(name, unit))
    }

    /// What observers of the process see of a link with this name, if there are any.
    #[must_use]
    pub fn link(&self, name: &str) -> LinkReport {
        LinkReport::open(self.observation.as_ref(), name)
    }

    /// A socket of this role for this channel, not yet bound nor connected.
    ///
    /// # Errors
    /// The process has no file descriptors left.
    pub fn socket(&self, role: Role, channel: Channel) -> Result<Socket, SocketError> {
        let mut raw = self.zmq.socket(role.kind()).map_err(zmq_error("make a socket"))?;
        self.set_up(&mut raw, role, channel.limits).map_err(zmq_error("set up a socket"))?;
        role.set_up(&mut raw).map_err(zmq_error("set up a socket"))?;
        let mut socket = Socket::adopt(raw, role);
        socket.share(Shared {
            channel: channel.name,
            context: self.zmq.clone(),
            security: Arc::clone(&self.security),
            observation: self.observation.clone(),
        });
        Ok(socket)
    }

    /// How this process authenticates, and which peers it accepts.
    #[must_use]
    pub fn security(&self) -> &Security {
        &self.security
    }

    /// The number of peers that the ZAP handler has refused.
    #[must_use]
    pub fn refused_peers(&self) -> u64 {
        self.zap.as_ref().map_or(0, |zap| zap.refused())
    }

    /// Ends the context after its sockets were dropped, waiting until their unsent messages are gone, up to their linger;
    /// after the stop signal at most a quarter of a second.
    ///
    /// # Errors
    /// The process has no thread or file descriptor left to wait with.
    pub fn close(self, stop: &Stop) -> Result<(), SocketError> {
        let (stopper, closed) = Stop::pair()?;
        thread::Builder::new()
            .name("close".to_owned())
            .spawn(move || {
                drop(self);
                stopper.stop();
            })
            .map_err(system_error("start the closing thread"))?;
        if wait(stop, [closed.interest()], None)?.stopped {
            let _all_gone = closed.wait_until(Instant::now() + LINGER_WHEN_STOPPED);
        }
        Ok(())
    }

    /// A socket for use inside the process, with neither security nor keep-alive.
    pub(crate) fn plain_pair(&self) -> zmq::Result<zmq::Socket> {
        let pair = self.zmq.socket(zmq::PAIR)?;
        pair.set_linger(0)?;
        Ok(pair)
    }

    fn set_up(&self, socket: &mut zmq::Socket, role: Role, limits: Limits) -> zmq::Result<()> {
        socket.set_linger(milliseconds(LINGER))?;
        socket.set_sndhwm(limits.queue.into())?;
        socket.set_rcvhwm(limits.queue.into())?;
        let security_bytes = if matches!(self.security.mechanism, Mechanism::Null) { 0 } else { SECURITY_BYTES };
        socket.set_maxmsgsize((role.incoming_bytes(limits) + security_bytes).into())?;
        if let Some(bytes) = limits.kernel_bytes {
            socket.set_sndbuf(bytes as i32)?;
            socket.set_rcvbuf(bytes as i32)?;
        }
        socket.set_reconnect_ivl(milliseconds(RECONNECT.0))?;
        socket.set_reconnect_ivl_max(milliseconds(RECONNECT.1))?;
        socket.set_connect_timeout(milliseconds(CONNECT_WITHIN))?;
        if let KeepAlive::Every { interval, timeout } = self.keep_alive {
            let seconds = |duration: Duration| i32::try_from(duration.as_secs().max(1)).unwrap_or(i32::MAX);
            socket.set_tcp_keepalive(1)?;
            socket.set_tcp_keepalive_idle(seconds(interval))?;
            socket.set_tcp_keepalive_intvl(1)?;
            socket.set_tcp_keepalive_cnt(seconds(timeout.saturating_sub(interval)))?;
            raw::set_tcp_maxrt(socket, milliseconds(limits.slow.map_or(timeout, |slow| slow.max(timeout))))?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Context({})", self.security.mechanism.name())
    }
}
