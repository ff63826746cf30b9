//! The time from one READY to the loss of the broker: one socket, and the requests that came by it.

use std::{collections::HashMap, sync::Arc, thread, time::Instant};

use sockets::{Connection, Endpoint, Events, Role, Socket, SocketError, State, Stop};
use tracing::{debug, info, warn};
use wire::{
    Frames,
    job::{Body, Dialect, FromWorker, JOBS, ToWorker},
};

use super::{
    DEALER, Worker, WorkerConfig,
    drain::Draining,
    request::{Cancelled, Line, Request, Said, What},
    ward::Ward,
};

/// Why a registration ended.
pub(super) enum End {
    Stopped,
    /// The broker is gone, or does not know the worker; whether it was there at all.
    Lost {
        was_up: bool,
    },
}

/// Why the loop wakes.
#[derive(Debug)]
enum Event {
    Stop,
    Message,
    Monitor,
    Said,
    Deadline,
}

/// The time from one READY to the loss of the broker, on one socket.
pub(super) struct Registration<'a> {
    worker: &'a mut Worker,
    dealer: Socket,
    connection: Connection,
    ward: Option<Ward>,
    /// The requests whose handlers work, by their addresses.
    open: HashMap<Vec<u8>, Arc<Cancelled>>,
    /// The message that the socket had no room for.
    unsent: Option<Frames>,
    /// Whether it takes nothing more, and finishes what it has.
    draining: Option<Draining>,
    frames: Frames,
}

impl<'a> Registration<'a> {
    pub(super) fn new(worker: &'a mut Worker, endpoint: &Endpoint) -> Result<Self, SocketError> {
        let mut dealer = worker.context.socket(Role::Dealer, JOBS)?;
        dealer.only_to_connected()?;
        dealer.watch(DEALER.name)?;
        dealer.connect(endpoint)?;
        Ok(Self {
            worker,
            dealer,
            connection: Connection::new(JOBS, endpoint.clone()),
            ward: None,
            open: HashMap::new(),
            unsent: None,
            draining: None,
            frames: Frames::new(),
        })
    }

    pub(super) fn run(mut self, stop: &Stop) -> Result<End, SocketError> {
        let end = self.serve(stop);
        // No client waits for these any more.
        self.open.values().for_each(|cancelled| cancelled.cancel());
        self.worker.values.open.set(0.0);
        end
    }

    fn serve(&mut self, stop: &Stop) -> Result<End, SocketError> {
        let mut events = Events::new();
        loop {
            let deadline = self.next_deadline();
            let stop = self.draining.as_ref().map_or(stop, |draining| &draining.second_stop);
            let event = events.next(deadline, Event::Deadline, || {
                // What cannot be sent waits for room, and so does all that handlers say.
                let said = if self.unsent.is_some() { self.dealer.writable() } else { self.worker.bell.interest() };
                [
                    (Event::Stop, stop.interest()),
                    (Event::Message, self.dealer.readable()),
                    (Event::Monitor, self.dealer.events()),
                    (Event::Said, said),
                ]
            })?;
            let now = Instant::now();
            if let Some(ward) = &mut self.ward {
                ward.handle_awake(now);
            }
            match event {
                Event::Stop if self.begin_draining(now)? => {}
                Event::Stop => return self.leave(now),
                Event::Message => {
                    if let Some(end) = self.take_messages(now)? {
                        return Ok(end);
                    }
                }
                Event::Monitor | Event::Deadline => {}
                Event::Said => self.take_said(now)?,
            }
            self.connection.follow(now, &mut self.dealer, |_| {})?;
            match (&mut self.ward, self.connection.state()) {
                (None, State::Up) => self.register(now)?,
                (None, _) => {}
                (Some(_), state) if state != State::Up => return Ok(End::Lost { was_up: true }),
                (Some(ward), _) if ward.is_lost(now) => {
                    warn!("the broker is silent");
                    return Ok(End::Lost { was_up: true });
                }
                (Some(ward), _) if ward.is_due(now) && self.unsent.is_some() => ward.handle_sent(now),
                (Some(ward), _) if ward.is_due(now) => self.send(now, FromWorker::Heartbeat)?,
                _ => {}
            }
            if self.draining.as_ref().is_some_and(|draining| draining.deadline <= now || self.has_nothing_open()) {
                return self.leave(now);
            }
        }
    }

    /// Has the broker send nothing more; `false` if there is nothing to finish, or no time for it.
    fn begin_draining(&mut self, now: Instant) -> Result<bool, SocketError> {
        let Some(drain) = self.worker.drain.filter(|_| self.draining.is_none() && !self.has_nothing_open()) else {
            return Ok(false);
        };
        let (open, time) = (self.open.len(), humantime::format_duration(drain.time));
        info!(open, "finishing what is open, for at most {time}; a second signal ends it at once");
        self.draining = Some(drain.begin(now)?);
        if self.ward.is_some() && self.unsent.is_none() {
            self.send(now, FromWorker::Credit(0))?;
        }
        Ok(true)
    }

    /// Whether every request is done, and its reply sent.
    fn has_nothing_open(&self) -> bool {
        self.open.is_empty() && self.unsent.is_none()
    }

