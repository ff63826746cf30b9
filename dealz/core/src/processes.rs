//! The desk's own processes: tickz, chatz and workers, which are the cast of a scene that the desk takes part in.
//!
//! The stage of that scene starts, watches and ends them, as it does for every scene. It lives as long as the desk: another scene
//! that is opened has its own stage, so that prices flow and the room stays open meanwhile. A service that dealz did not start is found by the
//! port that it holds: it is used and left alone. A process that exits by itself is not restarted; its exit is shown.
//!
//! The thread `processes` puts what pages ask for into commands of the stage, and what the stage shows into a list.
//!
//! - [`house`]: the scene and its stage
//! - [`owner`]: the thread
//! - [`languages`]: in which languages there are workers
//! - [`possible`]: what can be done to a process
//! - [`list`]: the list of processes
//! - [`status`]: what the system reports of a process
//! - [`place`]: which process holds an endpoint
//! - [`address`]: which process has any address

mod address;
pub(crate) mod house;
mod languages;
mod list;
mod owner;
mod place;
mod possible;
mod status;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use scenez::stage::Stage;
use tracing::error;

pub(crate) use self::{address::holders_at, house::Surroundings, list::List, possible::of_scene};
use self::{
    languages::Languages,
    owner::{Answer, Message, Order, Owner},
};
use crate::{
    command::{ProcessAct, Refusal},
    desk::StartError,
    event::Event,
    view::ValuationName,
};

/// The most workers that dealz runs.
pub(crate) const WORKERS_MAX: u32 = 16;

/// The most messages that may wait.
const MESSAGES_MAX: usize = 256;

/// How long a reply of the thread may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The handle; dropping it ends all started processes, once no one else has their stage.
pub(crate) struct Processes {
    sender: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Processes {
    /// Opens the stage, and starts the thread, and the scene if it is to start with the desk. Returns the stage too, for those who show
    /// its scene.
    ///
    /// # Errors
    /// The system has no more threads, ports or descriptors.
    pub(crate) fn spawn(
        surroundings: Surroundings,
        events: SyncSender<Event>,
    ) -> Result<(Self, Arc<Stage>), StartError> {
        let (sender, messages) = sync_channel(MESSAGES_MAX);
        let starts = surroundings.stage.is_some();
        let languages = Languages::read(&surroundings.root);
        let stage = Arc::new(house::open(surroundings, languages.others())?);
        let changed = sender.clone();
        stage.watch(move || {
            // If messages wait already, the thread will look after them.
            let _ = changed.try_send(Message::Changed);
        });
        let owner = Owner::new(Arc::clone(&stage), languages, starts, (sender.clone(), messages), events);
        let thread = thread::Builder::new().name("processes".to_owned()).spawn(move || owner.run());
        Ok((Self { sender, thread: Mutex::new(Some(thread.map_err(StartError::Thread)?)) }, stage))
    }

    /// Acts on a process.
    ///
    /// # Errors
    /// There is no such process, or the action is not possible now.
    pub(crate) fn act(&self, id: String, act: ProcessAct) -> Result<(), Refusal> {
        self.order(Order::Act(id, act)).map(drop)
    }

    /// Sets the number of workers in a language. One that is not built yet starts later.
    ///
    /// # Errors
    /// There is no such language, there would be more than [`WORKERS_MAX`] workers in all, or the thread is busy or has ended.
    pub(crate) fn set_workers(&self, language: &str, count: u32) -> Result<(), Refusal> {
        self.order(Order::SetWorkers(language.to_owned(), count)).map(drop)
    }

    /// Asks this machine which languages it has; the answers are reported.
    ///
    /// # Errors
    /// The thread is busy or has ended.
    pub(crate) fn ask_for_languages(&self) -> Result<(), Refusal> {
        self.order(Order::AskForLanguages).map(drop)
    }

    /// Kills one of dealz's workers.
    ///
    /// # Errors
    /// No worker runs; the thread is busy or has ended.
    pub(crate) fn kill_worker(&self) -> Result<(), Refusal> {
        self.order(Order::KillWorker).map(drop)
    }

    /// Sets the valuation of dealz's workers and returns their process ids. Workers that compute another one are killed and
    /// restarted.
    ///
    /// # Errors
    /// Workers in other languages do not compute it; the thread is busy or has ended.
    pub(crate) fn set_valuation(&self, valuation: ValuationName) -> Result<Vec<u32>, Refusal> {
        self.order(Order::SetValuation(valuation))
    }

    /// Ends all started processes, and starts those again that start with the desk.
    ///
    /// # Errors
    /// The thread is busy or has ended.
    pub(crate) fn reset(&self) -> Result<(), Refusal> {
        self.order(Order::Reset).map(drop)
    }

    /// Starts to end all started processes; [`Processes::join`] waits for them.
    pub(crate) fn begin_to_stop(&self) {
        // If this fails, the thread has already ended; otherwise it drains the channel.
        let _ = self.sender.send(Message::Stop);
    }

    /// Waits until all started processes have exited, after [`Processes::begin_to_stop`].
    pub(crate) fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            error!("the thread processes panicked");
        }
    }

    fn order(&self, order: Order) -> Answer {
        let busy = || Refusal::not_now("processes are starting or ending: try again");
        let (sender, answer): (_, Receiver<Answer>) = sync_channel(1);
        self.sender.try_send(Message::Order(order, sender)).map_err(|_| busy())?;
        let slow = |_| Refusal::not_now("this takes long: the list of processes will show its result");
        answer.recv_timeout(ANSWER_WITHIN).map_err(slow)?
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.begin_to_stop();
        self.join();
    }
}

#[cfg(test)]
mod tests;
