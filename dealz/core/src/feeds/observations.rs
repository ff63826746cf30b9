//! Reports: the thread `observations` owns the `SUB` at the hub, and passes on what processes report, the desk among them.
//!
//! It adds what no report says, and the system knows: which process of this machine has ended or is suspended, and which
//! process is at an address whose peer does not report. Messages stay here: those of the sockets that a page looks at are
//! kept until it asks for them.
//!
//! The thread waits while the dashboard has no room. Then the socket's queue drops reports, and the next state is whole.
//!
//! - [`owner`]: the thread
//! - [`taps`]: the messages of the sockets that are looked at
//! - [`lives`]: which processes have ended or are suspended
//! - [`holders`]: which processes are at addresses
//! - [`quiet`]: whether the hub passes reports on

mod holders;
mod lives;
mod owner;
mod quiet;
mod taps;

use std::sync::{Arc, Mutex, PoisonError, mpsc::SyncSender};

use sockets::{
    Context, Endpoint, SocketError,
    actor::{self, Handle},
};
use tracing::error;

use self::owner::Owner;
pub(crate) use self::taps::Taps;
use super::hub::HubFailure;
use crate::{command::Refusal, event::Event, view::MessageView};

/// How many times the thread may be rung: one ring is enough.
const RINGS_MAX: usize = 1;

/// The addresses of peers that do not report, whose processes are to be found.
pub(crate) type Strangers = Arc<Mutex<Vec<String>>>;

/// The handle; dropping it closes the socket.
pub(crate) struct Observations {
    handle: Handle<(), ()>,
    taps: Taps,
}

impl Observations {
    /// Subscribes to all states and events of the hub at `endpoint`, which may come later.
    ///
    /// # Errors
    /// The address cannot be connected to, the security lacks the hub's key, or the system has no more threads or file
    /// descriptors.
    pub(crate) fn spawn(
        context: &Context,
        endpoint: &Endpoint,
        hub_failure: HubFailure,
        strangers: Strangers,
        events: SyncSender<Event>,
    ) -> Result<Self, SocketError> {
        let taps = Taps::default();
        let owner = Owner::connect(context, endpoint, hub_failure, strangers, taps.clone(), events)?;
        let handle = actor::spawn(context, "observations", RINGS_MAX, move |inbox| {
            if let Err(error) = owner.run(&inbox) {
                error!(%error, "observations");
            }
        })?;
        Ok(Self { handle, taps })
    }

    /// The last messages of the socket with this key, oldest first; after a number only those that came later. Asking for them has its process report them for five
    /// seconds: the first ones come later.
    ///
    /// # Errors
    /// No socket can have such a key.
    pub(crate) fn messages(&self, key: &str, after: Option<u64>) -> Result<Vec<MessageView>, Refusal> {
        let invalid = |_| Refusal::Invalid {
            field: "socket".to_owned(),
            reason: "not PROCESS/SOCKET, such as 00f3a1b2c3d4e5f6/tickz.pub".to_owned(),
        };
        let (messages, is_new) = self.taps.ask(key, after).map_err(invalid)?;
        if is_new {
            // It is ringing already, if it cannot be rung.
            let _ = self.handle.send(());
        }
        Ok(messages)
    }

    /// The messages of the sockets that are looked at.
    pub(crate) const fn taps(&self) -> &Taps {
        &self.taps
    }
}

/// Takes what is shared, whatever its last holder did.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
