//! The desk in the chat, from joining to leaving.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::sync_channel,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use chatz::{Client, ClientConfig, member::TEXTS_MAX};
use sockets::{SocketError, Stop, Stopper};
use tracing::error;
use wire::{Text, User};

use super::{Place, forwarder::Forwarder};
use crate::{command::Refusal, feeds::not_taken};

/// The time from a reply to the next keep-alive, as in `chatz join`.
const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// The most events that wait between the client and its forwarder.
const WAITING_MAX: usize = 256;

/// A client and the thread that forwards its events.
pub(super) struct Session {
    client: Client,
    /// It returns the last name that was accepted.
    forwarder: JoinHandle<User>,
    /// Ends both.
    stopper: Stopper,
    /// The name at the beginning.
    user: User,
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
        let forwarder = Forwarder::new(user.clone(), events, place.events.clone(), Arc::clone(&under_way), stop);
        let forwarder = thread::Builder::new()
            .name("chatz.events".to_owned())
            .spawn(move || forwarder.run())
            .map_err(|reason| SocketError::System { operation: "start a thread", reason })?;
        Ok(Self { client, forwarder, stopper, user: user.clone(), under_way })
    }

    /// Whether the client has ended by itself.
    pub(super) fn is_ended(&self) -> bool {
        self.client.is_ended()
    }

    /// Has the client ask for another name.
    pub(super) fn rename(&self, user: User) -> Result<(), Refusal> {
        self.client.rename(user).map_err(|error| not_taken("chatz", &error))
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

    /// Leaves, and drops the events that are not forwarded yet. Returns the last name that was accepted.
    pub(super) fn abandon(self) -> User {
        self.stopper.stop();
        let user = self.forwarder.join().unwrap_or_else(|_| {
            error!("the thread chatz.events panicked");
            self.user
        });
        if let Err(error) = self.client.leave() {
            error!(%error, "chatz");
        }
        user
    }
}
