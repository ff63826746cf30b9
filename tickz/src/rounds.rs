//! What a publisher sends: due ticks in rounds, each in the forms that its subscribers want.
//!
//! A burst has the ticks of one round: what is due anyway is packed, and nothing waits for more.

use std::{ops::ControlFlow, time::Instant};

use sockets::{Heard, Listener, Socket, SocketError, Stop, Subscription, wait};
use wire::{
    Frames,
    tick::{TICKS, Tick},
};

use crate::{
    audience::Audience,
    delay::Delays,
    feed::{Due, Pause},
    packer::Packer,
};

/// The most ticks of one round, after which the publisher reads the clock again.
const ROUND_MAX: u64 = 256;

/// The socket of a publisher, those who listen, and what was sent to them.
#[derive(Debug)]
pub struct Sender {
    socket: Socket,
    /// The message being sent.
    frames: Frames,
    /// The ticks of this round, if anyone wants bursts.
    packer: Packer,
    audience: Audience,
    listener: Listener,
    /// Ticks have their numbers.
    sequence: bool,
    /// The number of ticks to send.
    count: u64,
    published: u64,
    late: Option<Delays>,
}

/// Ticks that are due at one moment.
#[derive(Debug)]
pub struct Round<'a> {
    sender: &'a mut Sender,
    stop: &'a Stop,
    now: Instant,
    /// Send each tick by itself.
    sends: bool,
    /// Pack ticks into bursts.
    packs: bool,
    /// The number of ticks that it still takes.
    room: u64,
}

impl Sender {
    /// Sends by this `XPUB` up to a number of ticks, with their numbers or without.
    #[must_use]
    pub fn new(socket: Socket, sequence: bool, count: u64) -> Self {
        Self {
            socket,
            frames: Frames::new(),
            packer: Packer::default(),
            audience: Audience::default(),
            listener: Listener::of(TICKS),
            sequence,
            count,
            published: 0,
            late: None,
        }
    }

    /// The socket.
    #[must_use]
    pub const fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The socket, to set its options.
    pub const fn socket_mut(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Those who listen.
    #[must_use]
    pub const fn audience(&self) -> &Audience {
        &self.audience
    }

    /// When to call [`Sender::listen`] although the socket has nothing.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.listener.next_deadline()
    }

    /// The number of ticks sent.
    #[must_use]
    pub const fn published(&self) -> u64 {
        self.published
    }

    /// The delays with which they were sent, unless they were sent at full speed.
    #[must_use]
    pub const fn late(&self) -> Option<&Delays> {
        self.late.as_ref()
    }

    /// Begins a round at this time; `None` if all ticks are sent.
    pub fn begin<'a>(&'a mut self, now: Instant, stop: &'a Stop) -> Option<Round<'a>> {
        let packs = self.audience.wants_bursts();
        // Without any subscriber it does what a plain publisher does.
        let sends = self.audience.wants_ticks() || !packs;
        let room = ROUND_MAX.min(self.count - self.published);
        (room > 0).then_some(Round { sender: self, stop, now, sends, packs, room })
    }

    /// Takes what the monitor and the subscribers have sent, which an `XPUB` would keep for ever; returns whether a
    /// subscriber has sent anything.
    ///
    /// # Errors
    /// The context is gone.
    pub fn listen(&mut self, now: Instant) -> Result<bool, SocketError> {
        let (audience, mut has_heard) = (&mut self.audience, false);
        self.listener.follow_subscribers(now, &mut self.socket, |heard| match heard {
            Heard::Gone(connection) => audience.handle_gone(connection),
            Heard::Subscription(connection, subscription) => {
                has_heard = true;
                match subscription {
                    Subscription::Begin(topic) => audience.handle_begin(connection, topic),
                    Subscription::End(topic) => audience.handle_end(connection, topic),
                    Subscription::Malformed(_) => {}
                }
            }
        })?;
        Ok(has_heard)
    }

    /// A tick as it is published.
    #[inline]
    const fn tick(&self, due: &Due<'_>) -> Tick {
        let mut tick = due.tick();
        if !self.sequence {
            tick.sequence = None;
        }
        tick
    }

    /// Waits until a subscriber has taken others, and sends the encoded message; returns `false` at the stop signal.
    fn send_when_taken(&mut self, stop: &Stop) -> Result<bool, SocketError> {
        loop {
            if wait(stop, [self.socket.room(), self.socket.events()], self.next_deadline())?.stopped {
                return Ok(false);
            }
            // Before the next attempt, because this consumes the signal that is waited for.
            self.listen(Instant::now())?;
            if self.socket.send(&self.frames)? {
                return Ok(true);
            }
        }
    }
}

impl Round<'_> {
    /// Takes a due tick: sends it by itself if anyone wants that, and packs it if anyone wants bursts. Breaks when the round is
    /// full, and at the stop signal if a subscriber must take others first.
    ///
    /// # Errors
    /// The context is gone.
    #[inline]
    pub fn take(&mut self, due: &Due<'_>) -> Result<ControlFlow<Pause>, SocketError> {
        let mut waited = false;
        if self.sends {
            self.sender.tick(due).encode(&mut self.sender.frames);
            waited = !self.sender.socket.send(&self.sender.frames)?;
            if waited && !self.sender.send_when_taken(self.stop)? {
                return Ok(ControlFlow::Break(Pause::End));
            }
        }
        if self.packs && !self.sender.packer.add(due.place, due.timestamp, due.price) {
            let tick = self.sender.tick(due);
            self.sender.packer.begin(due.place, &tick);
        }
        self.sender.published += 1;
        if let Some(at) = due.at {
            let now = if waited { Instant::now() } else { self.now };
            self.sender.late.get_or_insert_default().record(now.saturating_duration_since(at));
        }
        self.room -= 1;
        // After a wait the time of the round has passed.
        Ok(if waited || self.room == 0 { ControlFlow::Break(Pause::Enough) } else { ControlFlow::Continue(()) })
    }

    /// Sends the packed ticks; returns `false` at the stop signal, if a subscriber must take others first.
    ///
    /// # Errors
    /// The context is gone.
    pub fn end(self) -> Result<bool, SocketError> {
        let Self { sender, stop, sends, .. } = self;
        for position in 0..sender.packer.packs().len() {
            sender.packer.packs()[position].encode(&mut sender.frames);
            if !sender.socket.send(&sender.frames)? && !sender.send_when_taken(stop)? {
                if !sends {
                    let unsent = sender.packer.packs()[position..].iter().map(|pack| pack.len() as u64);
                    sender.published -= unsent.sum::<u64>();
                }
                return Ok(false);
            }
        }
        sender.packer.clear();
        Ok(true)
    }
}
