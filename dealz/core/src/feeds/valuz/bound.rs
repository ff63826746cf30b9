//! The three sockets of a source and reduce in one: all bound, or none.

use std::time::{Duration, Instant};

use rustix::io::Errno;
use sockets::{BindError, Context, Endpoint, Interest, Listener, Role, Socket, SocketError, Subscription};
use tracing::info;
use wire::{
    Channel, DecodeError, Frames,
    monitor::{EventKind, MonitorEvent},
    value::{CONTROL, Control, ORDERS, RESULTS},
};

use super::{PUB, PULL, PUSH};
use crate::config::ValuzEndpoints;

/// How long EXIT may take to leave when dealz ends.
const LINGER: Duration = Duration::from_millis(300);

/// How often the events of one socket are taken before its messages: 64 of them each time.
const FOLLOW_MAX: usize = 32;

/// Orders, results and control, bound.
pub(crate) struct BoundSockets {
    pub(crate) orders: Socket,
    pub(crate) results: Socket,
    pub(crate) control: Socket,
    pub(crate) endpoints: ValuzEndpoints,
    listeners: [Listener; 3],
    /// Whether a connection found no file descriptor.
    is_starved: bool,
}

impl BoundSockets {
    /// Binds all three, `first` before the others: if it is the one that failed last time, the others are not made in vain.
    ///
    /// # Errors
    /// Which one cannot be bound, and why; then none is.
    pub(crate) fn open(
        context: &Context,
        wanted: &ValuzEndpoints,
        first: &'static str,
    ) -> Result<Self, (&'static str, BindError)> {
        let mut early = Some(open(context, wanted, first)?);
        let mut socket = |name| early.take_if(|_| name == first).map_or_else(|| open(context, wanted, name), Ok);
        let (orders, at_orders) = socket(PUSH)?;
        let (results, at_results) = socket(PULL)?;
        let (control, at_control) = socket(PUB)?;
        let endpoints = ValuzEndpoints { orders: at_orders, results: at_results, control: at_control };
        let listeners = [ORDERS, RESULTS, CONTROL].map(Listener::of);
        Ok(Self { orders, results, control, endpoints, listeners, is_starved: false })
    }

    /// Takes the events of all connections; those of results go to `handle`.
    ///
    /// # Errors
    /// The context is gone.
    pub(crate) fn follow(&mut self, now: Instant, mut handle: impl FnMut(&MonitorEvent)) -> Result<(), SocketError> {
        let [orders, results, control] = &mut self.listeners;
        let starved = &mut self.is_starved;
        orders.follow(now, &mut self.orders, |event| *starved |= is_out_of_descriptors(event))?;
        control.follow(now, &mut self.control, |event| *starved |= is_out_of_descriptors(event))?;
        for _ in 0..FOLLOW_MAX {
            let mut any = false;
            results.follow(now, &mut self.results, |event| {
                any = true;
                *starved |= is_out_of_descriptors(event);
                handle(event);
            })?;
            if !any {
                break;
            }
        }
        Ok(())
    }

    /// Closes all connections and accepts none, if one found no file descriptor; returns whether it did. libzmq would try
    /// again without a pause, and take each descriptor that the page or a process needs.
    ///
    /// # Errors
    /// The context is gone.
    pub(crate) fn give_way(&mut self) -> Result<bool, SocketError> {
        let is_starved = std::mem::take(&mut self.is_starved);
        if is_starved {
            self.orders.unbind(&self.endpoints.orders)?;
            self.results.unbind(&self.endpoints.results)?;
            self.control.unbind(&self.endpoints.control)?;
        }
        Ok(is_starved)
    }

    /// Accepts connections again, after [`BoundSockets::give_way`].
    ///
    /// # Errors
    /// Which socket cannot be bound, and why.
    pub(crate) fn bind_again(&mut self) -> Result<(), (&'static str, BindError)> {
        // What was reported until now was of the time before.
        self.is_starved = false;
        self.orders.bind(&self.endpoints.orders).map_err(|error| (PUSH, error))?;
        self.results.bind(&self.endpoints.results).map_err(|error| (PULL, error))?;
        self.control.bind(&self.endpoints.control).map_err(|error| (PUB, error))?;
        Ok(())
    }

    /// Reads what subscribers of control have sent; malformed messages go to `handle`.
    ///
    /// # Errors
    /// The context is gone.
    pub(crate) fn take_subscriptions(
        &mut self,
        now: Instant,
        mut handle: impl FnMut(DecodeError),
    ) -> Result<(), SocketError> {
        let [_, _, control] = &mut self.listeners;
        control.take_subscriptions(now, &mut self.control, |_, subscription| {
            if let Subscription::Malformed(error) = subscription {
                handle(error);
            }
        })
    }

    /// When to call [`BoundSockets::follow`] though nothing has come.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.listeners.iter().filter_map(Listener::next_deadline).min()
    }

    /// To wait for messages and for events.
    pub(crate) fn interests(&self) -> [Interest<'_>; 5] {
        [
            self.results.readable(),
            self.control.readable(),
            self.orders.events(),
            self.results.events(),
            self.control.events(),
        ]
    }

    /// Publishes EXIT, and closes.
    ///
    /// # Errors
    /// The context is gone.
    pub(crate) fn close(mut self) -> Result<(), SocketError> {
        let mut frames = Frames::new();
        Control::Exit.encode(&mut frames);
        self.control.send(&frames)?;
        self.control.set_linger(LINGER)?;
        // Orders that are not sent yet are useless, but libzmq 4.3 ends the process by an assertion if a connection breaks
        // while its socket discards a message half sent (libzmq issue 3442). So they get time, and the workers, which exit
        // now, break their connections first.
        self.orders.set_linger(LINGER)
    }
}

/// Whether a connection found no file descriptor. Other failures concern one connection alone.
fn is_out_of_descriptors(event: &MonitorEvent) -> bool {
    let out = [Errno::MFILE, Errno::NFILE].map(|errno| errno.raw_os_error().cast_unsigned());
    event.kind == EventKind::AcceptFailed && out.contains(&event.value)
}

/// The socket of this name, watched and bound, and the endpoint that it is bound to.
fn open(
    context: &Context,
    wanted: &ValuzEndpoints,
    name: &'static str,
) -> Result<(Socket, Endpoint), (&'static str, BindError)> {
    let (role, channel, endpoint) = match name {
        PUSH => (Role::Push, ORDERS, &wanted.orders),
        PULL => (Role::Pull, RESULTS, &wanted.results),
        _ => (Role::XPub, CONTROL, &wanted.control),
    };
    let mut socket = watched(context, role, channel, name).map_err(|error| (name, error.into()))?;
    let endpoint = socket.bind(endpoint).map_err(|error| (name, error))?;
    info!(channel = channel.name, %endpoint, "listening");
    Ok((socket, endpoint))
}

/// A socket, watched and not bound yet.
fn watched(context: &Context, role: Role, channel: Channel, name: &str) -> Result<Socket, SocketError> {
    let mut socket = context.socket(role, channel)?;
    if role == Role::Push {
        socket.only_to_connected()?;
    }
    socket.watch(name)?;
    Ok(socket)
}
