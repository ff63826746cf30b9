//! The source: hands out the orders of a batch to whichever workers are there.
//!
//! `PUSH` binds **orders**; `SUB` connects to **control** for START, REPEAT and EXIT. One loop on the caller's
//! thread; what is to be sent is [`Batch`]'s to say.

use std::time::Instant;

use sockets::{
    BindError, Connection, Context, Endpoint, Interest, Limits, MalformedMessages, RefusedHandshakes, Role, Socket,
    SocketError, Stop, wait,
};
use tracing::{debug, info};
use wire::{Channel, Frames, value::Control};

use crate::{batch::Batch, orders::Orders};

/// How many orders are sent before the loop looks up.
const BURST: usize = 1_000;

/// Where a source is and what it sends.
#[derive(Debug)]
pub struct SourceConfig {
    /// Bound: to the workers.
    pub orders: Endpoint,
    /// Connected: from reduce.
    pub control: Endpoint,
    /// The batch.
    pub batch: Orders,
}

/// A source, bound and not yet running.
pub struct Source {
    context: Context,
    orders: Socket,
    refused: RefusedHandshakes,
    control: Socket,
    control_connection: Connection,
    endpoint: Endpoint,
    book: Orders,
    batch: Batch,
    /// The order to send next, encoded; empty where there is none.
    outgoing: Frames,
    malformed: MalformedMessages,
}

impl Source {
    /// Binds orders and connects to control.
    ///
    /// # Errors
    /// The port is in use, or a socket cannot be made.
    pub fn bind(context: &Context, config: SourceConfig) -> Result<Self, BindError> {
        let mut control = context.socket(Role::Sub, Limits::of(Channel::Control))?;
        control.watch("valuz.source.control")?;
        for topic in [Control::START_TOPIC, Control::REPEAT_TOPIC, Control::EXIT_TOPIC] {
            control.subscribe(topic)?;
        }
        control.connect(&config.control)?;
        let mut orders = context.socket(Role::Push, Limits::of(Channel::Orders))?;
        orders.watch("valuz.source.orders")?;
        let endpoint = orders.bind(&config.orders)?;
        info!(channel = Channel::Orders.name(), %endpoint, "listening");
        Ok(Self {
            context: context.clone(),
            orders,
            refused: RefusedHandshakes::of(Channel::Orders),
            control,
            control_connection: Connection::new(Channel::Control, config.control),
            endpoint,
            batch: Batch::new(config.batch.count()),
            book: config.batch,
            outgoing: Frames::new(),
            malformed: MalformedMessages::default(),
        })
    }

    /// Where orders is bound.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends the batch when START comes and whatever REPEAT names, until EXIT or stop.
    ///
    /// # Errors
    /// A socket fails for a reason that no waiting mends.
    pub fn run(mut self, stop: &Stop) -> Result<(), SocketError> {
        let mut told = false;
        self.follow_links()?;
        loop {
            let more = self.send_burst()?;
            // With more to send, the loop only glances at the others; else it sleeps until something happens.
            let writable = if self.outgoing.is_empty() && !more { Interest::never() } else { self.orders.writable() };
            let interests = [writable, self.control.readable(), self.orders.events(), self.control.events()];
            let wake = wait(stop, interests, self.control_connection.next_deadline())?;
            self.follow_links()?;
            if wake.stopped {
                info!(unsent = self.batch.unsent(), "stopped");
                return Ok(());
            }
            if self.obey()? {
                break;
            }
            if self.batch.is_started() && !told {
                told = true;
                info!(orders = self.book.count(), "started");
            }
        }
        info!(orders = self.book.count(), repeated = self.batch.repeated(), "done");
        // The batch is counted, so what is still queued for workers has no use. It is not given up at once all the same:
        // where a connection breaks while its socket gives up a message half sent, libzmq 4.3 ends the process by an
        // assertion (libzmq issue 3442), and the workers break theirs now.
        let Self { context, orders, control, .. } = self;
        drop((orders, control));
        context.close(stop)
    }

    /// Logs what became of the connections.
    fn follow_links(&mut self) -> Result<(), SocketError> {
        let now = Instant::now();
        self.refused.follow(now, &mut self.orders, |_| {})?;
        self.control_connection.follow(now, &mut self.control, |_| {})?;
        self.control_connection.log(now);
        Ok(())
    }

    /// Sends until nothing is left, no worker has room, or it is time to look up; tells whether it was the last.
    fn send_burst(&mut self) -> Result<bool, SocketError> {
        for _ in 0..BURST {
            if self.outgoing.is_empty() {
                let Some(order) = self.batch.next_number().and_then(|number| self.book.get(number)) else {
                    return Ok(false);
                };
                order.encode(&mut self.outgoing);
            }
            if !self.orders.send(&self.outgoing)? {
                return Ok(false);
            }
            self.outgoing.clear();
        }
        Ok(true)
    }

    /// Takes the commands that have come; tells whether EXIT was among them.
    fn obey(&mut self) -> Result<bool, SocketError> {
        let mut frames = Frames::new();
        for _ in 0..BURST {
            if !self.control.receive(&mut frames)? {
                break;
            }
            match Control::decode(&frames) {
                Ok(Control::Start) => self.batch.handle_start(),
                Ok(Control::Repeat(numbers)) => {
                    debug!(numbers = numbers.len(), "repeat");
                    self.batch.handle_repeat(&numbers);
                }
                Ok(Control::Exit) => return Ok(true),
                Err(error) => {
                    self.malformed.record(Instant::now(), self.control.peer_address(), &error, &frames);
                }
            }
        }
        Ok(false)
    }
}
