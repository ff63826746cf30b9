//! A scene that plays by itself: the desk serves its page meanwhile, and ends with the scene.

use std::{
    sync::mpsc::sync_channel,
    thread::{self, Builder},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use dealz_core::Auto;
use sockets::Stop;

use crate::{Page, serve, session::Session, web::Server};

/// Plays the scene of the session, and what is recorded of it ends with the scene.
///
/// # Errors
/// A cue fails, or the stop signal comes before the end; not everything could be recorded; the desk cannot be started.
pub(crate) fn run(
    session: Session,
    pause: Duration,
    servers: Vec<Server>,
    page: &'static Page,
    stop: &Stop,
) -> anyhow::Result<()> {
    // The scene ends, or the stop signal comes: each is reported once.
    let (ended, ends) = sync_channel(2);
    let (stopped, signal) = (ended.clone(), stop.clone());
    // It ends with the process.
    Builder::new().name("signals".to_owned()).spawn(move || {
        signal.wait();
        // There is room.
        let _ = stopped.try_send(vec!["stopped before the end".to_owned()]);
    })?;
    let running = session.with_auto(Auto { pause, ended }).start(stop)?;
    let (stopper, over) = Stop::pair()?;
    let desk = &running.desk;
    let (failures, recorded, served) = thread::scope(|scope| {
        let serving =
            Builder::new().name("frontends".to_owned()).spawn_scoped(scope, || serve(servers, desk, page, &over));
        let failures = ends.recv().unwrap_or_else(|_| vec!["the desk has ended".to_owned()]);
        let recorded = desk.end_recording();
        stopper.stop();
        // A panic has already been reported by its thread.
        (failures, recorded, serving.map(|serving| serving.join().unwrap_or(Ok(()))))
    });
    running.stop();
    served??;
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    recorded.context("not everything could be recorded")
}
