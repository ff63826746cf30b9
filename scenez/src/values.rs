//! What the paths of a scene stand for at the moment: pure.
//!
//! A process of the cast is known by the process id that the engine got when it started it; what it reports arrives by the
//! observation bus under that id. The last state of one that has ended stays, so that what it counted can still be compared.

use std::{collections::BTreeMap, time::Instant};

use observatory::{Flows, Observatory, Presence};
use wire::report::{Phase, ProcessState, SocketState};

use crate::script::{Figure, Path, Property};

/// One process of the cast, as the engine knows it.
#[derive(Debug, Clone, Default)]
pub struct Actor {
    /// Its name, such as `worker-2`.
    pub name: String,
    /// The member of the cast that it is, or is one of.
    pub member: String,
    /// The process id of its last start.
    pub pid: Option<u32>,
    /// How that process ended: its exit code, or the negative number of the signal.
    pub exit: Option<i32>,
    /// Whether the engine has suspended it.
    pub is_suspended: bool,
    /// Whether the engine has asked it to end, or killed it.
    pub is_ending: bool,
    /// Why it could not be started.
    pub failure: Option<String>,
    /// The process that plays it, in words, if the engine has not started that: its id is [`Actor::pid`] if it has one.
    pub elsewhere: Option<String>,
    /// The last state that the process has reported, and when it arrived.
    pub last: Option<(Instant, ProcessState)>,
}

/// All that paths can mean.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// What the bus reports.
    pub observatory: &'a Observatory,
    /// Messages on the way.
    pub flows: &'a Flows,
    /// The cast.
    pub actors: &'a [Actor],
}

/// Why a path has no value at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Its process was not started.
    NotStarted,
    /// It runs, and so has no exit code.
    Runs,
    /// Processes of one name have ended in different ways.
    Differs,
    /// Its process has not reported, or not since the cue.
    Unreported,
    /// Its process reports no such value, or no number for it.
    NoValue,
    /// Its process has no such socket.
    NoSocket,
    /// What is on the way cannot be known for this socket.
    Unknowable,
}

impl Actor {
    /// Whether a process runs.
    #[must_use]
    pub const fn runs(&self) -> bool {
        self.pid.is_some() && self.exit.is_none()
    }

    /// Whether this is the member with this name, or one of it.
    #[must_use]
    pub fn is(&self, member: &str) -> bool {
        self.name == member || self.member == member
    }

    /// Whether what it reported last holds for the time after `since`: a process that does not run reports nothing more.
    fn is_fresh(&self, since: Instant) -> bool {
        !self.runs() || self.is_suspended || self.last.as_ref().is_some_and(|(heard_at, _)| *heard_at > since)
    }
}

impl<'a> Values<'a> {
    /// The processes that a path is about.
    fn of(&self, path: &'a Path) -> impl Iterator<Item = &'a Actor> + use<'a> {
        self.actors.iter().filter(|actor| actor.is(&path.member))
    }

    /// Whether all that the path needs was reported after `since`.
    #[must_use]
    pub fn is_fresh(&self, path: &'a Path, since: Instant) -> bool {
        match &path.property {
            Property::Socket(socket, Figure::Rate) => {
                self.of(path).all(|actor| self.is_rate_fresh(actor, socket, since))
            }
            Property::Value(_) | Property::Socket(..) => self.of(path).all(|actor| actor.is_fresh(since)),
            Property::Exit | Property::Presence | Property::Prints => true,
        }
    }

    /// Whether the rates of the sockets of a process with this name were measured after `since` alone.
    fn is_rate_fresh(&self, actor: &Actor, socket: &str, since: Instant) -> bool {
        if !actor.runs() || actor.is_suspended {
            return true;
        }
        let process = actor.last.as_ref().and_then(|(_, state)| self.observatory.process(state.process));
        let is_fresh =
            |socket: &&SocketState| process.and_then(|process| process.rated_from(&socket.name)) >= Some(since);
        sockets(actor, socket).is_ok_and(|sockets| sockets.iter().all(is_fresh))
    }

    /// The number that a path has: of several processes the sum.
    ///
    /// # Errors
    /// It has none at the moment.
    pub fn number(&self, path: &'a Path) -> Result<f64, Missing> {
        match path.property {
            Property::Exit => self.exit(path),
            _ => Ok(self.numbers(path)?.values().sum()),
        }
    }

    /// The number that a path has, of each process that was started, by process id.
    ///
    /// # Errors
    /// One of them has none at the moment, or none was started.
    pub fn numbers(&self, path: &'a Path) -> Result<BTreeMap<u32, f64>, Missing> {
        let mut numbers = BTreeMap::new();
        for actor in self.of(path) {
            let Some(pid) = actor.pid else { continue };
            numbers.insert(pid, self.number_of(actor, &path.property)?);
        }
        if numbers.is_empty() { Err(Missing::NotStarted) } else { Ok(numbers) }
    }

