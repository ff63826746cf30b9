//! The sockets that connect this broker to others.

use std::time::{Duration, Instant};

use sockets::{
    Connection, Context, Endpoint, Interest, MalformedMessages, Role, Socket, SocketError, connection::Change,
};
use tracing::{info, warn};
use wire::{Frames, job::JOBS, report::DeclaredSocket};

use crate::{
    dispatcher::{Outbox, ToUplink},
    majordomo::Majordomo,
};

/// What observers see of each.
pub(crate) const DEALER: DeclaredSocket =
    DeclaredSocket { name: "jobz.uplink", kind: "DEALER", channel: JOBS, binds: Some(false) };

/// How many messages of one uplink are taken before the others get their turn.
const MESSAGES_AT_A_TIME: usize = 100;

/// How long an uplink that was closed waits before it connects again.
const PAUSE: Duration = Duration::from_secs(1);

/// All uplinks of a broker.
#[derive(Debug, Default)]
pub struct Uplinks {
    uplinks: Vec<Uplink>,
    incoming: Frames,
    malformed: MalformedMessages,
}

#[derive(Debug)]
struct Uplink {
    dealer: Socket,
    connection: Connection,
    /// When it connects again, after it was closed.
    again_at: Option<Instant>,
}

impl Uplinks {
    /// Connects to these brokers. They need not be there yet.
    ///
    /// # Errors
    /// There are no file descriptors left.
    pub fn connect(context: &Context, endpoints: &[Endpoint]) -> Result<Self, SocketError> {
        let uplinks = endpoints.iter().map(|endpoint| {
            let mut dealer = context.socket(Role::Dealer, JOBS)?;
            dealer.only_to_connected()?;
            dealer.set_linger(Duration::from_millis(100))?;
            dealer.watch(DEALER.name)?;
            dealer.connect(endpoint)?;
            info!(%endpoint, "connecting to another broker");
            Ok(Uplink { dealer, connection: Connection::new(JOBS, endpoint.clone()), again_at: None })
        });
        Ok(Self { uplinks: uplinks.collect::<Result<_, SocketError>>()?, ..Self::default() })
    }

    /// What wakes the broker.
    pub fn interests(&self) -> impl Iterator<Item = Interest<'_>> {
        self.uplinks.iter().flat_map(|uplink| [uplink.dealer.readable(), uplink.dealer.events()])
    }

    /// When something is due next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let deadlines = self.uplinks.iter().flat_map(|uplink| [uplink.connection.next_deadline(), uplink.again_at]);
        deadlines.flatten().min()
    }

    /// Takes what has come.
    ///
    /// # Errors
    /// The context is gone.
    pub fn take(&mut self, now: Instant, majordomo: &mut Majordomo, out: &mut Outbox) -> Result<(), SocketError> {
        let Self { uplinks, incoming, malformed } = self;
        for (index, uplink) in uplinks.iter_mut().enumerate() {
            // What an ended connection has sent comes before its end.
            for _ in 0..MESSAGES_AT_A_TIME {
                if !uplink.dealer.receive(incoming)? {
                    break;
                }
                if let Err(error) = majordomo.handle_uplink(now, index, incoming, out) {
                    malformed.record(now, &mut uplink.dealer, &error, incoming);
                }
            }
            uplink.connection.follow(now, &mut uplink.dealer, |change| match change {
                Change::Up => majordomo.handle_up(now, index, out),
                Change::Down | Change::Refused(_) => majordomo.handle_down(now, index, out),
            })?;
            uplink.connection.log(now);
            if uplink.again_at.is_some_and(|at| at <= now) {
                uplink.again_at = None;
                uplink.connection.reconnect(now, &mut uplink.dealer)?;
            }
        }
        Ok(())
    }

    /// Sends what there is to send to other brokers. One whose queue is full is disconnected: it would not know what it has missed.
    ///
    /// # Errors
    /// The context is gone.
    pub fn send(&mut self, now: Instant, majordomo: &mut Majordomo, out: &mut Outbox) -> Result<(), SocketError> {
        while let Some(to_uplink) = out.take_to_uplink() {
            match to_uplink {
                ToUplink::Send(index, message) => {
                    let Some(uplink) = self.uplinks.get_mut(index) else { continue };
                    if uplink.again_at.is_none() && !uplink.dealer.send(&message)? {
                        warn!(endpoint = %uplink.connection.endpoint(), "another broker reads nothing: it is disconnected");
                        uplink.again_at = Some(now + PAUSE);
                        majordomo.handle_down(now, index, out);
                    }
                }
                ToUplink::Close(index) => {
                    if let Some(uplink) = self.uplinks.get_mut(index) {
                        uplink.again_at = Some(now + PAUSE);
                    }
                }
            }
        }
        Ok(())
    }
}
