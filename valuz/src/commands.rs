//! Commands from reduce, as a source and a worker receive them.

use std::time::Instant;

use sockets::{
    Connection, Context, Endpoint, Interest, MalformedMessages, Role, Socket, SocketError, connection::Change,
};
use wire::{
    Frames,
    value::{CONTROL, Control},
};

/// A `SUB` connected to **control**. Malformed commands are counted, logged and dropped.
pub(crate) struct Commands {
    socket: Socket,
    connection: Connection,
    /// The connection was lost, and [`Commands::take_lost`] has not said so yet.
    is_lost: bool,
    frames: Frames,
    malformed: MalformedMessages,
}

impl Commands {
    /// Subscribes to `topics` and connects.
    ///
    /// # Errors
    /// The address cannot be understood, or the socket cannot be made.
    pub(crate) fn connect(
        context: &Context,
        endpoint: Endpoint,
        monitor: &str,
        topics: &[&[u8]],
    ) -> Result<Self, SocketError> {
        let mut socket = context.socket(Role::Sub, CONTROL)?;
        socket.watch(monitor)?;
        for topic in topics {
            socket.subscribe(topic)?;
        }
        socket.connect(&endpoint)?;
        Ok(Self {
            socket,
            connection: Connection::new(CONTROL, endpoint),
            is_lost: false,
            frames: Frames::new(),
            malformed: MalformedMessages::default(),
        })
    }

    /// Follows and logs the connection.
    pub(crate) fn follow(&mut self, now: Instant) -> Result<(), SocketError> {
        self.connection.follow(now, &mut self.socket, |change| self.is_lost |= change == Change::Down)?;
        self.connection.log(now);
        Ok(())
    }

    /// The next command that has arrived.
    pub(crate) fn next(&mut self) -> Result<Option<Control>, SocketError> {
        while self.socket.receive(&mut self.frames)? {
            match Control::decode(&self.frames) {
                Ok(command) => return Ok(Some(command)),
                Err(error) => {
                    self.malformed.record(Instant::now(), &mut self.socket, &error, &self.frames);
                }
            }
        }
        Ok(None)
    }

    /// Whether [`Commands::follow`] has seen the connection lost since the last call.
    pub(crate) const fn take_lost(&mut self) -> bool {
        std::mem::replace(&mut self.is_lost, false)
    }

    /// To wait for commands and for events of the connection.
    pub(crate) fn interests(&self) -> [Interest<'_>; 2] {
        [self.socket.readable(), self.socket.events()]
    }

    /// When [`Commands::follow`] must be called even if nothing happens.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.connection.next_deadline()
    }
}
