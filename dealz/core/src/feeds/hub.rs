//! The thread `hub`: runs the hub of the observation bus, so that every process has one to report to.
//!
//! Another hub may have its addresses: `observez hub`, or that of another desk. Then that one is used, and the addresses are
//! tried again until it is gone, so processes that report are without a hub for a moment only.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use sockets::{BindError, Context, Hub, HubConfig, SocketError, Stop, Stopper};
use tracing::{error, info, warn};

/// How long after a failure the addresses are bound again.
const BIND_AGAIN: Duration = Duration::from_millis(500);

/// Why the hub is not bound, if it is not; shared with the thread that observes.
pub(crate) type HubFailure = Arc<Mutex<Option<String>>>;

/// The handle; dropping it ends the hub.
pub(crate) struct BusHub {
    reached: HubConfig,
    is_own: bool,
    failure: HubFailure,
    stopper: Option<Stopper>,
    thread: Option<JoinHandle<()>>,
}

impl BusHub {
    /// Binds the addresses, now or when they are free, and starts the thread.
    ///
    /// # Errors
    /// The system has no more threads or file descriptors.
    pub(crate) fn spawn(context: &Context, config: HubConfig) -> Result<Self, SocketError> {
        let (stopper, stop) = Stop::pair()?;
        let failure = HubFailure::default();
        let mut owner = Owner { context: context.clone(), config, failure: Arc::clone(&failure) };
        let hub = owner.bind();
        let is_own = hub.is_some();
        let bound = hub.as_ref().map_or(&owner.config, Hub::endpoints);
        let reached = HubConfig { reports: bound.reports.reachable(), observations: bound.observations.reachable() };
        let thread = thread::Builder::new()
            .name("hub".to_owned())
            .spawn(move || owner.run(hub, &stop))
            .map_err(|reason| SocketError::System { operation: "start a thread", reason })?;
        Ok(Self { reached, is_own, failure, stopper: Some(stopper), thread: Some(thread) })
    }

    /// Where processes of this machine reach it, or the hub that is used in its place.
    pub(crate) const fn endpoints(&self) -> &HubConfig {
        &self.reached
    }

    /// Whether it was bound at the start: otherwise another one is used.
    pub(crate) const fn is_own(&self) -> bool {
        self.is_own
    }

    /// The context for sockets that connect to it: at a hub of this process they need the process's own credentials.
    pub(crate) fn context_of_clients(&self, context: &Context) -> Context {
        if self.is_own { context.to_itself() } else { context.clone() }
    }

    /// Why it is not bound.
    pub(crate) fn failure(&self) -> HubFailure {
        Arc::clone(&self.failure)
    }
}

impl Drop for BusHub {
    fn drop(&mut self) {
        drop(self.stopper.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            error!("the thread hub panicked");
        }
    }
}

/// The state of the thread.
struct Owner {
    context: Context,
    config: HubConfig,
    failure: HubFailure,
}

impl Owner {
    fn run(mut self, mut hub: Option<Hub>, stop: &Stop) {
        loop {
            if let Some(hub) = hub {
                return hub.run(stop).unwrap_or_else(|error| error!(%error, "hub"));
            }
            if stop.wait_until(Instant::now() + BIND_AGAIN) {
                return;
            }
            hub = self.bind();
        }
    }

    fn bind(&mut self) -> Option<Hub> {
        let bound = Hub::bind(&self.context, &self.config);
        let reason = bound.as_ref().err().map(ToString::to_string);
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if *failure != reason {
            match &bound {
                Ok(_) => {}
                Err(error @ BindError::InUse { .. }) => info!("{error}: it is used if it is a hub"),
                Err(error) => warn!("no hub: {error}"),
            }
            *failure = reason;
        }
        bound.ok()
    }
}

#[cfg(test)]
mod tests {
    use testkit::{Peer, eventually, peer};

    use super::*;
    use crate::feeds::context;

    fn at(reports: &str, observations: &str) -> HubConfig {
        HubConfig { reports: reports.parse().unwrap(), observations: observations.parse().unwrap() }
    }

    /// Whether a report passes through the hub.
    fn passes(hub: &HubConfig) -> bool {
        let reporter = Peer::connect(peer::XPUB, hub.reports.as_str());
        let observer = Peer::connect(peer::SUB, hub.observations.as_str());
        observer.subscribe(b"state/");
        let subscription = reporter.receive();
        reporter.send(["state/", "{}"]);
        subscription == [b"\x01state/"] && observer.receive()[0] == b"state/"
    }

    #[test]
    fn ports_that_the_system_chooses_are_known_at_once() {
        let hub = BusHub::spawn(&context(), at("tcp://*:*", "tcp://127.0.0.1:*")).unwrap();
        assert_eq!(*hub.failure().lock().unwrap(), None);
        for endpoint in [&hub.endpoints().reports, &hub.endpoints().observations] {
            assert!(endpoint.as_str().starts_with("tcp://127.0.0.1:") && endpoint.port().is_some_and(|port| port > 0));
        }
        assert!(passes(hub.endpoints()));
    }

    #[test]
    fn a_hub_that_has_the_addresses_is_used_and_replaced_when_it_is_gone() {
        let first = BusHub::spawn(&context(), at("tcp://127.0.0.1:*", "tcp://127.0.0.1:*")).unwrap();
        let second = BusHub::spawn(&context(), first.endpoints().clone()).unwrap();
        let failure = second.failure();
        assert!(failure.lock().unwrap().as_ref().is_some_and(|reason| reason.contains("in use")));
        assert!(passes(second.endpoints()));
        let gone_at = Instant::now();
        drop(first);
        eventually("it takes over", || failure.lock().unwrap().is_none());
        assert!(gone_at.elapsed() < Duration::from_secs(2), "{:?}", gone_at.elapsed());
        assert!(passes(second.endpoints()));
    }
}
