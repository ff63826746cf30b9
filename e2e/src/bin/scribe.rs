//! A worker that writes down each execution, for the tests of jobz. It replies with the name of the execution, and then with the
//! request in capital letters.
//!
//! - `scribe JOURNAL WORKER SERVICE ENDPOINT` is the worker with this number, by the library
//! - `scribe JOURNAL WORKER` does the request on its standard input, for `jobz worker --lines`

#![expect(clippy::expect_used, reason = "a test that cannot continue fails")]

use std::{
    io::{self, Write as _},
    path::Path,
    process, str,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use e2e::{
    blows::LIVENESS,
    journal::{Entry, Execution, Journal},
};
use jobz::{
    Handler, Worker, WorkerConfig,
    worker::{Request, WorkerError},
};
use sockets::{Context, KeepAlive, Security, Stop};
use wire::{Frames, job::Body};

/// How many requests it does at once.
const CREDIT: u64 = 4;

fn main() -> Result<(), WorkerError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (journal, worker) = (Path::new(&arguments[0]), arguments[1].parse().expect("a worker has a number"));
    let journal = Journal::open(journal).expect("the journal can be opened");
    let [service, endpoint] = &arguments[2..] else {
        let text = io::read_to_string(io::stdin()).expect("the request is text");
        let execution = Execution { worker, number: process::id().into() };
        let reply = begin(&journal, execution, &text).expect("the worker was not killed while it wrote the request");
        writeln!(io::stdout(), "{execution}\n{reply}").expect("the worker reads");
        return Ok(());
    };
    let config = WorkerConfig {
        brokers: vec![endpoint.parse().expect("an endpoint")],
        service: service.parse().expect("the name of a service"),
        credit: CREDIT,
        heartbeat: Duration::from_millis(2_500),
        liveness: LIVENESS,
    };
    let context = Context::new(Security::default(), KeepAlive::default())?;
    let scribe = Scribe { journal, worker, executions: AtomicU64::new(0) };
    Worker::new(&context, config, Arc::new(scribe))?.run(&Stop::on_signals()?)
}

/// Writes down that an execution begins, and returns its reply; `None` if the text is cut off before its first space.
fn begin(journal: &Journal, execution: Execution, text: &str) -> Option<String> {
    let (key, _) = text.split_once(' ')?;
    journal.write(&Entry::Begun(key.to_owned(), execution));
    Some(text.to_uppercase())
}

/// Does requests.
struct Scribe {
    journal: Journal,
    worker: u32,
    executions: AtomicU64,
}

impl Handler for Scribe {
    fn handle(&self, request: &Request) -> Result<Frames, String> {
        let text = request.body().get(0).and_then(|frame| str::from_utf8(frame).ok()).ok_or("not text")?;
        let number = self.executions.fetch_add(1, Ordering::Relaxed);
        let execution = Execution { worker: self.worker, number };
        let reply = begin(&self.journal, execution, text).ok_or("cut off")?;
        let name: Frames = [execution.to_string()].into_iter().collect();
        if let Ok(body) = Body::of(&name, 0) {
            request.reply(body);
        }
        // Some take longer, so that kills find them at work.
        thread::sleep(Duration::from_millis(number % 5));
        Ok([reply].into_iter().collect())
    }
}
