//! Chat: the desk's user, by chatz's own client.
//!
//! A reset is another session: a client with its own sockets, which joins after the old one has left.
//!
//! - [`session`]: one client, on its thread `chatz.client`
//! - [`forwarder`]: its events on their way to the dashboard, on the thread `chatz.events`

mod forwarder;
mod session;

use std::sync::{Mutex, MutexGuard, PoisonError, mpsc::SyncSender};

use scenez::known::desk;
use sockets::{Context, Endpoint, SocketError};
use tracing::warn;
use wire::{Text, User};

use self::session::Session;
use crate::{command::Refusal, event::Event};

/// The names of chatz's sockets.
pub(crate) const REQ: &str = desk::CHATZ_REQ.name;
pub(crate) const SUB: &str = desk::CHATZ_SUB.name;

/// The handle; dropping it leaves the chat.
pub(crate) struct Chatz {
    place: Place,
    /// `None` after a session could not be opened.
    session: Mutex<Option<Session>>,
}

/// The configuration that all sessions share.
struct Place {
    context: Context,
    requests: Endpoint,
    broadcasts: Endpoint,
    events: SyncSender<Event>,
}

impl Chatz {
    /// Joins as `user`; the server may start later.
    ///
    /// # Errors
    /// An address is not understood, the security lacks the server's key, or the system has no more threads or file
    /// descriptors.
    pub(crate) fn spawn(
        context: &Context,
        requests: &Endpoint,
        broadcasts: &Endpoint,
        user: &User,
        events: SyncSender<Event>,
    ) -> Result<Self, SocketError> {
        let place =
            Place { context: context.clone(), requests: requests.clone(), broadcasts: broadcasts.clone(), events };
        let session = Session::open(&place, user)?;
        Ok(Self { place, session: Mutex::new(Some(session)) })
    }

    /// Asks the server for another name. The desk keeps the present one until it is accepted, and if it is refused, which is
    /// reported as an event. A session that has ended by itself is replaced.
    ///
    /// # Errors
    /// Too many texts wait; or a new session is needed and cannot be opened: then the desk is not in the chat until the next
    /// attempt.
    pub(crate) fn rename(&self, user: User) -> Result<(), Refusal> {
        let mut session = self.locked();
        if let Some(session) = session.as_ref().filter(|session| !session.is_ended()) {
            return session.rename(user);
        }
        if let Some(ended) = session.take() {
            ended.abandon();
        }
        *session = Some(self.join(&user)?);
        Ok(())
    }

    /// Gives the client a text to say. Its fate is reported as an event.
    ///
    /// # Errors
    /// Too many texts wait, or the client has ended.
    pub(crate) fn say(&self, text: Text) -> Result<(), Refusal> {
        match &*self.locked() {
            Some(session) => session.say(text),
            None => Err(Refusal::NotNow { reason: "you are not in the chat: choose a name first".to_owned() }),
        }
    }

    /// Leaves, drops what was not said without a report, and joins under the last name that was accepted.
    ///
    /// # Errors
    /// The new session cannot be opened; then the desk is not in the chat until the next attempt.
    pub(crate) fn reset(&self) -> Result<(), Refusal> {
        let mut session = self.locked();
        let Some(old) = session.take() else { return Ok(()) };
        let user = old.abandon();
        *session = Some(self.join(&user)?);
        Ok(())
    }

    fn join(&self, user: &User) -> Result<Session, Refusal> {
        Session::open(&self.place, user).map_err(|error| {
            warn!(%error, "cannot join the chat");
            Refusal::NotNow { reason: format!("cannot join the chat: {error}") }
        })
    }

    fn locked(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Chatz {
    fn drop(&mut self) {
        if let Some(session) = self.locked().take() {
            session.abandon();
        }
    }
}

#[cfg(test)]
mod tests;