    /// The phases of the connections of a socket, in each process that was started. Those of a process that has ended are closed.
    ///
    /// # Errors
    /// One of them has no such socket, or none was started.
    pub fn phases(&self, path: &'a Path) -> Result<Vec<Vec<Phase>>, Missing> {
        let Property::Socket(name, _) = &path.property else { return Err(Missing::NoSocket) };
        let started = self.of(path).filter(|actor| actor.pid.is_some());
        let phases = started.map(|actor| {
            let sockets = sockets(actor, name)?;
            if !actor.runs() {
                return Ok(vec![Phase::Closed]);
            }
            Ok(sockets.iter().flat_map(|socket| &socket.connections).map(|connection| connection.phase).collect())
        });
        let phases = phases.collect::<Result<Vec<_>, _>>()?;
        if phases.is_empty() { Err(Missing::NotStarted) } else { Ok(phases) }
    }

    /// Whether each process that was started reports.
    ///
    /// # Errors
    /// None was started.
    pub fn presences(&self, path: &'a Path) -> Result<Vec<Presence>, Missing> {
        let started = self.of(path).filter(|actor| actor.pid.is_some());
        let presences: Vec<_> = started.map(|actor| self.presence(actor)).collect();
        if presences.is_empty() { Err(Missing::NotStarted) } else { Ok(presences) }
    }

    /// Whether a process that was started reports. The system knows best whether it has ended: one that was not heard of for
    /// long is still silent.
    fn presence(&self, actor: &Actor) -> Presence {
        if !actor.runs() {
            return Presence::Gone;
        }
        if actor.is_suspended {
            return Presence::Suspended;
        }
        let reported = actor.last.as_ref().and_then(|(_, state)| self.observatory.process(state.process));
        match reported.map(observatory::Process::presence) {
            Some(presence @ (Presence::Present | Presence::Suspended)) => presence,
            Some(Presence::Silent | Presence::Gone) | None => Presence::Silent,
        }
    }

    fn exit(&self, path: &'a Path) -> Result<f64, Missing> {
        let exits = self.of(path).filter(|actor| actor.pid.is_some()).map(|actor| actor.exit.ok_or(Missing::Runs));
        let exits = exits.collect::<Result<Vec<_>, _>>()?;
        match exits.as_slice() {
            [] => Err(Missing::NotStarted),
            [first, others @ ..] if others.iter().all(|other| other == first) => Ok(f64::from(*first)),
            _ => Err(Missing::Differs),
        }
    }

    fn number_of(&self, actor: &Actor, property: &Property) -> Result<f64, Missing> {
        match property {
            Property::Value(name) => {
                let (_, state) = actor.last.as_ref().ok_or(Missing::Unreported)?;
                let value = state.values.iter().find(|value| value.name.as_str() == name);
                value.and_then(|value| value.value).ok_or(Missing::NoValue)
            }
            Property::Socket(name, figure) => {
                let sockets = sockets(actor, name)?;
                sockets.into_iter().map(|socket| self.figure(actor, socket, *figure)).sum()
            }
            Property::Exit | Property::Presence | Property::Prints => Err(Missing::NoValue),
        }
    }

    fn figure(&self, actor: &Actor, socket: &SocketState, figure: Figure) -> Result<f64, Missing> {
        let process = actor.last.as_ref().map(|(_, state)| state.process);
        let runs = actor.runs();
        Ok(match figure {
            Figure::Sent => socket.sent.messages as f64,
            Figure::Received => socket.received.messages as f64,
            Figure::Malformed => socket.malformed as f64,
            Figure::Peers if runs => {
                socket.connections.iter().filter(|connection| connection.phase == Phase::Up).count() as f64
            }
            Figure::Rate if runs => {
                let process = process.and_then(|process| self.observatory.process(process));
                process.map_or(0.0, |process| {
                    let rates = process.rates(&socket.name);
                    rates.sent.messages + rates.received.messages
                })
            }
            Figure::Waiting if runs => socket.waiting.ok_or(Missing::Unknowable)? as f64,
            // What has not been received ends with the process.
            Figure::Peers | Figure::Rate | Figure::Waiting => 0.0,
            Figure::OnTheWay => {
                let count = process.and_then(|process| self.flows.on_the_way(process, &socket.name));
                count.ok_or(Missing::Unknowable)? as f64
            }
            Figure::Phase => return Err(Missing::NoValue),
        })
    }
}

/// The sockets of a process that a scene means by this name: that of their channel, or their own.
fn sockets<'a>(actor: &'a Actor, name: &str) -> Result<Vec<&'a SocketState>, Missing> {
    let (_, state) = actor.last.as_ref().ok_or(Missing::Unreported)?;
    let is_meant = |socket: &&SocketState| {
        socket.name.as_str() == name || socket.channel.as_ref().is_some_and(|channel| channel.as_str() == name)
    };
    let sockets: Vec<_> = state.sockets.iter().filter(is_meant).collect();
    if sockets.is_empty() { Err(Missing::NoSocket) } else { Ok(sockets) }
}