    /// Ends; the broker learns it at once.
    fn leave(&mut self, now: Instant) -> Result<End, SocketError> {
        self.send(now, FromWorker::Disconnect)?;
        Ok(End::Stopped)
    }

    fn next_deadline(&self) -> Option<Instant> {
        let drained = self.draining.as_ref().map(|draining| draining.deadline);
        let deadlines = [self.ward.as_ref().map(Ward::next_deadline), self.connection.next_deadline(), drained];
        deadlines.into_iter().flatten().min()
    }

    fn register(&mut self, now: Instant) -> Result<(), SocketError> {
        let WorkerConfig { service, credit, heartbeat, liveness, .. } = &self.worker.config;
        info!(%service, credit, endpoint = %self.connection.endpoint(), "ready");
        self.ward = Some(Ward::new(now, *heartbeat, *liveness));
        let (service, credit) = (service.clone(), Some(*credit));
        self.send(now, FromWorker::Ready { service: service.as_str(), credit })
    }

    /// Takes what the broker has sent; returns how the registration ends, if it does.
    fn take_messages(&mut self, now: Instant) -> Result<Option<End>, SocketError> {
        while self.dealer.receive(&mut self.frames)? {
            if let Some(ward) = &mut self.ward {
                ward.handle_received(now);
            }
            match ToWorker::decode(&self.frames) {
                Ok((_, ToWorker::Request { address, body })) => {
                    let (address, body) = (address.to_vec(), body.iter().collect());
                    self.begin(address, body);
                }
                Ok((_, ToWorker::Cancel { address })) => {
                    if let Some(cancelled) = self.open.get(address) {
                        cancelled.cancel();
                    }
                }
                Ok((_, ToWorker::Heartbeat)) => {}
                Ok((_, ToWorker::Disconnect)) => {
                    info!("the broker does not know this worker: it begins again");
                    return Ok(Some(End::Lost { was_up: true }));
                }
                Ok((_, ToWorker::End)) => {
                    info!("the broker has drained this worker");
                    return Ok(Some(End::Stopped));
                }
                Err(error) => debug!(%error, "malformed message"),
            }
        }
        Ok(None)
    }

    /// Gives a request to the handler.
    fn begin(&mut self, address: Vec<u8>, body: Frames) {
        let line = Line {
            sender: self.worker.sender.clone(),
            rope: self.worker.bell.rope(),
            registration: self.worker.registration,
        };
        let cancelled = Arc::new(Cancelled::default());
        let request = Request { address: address.clone(), body, line: line.clone(), cancelled: Arc::clone(&cancelled) };
        let handler = Arc::clone(&self.worker.handler);
        let started = thread::Builder::new().name("jobz.request".to_owned()).spawn(move || {
            let what = handler.handle(&request).map_or_else(What::Failed, What::Final);
            request.line.say(&request.address, what);
        });
        match started {
            Ok(_) => drop(self.open.insert(address, cancelled)),
            Err(error) => line.say(&address, What::Failed(format!("no thread for it: {error}"))),
        }
        self.worker.values.open.set(self.open.len() as f64);
    }

    /// Sends what handlers have said, until there is no more room.
    fn take_said(&mut self, now: Instant) -> Result<(), SocketError> {
        self.worker.bell.silence();
        if let Some(unsent) = self.unsent.take() {
            self.send_frames(now, unsent)?;
        }
        while self.unsent.is_none() {
            let Ok(Said { registration, address, what }) = self.worker.said.try_recv() else { break };
            if registration != self.worker.registration {
                continue;
            }
            match &what {
                What::Partial(body) => self.send_reply(now, false, &address, body)?,
                What::Final(body) => self.send_reply(now, true, &address, body)?,
                What::Failed(reason) => {
                    warn!(%reason, "a request is not done");
                    self.send(now, FromWorker::Fail { address: &address, reason })?;
                }
            }
            let ended = match what {
                What::Partial(_) => continue,
                What::Final(_) => &mut self.worker.values.done,
                What::Failed(_) => &mut self.worker.values.failed,
            };
            ended.add_one();
            self.open.remove(&address);
            self.worker.values.open.set(self.open.len() as f64);
        }
        Ok(())
    }

    fn send_reply(&mut self, now: Instant, is_final: bool, address: &[u8], body: &Frames) -> Result<(), SocketError> {
        match Body::of(body, 0) {
            Ok(body) => self.send(now, FromWorker::Reply { is_final, address, body }),
            Err(_) => self.send(now, FromWorker::Fail { address, reason: "the handler made no reply" }),
        }
    }

    fn send(&mut self, now: Instant, message: FromWorker<'_>) -> Result<(), SocketError> {
        let mut frames = Frames::new();
        message.encode(Dialect::Mdp2, &mut frames);
        self.send_frames(now, frames)
    }

    fn send_frames(&mut self, now: Instant, frames: Frames) -> Result<(), SocketError> {
        if self.dealer.send(&frames)? {
            if let Some(ward) = &mut self.ward {
                ward.handle_sent(now);
            }
        } else {
            self.unsent = Some(frames);
        }
        Ok(())
    }
}
