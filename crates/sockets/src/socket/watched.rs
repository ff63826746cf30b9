//! What others see of a socket: its monitor, which its owner reads, and its probe, which has its counts.

use std::{
    thread,
    time::{Duration, Instant},
};

use tracing::warn;
use wire::{Frames, monitor::MonitorEvent};

use super::{Monitor, Shared, Socket};
use crate::{
    Interest, SocketError,
    context::Observation,
    error::zmq_error,
    probe::{Facts, Kind},
    raw,
    signal::Signal,
};

/// How long a monitor's name may stay taken after its socket was dropped, and the time between two attempts to take it:
/// libzmq frees it on its own thread, usually within a millisecond.
const NAME_FREE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(1));

/// The most events that are read from a monitor before it is stopped; it holds far fewer.
const UNREAD_EVENTS_MAX: u32 = 50_000;

impl Socket {
    /// Opens the socket's monitor at `inproc://monitor.NAME`; its events come from [`Socket::next_event`]. To
    /// miss nothing, watch before binding or connecting. If another socket has the name, this one gets the name and a number; a name
    /// is free again when its socket was dropped. In a context that reports ([`crate::Context::reporting`]) observers see the socket
    /// under it.
    ///
    /// # Errors
    /// There are no file descriptors left.
    pub fn watch(&mut self, name: &str) -> Result<(), SocketError> {
        let Some(Shared { context, observation, .. }) = &self.shared else {
            return Ok(());
        };
        let Some(Observation { monitors, probes, .. }) = observation else {
            self.monitor = Some(self.open_numbered_monitor(context, name)?);
            return Ok(());
        };
        let (name, probe) = probes.open(name, self.facts()?);
        self.monitor = Some(self.open_monitor(context, &name).inspect_err(|_| probe.closed())?);
        self.relay = Some(monitors.relay(&name));
        self.probe = Some(probe);
        Ok(())
    }

    /// Starts the socket's monitor.
    fn open_monitor(&self, context: &zmq::Context, name: &str) -> Result<Monitor, SocketError> {
        let deadline = Instant::now() + NAME_FREE.0;
        self.open_monitor_at(context, |start| {
            loop {
                match start(name) {
                    Err(zmq::Error::EADDRINUSE) if Instant::now() < deadline => thread::sleep(NAME_FREE.1),
                    done => break done,
                }
            }
        })
    }

    /// The same under the first name that is free: this one, or this one with a number.
    fn open_numbered_monitor(&self, context: &zmq::Context, name: &str) -> Result<Monitor, SocketError> {
        self.open_monitor_at(context, |start| {
            let mut started = start(name);
            for number in 2..=u16::MAX {
                let Err(zmq::Error::EADDRINUSE) = started else { break };
                started = start(&format!("{name}-{number}"));
            }
            started
        })
    }

    /// Starts the socket's monitor under the name that `choose` starts it with.
    fn open_monitor_at(
        &self,
        context: &zmq::Context,
        choose: impl FnOnce(&mut dyn FnMut(&str) -> zmq::Result<()>) -> zmq::Result<()>,
    ) -> Result<Monitor, SocketError> {
        // Everything that can fail comes before the monitor starts: a monitor that is not read blocks libzmq.
        let pair = context.socket(zmq::PAIR).map_err(zmq_error("make a monitor's socket"))?;
        pair.set_linger(0).map_err(zmq_error("make a monitor's socket"))?;
        let mut endpoint = String::new();
        choose(&mut |name| {
            endpoint = format!("inproc://monitor.{name}");
            self.raw.monitor(&endpoint, i32::from(u16::MAX))
        })
        .map_err(zmq_error("monitor a socket"))?;
        pair.connect(&endpoint).map_err(zmq_error("connect to a monitor"))?;
        Ok(Monitor { signal: Signal::of(&pair), pair })
    }

    fn facts(&self) -> Result<Facts, SocketError> {
        let queue = |hwm: zmq::Result<i32>| {
            hwm.map(|messages| u32::try_from(messages).unwrap_or(0)).map_err(zmq_error("read a high-water mark"))
        };
        Ok(Facts {
            kind: Kind::Zmq(self.role),
            channel: self.shared.as_ref().map(|shared| shared.channel),
            send_queue: queue(self.raw.get_sndhwm())?,
            receive_queue: queue(self.raw.get_rcvhwm())?,
            bound: self.bound_to.iter().cloned().collect(),
            connected: Vec::new(),
        })
    }

    /// The next event of the monitor, if there is one now. A peer that keeps failing produces an endless
    /// stream: take a bounded number at a time.
    ///
    /// # Errors
    /// The context is gone.
    pub fn next_event(&mut self) -> Result<Option<MonitorEvent>, SocketError> {
        let Some(Monitor { pair, signal }) = &self.monitor else {
            return Ok(None);
        };
        signal.disarm();
        let frames: Frames = match pair.recv_multipart(zmq::DONTWAIT) {
            Ok(frames) => frames.into_iter().collect(),
            Err(zmq::Error::EAGAIN) => {
                signal.arm();
                return Ok(None);
            }
            Err(zmq::Error::EINTR) => return Ok(None),
            Err(error) => return Err(zmq_error("read a monitor")(error)),
        };
        match MonitorEvent::decode(&frames) {
            Ok(event) => {
                if let Some(relay) = &mut self.relay {
                    relay.pass(&event);
                }
                Ok(Some(event))
            }
            Err(error) => {
                warn!(%error, hex = frames.hex(64), "monitor event not understood");
                Ok(None)
            }
        }
    }

    /// To wait until the monitor has an event; never ready if the socket is not watched. It may be ready without one.
    #[must_use]
    pub fn events(&self) -> Interest<'_> {
        let Some(Monitor { signal, .. }) = &self.monitor else { return Interest::never() };
        // To ask the `PAIR` whether the signal came with an event would be another system call.
        if signal.is_armed() { Interest::in_signal(signal) } else { Interest::ready() }
    }

    /// Counts the last message as malformed, for observers.
    pub(crate) fn count_malformed(&self) {
        if let Some(probe) = &self.probe {
            probe.count_malformed();
        }
    }

    /// Records a subscription as an `XPUB` receives it: libzmq sends it, at once and after each reconnection.
    pub(super) fn record_subscription(&self, kind: u8, topic: &[u8]) {
        if let Some(probe) = &self.probe {
            let mut frames = Frames::new();
            frames.push_parts(&[&[kind], topic]);
            probe.count_sent(&frames);
        }
    }

    /// Stops the monitor, and closes the probe.
    pub(super) fn stop_watching(&mut self) {
        if self.monitor.is_none() {
            return;
        }
        // libzmq writes events under the lock that stopping takes, so in a full PAIR it would hold that lock for ever.
        for _ in 0..UNREAD_EVENTS_MAX {
            if !matches!(self.next_event(), Ok(Some(_))) {
                break;
            }
        }
        // The monitor first: libzmq must not write events to a PAIR that is closed.
        if let Err(error) = raw::stop_monitor(&mut self.raw) {
            warn!(%error, "a monitor could not be stopped");
        }
        // The name is free once its last event is on its way.
        drop(self.relay.take());
        if let Some(probe) = &self.probe {
            probe.closed();
        }
    }
}
