//! The desk in the chat under one name.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::sync_channel,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use chatz::{Client, ClientConfig, member::TEXTS_MAX};
use sockets::{SocketError, Stop, Stopper};
use tracing::error;
use wire::{Text, User};

use super::{
    Place,
    forwarder::{BEAT, Forwarder},
};
use crate::{command::Refusal, feeds::not_taken};

/// The time from a reply to the next keep-alive, as in `chatz join`.
const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// The most events that wait between the client and its forwarder.
const WAITING_MAX: usize = 256;

/// The time that the last events of a session have to reach the dashboard.
const LAST_EVENTS: Duration = BEAT.saturating_mul(4);

/// A client and the thread that forwards its events.
pub(super) struct Session {
    user: User,
    client: Client,
    forwarder: JoinHandle<()>,
    /// Ends both.
    stopper: Stopper,
    /// The forwarder has ended.
    forwarded: Stop,
    /// Texts whose fate is not known yet.
    under_way: Arc<AtomicUsize>,
}

impl Session {
    /// Joins as `user`.
    ///
    /// # Errors
    /// An address is not understood, the security lacks the server's key, or the system has no more threads or file
    /// descriptors.
    pub(super) fn open(place: &Place, user: &User) -> Result<Self, SocketError> {
        let config = ClientConfig {
            user: user.clone(),
            requests: place.requests.clone(),
            broadcasts: place.broadcasts.clone(),
            keep_alive: KEEP_ALIVE,
        };
        let (stopper, stop) = Stop::pair()?;
        let (sender, events) = sync_channel(WAITING_MAX);
        let client = Client::spawn(&place.context, &config, sender, &stop)?;
        let under_way = Arc::new(AtomicUsize::new(0));
        let forwarder = Forwarder::new(events, place.events.clone(), Arc::clone(&under_way), stop);
        let (end, forwarded) = Stop::pair()?;
        let name = user.to_string();
        let run = move || {
            forwarder.run(name);
            end.stop();
        };
        let forwarder = thread::Builder::new()
            .name("chatz.events".to_owned())
            .spawn(run)
            .map_err(|reason| SocketError::System { operation: "start a thread", reason })?;
        Ok(Self { user: user.clone(), client, forwarder, stopper, forwarded, under_way })
    }

    pub(super) const fn user(&self) -> &User {
        &self.user
    }

    /// Whether it is a running session of `user`.
    pub(super) fn is_of(&self, user: &User) -> bool {
        self.user == *user && !self.client.is_ended()
    }

    /// Gives the client a text to say.
    pub(super) fn say(&self, text: Text) -> Result<(), Refusal> {
        if self.under_way.load(Ordering::Relaxed) >= TEXTS_MAX {
            let reason = format!("{TEXTS_MAX} texts are waiting for chatz already: this one was not taken");
            return Err(Refusal::NotNow { reason });
        }
        // Counted first: its fate may be reported before `say` returns.
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.client.say(text).map_err(|error| {
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            not_taken("chatz", &error)
        })
    }

    /// Leaves, and forwards the last events if the dashboard takes them in time.
    pub(super) fn leave(self) {
        if let Err(error) = self.client.leave() {
            error!(%error, "chatz");
        }
        // The client's end has closed its events, so the forwarder ends once it has forwarded them.
        let _ = self.forwarded.wait_until(Instant::now() + LAST_EVENTS);
        self.stopper.stop();
        join(self.forwarder);
    }

    /// Leaves, and drops the events that are not forwarded yet.
    pub(super) fn abandon(self) {
        self.stopper.stop();
        join(self.forwarder);
        if let Err(error) = self.client.leave() {
            error!(%error, "chatz");
        }
    }
}

fn join(forwarder: JoinHandle<()>) {
    if forwarder.join().is_err() {
        error!("the thread chatz.events panicked");
    }
}
