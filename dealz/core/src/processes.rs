//! The programs that dealz starts: tickz, chatz and workers, as processes that end with it.
//!
//! The thread `processes` owns them. It lives as long as the desk, because Linux ends a child with the thread that started
//! it. A service that dealz did not start is found by the port that it holds: it is used and left alone. A process that
//! exits by itself is not restarted; its exit is shown.
//!
//! - [`owner`]: the thread
//! - [`slot`]: one process of the list
//! - [`status`]: what the system reports of a process
//! - [`program`]: command lines
//! - [`place`]: which process holds a port
//! - [`address`]: which process has any address
//! - [`log`]: the last log lines

mod address;
mod log;
mod owner;
mod place;
mod program;
mod slot;
mod status;

use std::{
    io,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use tracing::error;

use self::owner::{Answer, Message, Order, Owner};
pub(crate) use self::{address::holders_at, program::Programs};
use crate::{
    command::{ProcessAct, Refusal},
    event::Event,
    view::ValuationName,
};

/// The most workers that dealz runs.
pub(crate) const WORKERS_MAX: u32 = 16;

/// The most messages that may wait.
const MESSAGES_MAX: usize = 256;

/// How long a reply of the thread may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The handle; dropping it ends all started processes.
pub(crate) struct Processes {
    sender: SyncSender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Processes {
    /// Starts the thread and the processes of the stage.
    ///
    /// # Errors
    /// The system has no more threads.
    pub(crate) fn spawn(programs: Programs, events: SyncSender<Event>) -> io::Result<Self> {
        let (sender, messages) = sync_channel(MESSAGES_MAX);
        let owner = Owner::new(programs, (sender.clone(), messages), events);
        let thread = thread::Builder::new().name("processes".to_owned()).spawn(move || owner.run())?;
        Ok(Self { sender, thread: Mutex::new(Some(thread)) })
    }

    /// Acts on a process.
    ///
    /// # Errors
    /// There is no such process, or the action is not possible now.
    pub(crate) fn act(&self, id: String, act: ProcessAct) -> Result<(), Refusal> {
        self.order(Order::Act(id, act)).map(drop)
    }

    /// Sets the number of workers, at most [`WORKERS_MAX`].
    ///
    /// # Errors
    /// The thread is busy or has ended.
    pub(crate) fn set_workers(&self, count: u32) -> Result<(), Refusal> {
        self.order(Order::SetWorkers(count)).map(drop)
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
    /// The thread is busy or has ended.
    pub(crate) fn set_valuation(&self, valuation: ValuationName) -> Result<Vec<u32>, Refusal> {
        self.order(Order::SetValuation(valuation))
    }

    /// Ends all started processes, and starts those of the stage again.
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
        let busy = || Refusal::NotNow { reason: "processes are starting or ending: try again".to_owned() };
        let (sender, answer): (_, Receiver<Answer>) = sync_channel(1);
        self.sender.try_send(Message::Order(order, sender)).map_err(|_| busy())?;
        let slow =
            |_| Refusal::NotNow { reason: "this takes long: the list of processes will show its result".to_owned() };
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
